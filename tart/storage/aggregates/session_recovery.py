"""Connections whose rows the aggregates lack, as the log tells them.

Pure. Of a connection that was closed or refused the log has the counters. One that was
open when the shard died has no end: it is counted on from what the last flush said of it,
by the events that came after, and ends when it was last batch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np

from tart.aggregate.core.event_batch import EventBatch, Finding
from tart.aggregate.keyed.sessions import CLOSED, DIED, OPEN, REFUSED, SHARD_DIED, SessionSummary
from tart.aggregate.rules.conformance_checks import handshake_findings
from tart.errors import DecodeError, NodeInformationError
from tart.protocol.connection import EVENT_ID_MODULUS
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.events import EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.storage.core.schema import UndecodableRow
from tart.storage.log.recovery import StoredSession

# Sums stop at what JSON can carry, as those of the living do.


class SessionRecovery:
    """The connections of a directory that are to get a row.

    Args:
        stored: the log's, by number.
        known: those that have a row.
        open_: as they were at the last flush, those that were open then.
    """

    def __init__(
        self,
        stored: Mapping[int, StoredSession],
        known: Set[int],
        open_: Iterable[SessionSummary],
    ) -> None:
        self._before = {each.session: each for each in open_}
        self._missing = {number: each for number, each in stored.items() if number not in known}
        self._tallies: dict[int, _Tally] = {}
        for number, each in self._missing.items():
            if each.ended_at is None:
                self._tallies[number] = _Tally(self._before.get(number) or _begun(each))
        for number, summary in self._before.items():
            # The log that told of it is lost.
            if number not in known and number not in stored:
                self._tallies[number] = _Tally(summary)

    def __bool__(self) -> bool:
        return bool(self._missing or self._tallies)

    def add_batch(self, batch: EventBatch, broken: Iterable[UndecodableRow]) -> None:
        """Events after the last flush in order of arrival, and frames that are none."""
        if not self._tallies:
            return
        sessions, of, counts = np.unique(
            batch.columns.session, return_inverse=True, return_counts=True
        )
        sizes = np.bincount(of, [len(each) for each in batch.contents], len(sessions))
        latest = np.zeros(len(sessions), np.int64)
        latest[of] = np.arange(len(batch))
        for session, count, size, at in zip(
            *(sessions.tolist(), counts.tolist(), sizes.tolist(), latest.tolist()), strict=True
        ):
            if tally := self._tallies.get(session):
                tally.add(count, int(size))
                tally.reach(
                    int(batch.columns.seq[at]),
                    int(batch.columns.received_at[at]),
                    int(batch.columns.event_id[at]),
                    _stands_for(batch.contents[at]),
                )
        for at in np.flatnonzero(batch.columns.type == EventKind.DROPPED).tolist():
            if tally := self._tallies.get(int(batch.columns.session[at])):
                tally.drop(_stands_for(batch.contents[at]))
        for row in broken:
            tally = self._tallies.get(row.session)
            if tally is not None and row.event_id is not None:
                tally.add(1, len(row.frame))
                tally.undecodable += 1
                tally.reach(row.seq, row.received_at, row.event_id, 1)
        wrong = {row.seq for row in broken}
        for fault in batch.faults:
            if (tally := self._tallies.get(fault.session)) and fault.seq not in wrong:
                tally.deviations[fault.rule] += 1

    def findings(self) -> Iterator[Finding]:
        """What is wrong with first messages that came after the last flush."""
        for number, each in self._missing.items():
            information = _information(each)
            if number not in self._before and information and each.node is not None:
                yield from handshake_findings(
                    *(information, each.started_at, each.node, number, each.node_information)
                )

    def ended(self) -> Iterator[SessionSummary]:
        """Those that the log has the end of."""
        for number, each in self._missing.items():
            if each.ended_at is not None:
                before = self._before.get(number)
                started_at = each.started_at if before is None else before.started_at
                yield _ended(each, each.counters.get("started_at", started_at))

    def open(self) -> list[SessionSummary]:
        """Those that it has not, as far as was batch."""
        return [tally.summary() for tally in self._tallies.values()]

    def died(self) -> Iterator[SessionSummary]:
        """The same when all was batch."""
        for each in self.open():
            yield each._replace(
                ended_at=each.last_at or each.started_at, outcome=DIED, reason=SHARD_DIED
            )


class _Tally:
    """What came on a connection without an end."""

    def __init__(self, summary: SessionSummary) -> None:
        self._summary = summary
        # Of the newest frame.
        self._seq = -1
        self._last_at = summary.last_at
        self._last_id, self._next_id = summary.last_event_id, summary.next_event_id
        self._events, self._bytes = summary.events, summary.bytes
        self._dropped = summary.dropped
        self.undecodable = summary.undecodable
        self.deviations = Counter(json.loads(summary.deviations))

    def add(self, frames: int, size: int) -> None:
        """So many frames of so many bytes, their lengths not counted."""
        self._events += frames
        self._bytes += LENGTH_BYTES * frames + size

    def reach(self, seq: int, received_at: int, event_id: int, stands_for: int) -> None:
        """A frame, and how many event ids it takes; the newest counts."""
        if seq > self._seq:
            self._seq, self._last_at = seq, received_at
            self._last_id, self._next_id = event_id, (event_id + stands_for) % EVENT_ID_MODULUS

    def drop(self, number: int) -> None:
        """The node says that it dropped so many."""
        self._dropped += number

    def summary(self) -> SessionSummary:
        """The connection as it is now."""
        return self._summary._replace(
            last_at=self._last_at,
            last_event_id=self._last_id,
            next_event_id=self._next_id,
            events=self._events,
            bytes=self._bytes,
            dropped=self._dropped,
            undecodable=self.undecodable,
            deviations=json.dumps(self.deviations),
        )


def undecodable_finding(row: UndecodableRow) -> Finding:
    """Of a frame that was not understood."""
    return Finding(
        row.rule,
        row.received_at,
        row.node,
        row.session,
        row.seq,
        row.event_id,
        row.type,
        row.byte_offset,
        row.field,
        row.expectation,
        row.frame,
    )


def _ended(stored: StoredSession, started_at: int) -> SessionSummary:
    """A connection of which the log has the end."""
    counters: dict[str, Any] = stored.counters
    information = None if stored.refused else _information(stored)
    return SessionSummary(
        ended_at=stored.ended_at,
        started_at=started_at,
        node=stored.node,
        session=stored.session,
        address=stored.address,
        outcome=REFUSED if stored.refused else CLOSED,
        reason=stored.reason,
        protocol_version=information.protocol_version if information else None,
        params_layout=information.layout if information else None,
        last_at=counters.get("last_at"),
        last_event_id=counters.get("last_event_id"),
        next_event_id=counters.get("next_event_id", 0),
        events=counters.get("events", 0),
        bytes=counters.get("bytes", 0),
        dropped=counters.get("dropped", 0),
        undecodable=counters.get("undecodable", 0),
        shed=sum(counters.get("shed", {}).values()),
        deviations=json.dumps(counters.get("deviations", {})),
    )


def _begun(stored: StoredSession) -> SessionSummary:
    """A connection of which only the beginning is known."""
    information = _information(stored)
    deviations = Counter(each.rule for each in information.deviations) if information else {}
    return _ended(stored, stored.started_at)._replace(
        outcome=OPEN,
        bytes=LENGTH_BYTES + len(stored.node_information),
        deviations=json.dumps(deviations),
    )


def _information(stored: StoredSession) -> NodeInformation | None:
    try:
        return decode_node_information(stored.node_information)
    except NodeInformationError:  # stored by a release that understood more
        return None


def _stands_for(content: bytes) -> int:
    """How many event ids an event takes."""
    if content[HEADER_BYTES - 1] != EventKind.DROPPED:
        return 1
    try:
        number: int = decode_event(EventKind.DROPPED, content[HEADER_BYTES:]).fields["num"]
    except DecodeError:  # stored by a release that understood more
        return 1
    return number
