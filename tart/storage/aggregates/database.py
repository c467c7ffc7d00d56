"""The aggregates of a directory, ``shards/00/aggregates.duckdb``, and their only writer.

A thread takes flushes, one at a time, and writes each in one transaction: its rows, the rollups
that are due, and the position in the event log. A flush is handed over when its events are
committed, so everything aggregated is stored; after a crash the rest of the event log is read
again (``rebuild``). Queries combine the flushed rows with those in memory; ``state`` has the
number of the last flush, so that no row is counted twice.

- Rows are appended and added up by queries; no row is updated.
- Expired rows are deleted by their own time once an hour, while the clock is stable.
- A file that cannot be read is quarantined and rebuilt from the event log as far as that goes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb
import numpy as np

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.isolation import Failure, Isolation
from tart.aggregate.core.tables import ROLLUPS, TABLES, clock_column
from tart.aggregate.flush import Flush, FlushState
from tart.aggregate.keyed.sessions import OPEN_SESSIONS, SessionSummary
from tart.config.schema import AggregatesConfig
from tart.errors import DamagedFile, DiskFull, RowsRefused
from tart.storage.core.arrow import (
    COLUMN_TYPES,
    UINT32,
    ArrowTable,
    column,
    number_column,
)
from tart.storage.core.files import AGGREGATES, SmallTablesFile
from tart.storage.core.retention import ClockMonitor
from tart.storage.core.schema import META, create_statements
from tart.storage.log.database import Database, storage_error
from tart.storage.log.recovery import NodeHistory
from tart.units import DAY_US, HOUR_US

log = logging.getLogger(__name__)

# Version 1 had sums of 64 bits, with 2^64 - 1 for those that were too large. Version 2 had no
# deliveries, and neither services of packages nor the time to load code.
SCHEMA_VERSION = 5
STAGE = "flush"
_FLUSH = UINT32.sql
_EXPIRE_SECONDS = 3600.0
# A checkpoint is due after this time, or when the WAL has this size: what is in the WAL is in
# memory, too, uncompressed.
_CHECKPOINT_SECONDS = 300.0
_CHECKPOINT_BYTES = 8 << 20
_RETRY_SECONDS = 5.0
# Tries to write a flush that finds damage.
_TRIES = 3
# The interval in which a writer that waits for a backup checks whether it is to stop.
_LOCK_SECONDS = 0.2


def rollup_state_key(table: str) -> str:
    """Return the key in ``state`` of the last flush that a rollup includes."""
    return f"rolled_{table}"


def stored_columns(table: str) -> Mapping[str, str]:
    """Return the columns of a table or rollup as stored, with their SQL types."""
    origin = _ORIGIN.get(table, table)
    return {**TABLES[origin], "flush": _FLUSH}


# The table whose columns a rollup has.
_ORIGIN = {"counts_1m": "counts", "counts_1h": "counts", "latency_1h": "latency"}
STORED: tuple[str, ...] = (*TABLES, *(name for name, _, _ in ROLLUPS))
LAYOUT: Mapping[str, Mapping[str, str]] = {
    "meta": META,
    "state": {"key": "VARCHAR", "value": "BIGINT"},
    "nodes": {"node": "INTEGER", "peer_id": "BLOB"},
    **{table: stored_columns(table) for table in STORED},
    OPEN_SESSIONS: stored_columns("sessions"),
}
_DDL = create_statements(LAYOUT)
# Keys in ``state`` by attribute of ``FlushState``.
_STATE_KEYS = {
    "flush": "flush",
    "next_seq": "through",
    "replay_from_seq": "resume",
    "taken_at": "taken_at",
}


@dataclass(frozen=True)
class AggregateFile(SmallTablesFile):
    """The aggregates of one directory; attached and quarantined as segments are."""

    @property
    def catalog(self) -> str:
        """The name of the attached file in DuckDB."""
        return f"a{self.directory:02d}"

    @property
    def ddl(self) -> tuple[str, ...]:
        """The statements that create the tables, to be formatted with the catalog's name."""
        return _DDL

    @property
    def schema_version(self) -> int:
        """The version of the tables."""
        return SCHEMA_VERSION


def aggregate_file(root: Path, directory: int) -> AggregateFile:
    """Return the aggregates of a directory, whether or not the file exists."""
    return AggregateFile(directory, 0, root / f"{directory:02d}" / AGGREGATES)


def to_arrow_table(table: str, rows: Rows, flush: int) -> ArrowTable:
    """Encode rows of an aggregate."""
    length = len(next(iter(rows.values())))
    columns: dict[str, Any] = {}
    for name, sql in TABLES[table].items():
        values, kind = rows[name], COLUMN_TYPES[sql]
        columns[name] = (
            number_column(kind, values) if isinstance(values, np.ndarray) else column(kind, values)
        )
    columns["flush"] = number_column(UINT32, np.full(length, flush))
    return ArrowTable(columns, length)


def check_layout(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> None:
    """Raise unless a file has the tables of this release: rows are inserted by position.

    Raises:
        DamagedFile: The tables differ, as those of builds between two releases may.
    """
    stored: dict[str, dict[str, str]] = {}
    for table, name, kind in cursor.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY table_name, column_index",
        [file.catalog],
    ).fetchall():
        stored.setdefault(table, {})[name] = kind
    for table, columns in LAYOUT.items():
        if list(stored.get(table, {}).items()) != list(columns.items()):
            raise DamagedFile(f"{file.path}: its table {table} is not that of this release")


def read_state(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> FlushState:
    """Return the state of a file after its last flush."""
    state = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.state").fetchall())
    return FlushState(**{name: state.get(key, 0) for name, key in _STATE_KEYS.items()})


def read_nodes(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> dict[int, bytes]:
    """Return the nodes in a file, by number."""
    return dict(cursor.execute(f"SELECT node, peer_id FROM {file.alias}.nodes").fetchall())


def read_sessions(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> set[int]:
    """Return the connections that a file has rows of."""
    rows = cursor.execute(f"SELECT session FROM {file.alias}.sessions").fetchall()
    return {number for (number,) in rows}


def read_open_sessions(
    cursor: duckdb.DuckDBPyConnection, file: AggregateFile
) -> list[SessionSummary]:
    """Return the connections that were open at the last flush, as they were then."""
    columns = ", ".join(
        f"epoch_us({name})" if kind == "TIMESTAMP" else name
        for name, kind in TABLES["sessions"].items()
    )
    rows = cursor.execute(f"SELECT {columns} FROM {file.alias}.{OPEN_SESSIONS}").fetchall()
    return [SessionSummary(*row) for row in rows]


def read_node_histories(
    cursor: duckdb.DuckDBPyConnection, file: AggregateFile
) -> dict[int, NodeHistory]:
    """Return the history of each node, open connections included."""
    rows = cursor.execute(
        "SELECT node, epoch_us(min(started_at)), epoch_us(max(started_at)), "
        "epoch_us(max(greatest(started_at, last_at))), "
        "epoch_us(max(coalesce(ended_at, greatest(started_at, last_at)))), "
        "arg_max(address, started_at), "
        "sum(events)::UBIGINT, sum(undecodable)::UBIGINT, sum(dropped)::HUGEINT "
        f"FROM (FROM {file.alias}.sessions UNION ALL FROM {file.alias}.{OPEN_SESSIONS}) "
        "WHERE node IS NOT NULL GROUP BY node"
    ).fetchall()
    return {node: NodeHistory(*values) for node, *values in rows}


def encode_flush(flush: Flush, isolation: Isolation) -> Iterator[tuple[str, ArrowTable]]:
    """Encode the tables of a flush that have rows; rows that no table can hold are left out.

    Such a row is a fault of tart. It is counted, and costs no other row.

    Yields:
        The name of each table and its rows.
    """
    for table, rows in flush.rows.items():
        try:
            isolation.enter(STAGE)
            encoded = to_arrow_table(table, rows, flush.state.flush)
        except Exception:
            isolation.retries[STAGE] += 1
            encoded = _encode_valid_rows(table, rows, flush.state.flush, isolation)
        if len(encoded):
            yield table, encoded


def _encode_valid_rows(table: str, rows: Rows, flush: int, isolation: Isolation) -> ArrowTable:
    """Encode the rows that a table can hold, found by bisection."""
    try:
        columns = {name: list(rows[name]) for name in TABLES[table]}
    except Exception as reason:
        isolation.record(Failure(STAGE, reason))
        return to_arrow_table(table, {name: [] for name in TABLES[table]}, flush)
    valid: list[int] = []
    parts = [range(len(next(iter(columns.values()))))]
    while parts:
        part = parts.pop()
        try:
            picked = {name: values[part.start : part.stop] for name, values in columns.items()}
            to_arrow_table(table, picked, flush)
        except Exception as reason:
            if len(part) == 1:
                isolation.record(Failure(STAGE, reason, 1))
                continue
            middle = len(part) // 2
            parts += [part[middle:], part[:middle]]
        else:
            valid += part
    picked = {name: [values[index] for index in valid] for name, values in columns.items()}
    return to_arrow_table(table, picked, flush)


def write(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    flush: Flush,
    tables: Mapping[str, ArrowTable],
) -> int:
    """Write a flush in one transaction; return the number of rows.

    Args:
        cursor: The cursor to write with.
        file: The file, with the alias to read it by (``Database.readable``).
        flush: The flush.
        tables: The tables of ``encode_flush``.

    Raises:
        RowsRefused: DuckDB refuses the values of a table; the caller rolls back and omits it.
        duckdb.Error: The write failed; the caller rolls back.
    """
    catalog, number, written = file.catalog, flush.state.flush, 0
    cursor.begin()
    for table, encoded in tables.items():
        cursor.register("flushed", encoded)
        try:
            cursor.execute(f"INSERT INTO {catalog}.{table} SELECT * FROM flushed")
        except duckdb.DataError as error:
            raise RowsRefused(table, str(error)) from None
        cursor.unregister("flushed")
        written += len(encoded)
    cursor.execute(f"DELETE FROM {catalog}.{OPEN_SESSIONS}")
    if flush.open_sessions["session"]:
        cursor.register("flushed", to_arrow_table("sessions", flush.open_sessions, number))
        cursor.execute(f"INSERT INTO {catalog}.{OPEN_SESSIONS} SELECT * FROM flushed")
        cursor.unregister("flushed")
    if flush.nodes:
        cursor.executemany(f"INSERT INTO {catalog}.nodes VALUES (?, ?)", flush.nodes)
    before = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.state").fetchall())
    flushed = {key: getattr(flush.state, name) for name, key in _STATE_KEYS.items()}
    state = {**before, **_roll_up(cursor, file, number, before), **flushed}
    cursor.execute(f"DELETE FROM {catalog}.state")
    cursor.executemany(f"INSERT INTO {catalog}.state VALUES (?, ?)", list(state.items()))
    cursor.commit()
    return written


def _roll_up(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    number: int,
    state: Mapping[str, int],
) -> dict[str, int]:
    """Add rows flushed since the last time to the rollups that are due; return new state."""
    updates: dict[str, int] = {}
    now = time.time()
    for name, source, seconds in ROLLUPS:
        last_key, due_key = rollup_state_key(name), f"due_{name}"
        if now < state.get(due_key, 0):
            continue
        keys = [key for key in stored_columns(name) if key not in ("bucket", "count", "flush")]
        cursor.execute(
            f"INSERT INTO {file.catalog}.{name} "
            f"SELECT time_bucket(INTERVAL {seconds} SECONDS, bucket), {', '.join(keys)}, "
            f"sum(count)::UINTEGER, {number} FROM {file.alias}.{source} "
            f"WHERE flush > {state.get(last_key, 0)} GROUP BY ALL"
        )
        updates[last_key], updates[due_key] = number, int(now // seconds + 1) * seconds
    return updates


class AggregateWriter:
    """Writes one directory's aggregates.

    Args:
        database: The database to write to.
        config: The settings.
        file: The file, attached for writing.
        on_flush: Called on the writer's thread with the number of each flush written.
        on_failure: Called once, on the writer's thread, with the reason that ended writing. Events
            are stored all the same, and the next start rebuilds the missing aggregates from them.
        isolation: Counts rows that cannot be written.
        salvage: Called with an error that may be damage; returns whether the other rows of the
            file can be read now, so that a retry may succeed.
        checkpoint_bytes: The size of the WAL at which a checkpoint is due.

    Attributes:
        seconds: The time spent on writing.
        rows: The number of rows written.
        write_lock: Held while the file is written to, or while a backup copies it.
    """

    def __init__(
        self,
        database: Database,
        config: AggregatesConfig,
        file: AggregateFile,
        on_flush: Callable[[int], None],
        on_failure: Callable[[Exception], None],
        isolation: Isolation,
        salvage: Callable[[Exception], bool] = lambda error: False,
        checkpoint_bytes: int = _CHECKPOINT_BYTES,
    ) -> None:
        self._isolation = isolation
        self._checkpoint_bytes = checkpoint_bytes
        self._database = database
        self._salvage = salvage
        self._config = config
        self._file = file
        self._on_flush = on_flush
        self._on_failure = on_failure
        self._queue: SimpleQueue[Flush | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._clock = ClockMonitor(time.time(), time.monotonic())
        self._expired_at = self._checkpointed_at = time.monotonic()
        self._ended = False
        self.seconds = 0.0
        self.rows = 0
        self.write_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="aggregates")
        self._thread.start()

    def put(self, flush: Flush) -> None:
        """Hand over a flush, in order; one arrives every half minute."""
        if not self._ended:
            self._queue.put(flush)

    @property
    def waiting(self) -> int:
        """The number of flushes that wait."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Write the flushes that wait and end. Blocks."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        cursor = self._database.cursor()
        try:
            while (flush := self._queue.get()) is not None:
                with self._lock_for_write():
                    started = time.monotonic()
                    self._write_with_retries(cursor, flush)
                    self._on_flush(flush.state.flush)
                    self._maintain(cursor)
                    self.seconds += time.monotonic() - started
                # Its rows must not stay in memory until the next one comes.
                del flush
            with suppress(duckdb.Error):  # the WAL has the rows all the same
                cursor.execute(f"CHECKPOINT {self._file.catalog}")
        except Exception as error:
            # The boundary of this thread: no error leaves a writer that can go on.
            self._ended = True
            log.error(
                "writing aggregates to %s stopped: %s; events are stored all the same, answers "
                "over longer windows lack the unwritten rows, the next start rebuilds them",
                self._file.path,
                error,
            )
            self._on_failure(error)
        finally:
            cursor.close()

    @contextmanager
    def _lock_for_write(self) -> Iterator[None]:
        """Hold ``write_lock``, unless a backup holds it when the writer is to stop."""
        while not (acquired := self.write_lock.acquire(timeout=_LOCK_SECONDS)):
            if self._stopping.is_set():
                break
        try:
            yield
        finally:
            if acquired:
                self.write_lock.release()

    def _write_with_retries(self, cursor: duckdb.DuckDBPyConnection, flush: Flush) -> None:
        """Write a flush, again while the disk is full; later flushes wait in memory."""
        tables = dict(encode_flush(flush, self._isolation))
        tries = _TRIES
        while True:
            try:
                self.rows += write(cursor, self._database.readable(self._file), flush, tables)
            except RowsRefused as error:
                with suppress(duckdb.Error):
                    cursor.rollback()
                lost = len(tables.pop(error.table))
                self._isolation.record(Failure(STAGE, error, lost))
            except duckdb.Error as error:
                with suppress(duckdb.Error):
                    cursor.rollback()
                reason = storage_error(self._file, error)
                tries -= 1
                if tries and isinstance(reason, DamagedFile) and self._salvage(error):
                    continue
                if not isinstance(reason, DiskFull) or self._stopping.is_set():
                    raise reason from None
                log.error("cannot write aggregates, retrying: %s", reason)
                self._stopping.wait(_RETRY_SECONDS)
            else:
                return

    def _maintain(self, cursor: duckdb.DuckDBPyConnection) -> None:
        now = time.monotonic()
        stable = self._clock.is_stable(time.time(), now)
        if stable and now - self._expired_at >= _EXPIRE_SECONDS:
            self._expired_at = now
            delete_expired(cursor, self._file, self._config, time.time_ns() // 1000)
        if now - self._checkpointed_at >= _CHECKPOINT_SECONDS or self._wal_is_large():
            self._checkpointed_at = now
            with suppress(duckdb.Error):  # a reader may prevent it; the next one suffices
                cursor.execute(f"CHECKPOINT {self._file.catalog}")

    def _wal_is_large(self) -> bool:
        try:
            return self._file.wal.stat().st_size >= self._checkpoint_bytes
        except OSError:
            return False


def delete_expired(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    config: AggregatesConfig,
    now_us: int,
) -> None:
    """Delete the rows that are older than the settings keep them.

    Args:
        cursor: The cursor to write with.
        file: The file.
        config: The settings.
        now_us: Unix microseconds.
    """
    for table in STORED:
        column = clock_column(_ORIGIN.get(table, table))
        before = now_us - retention_us(table, config)
        try:
            cursor.execute(
                f"DELETE FROM {file.catalog}.{table} WHERE {column} < make_timestamp({before})"
            )
        except duckdb.Error as error:
            # A block of the column is damaged; queries exclude its rows.
            log.warning("%s: expired rows of %s stay: %s", file.path, table, error)


def retention_us(table: str, config: AggregatesConfig) -> int:
    """Return how long a table's rows are kept, microseconds."""
    match table:
        case "counts":
            return config.counts_10s_hours * HOUR_US
        case "latency":
            return config.latency_hours * HOUR_US
        case "counts_1h" | "latency_1h":
            return config.hourly_days * DAY_US
    return config.row_retention_days * DAY_US
