"""Rebuild of aggregates from the event log: after a crash, or where there are none yet.

The events from ``FlushState.replay_from_seq`` on are read in order of arrival and counted as if
they had just arrived. Those before ``FlushState.next_seq`` are counted already: they are read only
to restore the pipelines that were open, and are not counted again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import NamedTuple, TypeVar

import duckdb
import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext, EventBatch, Finding
from tart.aggregate.core.event_columns import EventColumns
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.tables import TABLES
from tart.aggregate.flush import Flush, FlushState
from tart.aggregate.keyed.sessions import SessionSummary, session_rows
from tart.errors import DecodeError
from tart.protocol.columnar import mark_dialect, read_columns, set_dialect_columns
from tart.protocol.decoding import DIALECT_TYPES, Decoded, decode_event
from tart.protocol.dialects import Dialect
from tart.protocol.dropped_events import dropped_events, elapsed_since
from tart.protocol.events import EventKind
from tart.protocol.frames import Frames
from tart.storage.aggregates.database import (
    AggregateFile,
    encode_flush,
    read_nodes,
    read_open_sessions,
    read_sessions,
    read_state,
    write,
)
from tart.storage.aggregates.session_recovery import SessionRecovery, undecodable_finding
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import UndecodableRow, log_rows_query, undecodable_rows_query
from tart.storage.core.seq_ranges import scan_forward
from tart.storage.log.database import Database
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.log.recovery import RecoveredState, StoredSession
from tart.storage.log.startup_progress import ReportProgress, ignore_progress

log = logging.getLogger(__name__)

Row = TypeVar("Row", LogRow, UndecodableRow)

_CHUNK = 50_000
# The events whose counts are gathered before they are written: a start that is interrupted
# continues from there.
_FLUSH_EVENTS = 500_000
# References of requests reach back seconds: this number of events before ``next_seq`` is read in
# full, and of older ones only pipelines (blocks, work-packages).
_REQUESTS = 200_000
_PIPELINES = (
    f"type BETWEEN {EventKind.AUTHORING} AND {EventKind.BLOCK_EXECUTED} OR "
    f"type BETWEEN {EventKind.WORK_PACKAGE_SUBMISSION} AND {EventKind.GUARANTEES_DISTRIBUTED}"
)


def catch_up(
    database: Database,
    file: AggregateFile,
    logs: Sequence[LogFile],
    recovered: RecoveredState,
    decode_context: Callable[[int], DecodeContext],
    isolation: Isolation,
    progress: ReportProgress = ignore_progress,
) -> FlushState:
    """Bring a directory's aggregates up to its event log; return the state they have then.

    Args:
        database: The database that has the files attached.
        file: The aggregates, with the alias to read them by (``Database.readable``).
        logs: The directory's event log, oldest first, likewise.
        recovered: The state of the directory.
        decode_context: Returns how to decode the events of a session.
        isolation: Counts events that cannot be aggregated.
        progress: Called after each chunk; an error that it raises ends the rebuild, which
            continues from the last flush at the next start.

    Raises:
        duckdb.Error: The event log cannot be read or the aggregates not written.
    """
    with closing(database.cursor()) as cursor:
        rebuild = _Rebuild(cursor, file, logs, recovered, decode_context, isolation)
        if rebuild.is_needed():
            try:
                rebuild.run(progress)
            except duckdb.Error:
                with suppress(duckdb.Error):
                    cursor.rollback()
                raise
    if rebuild.events:
        log.info("%s: aggregated %d events of the event log again", file.path, rebuild.events)
    return rebuild.state


class _Rebuild:
    """The rebuild of one directory's aggregates; see ``catch_up`` for the arguments."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: AggregateFile,
        logs: Sequence[LogFile],
        recovered: RecoveredState,
        decode_context: Callable[[int], DecodeContext],
        isolation: Isolation,
    ) -> None:
        self._cursor = cursor
        self._file = file
        self._logs = logs
        self._recovered = recovered
        self._decode_context = decode_context
        self._isolation = isolation
        self.events = 0
        self.state = read_state(cursor, file)
        known_nodes = read_nodes(cursor, file)
        self._missing_nodes = [
            (number, peer_id)
            for number, peer_id in recovered.nodes.items()
            if number not in known_nodes
        ]
        self._ended = read_sessions(cursor, file)
        self._sessions = SessionRecovery(
            recovered.sessions, self._ended, read_open_sessions(cursor, file)
        )

    def is_needed(self) -> bool:
        """Return whether the event log has anything that the aggregates lack."""
        behind = self.state.next_seq < self._recovered.next_sequence
        return behind or bool(self._missing_nodes) or bool(self._sessions)

    def run(self, progress: ReportProgress) -> None:
        """Count all events after the last flush, and flush them."""
        aggregates = Aggregates(self._decode_context, isolation=self._isolation)
        ends = _SessionEnds(self._recovered.sessions)
        place, expected = self._file.path.parent.name, self._count_remaining()
        before: set[int] = set()
        for chunk in self._chunks_before():
            aggregates.add(chunk.batch)
            before.update(np.unique(chunk.batch.columns.session).tolist())
            progress(f"restoring open pipelines of directory {place}", 0, 0)
        ends.apply_until(self.state.taken_at, aggregates)
        # The file has what their ends tell. Those that died have no end in the event log.
        for session in sorted(before & self._ended):
            aggregates.end_session(session)
        # As that flush did.
        aggregates.expire(self.state.taken_at)
        aggregates.clear()
        aggregates.add_findings(self._sessions.findings())
        for summary in self._sessions.ended_sessions():
            aggregates.record_session(summary)
        end = self._recovered.next_sequence
        for chunk in self._chunks(self.state.next_seq, end):
            aggregates.add(chunk.batch)
            self._sessions.add_batch(chunk.batch, chunk.undecodable)
            aggregates.expire(chunk.received_at)
            ends.apply_until(chunk.received_at, aggregates)
            self.events += len(chunk.batch)
            total = max(self.events, expected)
            progress(f"counting the events of directory {place} again", self.events, total)
            if self.events % _FLUSH_EVENTS < len(chunk.batch):
                self._flush(aggregates, chunk.end, [], self._sessions.open_sessions())
        aggregates.end_all_sessions()
        for summary in self._sessions.lost_sessions():
            aggregates.record_session(summary)
        self._flush(aggregates, end, self._missing_nodes, [])

    def _count_remaining(self) -> int:
        """Return the number of events after the last flush."""
        total = 0
        for file in self._logs:
            ((count,),) = self._cursor.execute(
                f"SELECT count(*) FROM {file.alias}.log WHERE seq >= {self.state.next_seq}"
            ).fetchall()
            total += count
        return total

    def _flush(
        self,
        aggregates: Aggregates,
        next_seq: int,
        nodes: list[tuple[int, bytes]],
        open_: list[SessionSummary],
    ) -> None:
        rows = {table: aggregates.rows(table, include_open=False) for table in TABLES}
        aggregates.clear()
        replay_from_seq = aggregates.replay_from_seq
        self.state = FlushState(
            flush=self.state.flush + 1,
            next_seq=next_seq,
            replay_from_seq=next_seq if replay_from_seq is None else replay_from_seq,
            taken_at=self.state.taken_at,
        )
        flush = Flush(self.state, rows, nodes, session_rows(open_))
        write(self._cursor, self._file, flush, dict(encode_flush(flush, self._isolation)))

    def _chunks_before(self) -> Iterator[_Chunk]:
        """Yield the events before ``next_seq`` that open pipelines and requests refer to."""
        next_seq = self.state.next_seq
        requests = max(0, next_seq - _REQUESTS)
        yield from self._chunks(min(self.state.replay_from_seq, requests), requests, _PIPELINES)
        yield from self._chunks(requests, next_seq)

    def _chunks(self, first: int, end: int, where: str = "true") -> Iterator[_Chunk]:
        """Yield the frames of a range of sequences, in order of arrival, a chunk at a time."""
        ranges = read_file_ranges(self._cursor, self._logs, FRAME_TABLES)
        for sequences in scan_forward(ranges, first, _CHUNK):
            if sequences.first >= end:
                break
            last = min(sequences.end, end)
            within = f"seq >= {sequences.first} AND seq < {last} AND ({where})"
            rows: list[LogRow] = []
            undecodable: list[UndecodableRow] = []
            for file in sequences.files:
                rows += self._read(LogRow, log_rows_query(file.alias, within))
                undecodable += self._read(
                    UndecodableRow, undecodable_rows_query(file.alias, within)
                )
            if rows or undecodable:
                yield self._chunk(sorted(rows), sorted(undecodable))

    def _read(self, kind: type[Row], statement: str) -> Iterator[Row]:
        return (kind(*row) for row in self._cursor.execute(statement).fetchall())

    def _chunk(self, rows: list[LogRow], undecodable: list[UndecodableRow]) -> _Chunk:
        last: list[LogRow | UndecodableRow] = [*rows[-1:], *undecodable[-1:]]
        sequence, received_at = max((row.seq, row.received_at) for row in last)
        batch = event_batch_from_rows(rows, self._decode_context, undecodable)
        return _Chunk(batch, undecodable, received_at, sequence + 1)


class _Chunk(NamedTuple):
    """Frames of the event log.

    Attributes:
        batch: The events.
        undecodable: The frames that could not be decoded.
        received_at: When the last was received.
        end: The ``seq`` after the last.
    """

    batch: EventBatch
    undecodable: list[UndecodableRow]
    received_at: int
    end: int


class _SessionEnds:
    """The ends of connections, applied to aggregates in order of time."""

    def __init__(self, sessions: Mapping[int, StoredSession]) -> None:
        self._remaining = sorted(
            (
                (session.ended_at, number)
                for number, session in sessions.items()
                if session.ended_at
            ),
            reverse=True,
        )

    def apply_until(self, received_at: int, aggregates: Aggregates) -> None:
        """End the sessions that ended up to then, Unix microseconds."""
        while self._remaining and self._remaining[-1][0] <= received_at:
            aggregates.end_session(self._remaining.pop()[1])


def event_batch_from_rows(
    rows: Sequence[LogRow],
    decode_context: Callable[[int], DecodeContext],
    undecodable: Sequence[UndecodableRow] = (),
) -> EventBatch:
    """Return stored events as the batch that they arrived in.

    Args:
        rows: The events.
        decode_context: Returns how to decode the events of a session.
        undecodable: Frames whose faults go into the batch.
    """
    contents = [
        row.timestamp.to_bytes(8, "little") + bytes([row.type]) + row.payload for row in rows
    ]
    frames = Frames.of(contents)
    columns = read_columns(frames)
    sessions = np.array([row.session for row in rows], np.int32)
    for session in np.unique(sessions).tolist():
        dialect = decode_context(session).dialect
        if dialect is not Dialect.STANDARD:
            mark_dialect(columns, np.flatnonzero(sessions == session), dialect)
    faults = list(map(undecodable_finding, undecodable))
    for index in np.flatnonzero(~columns.clean).tolist():
        row = rows[index]
        context = decode_context(row.session)
        decoded = _decode(row, context)
        if decoded is None:
            continue
        faults += _deviations(row, contents[index], decoded)
        if row.type in DIALECT_TYPES[context.dialect]:
            set_dialect_columns(columns, index, decoded.fields)
    implausible = {
        row.seq
        for row, content in zip(rows, contents, strict=True)
        if row.type == EventKind.DROPPED
        and _dropped(row, content, decode_context(row.session)) is None
    }
    events = EventColumns(
        seq=np.array([row.seq for row in rows], np.int64),
        received_at=np.array([row.received_at for row in rows], np.int64),
        timestamp=columns.timestamp,
        node=np.array([row.node for row in rows], np.int32),
        session=sessions,
        event_id=np.array([row.event_id for row in rows], np.uint64),
        type=columns.number,
        ref=columns.ref,
        has_ref=np.array([row.ref is not None for row in rows], np.bool_),
        slot=columns.slot,
        has_slot=columns.has_slot,
        core=columns.core,
        has_core=columns.has_core,
    )
    return EventBatch(events, frames, columns.clean, faults, implausible)


def _dropped(row: LogRow, content: bytes, context: DecodeContext) -> int | None:
    """Return the number of events for which a Dropped stands, if it can be true."""
    return dropped_events(content, elapsed_since(context.started_at, row.received_at))


def _decode(row: LogRow, context: DecodeContext) -> Decoded | None:
    """Return an event's fields and deviations, ``None`` if this release cannot decode it."""
    try:
        return decode_event(
            row.type,
            row.payload,
            version=context.version,
            cores=context.cores,
            dialect=context.dialect,
        )
    except DecodeError:  # stored by a release that understood more
        return None


def _deviations(row: LogRow, content: bytes, decoded: Decoded) -> Iterator[Finding]:
    """Yield the findings of an event that could be decoded in spite of them."""
    for deviation in decoded.deviations:
        yield Finding(
            deviation.rule,
            row.received_at,
            row.node,
            row.session,
            row.seq,
            row.event_id,
            row.type,
            deviation.offset,
            deviation.field,
            deviation.expectation,
            content,
        )
