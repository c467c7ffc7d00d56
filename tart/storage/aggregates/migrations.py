"""Migration of aggregates of an earlier schema version, when they are opened.

The tables are copied into a new file, which takes the old one's name when it is complete:
whenever the process dies there is one whole file, of one version or the other. It needs disk space
for both and takes about as long as reading the old one.

Sums beyond 64 bits, which version 1 could not hold, are 2^64 - 1 there; their true values are
lost, so they stay that. Columns that an earlier version does not have are unknown (NULL),
and tables that it does not have are empty.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tart.storage.aggregates.database import LAYOUT, AggregateFile
from tart.storage.log.database import Database

log = logging.getLogger(__name__)

# Versions whose tables have columns of this release, some of smaller types.
_EARLIER = ("1", "2", "3", "4")


@dataclass(frozen=True)
class _EarlierFile(AggregateFile):
    """The old file, attached beside the one that replaces it."""

    @property
    def catalog(self) -> str:
        """The name of the attached file in DuckDB."""
        return f"old_{super().catalog}"


def migrate(database: Database, file: AggregateFile) -> None:
    """Replace a file of an earlier schema version; any other file stays as it is.

    Raises:
        StorageError: The file cannot be read, or the disk is full.
    """
    if not file.path.exists():
        return
    old = _EarlierFile(file.directory, file.period, file.path)
    try:
        database.attach_of_any_version(old)
        if not is_earlier(database, old):
            return
        version = database.version(old)
        log.info(
            "%s has schema version %s: migrating it to version %d",
            file.path,
            version,
            file.schema_version,
        )
        stored = _columns(database, old)
        database.create(
            file,
            [_copy_statement(old, file, table, stored[table]) for table in LAYOUT if stored[table]],
        )
    finally:
        database.detach(old)


def is_earlier(database: Database, file: AggregateFile) -> bool:
    """Return whether an attached file is of an earlier schema version that can be migrated.

    Raises:
        StorageError: The file is not attached, or cannot be read.
    """
    return database.version(file) in _EARLIER


def _columns(database: Database, old: AggregateFile) -> dict[str, list[str]]:
    """Return the columns of this release that the tables of a file have."""
    with closing(database.cursor()) as cursor:
        rows = cursor.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ?",
            [old.catalog],
        ).fetchall()
    stored = set(rows)
    return {
        table: [column for column in columns if (table, column) in stored]
        for table, columns in LAYOUT.items()
    }


def _copy_statement(
    old: AggregateFile, new: AggregateFile, table: str, stored: Sequence[str]
) -> str:
    columns = ", ".join(stored)
    where = "WHERE key NOT IN ('schema_version', 'directory')" if table == "meta" else ""
    return (
        f"INSERT INTO {new.catalog}.{table} ({columns}) "
        f"SELECT {columns} FROM {old.catalog}.{table} {where}"
    )
