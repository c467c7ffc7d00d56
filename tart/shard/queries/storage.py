"""Contents of a shard's files: their size, and the rows of their tables."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import duckdb

from tart.query.shard_queries.events import Storage, StoredTables
from tart.storage.core.files import LogFile
from tart.storage.store import Store

# Tables about the files themselves.
_INTERNAL = ("meta", "state")


class StorageSizes:
    """Answers the query ``storage`` for one shard."""

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


def _bytes(files: list[LogFile]) -> int:
    total = 0
    for file in files:
        # Retention may remove a file meanwhile.
        with suppress(FileNotFoundError):
            total += file.path.stat().st_size
    return total
