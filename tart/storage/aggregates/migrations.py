"""Aggregates of an earlier schema: brought to this release's, once, when they are opened.

The tables are copied into a new file, which takes the old one's name when it is complete:
whenever the process dies there is one whole file, of one schema or the other. It needs room
for both and takes about as long as reading the old one.

What version 1 could not hold, sums beyond 64 bits, it has as 2^64 - 1; nothing tells what
they were, so they stay that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tart.storage.aggregates.database import LAYOUT, AggregateFile
from tart.storage.log.database import Database

log = logging.getLogger(__name__)

# Of these the tables have the same columns, if of smaller types.
EARLIER = ("1",)


@dataclass(frozen=True)
class _Earlier(AggregateFile):
    """The old file, beside the one that replaces it."""

    @property
    def catalog(self) -> str:
        """Its name inside DuckDB."""
        return f"old_{super().catalog}"


def upgrade(database: Database, file: AggregateFile) -> None:
    """Replace a file of an earlier schema; whatever else it is, it stays as it is.

    Raises:
        StorageError: it cannot be read, or there is no room.
    """
    if not file.path.exists():
        return
    old = _Earlier(file.directory, file.period, file.path)
    try:
        database.attach_of_any_version(old)
        version = database.version(old)
        if version not in EARLIER:
            return
        log.info(
            "%s is of schema %s: its tables are copied into a file of schema %d",
            *(file.path, version, file.schema_version),
        )
        database.create(file, [_copied(old, file, table) for table in LAYOUT])
    finally:
        database.detach(old)


def _copied(old: AggregateFile, new: AggregateFile, table: str) -> str:
    columns = ", ".join(LAYOUT[table])
    own = "WHERE key NOT IN ('schema_version', 'directory')" if table == "meta" else ""
    return (
        f"INSERT INTO {new.catalog}.{table} ({columns}) "
        f"SELECT {columns} FROM {old.catalog}.{table} {own}"
    )
