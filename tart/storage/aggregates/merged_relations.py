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
from typing import Any, NamedTuple

import duckdb
import numpy as np

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import TABLES, TOTAL, clock_column
from tart.storage.aggregates.database import (
    AggregateFile,
    read_state,
    rollup_state_key,
    to_arrow_table,
)
from tart.storage.aggregates.stored_rows import FLUSH, NewerFlush, StoredRows
from tart.storage.core.arrow import ArrowTable
from tart.storage.core.column_table import Array, ColumnTable, encode_rows
from tart.units import HOUR_US, MINUTE_US

# Windows up to this are summed from counts by minute, longer ones from hours.
_BY_MINUTE_US = 26 * HOUR_US
# More rows are added up sooner by DuckDB.
MAX_MEMORY_ROWS = 60_000


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
    def column_table(self) -> ColumnTable:
        """The rows as columns of NumPy, shared by all queries."""
        return encode_rows(TABLES[self.table], self.rows)

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


class StoredPart(NamedTuple):
    """Rows of one table of a file.

    Attributes:
        stored: The table or rollup.
        start_us: The first microsecond of the rows' clock; ``None`` if there is no bound.
        end_us: The microsecond after the last.
        outside: Rows between these times are left out.
        after_flush: Rows of later flushes; ``None`` is of all.
    """

    file: AggregateFile
    stored: str
    start_us: int | None = None
    end_us: int | None = None
    outside: tuple[int, int] | None = None
    after_flush: int | None = None

    def where(self, clock: str) -> str:
        """Return the condition on these rows in SQL."""
        clauses = []
        if self.start_us is not None and self.end_us is not None:
            clauses.append(_between(clock, self.start_us, self.end_us))
        if self.outside is not None:
            clauses.append(f"NOT ({_between(clock, *self.outside)})")
        if self.after_flush is not None:
            clauses.append(f"flush > {self.after_flush}")
        return " AND ".join(clauses) or "true"

    def mask(self, rows: ColumnTable, clock: str) -> Array:
        """Return true for these rows."""
        chosen = _inside(rows, clock, self.start_us, self.end_us)
        if self.outside is not None:
            chosen &= ~_inside(rows, clock, *self.outside)
        if self.after_flush is not None:
            chosen &= rows.numbers(FLUSH).values > self.after_flush
        return chosen


def _between(clock: str, start_us: int, end_us: int) -> str:
    return f"{clock} >= make_timestamp({start_us}) AND {clock} < make_timestamp({end_us})"


def _inside(rows: ColumnTable, clock: str, start_us: int | None, end_us: int | None) -> Array:
    times = rows.numbers(clock)
    inside = np.ones(rows.length, bool)
    if start_us is not None and end_us is not None:
        inside = (times.values >= start_us) & (times.values < end_us)
        if times.valid is not None:
            inside &= times.valid
    return inside


@dataclass
class MergedRelations:
    """The relations of one query.

    The transaction begins with the first statement: a query whose rows are all in memory has none.

    Attributes:
        connection: The cursor of the query.
        files: Every directory's aggregates, the shard's own among them.
        snapshot: The rows in memory.
        counts_10s_us: How long counts by ten seconds are kept.
        statements: Counts the statements.
        stored: Rows of the files in memory.
    """

    connection: duckdb.DuckDBPyConnection
    files: Sequence[AggregateFile]
    snapshot: Snapshot
    counts_10s_us: int
    statements: StatementCounts = field(default_factory=StatementCounts)
    stored: StoredRows = field(default_factory=StoredRows)
    _begun: bool = False
    _registered: list[str] = field(default_factory=list)

    def __enter__(self) -> MergedRelations:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._begun:
            _end_transaction(self.connection)
        for name in self._registered:
            self.connection.unregister(name)

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor, in a transaction that sees the files of the snapshot.

        Raises:
            StaleSnapshot: A flush was written since the snapshot was made.
        """
        if not self._begun:
            self._begin()
        return self.connection

    def _begin(self) -> None:
        try:
            self.connection.begin()
            own = next(file for file in self.files if file.directory == self.snapshot.directory)
            # The file cannot be behind the snapshot: its flush is reported after the commit, and
            # the snapshot has the number of a reported flush. So "greater" would be the same.
            if read_state(self.connection, own).flush != self.snapshot.flush:
                raise StaleSnapshot
        except BaseException:
            # An interrupted query must not leave its thread's cursor in a transaction.
            _end_transaction(self.connection)
            raise
        self._begun = True

    def execute(self, statement: str, values: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run a statement over the relations; return the cursor that has its rows."""
        began = time.monotonic()
        try:
            return self.cursor.execute(statement, list(values))
        finally:
            self.statements.add(time.monotonic() - began)

    def hashes(self, values: Sequence[bytes]) -> list[int]:
        """Return DuckDB's ``hash`` of byte strings, which all shards must agree on."""
        missing = list({value for value in values if value not in self.stored.hashes})
        if missing:
            rows = self.connection.execute(
                "SELECT value, hash(value) FROM (SELECT unnest(?::BLOB[]) AS value)", [missing]
            ).fetchall()
            self.stored.add_hashes({bytes(value): number for value, number in rows})
        known = self.stored.hashes
        return [known[value] for value in values]

    def table(self, table: str, where: str = "true") -> str:
        """Return the relation of a table's rows that match a condition."""
        return self._relation(table, self.table_parts(table), where, where)

    def counts(self, start_us: int, end_us: int, now_us: int, where: str = "true") -> str:
        """Return the relation of ``counts`` in a window, from the coarsest rollup that fits."""
        inside = f"{_between('bucket', start_us, end_us)} AND {where}"
        return self._relation("counts", self.count_parts(start_us, end_us, now_us), where, inside)

    def latencies(
        self, start_us: int, end_us: int, now_us: int, retention_us: int, where: str
    ) -> str:
        """Return the relation of ``latency`` in a window, by the hour where minutes are expired."""
        inside = f"{_between('bucket', start_us, end_us)} AND {where}"
        parts = self.latency_parts(start_us, end_us, now_us, retention_us)
        return self._relation("latency", parts, where, inside)

    def table_parts(
        self, table: str, start_us: int | None = None, end_us: int | None = None
    ) -> list[StoredPart]:
        """Return the parts of a table in a window, or of all its rows."""
        return [StoredPart(file, table, start_us, end_us) for file in self.files]

    def count_parts(self, start_us: int, end_us: int, now_us: int) -> list[StoredPart]:
        """Return the parts of ``counts`` in a window.

        By ten seconds in the last ``counts_10s_us``; windows of a day by the minute; longer ones by
        the hour and their ends by the minute.
        """
        if start_us >= now_us - self.counts_10s_us + MINUTE_US:
            return self.table_parts("counts", start_us, end_us)
        if end_us - start_us <= _BY_MINUTE_US:
            return self._rolled("counts_1m", "counts", start_us, end_us)
        first, last = -(-start_us // HOUR_US) * HOUR_US, end_us // HOUR_US * HOUR_US
        ends = self._rolled("counts_1m", "counts", start_us, end_us)
        whole = [
            *self._rolled("counts_1h", "counts_1m", first, last),
            *self._unrolled("counts_1m", "counts", first, last),
        ]
        return [*(part._replace(outside=(first, last)) for part in ends), *whole]

    def latency_parts(
        self, start_us: int, end_us: int, now_us: int, retention_us: int
    ) -> list[StoredPart]:
        """Return the parts of ``latency`` in a window."""
        if start_us >= now_us - retention_us + HOUR_US:
            return self.table_parts("latency", start_us, end_us)
        return self._rolled("latency_1h", "latency", start_us, end_us)

    def _rolled(self, copy: str, source: str, start_us: int, end_us: int) -> list[StoredPart]:
        """Return the parts of a rollup, and of the rows of its source that it lacks."""
        whole = self.table_parts(copy, start_us, end_us)
        return [*whole, *self._unrolled(copy, source, start_us, end_us)]

    def _unrolled(self, copy: str, source: str, start_us: int, end_us: int) -> list[StoredPart]:
        key = rollup_state_key(copy)
        return [
            StoredPart(file, source, start_us, end_us, after_flush=self._state(file).get(key, 0))
            for file in self.files
        ]

    def rows_in_memory(
        self,
        table: str,
        parts: Sequence[StoredPart],
        names: Sequence[str],
        start_us: int | None = None,
        end_us: int | None = None,
    ) -> list[tuple[int, ColumnTable]] | None:
        """Return columns of the rows in a window, each with the number of its directory.

        Args:
            table: The table.
            parts: Those of its files.
            names: The columns.
            start_us: The first microsecond of the rows that are not flushed.
            end_us: The microsecond after the last.

        Returns:
            The rows in the order in which ``table`` has them; ``None`` if DuckDB must read them.

        Raises:
            StaleSnapshot: A flush was written since the snapshot was made.
        """
        clock = clock_column(table)
        selected: list[tuple[int, ColumnTable]] = []
        count = 0
        for part in parts:
            rows = self._stored_rows(table, part)
            if rows is None:
                return None
            chosen = part.mask(rows, clock)
            length = int(np.count_nonzero(chosen))
            count += length
            if count > MAX_MEMORY_ROWS:
                return None
            if length:
                taken = rows.select(names)
                taken = taken if length == rows.length else taken.take(chosen, length)
                selected.append((part.file.directory, taken))
        for unflushed in self.snapshot.rows[table]:
            rows = unflushed.column_table
            chosen = _inside(rows, clock, start_us, end_us)
            length = int(np.count_nonzero(chosen))
            if length:
                taken = rows.select(names).take(chosen, length)
                selected.append((self.snapshot.directory, taken))
        return selected

    def _stored_rows(self, table: str, part: StoredPart) -> ColumnTable | None:
        file = part.file
        if file.salvaged:
            return None
        try:
            return self.stored.get(
                f"{file.alias}.{part.stored}",
                table,
                self._flush_of(file),
                part.start_us or 0,
                lambda statement: self.execute(statement).fetchnumpy(),
            )
        except NewerFlush:
            raise StaleSnapshot from None

    def _relation(self, table: str, parts: Sequence[StoredPart], where: str, unflushed: str) -> str:
        """Return the relation of parts and of the rows that are not flushed.

        Args:
            where: A condition on the rows of the parts.
            unflushed: The condition on the others.
        """
        columns, clock = ", ".join(TABLES[table]), clock_column(table)
        selects = [
            f"SELECT {part.file.directory} AS directory, {columns} "
            f"FROM {part.file.alias}.{part.stored} WHERE {part.where(clock)} AND {where}"
            for part in parts
        ]
        return self._with_memory(table, selects, unflushed)

    def _with_memory(self, table: str, parts: list[str], where: str) -> str:
        # Arrow has no integer of 128 bits: decimals in memory, whose sums have another type.
        columns = ", ".join(
            f"{name}::{TOTAL} AS {name}" if kind == TOTAL else name
            for name, kind in TABLES[table].items()
        )
        for unflushed in self.snapshot.rows[table]:
            if len(unflushed):
                name = f"memory_{table}_{len(self._registered)}"
                self.connection.register(name, unflushed.columns)
                self._registered.append(name)
                parts.append(
                    f"SELECT {self.snapshot.directory} AS directory, {columns} FROM {name} "
                    f"WHERE {where}"
                )
        return f"({' UNION ALL '.join(parts)})"

    def _state(self, file: AggregateFile) -> Mapping[str, int]:
        def read() -> Mapping[str, int]:
            return dict(self.execute(f"SELECT key, value FROM {file.alias}.state").fetchall())

        return self.stored.state(file.alias, self._flush_of(file), read)

    def _flush_of(self, file: AggregateFile) -> int:
        """Return the flush of a file's rows; only the shard's own file changes."""
        return self.snapshot.flush if file.directory == self.snapshot.directory else 0


def _end_transaction(cursor: duckdb.DuckDBPyConnection) -> None:
    """Roll back the transaction, if there is one, even if an interrupt hits the rollback."""
    with suppress(duckdb.TransactionException):
        try:
            cursor.rollback()
        except duckdb.InterruptException:
            cursor.rollback()
