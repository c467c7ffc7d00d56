"""Aggregates made again from the log: after a crash, or where there are none yet.

The log's events from ``State.resume`` on are read in order of arrival and counted as if
they had just come. Those before ``State.through`` were counted already: they are read
only to know the pipelines that were open, and nothing of them is counted twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress

import duckdb
import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.flush import Flush, State
from tart.aggregate.heard import Heard, Voice
from tart.aggregate.tables import TABLES
from tart.protocol.columns import read_columns
from tart.storage.aggregates import AggregateFile, read_nodes, read_state, write
from tart.storage.database import Database, storage_error
from tart.storage.files import LogFile
from tart.storage.schema import LogRow, payload_of, rows_of

log = logging.getLogger(__name__)

_CHUNK = 50_000
# Counts of so many events are gathered before they are written.
_FLUSH_EVENTS = 2_000_000
# References of requests reach back seconds: so many events before ``through`` are read in
# full, and of older ones only pipelines (blocks, work-packages).
_REQUESTS = 200_000
_PIPELINES = "type BETWEEN 40 AND 47 OR type BETWEEN 90 AND 109"


def catch_up(
    database: Database,
    file: AggregateFile,
    logs: Sequence[LogFile],
    nodes: Mapping[int, bytes],
    ended: Mapping[int, int],
    voice: Callable[[int], Voice],
    next_sequence: int,
) -> State:
    """Bring a directory's aggregates up to its log; how far they are then.

    Args:
        logs: the directory's files, oldest first.
        nodes: the directory's nodes by number.
        ended: when sessions ended, Unix microseconds, by number.
        voice: how to read what a session says.
        next_sequence: the ``seq`` the next event gets.

    Raises:
        StorageError: the log cannot be read or the aggregates not written.
    """
    with closing(database.cursor()) as cursor:
        state = read_state(cursor, file)
        missing = [each for each in nodes.items() if each[0] not in read_nodes(cursor, file)]
        if state.through >= next_sequence and not missing:
            return state
        aggregates = Aggregates(voice)
        first, count = _first(cursor, logs, next_sequence), 0
        try:
            for heard in _before(cursor, logs, state):
                aggregates.add(heard)
            for session, ended_at in ended.items():
                if ended_at <= state.taken_at:
                    aggregates.end(session)
            aggregates.clear()
            for heard in _heard(cursor, logs, max(state.through, first), next_sequence):
                aggregates.add(heard)
                count += len(heard)
                if count % _FLUSH_EVENTS < len(heard):
                    state = _flush(cursor, file, aggregates, state, int(heard.seq[-1]) + 1, [])
            aggregates.end_all()
            state = _flush(cursor, file, aggregates, state, next_sequence, missing)
        except duckdb.Error as error:
            with suppress(duckdb.Error):
                cursor.rollback()
            raise storage_error(file, error) from None
    if count:
        log.info("%s: aggregated %d events of the log again", file.path, count)
    return state


def _first(cursor: duckdb.DuckDBPyConnection, logs: Sequence[LogFile], next_sequence: int) -> int:
    """The first ``seq`` there is: retention may have taken those before."""
    found = [
        cursor.execute(f"SELECT min(seq) FROM {each.alias}.log").fetchall()[0][0] for each in logs
    ]
    return min((seq for seq in found if seq is not None), default=next_sequence)


def _flush(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    aggregates: Aggregates,
    state: State,
    through: int,
    nodes: list[tuple[int, bytes]],
) -> State:
    rows = {table: aggregates.rows(table, open_too=False) for table in TABLES}
    aggregates.clear()
    resume = aggregates.resume
    state = State(state.flush + 1, through, through if resume is None else resume, state.taken_at)
    write(cursor, file, Flush(state, rows, nodes))
    return state


def _before(
    cursor: duckdb.DuckDBPyConnection, logs: Sequence[LogFile], state: State
) -> Iterator[Heard]:
    first = max(0, state.through - _REQUESTS)
    yield from _heard(cursor, logs, min(state.resume, first), first, _PIPELINES)
    yield from _heard(cursor, logs, first, state.through)


def _heard(
    cursor: duckdb.DuckDBPyConnection,
    logs: Sequence[LogFile],
    first: int,
    end: int,
    where: str = "true",
) -> Iterator[Heard]:
    """A directory's events of these numbers, in order of arrival, a chunk at a time."""
    for start in range(first, end, _CHUNK):
        chunk = f"seq >= {start} AND seq < {min(start + _CHUNK, end)} AND ({where})"
        rows = [
            LogRow(*row)
            for file in logs
            for row in cursor.execute(rows_of(file.alias, chunk)).fetchall()
        ]
        if rows:
            yield as_heard(sorted(rows, key=lambda row: row.seq))


def as_heard(rows: Sequence[LogRow]) -> Heard:
    """Stored events as they were when they came."""
    contents = [
        row.timestamp.to_bytes(8, "little") + bytes([row.type]) + payload_of(row) for row in rows
    ]
    columns = read_columns(contents)
    return Heard(
        seq=np.array([row.seq for row in rows]),
        received_at=np.array([row.received_at for row in rows]),
        timestamp=columns.timestamp,
        node=np.array([row.node for row in rows], np.int32),
        session=np.array([row.session for row in rows], np.int32),
        event_id=np.array([row.event_id for row in rows], np.uint64),
        number=columns.number,
        ref=columns.ref,
        has_ref=np.array([row.ref is not None for row in rows]),
        slot=columns.slot,
        has_slot=columns.has_slot,
        core=columns.core,
        has_core=columns.has_core,
        clean=columns.clean,
        contents=contents,
    )
