"""What a connection says, held against what JIP-3 wants of several messages together.

Pure: events of connections in, ``Finding``s out. What is wrong with the bytes of one
message comes as findings already (``EventBatch.faults``); here references, the order of time,
and what should come again and again are judged. An event costs a few array operations of
its batch; only what is found costs more.

Where something may be right it is not found: ids that were dropped, shed, not understood or
are long past are not known to be of a wrong type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.columnar.recent_types import DEPTH, NOTHING, RecentTypes
from tart.aggregate.columnar.session_rows import Placed, SessionRows
from tart.aggregate.core.event_batch import EventBatch, Finding, kind_mask
from tart.aggregate.core.event_columns import Array
from tart.aggregate.rules.terminal_events import OUTCOMES
from tart.errors import DecodeError
from tart.protocol.decoding import DROPPED, HEADER_BYTES, STATUS, decode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.node_information import NodeInformation
from tart.units import SECOND_US

_UNKNOWN = -1
_TIMESTAMP_BYTES = 8
# Threads of a node may tell of the same moment in another order.
BACKWARDS_US = 1 * SECOND_US
# Four times the interval of the specification.
STATUS_LATE_US = 8 * SECOND_US
# Beyond any clock; differences of such times still fit.
_FURTHEST_US = np.uint64(1 << 61)
_REFERENCES = {
    number: reference
    for number, event in EVENTS.items()
    if (reference := leading_reference(event.fields)) is not None and reference.refers_to
}
_REFERS = kind_mask(_REFERENCES)
# By type of the event and of the one it refers to.
_ALLOWED = np.ones((256, 256), np.bool_)
for _number, _reference in _REFERENCES.items():
    _ALLOWED[_number] = False
    # A Dropped stands for the first of those that were dropped: it may have been any.
    _ALLOWED[_number, [DROPPED, NOTHING, *_reference.refers_to]] = True
# Of an id that may be of several events nothing is certain.
_NAMED = ~kind_mask((DROPPED, NOTHING))
_EXCLUDED_BY, _SAYS = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
for _number, _outcome in OUTCOMES.items():
    _EXCLUDED_BY[_number], _SAYS[_number] = _outcome
_REGULAR = kind_mask((DROPPED, STATUS))


class _Before(NamedTuple):
    """What was known before a batch, to be restored if judging it fails.

    Attributes:
        order: of rows the timestamp and the id of the last event.
        gaps: of rows the last id that something is missing before.
        statuses: of sessions the timestamp of the last Status, if there was one.
        said: of rows and event ids the bits that were said of them.
    """

    order: list[tuple[int, int, int]]
    gaps: list[tuple[int, int]]
    statuses: list[tuple[int, int | None]]
    said: list[tuple[Array, Array, Array]]


class ConformanceChecker:
    """Judges connections, batch by batch.

    Args:
        sessions: the rows of the connections.
        note: told of each finding.
    """

    def __init__(self, sessions: SessionRows, note: Callable[[Finding], None]) -> None:
        self._sessions = sessions
        self._note = note
        # Of the batch: what was found, and what was known of connections before it.
        self._found: list[Finding] = []
        self._before = _Before([], [], [], [])
        self._recent = RecentTypes()
        # By row: timestamp and id of the last event, and the last id that something is
        # missing before; by session: the timestamp of the last Status.
        self._time: list[int] = []
        self._id: list[int] = []
        self._gap: list[int] = []
        self._status: dict[int, int] = {}

    def begin(self, rows: Iterable[int]) -> None:
        """Connections that were not heard before take these rows."""
        for row in rows:
            self._begin(row)

    def add(self, batch: EventBatch, placed: Placed) -> None:
        """A batch; events of each connection in order of arrival.

        If this raises, nothing was found, and the batch may be tried again in parts.
        """
        self._found, self._before = [], _Before([], [], [], [])
        starts, lengths, rows, row_of, _ = placed
        try:
            self._recent.note(row_of, batch.columns.event_id, batch.columns.type)
            self._judge_references(batch, row_of)
            times = np.minimum(batch.columns.timestamp, _FURTHEST_US).astype(np.int64)
            gaps = self._judge_order(batch, times, starts, lengths, rows)
            self._judge_regularity(batch, times, gaps, row_of)
        except Exception:
            self._undo()
            raise
        for finding in self._found:
            self._note(finding)

    def _undo(self) -> None:
        """Know of each connection what was known before the batch."""
        for row, time, event_id in reversed(self._before.order):
            self._time[row], self._id[row] = time, event_id
        for row, gap in reversed(self._before.gaps):
            self._gap[row] = gap
        for session, status in reversed(self._before.statuses):
            if status is None:
                self._status.pop(session, None)
            else:
                self._status[session] = status
        for rows, event_ids, said in self._before.said:
            self._recent.restore(rows, event_ids, said)

    def end(self, session: int) -> None:
        """A connection is over."""
        self._status.pop(session, None)

    def unfinished(self, values: dict[str, Any], cut_short: bool) -> None:
        """A pipeline (its columns) has no end: its connection ended, or it is too old."""
        row = self._sessions.get(values["session"])
        if row is not None and self._gap[row] > values["root"]:
            return  # its end may be among what is missing
        number = values["kind"]
        expectation = f"what became of the {EVENTS[number].title!r} with event id {values['root']}"
        self._note(
            Finding(
                "pipeline_cut_short" if cut_short else "pipeline_unfinished",
                values["ended_at"],
                values["node"],
                values["session"],
                values["seq"],
                values["root"],
                number,
                0,
                "",
                expectation,
                b"",
            )
        )

    def _begin(self, row: int) -> None:
        """A connection takes a row."""
        if row == len(self._time):
            for each in (self._time, self._id, self._gap):
                each.append(_UNKNOWN)
        self._recent.begin(row)
        self._time[row] = self._id[row] = self._gap[row] = _UNKNOWN

    def _judge_references(self, batch: EventBatch, row_of: Array) -> None:
        refers = np.flatnonzero(batch.columns.has_ref & _REFERS[batch.columns.type])
        ref, own = batch.columns.ref[refers], batch.columns.event_id[refers]
        types = self._recent.types(row_of[refers], ref)
        # Of an id so long past another may have the place, and look like it.
        types[own - ref >= DEPTH] = NOTHING
        unknown = ref >= own
        wrong = unknown | ~_ALLOWED[batch.columns.type[refers], types]
        # What is laid out in another way has no reference where this one was read.
        odd = {fault.seq for fault in batch.faults}
        self._judge_outcomes(batch, row_of, refers[~wrong & _NAMED[types]], odd)
        if not wrong.any():
            return
        for at in np.flatnonzero(wrong).tolist():
            place = int(refers[at])
            if int(batch.columns.seq[place]) in odd:
                continue
            number = int(batch.columns.type[place])
            leading = HEADER_BYTES, EVENTS[number].fields.fields[0][0]
            if unknown[at]:
                expected = f"an event id below its own, {own[at]}, not {ref[at]}"
                self._find("reference_unknown", batch, place, expected, leading)
            else:
                wanted = _REFERENCES[number].refers_to
                names = " or ".join(EVENTS[each].variant for each in wanted)
                found = EVENTS[int(types[at])].variant
                expected = f"the event id of {names}; {ref[at]} is {found}"
                self._find("reference_wrong_type", batch, place, expected, leading)

    def _judge_outcomes(
        self, batch: EventBatch, row_of: Array, refers: Array, odd: set[int | None]
    ) -> None:
        """How something ended that is known to have begun: it ends once, in one way."""
        ends = refers[_EXCLUDED_BY[batch.columns.type[refers]] != 0]
        if odd:
            ends = ends[[int(each) not in odd for each in batch.columns.seq[ends].tolist()]]
        if not len(ends):
            return
        number, ref = batch.columns.type[ends], batch.columns.ref[ends]
        rows = row_of[ends]
        self._before.said.append((rows, ref, self._recent.said(rows, ref)))
        wrong = self._recent.say(rows, ref, _EXCLUDED_BY[number], _SAYS[number])
        for at in np.flatnonzero(wrong).tolist():
            place = int(ends[at])
            leading = HEADER_BYTES, EVENTS[int(number[at])].fields.fields[0][0]
            expected = f"no second outcome of the event with id {ref[at]}"
            self._find("second_outcome", batch, place, expected, leading)

    def _judge_order(
        self, batch: EventBatch, times: Array, starts: Array, lengths: Array, rows: list[int]
    ) -> list[int]:
        """Timestamps that go back; returns before which events others are missing."""
        inside = np.ones(len(batch), np.bool_)
        inside[starts] = False
        ids = batch.columns.event_id
        back = np.flatnonzero((times[:-1] - times[1:] > BACKWARDS_US) & inside[1:]) + 1
        found = [(at, int(times[at - 1])) for at in back.tolist()]
        gaps: list[int] = (np.flatnonzero((ids[1:] - ids[:-1] != 1) & inside[1:]) + 1).tolist()
        ends = starts + lengths - 1
        for at, row, time, last_time, event_id, last_id in zip(
            *(starts.tolist(), rows, times[starts].tolist(), times[ends].tolist()),
            *(ids[starts].tolist(), ids[ends].tolist()),
            strict=True,
        ):
            if self._id[row] != _UNKNOWN:
                if self._time[row] - time > BACKWARDS_US:
                    found.append((at, self._time[row]))
                if event_id != self._id[row] + 1:
                    gaps.append(at)
            self._before.order.append((row, self._time[row], self._id[row]))
            self._time[row], self._id[row] = last_time, last_id
        for at, before in found:
            expected = f"not {(before - int(times[at])) / SECOND_US:.3f} s before the event before"
            self._find("timestamp_backwards", batch, at, expected)
        return gaps

    def _judge_regularity(
        self, batch: EventBatch, times: Array, gaps: list[int], row_of: Array
    ) -> None:
        regular = np.flatnonzero(_REGULAR[batch.columns.type]).tolist()
        missing = set(gaps)
        for at in sorted({*regular, *missing}):
            session, number = int(batch.columns.session[at]), batch.columns.type[at]
            if number == DROPPED:
                self._judge_dropped(batch, at)
            if number == DROPPED or at in missing:
                row = int(row_of[at])
                self._before.statuses.append((session, self._status.pop(session, None)))
                self._before.gaps.append((row, self._gap[row]))
                self._gap[row] = int(batch.columns.event_id[at])
            if number == STATUS:
                self._judge_status(batch, at, session, int(times[at]))

    def _judge_dropped(self, batch: EventBatch, at: int) -> None:
        content = batch.contents[at]
        # Some leave out the timestamp before it.
        bare = len(content) < HEADER_BYTES + _TIMESTAMP_BYTES + 1
        place = HEADER_BYTES if bare else HEADER_BYTES + _TIMESTAMP_BYTES
        expected = f"no events dropped, not {_dropped(content)}"
        self._find("events_dropped", batch, at, expected, (place, "num"))

    def _judge_status(self, batch: EventBatch, at: int, session: int, now: int) -> None:
        before = self._status.get(session)
        self._before.statuses.append((session, before))
        gap = 0 if before is None else now - before
        self._status[session] = now
        if gap > STATUS_LATE_US:
            expected = f"about 2 s after the Status before, not {gap / SECOND_US:.1f} s"
            self._find("status_late", batch, at, expected)

    def _find(
        self,
        rule: str,
        batch: EventBatch,
        at: int,
        expectation: str,
        place: tuple[int, str] = (0, "timestamp"),
    ) -> None:
        offset, field = place
        self._found.append(
            Finding(
                rule,
                int(batch.columns.received_at[at]),
                int(batch.columns.node[at]),
                int(batch.columns.session[at]),
                int(batch.columns.seq[at]),
                int(batch.columns.event_id[at]),
                int(batch.columns.type[at]),
                offset,
                field,
                expectation,
                batch.contents[at],
            )
        )


def handshake_findings(
    information: NodeInformation, received_at: int, node: int, session: int, content: bytes
) -> Iterable[Finding]:
    """What is wrong with a connection's first message, ``content``."""
    return (
        Finding(
            each.rule,
            received_at,
            node,
            session,
            None,
            None,
            None,
            each.offset,
            each.field,
            each.expectation,
            content,
        )
        for each in information.deviations
    )


def _dropped(content: bytes) -> Any:
    try:
        return decode_event(DROPPED, content[HEADER_BYTES:]).fields["num"]
    except DecodeError:  # stored by a release that understood more
        return "unknown"
