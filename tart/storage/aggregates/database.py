"""The aggregates' file of a directory: ``shards/00/aggregates.duckdb``, and its one writer.

A thread takes flushes, one at a time, and writes each in one transaction: its rows, the
coarser copies that are due, and how far the log is in them. A flush is handed over when
the events in it are committed, so what is aggregated is stored; after a crash the log's
rest is read again (``replay``). Who asks gets what was flushed from here and the rest from
memory; ``state`` tells him the number of the last flush, so that he counts nothing twice.

- Rows are appended and added up by questions; nothing is updated.
- Old rows are deleted by their own time once an hour, while the clock is steady.
- A file that cannot be read is put aside and made again from the log as far as that goes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
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
from tart.storage.core.files import AGGREGATES, LogFile
from tart.storage.core.retention import ClockMonitor
from tart.storage.core.schema import META, create_statements
from tart.storage.log.database import Database, storage_error
from tart.storage.log.recovery import NodeHistory
from tart.units import DAY_US, HOUR_US

log = logging.getLogger(__name__)

# 1, until 0.3: sums in 64 bits, of which those that were too large said no more than that.
SCHEMA_VERSION = 2
STAGE = "flush"
_FLUSH = "UINTEGER"
_TIDY_SECONDS = 3600.0
_CHECKPOINT_SECONDS = 300.0
_RETRY_SECONDS = 5.0
# Of a flush that meets damage.
_TRIES = 3
# While somebody copies the file: between two looks whether we are to stop.
_HELD_SECONDS = 0.2


def rollup_state_key(table: str) -> str:
    """Under which ``state`` says up to which flush a coarser copy has its source."""
    return f"rolled_{table}"


def columns_of(table: str) -> Mapping[str, str]:
    """A table's columns as stored, copies included."""
    origin = _ORIGIN.get(table, table)
    return {**TABLES[origin], "flush": _FLUSH}


# Whose columns a coarser copy has.
_ORIGIN = {"counts_1m": "counts", "counts_1h": "counts", "latency_1h": "latency"}
STORED: tuple[str, ...] = (*TABLES, *(name for name, _, _ in ROLLUPS))
LAYOUT: Mapping[str, Mapping[str, str]] = {
    "meta": META,
    "state": {"key": "VARCHAR", "value": "BIGINT"},
    "nodes": {"node": "INTEGER", "peer_id": "BLOB"},
    **{table: columns_of(table) for table in STORED},
    OPEN_SESSIONS: columns_of("sessions"),
}
_DDL = create_statements(LAYOUT)


@dataclass(frozen=True)
class AggregateFile(LogFile):
    """The file of one directory; attached and put aside like those of the log."""

    @property
    def catalog(self) -> str:
        """Its name inside DuckDB."""
        return f"a{self.directory:02d}"

    @property
    def ddl(self) -> tuple[str, ...]:
        """Its tables."""
        return _DDL

    @property
    def schema_version(self) -> int:
        """Of these tables."""
        return SCHEMA_VERSION

    @property
    def row_group(self) -> int:
        """DuckDB's own: most of these tables are small."""
        return 122_880

    @property
    def block_bytes(self) -> int:
        """Small, because there are many tables; with less than this DuckDB packs badly."""
        return 64 << 10


def aggregate_file(root: Path, directory: int) -> AggregateFile:
    """The file of that directory, whether or not it exists."""
    return AggregateFile(directory, 0, root / f"{directory:02d}" / AGGREGATES)


def to_arrow_table(table: str, rows: Rows, flush: int) -> ArrowTable:
    """Rows of an aggregate as something DuckDB can scan."""
    length = len(next(iter(rows.values())))
    made: dict[str, Any] = {}
    for name, sql in TABLES[table].items():
        values, kind = rows[name], COLUMN_TYPES[sql]
        made[name] = (
            number_column(kind, values) if isinstance(values, np.ndarray) else column(kind, values)
        )
    made["flush"] = number_column(UINT32, np.full(length, flush))
    return ArrowTable(made, length)


def check_layout(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> None:
    """Compare a file's tables with ours: rows are inserted by position.

    Raises:
        DamagedFile: they differ, as those of builds between two releases may.
    """
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in cursor.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY table_name, column_index",
        [file.catalog],
    ).fetchall():
        found.setdefault(table, {})[name] = kind
    for table, columns in LAYOUT.items():
        if list(found.get(table, {}).items()) != list(columns.items()):
            raise DamagedFile(f"{file.path}: its table {table} is not that of this release")


def read_state(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> FlushState:
    """How far a file is."""
    found = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.state").fetchall())
    return FlushState(**{each.name: found.get(each.name, 0) for each in fields(FlushState)})


def read_nodes(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> dict[int, bytes]:
    """The nodes a file knows, by number."""
    return dict(cursor.execute(f"SELECT node, peer_id FROM {file.alias}.nodes").fetchall())


def read_sessions(cursor: duckdb.DuckDBPyConnection, file: AggregateFile) -> set[int]:
    """The connections that a file has rows of."""
    rows = cursor.execute(f"SELECT session FROM {file.alias}.sessions").fetchall()
    return {number for (number,) in rows}


def read_open_sessions(
    cursor: duckdb.DuckDBPyConnection, file: AggregateFile
) -> list[SessionSummary]:
    """The connections that were open at the last flush, as they were then."""
    shown = ", ".join(
        f"epoch_us({name})" if kind == "TIMESTAMP" else name
        for name, kind in TABLES["sessions"].items()
    )
    rows = cursor.execute(f"SELECT {shown} FROM {file.alias}.{OPEN_SESSIONS}").fetchall()
    return [SessionSummary(*row) for row in rows]


def read_remembered(
    cursor: duckdb.DuckDBPyConnection, file: AggregateFile
) -> dict[int, NodeHistory]:
    """What a file knows of nodes by their connections, those of the last flush included."""
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


def tables_of(flush: Flush, isolation: Isolation) -> Iterator[tuple[str, ArrowTable]]:
    """The tables of a flush that have rows; rows that no table can hold are left out.

    Such a row is a fault of tart. It is counted, and costs no other row.
    """
    for table, rows in flush.rows.items():
        try:
            isolation.enter(STAGE)
            made = to_arrow_table(table, rows, flush.state.flush)
        except Exception:
            isolation.retries[STAGE] += 1
            made = _salvaged(table, rows, flush.state.flush, isolation)
        if len(made):
            yield table, made


def _salvaged(table: str, rows: Rows, flush: int, isolation: Isolation) -> ArrowTable:
    """Those rows that a table can hold."""
    try:
        columns = {name: list(rows[name]) for name in TABLES[table]}
    except Exception as reason:
        isolation.record(Failure(STAGE, reason))
        return to_arrow_table(table, {name: [] for name in TABLES[table]}, flush)
    good: list[int] = []
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
            good += part
    picked = {name: [values[at] for at in good] for name, values in columns.items()}
    return to_arrow_table(table, picked, flush)


def write(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    flush: Flush,
    tables: Mapping[str, ArrowTable],
) -> int:
    """Write a flush in one transaction; how many rows that were.

    Args:
        file: as it is to be read (``Database.readable``).
        tables: of ``tables_of``.

    Raises:
        RowsRefused: DuckDB does not take the values of a table; roll back and leave it out.
        duckdb.Error: it could not; the transaction may have to be rolled back.
    """
    alias, number, written = file.catalog, flush.state.flush, 0
    cursor.begin()
    for table, made in tables.items():
        cursor.register("flushed", made)
        try:
            cursor.execute(f"INSERT INTO {alias}.{table} SELECT * FROM flushed")
        except duckdb.DataError as error:
            raise RowsRefused(table, str(error)) from None
        cursor.unregister("flushed")
        written += len(made)
    cursor.execute(f"DELETE FROM {alias}.{OPEN_SESSIONS}")
    if flush.open_sessions["session"]:
        cursor.register("flushed", to_arrow_table("sessions", flush.open_sessions, number))
        cursor.execute(f"INSERT INTO {alias}.{OPEN_SESSIONS} SELECT * FROM flushed")
        cursor.unregister("flushed")
    if flush.nodes:
        cursor.executemany(f"INSERT INTO {alias}.nodes VALUES (?, ?)", flush.nodes)
    before = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.state").fetchall())
    state = {**before, **_roll_up(cursor, file, number, before), **vars(flush.state)}
    cursor.execute(f"DELETE FROM {alias}.state")
    cursor.executemany(f"INSERT INTO {alias}.state VALUES (?, ?)", list(state.items()))
    cursor.commit()
    return written


def _roll_up(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    number: int,
    state: Mapping[str, int],
) -> dict[str, int]:
    """Add what was flushed since the last time to the coarser copies, when it is time."""
    done: dict[str, int] = {}
    now = time.time()
    for name, source, seconds in ROLLUPS:
        key, due = rollup_state_key(name), f"due_{name}"
        if now < state.get(due, 0):
            continue
        keys = [each for each in columns_of(name) if each not in ("bucket", "count", "flush")]
        cursor.execute(
            f"INSERT INTO {file.catalog}.{name} "
            f"SELECT time_bucket(INTERVAL {seconds} SECONDS, bucket), {', '.join(keys)}, "
            f"sum(count)::UINTEGER, {number} FROM {file.alias}.{source} "
            f"WHERE flush > {state.get(key, 0)} GROUP BY ALL"
        )
        done[key], done[due] = number, int(now // seconds + 1) * seconds
    return done


class AggregateWriter:
    """Writes one directory's aggregates.

    Args:
        file: attached for writing.
        written: called on the writer's thread with the number of each flush written.
        failed: called once, on the writer's thread, with the reason writing ended. Events are
            stored all the same, and the next start makes up the file from them.
        isolation: counts rows that cannot be written.
        salvage_after: called with an error that may be damage; whether what is left of the file can
            be read now, so that trying again makes sense.

    Attributes:
        write_lock: held while the file is written to, or while somebody copies it.
    """

    def __init__(
        self,
        database: Database,
        config: AggregatesConfig,
        file: AggregateFile,
        written: Callable[[int], None],
        failed: Callable[[Exception], None],
        isolation: Isolation,
        salvage_after: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self._isolation = isolation
        self._database = database
        self._salvage_after = salvage_after
        self._config = config
        self._file = file
        self._written = written
        self._failed = failed
        self._queue: SimpleQueue[Flush | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._steadiness = ClockMonitor(time.time(), time.monotonic())
        self._tidied = self._checkpointed = time.monotonic()
        self._over = False
        self.seconds = 0.0
        self.rows = 0
        self.write_lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="aggregates")
        self._thread.start()

    def put(self, flush: Flush) -> None:
        """Hand over a flush, in order; there is one in half a minute."""
        if not self._over:
            self._queue.put(flush)

    @property
    def waiting(self) -> int:
        """Flushes that were handed over and not taken up."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Write what was handed over and end. Blocks."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        cursor = self._database.cursor()
        try:
            while (flush := self._queue.get()) is not None:
                with self._unheld():
                    started = time.monotonic()
                    self._patiently(cursor, flush)
                    self._written(flush.state.flush)
                    self._keep_in_order(cursor)
                    self.seconds += time.monotonic() - started
            with suppress(duckdb.Error):  # the log holds it all the same
                cursor.execute(f"CHECKPOINT {self._file.catalog}")
        except Exception as error:
            # The boundary of this thread: whatever broke, nothing more can be written.
            self._over = True
            log.error(
                "writing aggregates to %s stopped: %s; events are stored all the same, answers "
                "over longer windows lack what is not written, the next start makes it up",
                self._file.path,
                error,
            )
            self._failed(error)
        finally:
            cursor.close()

    @contextmanager
    def _unheld(self) -> Iterator[None]:
        """``write_lock``, unless we stop while somebody else has it."""
        while not (mine := self.write_lock.acquire(timeout=_HELD_SECONDS)):
            if self._stopping.is_set():
                break
        try:
            yield
        finally:
            if mine:
                self.write_lock.release()

    def _patiently(self, cursor: duckdb.DuckDBPyConnection, flush: Flush) -> None:
        """Again and again while the disk is full: what is not written waits in memory."""
        tables = dict(tables_of(flush, self._isolation))
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
                if tries and isinstance(reason, DamagedFile) and self._salvage_after(error):
                    continue
                if not isinstance(reason, DiskFull) or self._stopping.is_set():
                    raise reason from None
                log.error("no room for aggregates, trying again: %s", reason)
                self._stopping.wait(_RETRY_SECONDS)
            else:
                return

    def _keep_in_order(self, cursor: duckdb.DuckDBPyConnection) -> None:
        now = time.monotonic()
        steady = self._steadiness.steady(time.time(), now)
        if steady and now - self._tidied >= _TIDY_SECONDS:
            self._tidied = now
            tidy(cursor, self._file, self._config, time.time_ns() // 1000)
        if now - self._checkpointed >= _CHECKPOINT_SECONDS:
            self._checkpointed = now
            with suppress(duckdb.Error):  # a reader may hold it up; the next will do
                cursor.execute(f"CHECKPOINT {self._file.catalog}")


def tidy(
    cursor: duckdb.DuckDBPyConnection,
    file: AggregateFile,
    config: AggregatesConfig,
    now_us: int,
) -> None:
    """Delete what is older than the settings keep it; ``now_us`` is Unix microseconds."""
    for table in STORED:
        column = clock_column(_ORIGIN.get(table, table))
        before = now_us - retention_us(table, config)
        try:
            cursor.execute(
                f"DELETE FROM {file.catalog}.{table} WHERE {column} < make_timestamp({before})"
            )
        except duckdb.Error as error:
            # Where a block of the column is damaged; nobody reads what lies in it.
            log.warning("%s: old rows of %s stay: %s", file.path, table, error)


def retention_us(table: str, config: AggregatesConfig) -> int:
    """For how long a table's rows are kept, microseconds."""
    match table:
        case "counts":
            return config.counts_10s_hours * HOUR_US
        case "latency":
            return config.latency_hours * HOUR_US
        case "counts_1h" | "latency_1h":
            return config.hourly_days * DAY_US
    return config.row_retention_days * DAY_US
