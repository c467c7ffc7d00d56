"""Aggregates as SQL relations: the flushed rows merged with those in memory.

For one query, inside one transaction. ``MergedRelations.table`` returns the text of a relation that
stands where a table's name may: the rows of every directory's file and those of the snapshot, with
``directory`` as their first column (numbers of nodes are a directory's own). A snapshot belongs to
one flush; if another was written meanwhile the query must be repeated with a newer one
(``StaleSnapshot``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import TABLES, TOTAL
from tart.storage.aggregates.database import (
    AggregateFile,
    read_state,
    rollup_state_key,
    to_arrow_table,
)
from tart.storage.core.arrow import ArrowTable
from tart.units import HOUR_US, MINUTE_US

# Windows up to this are summed from counts by minute, longer ones from hours.
_BY_MINUTE_US = 26 * HOUR_US


class StaleSnapshot(Exception):
    """A flush was written since the snapshot was made."""


@dataclass
class UnflushedRows:
    """Rows of a table that are not in the file yet.

    Attributes:
        table: The name of the table.
        rows: Its columns.
    """

    table: str
    rows: Rows

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    @cached_property
    def columns(self) -> ArrowTable:
        """The encoded rows, shared by all queries; two threads may both encode them, harmlessly."""
        return to_arrow_table(self.table, self.rows, 0)


@dataclass(frozen=True)
class Snapshot:
    """The rows of a shard's own directory that are in memory.

    Attributes:
        directory: The number of the directory.
        flush: The number of the last flush, whose rows are in the file.
        rows: The rows by table.
    """

    directory: int
    flush: int
    rows: Mapping[str, Sequence[UnflushedRows]]


@dataclass
class StatementCounts:
    """The statements over aggregates that DuckDB ran in this process, by all threads.

    Attributes:
        statements: Their number.
        seconds: Their duration together, without fetching the rows.
    """

    statements: int = 0
    seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, seconds: float) -> None:
        """Count a statement of that duration."""
        with self._lock:
            self.statements += 1
            self.seconds += seconds


@dataclass
class MergedRelations:
    """The relations of one query.

    Attributes:
        cursor: The cursor of the query.
        files: Every directory's aggregates, the shard's own among them.
        snapshot: The rows in memory.
        counts_10s_us: How long counts by ten seconds are kept.
        statements: Counts the statements.
    """

    cursor: duckdb.DuckDBPyConnection
    files: Sequence[AggregateFile]
    snapshot: Snapshot
    counts_10s_us: int
    statements: StatementCounts = field(default_factory=StatementCounts)
    _registered: list[str] = field(default_factory=list)
    _states: dict[int, dict[str, int]] = field(default_factory=dict)

    def __enter__(self) -> MergedRelations:
        try:
            self.cursor.begin()
            own = next(file for file in self.files if file.directory == self.snapshot.directory)
            # The file cannot be behind the snapshot: its flush is reported after the commit, and
            # the snapshot has the number of a reported flush. So "greater" would be the same.
            if read_state(self.cursor, own).flush != self.snapshot.flush:
                raise StaleSnapshot
        except BaseException:
            # An interrupted query must not leave its thread's cursor in a transaction.
            _end_transaction(self.cursor)
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        _end_transaction(self.cursor)
        for name in self._registered:
            self.cursor.unregister(name)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run a statement over the relations; return the cursor that has its rows."""
        began = time.monotonic()
        try:
            return self.cursor.execute(statement, list(values))
        finally:
            self.statements.add(time.monotonic() - began)

    def table(self, table: str, where: str = "true") -> str:
        """Return the relation of a table's rows that match a condition."""
        columns = ", ".join(TABLES[table])
        parts = [
            f"SELECT {file.directory} AS directory, {columns} FROM {file.alias}.{table} "
            f"WHERE {where}"
            for file in self.files
        ]
        return self._with_memory(table, parts, where)

    def counts(self, start_us: int, end_us: int, now_us: int, where: str = "true") -> str:
        """Return the relation of ``counts`` in a window, from the coarsest rollup that fits.

        By ten seconds in the last ``counts_10s_us``; windows of a day by the minute; longer ones by
        the hour and their ends by the minute.
        """
        inside = f"bucket >= make_timestamp({start_us}) AND bucket < make_timestamp({end_us})"
        where = f"{inside} AND {where}"
        if start_us >= now_us - self.counts_10s_us + MINUTE_US:
            return self.table("counts", where)
        if end_us - start_us <= _BY_MINUTE_US:
            return self._with_memory("counts", self._minutes(where), where)
        first, last = -(-start_us // HOUR_US) * HOUR_US, end_us // HOUR_US * HOUR_US
        whole = f"bucket >= make_timestamp({first}) AND bucket < make_timestamp({last})"
        ends = f"NOT ({whole})"
        parts = [
            *self._minutes(f"{where} AND {ends}"),
            *self._rolled("counts_1h", "counts_1m", f"{where} AND {whole}"),
            *self._unrolled("counts_1m", "counts", f"{where} AND {whole}"),
        ]
        return self._with_memory("counts", parts, where)

    def latencies(
        self, start_us: int, end_us: int, now_us: int, retention_us: int, where: str
    ) -> str:
        """Return the relation of ``latency`` in a window, by the hour where minutes are expired."""
        inside = f"bucket >= make_timestamp({start_us}) AND bucket < make_timestamp({end_us})"
        where = f"{inside} AND {where}"
        if start_us >= now_us - retention_us + HOUR_US:
            return self.table("latency", where)
        parts = self._rolled("latency_1h", "latency", where)
        return self._with_memory("latency", parts, where)

    def _minutes(self, where: str) -> list[str]:
        return self._rolled("counts_1m", "counts", where)

    def _rolled(self, copy: str, source: str, where: str) -> list[str]:
        """Return the parts of a rollup, and of the rows of its source that it lacks."""
        table = "latency" if copy.startswith("latency") else "counts"
        columns = ", ".join(TABLES[table])
        whole = [
            f"SELECT {file.directory} AS directory, {columns} FROM {file.alias}.{copy} "
            f"WHERE {where}"
            for file in self.files
        ]
        return [*whole, *self._unrolled(copy, source, where)]

    def _unrolled(self, copy: str, source: str, where: str) -> list[str]:
        columns = ", ".join(TABLES["latency" if copy.startswith("latency") else "counts"])
        return [
            f"SELECT {file.directory} AS directory, {columns} FROM {file.alias}.{source} "
            f"WHERE flush > {self._state(file).get(rollup_state_key(copy), 0)} AND {where}"
            for file in self.files
        ]

    def _with_memory(self, table: str, parts: list[str], where: str) -> str:
        # Arrow has no integer of 128 bits: decimals in memory, whose sums have another type.
        columns = ", ".join(
            f"{name}::{TOTAL} AS {name}" if kind == TOTAL else name
            for name, kind in TABLES[table].items()
        )
        for unflushed in self.snapshot.rows[table]:
            if len(unflushed):
                name = f"memory_{table}_{len(self._registered)}"
                self.cursor.register(name, unflushed.columns)
                self._registered.append(name)
                parts.append(
                    f"SELECT {self.snapshot.directory} AS directory, {columns} FROM {name} "
                    f"WHERE {where}"
                )
        return f"({' UNION ALL '.join(parts)})"

    def _state(self, file: AggregateFile) -> dict[str, int]:
        if file.directory not in self._states:
            rows = self.execute(f"SELECT key, value FROM {file.alias}.state").fetchall()
            self._states[file.directory] = dict(rows)
        return self._states[file.directory]


def _end_transaction(cursor: duckdb.DuckDBPyConnection) -> None:
    """Roll back the transaction, if there is one, even if an interrupt hits the rollback."""
    with suppress(duckdb.TransactionException):
        try:
            cursor.rollback()
        except duckdb.InterruptException:
            cursor.rollback()
