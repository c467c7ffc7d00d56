"""Aggregates made again from the log: after a crash, or where there are none yet.

The log's events from ``FlushState.resume`` on are read in order of arrival and counted as if
they had just come. Those before ``FlushState.through`` were counted already: they are read
only to know the pipelines that were open, and nothing of them is counted twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import NamedTuple

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
from tart.protocol.columnar import read_columns
from tart.protocol.decoding import HEADER_BYTES, check_event
from tart.storage.aggregates.database import (
    AggregateFile,
    read_nodes,
    read_open_sessions,
    read_sessions,
    read_state,
    tables_of,
    write,
)
from tart.storage.aggregates.session_recovery import SessionRecovery, undecodable_finding
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import UndecodableRow, log_rows_query
from tart.storage.core.seq_ranges import scan_forward
from tart.storage.log.database import Database
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.log.recovery import StoredSession
from tart.storage.log.startup_progress import ReportProgress, ignore_progress

log = logging.getLogger(__name__)

_CHUNK = 50_000
# Counts of so many events are gathered before they are written: a start that is interrupted
# goes on from there.
_FLUSH_EVENTS = 500_000
# References of requests reach back seconds: so many events before ``through`` are read in
# full, and of older ones only pipelines (blocks, work-packages).
_REQUESTS = 200_000
_BROKEN = (
    "SELECT * REPLACE (epoch_us(received_at) AS received_at) FROM {file}.undecodable WHERE {where}"
)
_PIPELINES = "type BETWEEN 40 AND 47 OR type BETWEEN 90 AND 109"


def catch_up(
    database: Database,
    file: AggregateFile,
    logs: Sequence[LogFile],
    nodes: Mapping[int, bytes],
    sessions: Mapping[int, StoredSession],
    decode_context: Callable[[int], DecodeContext],
    next_sequence: int,
    isolation: Isolation,
    progress: ReportProgress = ignore_progress,
) -> FlushState:
    """Bring a directory's aggregates up to its log; how far they are then.

    Args:
        file, logs: the aggregates and the directory's files, oldest first, as they are to be
            read (``Database.readable``).
        nodes: the directory's nodes by number.
        sessions: the directory's connections by number.
        decode_context: the decode context of a session, by its number.
        next_sequence: the ``seq`` the next event gets.
        isolation: counts what cannot be aggregated.
        progress: called after each chunk with how many frames of all are counted; what it raises
            ends this, and what was written by then is not done again.

    Raises:
        duckdb.Error: the log cannot be read or the aggregates not written.
    """
    with closing(database.cursor()) as cursor:
        state = read_state(cursor, file)
        missing = [each for each in nodes.items() if each[0] not in read_nodes(cursor, file)]
        known, before = read_sessions(cursor, file), read_open_sessions(cursor, file)
        recount = SessionRecovery(sessions, known, before)
        if state.through >= next_sequence and not missing and not recount:
            return state
        aggregates, ended = Aggregates(decode_context, isolation=isolation), _Ended(sessions)
        place, expected = file.path.parent.name, _frames_from(cursor, logs, state.through)
        count = 0
        try:
            for part in _before(cursor, logs, state, decode_context):
                aggregates.add(part.batch)
                progress(f"reading directory {place} for what was open", 0, 0)
            ended.until(state.taken_at, aggregates)
            aggregates.clear()
            aggregates.add_findings(recount.findings())
            for summary in recount.ended():
                aggregates.record_session(summary)
            for part in _parts(cursor, logs, state.through, next_sequence, decode_context):
                aggregates.add(part.batch)
                recount.add_batch(part.batch, part.broken)
                aggregates.expire(part.received_at)
                ended.until(part.received_at, aggregates)
                count += len(part.batch)
                progress(
                    f"counting the events of directory {place} again", count, max(count, expected)
                )
                if count % _FLUSH_EVENTS < len(part.batch):
                    state = _flush(cursor, file, aggregates, state, part.end, [], recount.open())
            aggregates.end_all_sessions()
            for summary in recount.died():
                aggregates.record_session(summary)
            state = _flush(cursor, file, aggregates, state, next_sequence, missing, [])
        except duckdb.Error:
            with suppress(duckdb.Error):
                cursor.rollback()
            raise
    if count:
        log.info("%s: aggregated %d events of the log again", file.path, count)
    return state


def _frames_from(cursor: duckdb.DuckDBPyConnection, logs: Sequence[LogFile], first: int) -> int:
    """How many events there are from a ``seq`` on."""
    return sum(
        cursor.execute(f"SELECT count(*) FROM {each.alias}.log WHERE seq >= {first}").fetchall()[0][
            0
        ]
        for each in logs
    )


def _flush(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    aggregates: Aggregates,
    state: FlushState,
    through: int,
    nodes: list[tuple[int, bytes]],
    open_: list[SessionSummary],
) -> FlushState:
    rows = {table: aggregates.rows(table, include_open=False) for table in TABLES}
    aggregates.clear()
    resume = aggregates.resume_seq
    state = FlushState(
        state.flush + 1, through, through if resume is None else resume, state.taken_at
    )
    flush = Flush(state, rows, nodes, session_rows(open_))
    write(cursor, file, flush, dict(tables_of(flush, aggregates.isolation)))
    return state


class _Part(NamedTuple):
    """Some frames of the log.

    Attributes:
        broken: those that are no events.
        received_at: of the last; ``end`` is the ``seq`` after it.
    """

    batch: EventBatch
    broken: list[UndecodableRow]
    received_at: int
    end: int


class _Ended:
    """The connections that have an end, which ends them in aggregates when its time comes."""

    def __init__(self, sessions: Mapping[int, StoredSession]) -> None:
        self._left = sorted(
            ((each.ended_at, number) for number, each in sessions.items() if each.ended_at),
            reverse=True,
        )

    def until(self, received_at: int, aggregates: Aggregates) -> None:
        """All that ended up to then; Unix microseconds."""
        while self._left and self._left[-1][0] <= received_at:
            aggregates.end_session(self._left.pop()[1])


def _before(
    cursor: duckdb.DuckDBPyConnection,
    logs: Sequence[LogFile],
    state: FlushState,
    decode_context: Callable[[int], DecodeContext],
) -> Iterator[_Part]:
    first = max(0, state.through - _REQUESTS)
    yield from _parts(cursor, logs, min(state.resume, first), first, decode_context, _PIPELINES)
    yield from _parts(cursor, logs, first, state.through, decode_context)


def _parts(
    cursor: duckdb.DuckDBPyConnection,
    logs: Sequence[LogFile],
    first: int,
    end: int,
    decode_context: Callable[[int], DecodeContext],
    where: str = "true",
) -> Iterator[_Part]:
    """A directory's frames of these numbers, in order of arrival, a chunk at a time."""
    for stretch in scan_forward(read_file_ranges(cursor, logs, FRAME_TABLES), first, _CHUNK):
        if stretch.first >= end:
            break
        chunk = f"seq >= {stretch.first} AND seq < {min(stretch.end, end)} AND ({where})"
        rows = sorted(
            LogRow(*row)
            for file in stretch.files
            for row in cursor.execute(log_rows_query(file.alias, chunk)).fetchall()
        )
        broken = sorted(
            UndecodableRow(*row)
            for file in stretch.files
            for row in cursor.execute(_BROKEN.format(file=file.alias, where=chunk)).fetchall()
        )
        if rows or broken:
            seq, received_at = max((row.seq, row.received_at) for row in _last(rows, broken))
            yield _Part(
                event_batch_from_rows(rows, decode_context, broken), broken, received_at, seq + 1
            )


def _last(rows: list[LogRow], broken: list[UndecodableRow]) -> Iterator[LogRow | UndecodableRow]:
    yield from rows[-1:]
    yield from broken[-1:]


def event_batch_from_rows(
    rows: Sequence[LogRow],
    decode_context: Callable[[int], DecodeContext],
    broken: Sequence[UndecodableRow] = (),
) -> EventBatch:
    """Stored events as they were when they came, and what could not be understood."""
    contents = [
        row.timestamp.to_bytes(8, "little") + bytes([row.type]) + row.payload for row in rows
    ]
    columns = read_columns(contents)
    faults = [undecodable_finding(row) for row in broken]
    for at in np.flatnonzero(~columns.clean).tolist():
        faults += _deviations(rows[at], contents[at], decode_context(rows[at].session))
    events = EventColumns(
        seq=np.array([row.seq for row in rows], np.int64),
        received_at=np.array([row.received_at for row in rows], np.int64),
        timestamp=columns.timestamp,
        node=np.array([row.node for row in rows], np.int32),
        session=np.array([row.session for row in rows], np.int32),
        event_id=np.array([row.event_id for row in rows], np.uint64),
        type=columns.number,
        ref=columns.ref,
        has_ref=np.array([row.ref is not None for row in rows], np.bool_),
        slot=columns.slot,
        has_slot=columns.has_slot,
        core=columns.core,
        has_core=columns.has_core,
    )
    return EventBatch(events, contents, columns.clean, faults)


def _deviations(row: LogRow, content: bytes, decode_context: DecodeContext) -> Iterator[Finding]:
    """What is wrong with the bytes of an event that was understood all the same."""
    try:
        found = check_event(
            row.type,
            content[HEADER_BYTES:],
            version=decode_context.version,
            cores=decode_context.cores,
        )
    except DecodeError:  # stored by a release that understood more
        return
    for each in found:
        yield Finding(
            each.rule,
            row.received_at,
            row.node,
            row.session,
            row.seq,
            row.event_id,
            row.type,
            each.offset,
            each.field,
            each.expectation,
            content,
        )
