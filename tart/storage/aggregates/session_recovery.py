"""Recovery of sessions that the aggregates lack, from the event log. Pure.

Of a connection that was closed or refused the event log has the counters. A connection that was
open when the shard died has no end: its counters continue from the last flush with the events
that came after, and it ends with its last event.
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
from tart.errors import NodeInformationError
from tart.protocol.connection import EVENT_ID_MODULUS
from tart.protocol.dropped_events import dropped_events, elapsed_since, ids_taken
from tart.protocol.events import EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import NodeInformation, decode_node_information
from tart.storage.core.schema import UndecodableRow
from tart.storage.log.recovery import StoredSession


class SessionRecovery:
    """The connections of a directory that are to get a row.

    Args:
        stored: The connections in the event log, by number.
        known: The connections that have a row.
        open_: Those that were open at the last flush, as they were then.
    """

    def __init__(
        self,
        stored: Mapping[int, StoredSession],
        known: Set[int],
        open_: Iterable[SessionSummary],
    ) -> None:
        self._before = {summary.session: summary for summary in open_}
        self._missing = {
            number: session for number, session in stored.items() if number not in known
        }
        self._counters: dict[int, _SessionCounters] = {}
        for number, session in self._missing.items():
            if session.ended_at is None:
                self._counters[number] = _SessionCounters(
                    self._before.get(number) or _open_summary(session)
                )
        for number, summary in self._before.items():
            # The part of the event log that had it is lost.
            if number not in known and number not in stored:
                self._counters[number] = _SessionCounters(summary)

    def __bool__(self) -> bool:
        return bool(self._missing or self._counters)

    def add_batch(self, batch: EventBatch, undecodable: Iterable[UndecodableRow]) -> None:
        """Count events after the last flush in order of arrival, and undecodable frames."""
        if not self._counters:
            return
        self._count_events(batch)
        for index in np.flatnonzero(batch.columns.type == EventKind.DROPPED).tolist():
            if counters := self._counters.get(int(batch.columns.session[index])):
                received_at = int(batch.columns.received_at[index])
                number = counters.dropped(batch.contents[index], received_at)
                counters.count_dropped(number or 0)
        sequences = set()
        for row in undecodable:
            sequences.add(row.seq)
            row_counters = self._counters.get(row.session)
            if row_counters is not None and row.event_id is not None:
                row_counters.count_frames(1, len(row.frame))
                row_counters.undecodable += 1
                row_counters.set_newest(row.seq, row.received_at, row.event_id, 1)
        for fault in batch.faults:
            counters = self._counters.get(fault.session)
            if counters and fault.seq not in sequences:
                counters.deviations[fault.rule] += 1

    def _count_events(self, batch: EventBatch) -> None:
        columns = batch.columns
        sessions, owners, counts = np.unique(
            columns.session, return_inverse=True, return_counts=True
        )
        sizes = np.bincount(owners, batch.contents.lengths, len(sessions))
        newest = np.zeros(len(sessions), np.int64)
        newest[owners] = np.arange(len(batch))
        for session, count, size, index in zip(
            sessions.tolist(), counts.tolist(), sizes.tolist(), newest.tolist(), strict=True
        ):
            if counters := self._counters.get(session):
                counters.count_frames(count, int(size))
                counters.set_newest(
                    int(columns.seq[index]),
                    int(columns.received_at[index]),
                    int(columns.event_id[index]),
                    counters.ids_taken(batch.contents[index], int(columns.received_at[index])),
                )

    def findings(self) -> Iterator[Finding]:
        """Yield the findings of node information that came after the last flush."""
        for number, session in self._missing.items():
            information = _information(session)
            if number not in self._before and information and session.node is not None:
                yield from handshake_findings(
                    information,
                    session.started_at,
                    session.node,
                    number,
                    session.node_information,
                )

    def ended_sessions(self) -> Iterator[SessionSummary]:
        """Yield the connections whose end is in the event log."""
        for number, session in self._missing.items():
            if session.ended_at is not None:
                before = self._before.get(number)
                started_at = session.started_at if before is None else before.started_at
                yield _ended_summary(session, session.counters.get("started_at", started_at))

    def open_sessions(self) -> list[SessionSummary]:
        """Return the connections without an end, with the events added so far."""
        return [counters.summary() for counters in self._counters.values()]

    def lost_sessions(self) -> Iterator[SessionSummary]:
        """Yield the connections without an end as ended, when all events are added."""
        for summary in self.open_sessions():
            yield summary._replace(
                ended_at=summary.last_at or summary.started_at, outcome=DIED, reason=SHARD_DIED
            )


class _SessionCounters:
    """The counters of a connection without an end."""

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

    def count_frames(self, frames: int, size: int) -> None:
        """Count frames of ``size`` bytes together, without their length prefixes."""
        self._events += frames
        self._bytes += LENGTH_BYTES * frames + size

    def set_newest(self, seq: int, received_at: int, event_id: int, ids_taken: int) -> None:
        """Set the newest frame, unless a newer one is set."""
        if seq > self._seq:
            self._seq, self._last_at = seq, received_at
            self._last_id, self._next_id = event_id, (event_id + ids_taken) % EVENT_ID_MODULUS

    def dropped(self, content: bytes, received_at: int) -> int | None:
        """Return the number of events for which a Dropped stands, if it can be true."""
        return dropped_events(content, elapsed_since(self._summary.started_at, received_at))

    def ids_taken(self, content: bytes, received_at: int) -> int:
        """Return the number of event ids that an event takes."""
        return ids_taken(content, elapsed_since(self._summary.started_at, received_at))

    def count_dropped(self, number: int) -> None:
        """Count events that the node dropped."""
        self._dropped += number

    def summary(self) -> SessionSummary:
        """Return the connection as it is now."""
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
    """Return the finding of an undecodable frame."""
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


def _ended_summary(stored: StoredSession, started_at: int) -> SessionSummary:
    """Return a connection whose end is in the event log."""
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


def _open_summary(stored: StoredSession) -> SessionSummary:
    """Return a connection of which only the beginning is known."""
    information = _information(stored)
    deviations = Counter(each.rule for each in information.deviations) if information else {}
    return _ended_summary(stored, stored.started_at)._replace(
        outcome=OPEN,
        bytes=LENGTH_BYTES + len(stored.node_information),
        deviations=json.dumps(deviations),
    )


def _information(stored: StoredSession) -> NodeInformation | None:
    try:
        return decode_node_information(stored.node_information)
    except NodeInformationError:  # stored by a release that understood more
        return None
