"""Conformance checks across the messages of a connection: references, order, regularity.

Pure: event batches in, ``Finding``s out. Findings about the bytes of single messages come
with the batch (``EventBatch.faults``). Here references, the order of timestamps, outcomes and
events that should repeat are checked. A valid event costs a few array operations of its
batch; only findings cost more.

What may be correct is not reported: the types of ids that were dropped, shed, undecodable or
are no longer remembered are unknown, and a reference to such an id is never reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.columnar.recent_types import DEPTH, UNKNOWN_TYPE, RecentTypes
from tart.aggregate.columnar.session_rows import SessionRows, SessionRuns
from tart.aggregate.core.event_batch import EventBatch, Finding, grow, kind_mask
from tart.aggregate.core.event_columns import Array
from tart.aggregate.rules.terminal_events import OUTCOMES
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.dropped_events import MAX_DROPPED
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.node_information import SLOT_SECONDS, NodeInformation
from tart.protocol.references import PARENT_TYPES
from tart.query.core.wall_clock import TOLERANCE_SLOTS, is_ahead, wall_clock_slot
from tart.units import JCE_US, SECOND_US

_UNKNOWN = -1
# As plain integers: NumPy compares an array with an enumeration five times slower.
_DROPPED, _STATUS = EventKind.DROPPED.number, EventKind.STATUS.number
_TIMESTAMP_BYTES = 8
# Threads of a node may report events of the same moment in another order.
BACKWARDS_US = 1 * SECOND_US
# Four times the interval of the specification.
STATUS_LATE_US = 8 * SECOND_US
# Timestamps are clamped to this, so that their differences fit 64 bits.
_MAX_TIMESTAMP_US = np.uint64(1 << 61)
_REFERS = kind_mask(kind for kind, parents in PARENT_TYPES.items() if parents)
# By type of the event and of the event it refers to.
_ALLOWED = np.ones((256, 256), np.bool_)
for _kind, _parents in PARENT_TYPES.items():
    if _parents:
        _ALLOWED[_kind] = False
        # A Dropped has the id of the first event dropped, which may have had any type.
        _ALLOWED[_kind, [EventKind.DROPPED, UNKNOWN_TYPE, *_parents]] = True
# Types that name the slot of a block.
_NAMES_BLOCK = kind_mask(
    (
        EventKind.BEST_BLOCK_CHANGED,
        EventKind.FINALIZED_BLOCK_CHANGED,
        EventKind.AUTHORING,
        EventKind.IMPORTING,
        EventKind.BLOCK_ANNOUNCED,
        EventKind.BLOCK_TRANSFERRED,
    )
)
# Types known for certain.
_CERTAIN = ~kind_mask((EventKind.DROPPED, UNKNOWN_TYPE))
_EXCLUDED_BY, _SETS = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
for _kind, _outcome in OUTCOMES.items():
    _EXCLUDED_BY[_kind], _SETS[_kind] = _outcome


class _UndoLog(NamedTuple):
    """The state before a batch, to be restored if checking it fails.

    Attributes:
        order: Rows, and the timestamps and ids of their last events.
        gaps: Row and the id after its last gap.
        statuses: Session and the timestamp of its last Status, ``None`` if there was none.
        outcomes: Rows, event ids and their outcome bits.
    """

    order: list[tuple[Array, Array, Array, Array]]
    gaps: list[tuple[int, int]]
    statuses: list[tuple[int, int | None]]
    outcomes: list[tuple[Array, Array, Array]]


class ConformanceChecker:
    """Checks connections, batch by batch.

    Args:
        sessions: The rows of the connections.
        on_finding: Called with each finding.
        slot_seconds: Returns the slot period of a session's node.
    """

    def __init__(
        self,
        sessions: SessionRows,
        on_finding: Callable[[Finding], None],
        slot_seconds: Callable[[int], int] = lambda session: SLOT_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._slot_seconds = slot_seconds
        self._on_finding = on_finding
        self._findings: list[Finding] = []
        self._undo_log = _UndoLog([], [], [], [])
        self._recent = RecentTypes()
        # By row: whether there was an event, timestamp and id of the last one, and the id of the
        # first event after the last gap; by session: the timestamp of the last Status.
        self._known = np.zeros(0, np.bool_)
        self._last_timestamp = np.zeros(0, np.int64)
        self._last_id = np.zeros(0, np.uint64)
        self._after_gap: list[int] = []
        self._last_status: dict[int, int] = {}

    def reset(self, rows: Iterable[int]) -> None:
        """Forget the state of rows that new connections take."""
        for row in rows:
            if row >= len(self._after_gap):
                self._after_gap += [_UNKNOWN] * (row + 1 - len(self._after_gap))
                self._known = grow(self._known, row + 1)
                self._last_timestamp = grow(self._last_timestamp, row + 1)
                self._last_id = grow(self._last_id, row + 1)
            self._recent.reset(row)
            self._known[row], self._after_gap[row] = False, _UNKNOWN

    def check(self, batch: EventBatch, runs: SessionRuns) -> None:
        """Check a batch; the events of each connection are in order of arrival.

        If this raises, nothing was reported, and the batch may be tried again in parts.
        """
        self._findings, self._undo_log = [], _UndoLog([], [], [], [])
        try:
            self._check(batch, runs)
        except Exception:
            self._undo()
            raise
        for finding in self._findings:
            self._on_finding(finding)

    def _check(self, batch: EventBatch, runs: SessionRuns) -> None:
        """Check a batch, in parts if a connection has more events in it than are remembered."""
        if len(batch) > DEPTH and np.bincount(runs.row_of).max() > DEPTH:
            middle = len(batch) // 2
            for indices in (np.arange(middle), np.arange(middle, len(batch))):
                part = batch.take(indices)
                self._check(part, self._sessions.assign(part.columns.session))
            return
        events, row_of = batch.columns, runs.row_of
        self._recent.record(row_of, events.event_id, events.type)
        self._check_references(batch, row_of)
        timestamps = np.minimum(events.timestamp, _MAX_TIMESTAMP_US).astype(np.int64)
        gaps = self._check_order(batch, timestamps, runs)
        self._check_regularity(batch, timestamps, gaps, row_of)
        self._check_slots(batch)

    def _undo(self) -> None:
        """Restore the state before the batch."""
        for rows, known, timestamps, last_ids in reversed(self._undo_log.order):
            self._known[rows] = known
            self._last_timestamp[rows], self._last_id[rows] = timestamps, last_ids
        for row, event_id in reversed(self._undo_log.gaps):
            self._after_gap[row] = event_id
        for session, status in reversed(self._undo_log.statuses):
            if status is None:
                self._last_status.pop(session, None)
            else:
                self._last_status[session] = status
        for rows, event_ids, bits in reversed(self._undo_log.outcomes):
            self._recent.restore_outcomes(rows, event_ids, bits)

    def end_session(self, session: int) -> None:
        """Forget a connection that has ended."""
        self._last_status.pop(session, None)

    def report_unfinished(self, values: dict[str, Any], cut_short: bool) -> None:
        """Report a pipeline without an end, unless the end may be in a gap.

        Args:
            values: The pipeline's columns.
            cut_short: Its connection ended; otherwise it is too old.
        """
        row = self._sessions.get(values["session"])
        if row is not None and self._after_gap[row] > values["root"]:
            return
        number = values["kind"]
        expectation = f"what became of the {EVENTS[number].title!r} with event id {values['root']}"
        self._on_finding(
            Finding(
                rule="pipeline_cut_short" if cut_short else "pipeline_unfinished",
                received_at=values["ended_at"],
                node=values["node"],
                session=values["session"],
                seq=values["seq"],
                event_id=values["root"],
                number=number,
                offset=0,
                field="",
                expectation=expectation,
                frame=b"",
            )
        )

    def _check_references(self, batch: EventBatch, row_of: Array) -> None:
        events = batch.columns
        referring = np.flatnonzero(events.has_ref & _REFERS[events.type])
        ref, own = events.ref[referring], events.event_id[referring]
        types = self._recent.types(row_of[referring], ref)
        # A later event may have overwritten the entry of an id this old, and look like it.
        types[own - ref >= DEPTH] = UNKNOWN_TYPE
        unknown = ref >= own
        wrong = unknown | ~_ALLOWED[events.type[referring], types]
        # A frame with another layout has no reference where this one was read.
        faulty = {fault.seq for fault in batch.faults}
        self._check_outcomes(batch, row_of, referring[~wrong & _CERTAIN[types]], faulty)
        if not wrong.any():
            return
        for position in np.flatnonzero(wrong).tolist():
            index = int(referring[position])
            if int(events.seq[index]) in faulty:
                continue
            number = int(events.type[index])
            if unknown[position]:
                expected = f"an event id below its own, {own[position]}, not {ref[position]}"
                self._report("reference_unknown", batch, index, expected, _reference(number))
            else:
                names = " or ".join(EVENTS[kind].variant for kind in sorted(PARENT_TYPES[number]))
                actual = EVENTS[int(types[position])].variant
                expected = f"the event id of {names}; {ref[position]} is {actual}"
                self._report("reference_wrong_type", batch, index, expected, _reference(number))

    def _check_outcomes(
        self, batch: EventBatch, row_of: Array, referring: Array, faulty: set[int | None]
    ) -> None:
        """Check that events whose beginning is known have one outcome only."""
        events = batch.columns
        indices = referring[_EXCLUDED_BY[events.type[referring]] != 0]
        if faulty:
            indices = indices[[int(seq) not in faulty for seq in events.seq[indices].tolist()]]
        if not len(indices):
            return
        number, ref = events.type[indices], events.ref[indices]
        rows = row_of[indices]
        self._undo_log.outcomes.append((rows, ref, self._recent.outcomes(rows, ref)))
        wrong = self._recent.record_outcomes(rows, ref, _EXCLUDED_BY[number], _SETS[number])
        for position in np.flatnonzero(wrong).tolist():
            expected = f"no second outcome of the event with id {ref[position]}"
            place = _reference(int(number[position]))
            self._report("second_outcome", batch, int(indices[position]), expected, place)

    def _check_order(self, batch: EventBatch, timestamps: Array, runs: SessionRuns) -> list[int]:
        """Check that timestamps do not go back; return the indices of events after a gap."""
        ids, rows, starts = batch.columns.event_id, runs.rows, runs.starts
        ends = starts + runs.lengths - 1
        # The event before each: the one beside it, or the last of the connection's run before.
        by_row = np.argsort(rows, kind="stable")
        again = rows[by_row][1:] == rows[by_row][:-1]
        follows = np.zeros(len(starts), np.bool_)
        follows[by_row[1:][again]] = True
        before = np.arange(-1, len(batch) - 1)
        before[starts[by_row[1:][again]]] = ends[by_row[:-1][again]]
        timestamps_before, ids_before = timestamps[before], ids[before]
        firsts, first_rows = starts[~follows], rows[~follows]
        timestamps_before[firsts] = self._last_timestamp[first_rows]
        ids_before[firsts] = self._last_id[first_rows]
        known = np.ones(len(batch), np.bool_)
        known[firsts] = self._known[first_rows]
        self._undo_log.order.append(
            (first_rows, known[firsts], timestamps_before[firsts], ids_before[firsts])
        )
        lasts = ends[by_row[np.append(~again, True)]]
        last_rows = runs.row_of[lasts]
        self._known[last_rows] = True
        self._last_timestamp[last_rows], self._last_id[last_rows] = timestamps[lasts], ids[lasts]
        late = known & (timestamps_before - timestamps > BACKWARDS_US)
        for index in np.flatnonzero(late).tolist():
            seconds = int(timestamps_before[index] - timestamps[index]) / SECOND_US
            expected = f"not {seconds:.3f} s before the event before"
            self._report("timestamp_backwards", batch, index, expected)
        gaps: list[int] = np.flatnonzero(known & (ids - ids_before != 1)).tolist()
        return gaps

    def _check_regularity(
        self, batch: EventBatch, timestamps: Array, gaps: list[int], row_of: Array
    ) -> None:
        """Report dropped events, and a Status that comes late."""
        events = batch.columns
        dropped = set(np.flatnonzero(events.type == _DROPPED).tolist())
        statuses = set(np.flatnonzero(events.type == _STATUS).tolist())
        after_gap = dropped.union(gaps)
        for index in sorted(after_gap | statuses):
            session = int(events.session[index])
            if index in dropped:
                self._report_dropped(batch, index)
            if index in after_gap:
                row = int(row_of[index])
                self._undo_log.statuses.append((session, self._last_status.pop(session, None)))
                self._undo_log.gaps.append((row, self._after_gap[row]))
                self._after_gap[row] = int(events.event_id[index])
            if index in statuses:
                self._check_status(batch, index, session, int(timestamps[index]))

    def _check_slots(self, batch: EventBatch) -> None:
        """Report slots of blocks that are far ahead of the wall clock."""
        events = batch.columns
        named = np.flatnonzero(_NAMES_BLOCK[events.type] & events.has_slot)
        named = named[events.received_at[named] >= JCE_US]
        now_slots = (events.received_at[named] - JCE_US) // (SLOT_SECONDS * SECOND_US)
        ahead = named[events.slot[named] > now_slots + TOLERANCE_SLOTS]
        for index in ahead.tolist():
            slot, received_at = int(events.slot[index]), int(events.received_at[index])
            period = self._slot_seconds(int(events.session[index]))
            if is_ahead(slot, received_at, period):
                now_slot = wall_clock_slot(received_at, period)
                kind = EVENTS[int(events.type[index])]
                place = HEADER_BYTES + (kind.slot_offset or 0), "slot"
                expected = f"a slot of about {now_slot}, not {slot}"
                self._report("implausible_slot", batch, index, expected, place)

    def _report_dropped(self, batch: EventBatch, index: int) -> None:
        content = batch.contents[index]
        # Some nodes leave out the timestamp before the number.
        short = len(content) < HEADER_BYTES + _TIMESTAMP_BYTES + 1
        offset = HEADER_BYTES if short else HEADER_BYTES + _TIMESTAMP_BYTES
        if int(batch.columns.seq[index]) in batch.implausible:
            expected = (
                f"at most {MAX_DROPPED} events, as many as the node can have emitted on the "
                "connection, and timestamps of a known epoch"
            )
            self._report("dropped_implausible", batch, index, expected, (offset, "num"))
            return
        expected = f"no events dropped, not {_dropped_count(content)}"
        self._report("events_dropped", batch, index, expected, (offset, "num"))

    def _check_status(self, batch: EventBatch, index: int, session: int, timestamp: int) -> None:
        before = self._last_status.get(session)
        self._undo_log.statuses.append((session, before))
        interval = 0 if before is None else timestamp - before
        self._last_status[session] = timestamp
        if interval > STATUS_LATE_US:
            expected = f"about 2 s after the Status before, not {interval / SECOND_US:.1f} s"
            self._report("status_late", batch, index, expected)

    def _report(
        self,
        rule: str,
        batch: EventBatch,
        index: int,
        expectation: str,
        place: tuple[int, str] = (0, "timestamp"),
    ) -> None:
        """Add a finding about an event; ``place`` is the offset and name of a field."""
        offset, field = place
        events = batch.columns
        self._findings.append(
            Finding(
                rule=rule,
                received_at=int(events.received_at[index]),
                node=int(events.node[index]),
                session=int(events.session[index]),
                seq=int(events.seq[index]),
                event_id=int(events.event_id[index]),
                number=int(events.type[index]),
                offset=offset,
                field=field,
                expectation=expectation,
                frame=batch.contents[index],
            )
        )


def _reference(number: int) -> tuple[int, str]:
    """Return the offset and the name of a type's leading reference."""
    return HEADER_BYTES, EVENTS[number].fields.fields[0][0]


def handshake_findings(
    information: NodeInformation, received_at: int, node: int, session: int, content: bytes
) -> Iterable[Finding]:
    """Return the findings about a connection's first message, ``content``."""
    return (
        Finding(
            rule=deviation.rule,
            received_at=received_at,
            node=node,
            session=session,
            seq=None,
            event_id=None,
            number=None,
            offset=deviation.offset,
            field=deviation.field,
            expectation=deviation.expectation,
            frame=content,
        )
        for deviation in information.deviations
    )


def _dropped_count(content: bytes) -> Any:
    try:
        return decode_event(EventKind.DROPPED, content[HEADER_BYTES:]).fields["num"]
    except DecodeError:  # Stored by a release that accepted more.
        return "unknown"
