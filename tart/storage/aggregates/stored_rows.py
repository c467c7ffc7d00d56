"""The newest rows of the aggregates' file in memory, as NumPy columns.

Most tables are small, and a dashboard reads each of them several times in a few seconds. The rows
of a table are read once, as far back as a query asked for, and after each flush only those that it
added. A flush is a number in every row, so the rows of a query's snapshot are exactly those up to
its flush: they need no transaction.

- A table is left to DuckDB while its rows would take more than ``TABLE_BYTES``, or while its file
  is damaged.
- All tables together take at most ``max_bytes``; the least recently used go first.
- A table is read again after an hour, because expired rows are deleted.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tart.aggregate.core.tables import TABLES, TIME, TOTAL, clock_column
from tart.storage.core.arrow import COLUMN_TYPES
from tart.storage.core.column_table import (
    Column,
    ColumnTable,
    Numbers,
    concatenate,
    integers,
    texts,
)

TABLE_BYTES = 8 << 20
MAX_BYTES = 32 << 20
MAX_HASHES = 20_000
# A table that is full keeps its newer half.
_FULL = 1.25
_AGAIN_SECONDS = 3600.0
# The time after which a table that was too large is looked at again.
_REFUSED_SECONDS = 300.0
# The bytes of a value, with its share of the list of distinct ones.
_WIDTHS = {"BLOB": 50, "VARCHAR": 12, TOTAL: 8}
# Columns with longer values: a part of a frame.
_LONG = {("examples", "frame"): 1_100}
FLUSH = "flush"

# Runs a statement and returns its columns as NumPy arrays.
Fetch = Callable[[str], Mapping[str, Any]]


class NewerFlush(Exception):
    """The rows in memory are those of a newer flush than the query's snapshot."""


@dataclass(eq=False)
class _Entry:
    """The rows of a table of one file."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: ColumnTable | None = None
    since_us: int = 0
    flush: int = 0
    read_at: float = 0.0
    nbytes: int = 0
    # The newest start for which the rows were too many, and when that was seen.
    refused_us: int = -1
    refused_at: float = 0.0


class StoredRows:
    """Rows of the aggregates' files in memory; for use by any thread.

    Args:
        max_bytes: Of all tables together.
        table_bytes: Of one table.
        clock: Monotonic seconds.

    Attributes:
        nbytes: The bytes of all rows.
        hits: The number of times that rows were in memory.
        reads: The number of statements that read rows.
        hashes: DuckDB's ``hash`` of byte strings that were asked for, at most ``MAX_HASHES``.
    """

    def __init__(
        self,
        max_bytes: int = MAX_BYTES,
        table_bytes: int = TABLE_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.nbytes = 0
        self.hits = 0
        self.reads = 0
        self.hashes: Mapping[bytes, int] = {}
        self._max_bytes = max_bytes
        self._table_bytes = table_bytes
        self._clock = clock
        self._lock = threading.Lock()
        # The least recently used first.
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        # Of each file's ``state`` the flush and its content.
        self._states: dict[str, tuple[int, Mapping[str, int]]] = {}

    def get(
        self, relation: str, table: str, flush: int, start_us: int, fetch: Fetch
    ) -> ColumnTable | None:
        """Return the rows of a table up to a flush, at least those from a time on.

        Args:
            relation: The name of the stored table in SQL.
            table: Its declaration in ``TABLES``.
            flush: The number of the last flush.
            start_us: Unix microseconds.
            fetch: Reads the file as it is after that flush.

        Returns:
            The columns of the table and ``flush``; ``None`` if the rows would take too much.

        Raises:
            NewerFlush: The rows in memory are newer; repeat the query with a newer snapshot.
        """
        with self._lock:
            entry = self._entries.setdefault(relation, _Entry())
            self._entries.move_to_end(relation)
        with entry.lock:
            now = self._clock()
            fresh = entry.rows is not None and now - entry.read_at < _AGAIN_SECONDS
            if not fresh or entry.since_us > start_us:
                if not self._read(entry, relation, table, flush, start_us, fetch, now):
                    return None
            elif entry.flush > flush:
                raise NewerFlush
            elif entry.flush < flush:
                self._append(entry, relation, table, flush, fetch)
            else:
                self.hits += 1
            rows = entry.rows
        self._evict()
        return rows

    def add_hashes(self, hashes: Mapping[bytes, int]) -> None:
        """Remember hashes; if they become too many only these."""
        known = self.hashes
        self.hashes = dict(hashes) if len(known) > MAX_HASHES else {**known, **hashes}

    def state(
        self, catalog: str, flush: int, read: Callable[[], Mapping[str, int]]
    ) -> Mapping[str, int]:
        """Return a file's ``state`` after a flush; ``read`` reads it."""
        known = self._states.get(catalog)
        if known is None or known[0] != flush:
            known = self._states[catalog] = flush, read()
        return known[1]

    def _read(
        self,
        entry: _Entry,
        relation: str,
        table: str,
        flush: int,
        start_us: int,
        fetch: Fetch,
        now: float,
    ) -> bool:
        """Read the rows from a time on, all if they are few; return whether they fit."""
        recently = now - entry.refused_at < _REFUSED_SECONDS
        if recently and start_us <= entry.refused_us:
            return False
        clock = clock_column(table)
        most = self._table_bytes // row_bytes(table)
        for since_us in (0, start_us) if start_us else (0,):
            counted = fetch(
                f"SELECT count(*) AS rows FROM {relation}"
                + (f" WHERE {clock} >= make_timestamp({since_us})" if since_us else "")
            )
            if int(counted["rows"][0]) <= most:
                break
        else:
            # A later start may fit: it is tried again after a tenth of the time that it covers.
            later = int(time.time() * 1e6) - start_us
            entry.refused_us, entry.refused_at = start_us + max(0, later) // 10, now
            self._replace(entry, relation, None)
            return False
        where = f"{clock} >= make_timestamp({since_us})" if since_us else "true"
        self._replace(entry, relation, self._rows(relation, table, where, fetch))
        entry.since_us, entry.flush, entry.read_at = since_us, flush, now
        return True

    def _append(self, entry: _Entry, relation: str, table: str, flush: int, fetch: Fetch) -> None:
        """Read the rows of the flushes since the last read."""
        assert entry.rows is not None
        clock = clock_column(table)
        where = f"flush > {entry.flush}"
        if entry.since_us:
            where += f" AND {clock} >= make_timestamp({entry.since_us})"
        added = self._rows(relation, table, where, fetch)
        rows = concatenate([entry.rows, added]) if added.length else entry.rows
        if rows.nbytes > self._table_bytes * _FULL:
            times = rows.numbers(clock)
            entry.since_us = int(np.partition(times.values, rows.length // 2)[rows.length // 2])
            newer = times.values >= entry.since_us
            if times.valid is not None:
                newer &= times.valid
            # Also drops the distinct values that only older rows have.
            rows = _compact(rows.take(newer, int(newer.sum())))
        self._replace(entry, relation, rows)
        entry.flush = flush

    def _rows(self, relation: str, table: str, where: str, fetch: Fetch) -> ColumnTable:
        self.reads += 1
        columns = TABLES[table]
        shown = [part for name, kind in columns.items() for part in _shown(name, kind)]
        fetched = fetch(f"SELECT {', '.join([*shown, FLUSH])} FROM {relation} WHERE {where}")
        decoded = {name: _decoded(fetched, name, kind) for name, kind in columns.items()}
        decoded[FLUSH] = Numbers(np.ma.getdata(fetched[FLUSH]))
        return ColumnTable(decoded, len(fetched[FLUSH]))

    def _replace(self, entry: _Entry, relation: str, rows: ColumnTable | None) -> None:
        nbytes = 0 if rows is None else rows.nbytes
        with self._lock:
            # An entry that was evicted meanwhile counts no more.
            if self._entries.get(relation) is entry:
                self.nbytes += nbytes - entry.nbytes
                entry.nbytes = nbytes
        entry.rows = rows

    def _evict(self) -> None:
        with self._lock:
            while self.nbytes > self._max_bytes and len(self._entries) > 1:
                _, entry = self._entries.popitem(last=False)
                self.nbytes -= entry.nbytes
                entry.nbytes = 0


def row_bytes(table: str) -> int:
    """Return the bytes of a row of a table in memory, about."""
    return 4 + sum(
        _LONG.get((table, name)) or _WIDTHS.get(kind) or np.dtype(COLUMN_TYPES[kind].numpy).itemsize
        for name, kind in TABLES[table].items()
    )


def _shown(name: str, kind: str) -> tuple[str, ...]:
    """Return what is selected of a column: NumPy has neither DuckDB's times nor 128 bits."""
    if kind == TIME:
        return (f"epoch_us({name}) AS {name}",)
    if kind == TOTAL:
        low = f"({name} & {(1 << 64) - 1}::HUGEINT)::UBIGINT"
        return (f"{low} AS {name}", f"({name} >> 64)::BIGINT AS {name}_high")
    return (name,)


def _decoded(fetched: Mapping[str, Any], name: str, kind: str) -> Column:
    values = fetched[name]
    mask = np.ma.getmask(values)
    valid = None if mask is np.ma.nomask or not mask.any() else ~mask
    data = np.ma.getdata(values)
    if kind in ("BLOB", "VARCHAR"):
        if valid is None:
            return texts(map(_plain, data))
        return texts(
            _plain(value) if known else None for value, known in zip(data, valid, strict=True)
        )
    if kind == TOTAL:
        high = np.ma.getdata(fetched[f"{name}_high"])
        if valid is not None:
            data, high = np.where(valid, data, 0), np.where(valid, high, 0)
        if high.any() or (len(data) and int(data.max()) >= 1 << 62):
            whole = [(up << 64) + low for up, low in zip(high.tolist(), data.tolist(), strict=True)]
            return Numbers(integers(whole).values, valid)
        return Numbers(data.astype(np.int64), valid)
    if valid is not None:
        data = np.where(valid, data, np.zeros(1, data.dtype))
    return Numbers(data, valid)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def _compact(rows: ColumnTable) -> ColumnTable:
    """Return rows without the distinct values that no row has any more."""
    columns: dict[str, Column] = {}
    for name, column in rows.columns.items():
        if isinstance(column, Numbers):
            columns[name] = column
            continue
        used, codes = np.unique(column.codes, return_inverse=True)
        absent = bool(len(used)) and used[0] < 0
        used_values = [column.values[code] for code in used.tolist() if code >= 0]
        columns[name] = type(column)((codes - absent).astype(np.int32), used_values)
    return ColumnTable(columns, rows.length)
