"""Contents of a shard's files: their size, the rows of their tables, and the oldest event."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import duckdb

from tart.query.shard_queries.events import EventLogStart, Storage, StoredTables
from tart.storage.core.files import LogFile
from tart.storage.store import Store

# Tables about the files themselves.
_INTERNAL = ("meta", "state")


class StorageSizes:
    """Answers the queries ``storage`` and ``event_log_start`` for one shard."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def storage(self, cursor: duckdb.DuckDBPyConnection, query: Storage) -> StoredTables:
        """Return bytes by kind of file, and rows by table, as DuckDB's catalogue has them."""
        directories = self._store.directories
        segments = [file for directory in directories for file in self._store.files(directory)]
        aggregates: list[LogFile] = [self._store.aggregates[each] for each in directories]
        rows: Counter[str] = Counter()
        catalogs = {file.catalog for file in (*segments, *aggregates)}
        for catalog, table, count in cursor.execute(
            "SELECT database_name, table_name, estimated_size FROM duckdb_tables()"
        ).fetchall():
            if catalog in catalogs and table not in _INTERNAL:
                rows[table] += count
        return {
            "bytes": {"log": _bytes(segments), "aggregates": _bytes(aggregates)},
            "rows": dict(rows),
        }

    def event_log_start(self, cursor: duckdb.DuckDBPyConnection, query: EventLogStart) -> list[int]:
        """Return when the first event of each directory's oldest files arrived."""
        return [
            first
            for directory in self._store.directories
            for first in self._first_arrivals(cursor, directory)
        ]

    def _first_arrivals(self, cursor: duckdb.DuckDBPyConnection, directory: int) -> list[int]:
        """Return the arrival of the first event of each segment of the oldest period with any."""
        firsts: list[int] = []
        period = None
        for file in reversed(self._store.files(directory)):
            if firsts and file.period != period:
                break
            # To the end: the cursor is of the next query, too.
            rows = cursor.execute(
                f"SELECT epoch_us(received_at) FROM {file.alias}.log LIMIT 1"
            ).fetchall()
            if rows:
                period = file.period
                firsts.append(rows[0][0])
        return firsts


def _bytes(files: list[LogFile]) -> int:
    total = 0
    for file in files:
        # Retention may remove a file meanwhile.
        with suppress(FileNotFoundError):
            total += file.path.stat().st_size
    return total
