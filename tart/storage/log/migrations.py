"""Migration of a segment of an earlier schema version, when its directory is opened.

The tables are copied into a new file, which takes the old one's name when it is complete:
whenever the process dies there is one whole file, of one version or the other. It needs disk space
for both and takes about as long as reading the old one. Readers of a stopped directory
(``tart verify``, ``tart sql --data-dir``) change no file: they read views that convert the rows
(``Database.attach_read_only_with_wal``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tart.errors import StorageError
from tart.storage.core.files import LogFile
from tart.storage.log.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _EarlierFile(LogFile):
    """The old file, attached beside the one that replaces it."""

    @property
    def catalog(self) -> str:
        """The name of the attached file in DuckDB."""
        return f"old_{super().catalog}"


def migrate(database: Database, file: LogFile) -> bool:
    """Replace a segment of an earlier schema version, which is detached then.

    Args:
        database: The database that has the segment attached, if it can be.
        file: The segment.

    Returns:
        False if the segment is not of an earlier version; then nothing was changed.

    Raises:
        StorageError: The file cannot be read, or the disk is full.
    """
    version = ""
    with suppress(StorageError):  # it may not be attached
        version = database.version(file)
    conversion = file.conversion(version)
    if conversion is None:
        return False
    log.info(
        "%s has schema version %s: migrating it to version %d",
        file.path,
        version,
        file.schema_version,
    )
    database.detach(file)
    old = _EarlierFile(file.directory, file.period, file.path, file.segment)
    try:
        database.attach_of_any_version(old)
        database.create(file, list(_copy_statements(old, file.draft, conversion)))
    finally:
        database.detach(old)
    return True


def _copy_statements(old: LogFile, new: LogFile, conversion: Mapping[str, str]) -> Iterator[str]:
    for table, columns in conversion.items():
        where = " WHERE key NOT IN ('schema_version', 'directory')" if table == "meta" else ""
        yield (
            f"INSERT INTO {new.catalog}.{table} SELECT {columns} FROM {old.catalog}.{table}{where}"
        )
