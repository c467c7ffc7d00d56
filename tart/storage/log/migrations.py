"""Migration of a segment of an earlier schema version, when its directory is opened.

The tables are copied into a new file, which takes the old one's name when it is complete:
whenever the process dies there is one whole file, of one version or the other. It needs disk space
for both and takes about as long as reading the old one. A file that a stopped directory's reader
opens (``tart verify``) is not migrated.

Version 1 stored ``node``, ``ref_back`` (``event_id`` less ``ref``) and ``peer_number`` as they
are, 0 where an event has none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from tart.errors import StorageError
from tart.storage.core.files import LogFile
from tart.storage.core.schema import TABLES, part_condition
from tart.storage.log.database import Database

log = logging.getLogger(__name__)

_EARLIER = "1"
_HALF, _U64 = 1 << 63, (1 << 64) - 1
# Modulo 2^64, as a signed number.
_TARGET = f"(((seq::HUGEINT - ref_back + {_HALF}) & {_U64}) - {_HALF})::BIGINT"
_CHANGED = {
    "node_ahead": "node - session",
    "peer_or_back": f"CASE WHEN {part_condition('peer')} THEN peer_number ELSE ref_back END",
    "last_target": (
        f"CASE WHEN {part_condition('peer')} AND {part_condition('ref')} THEN {_TARGET} ELSE 0 END"
    ),
}


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
    if version != _EARLIER:
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
        database.create(file, list(_copy_statements(old, file.draft)))
    finally:
        database.detach(old)
    return True


def _copy_statements(old: LogFile, new: LogFile) -> Iterator[str]:
    for table, columns in TABLES.items():
        values = ", ".join(_CHANGED.get(name, name) for name in columns)
        yield f"INSERT INTO {new.catalog}.{table} SELECT {values} FROM {old.catalog}.{table}"
    yield (
        f"INSERT INTO {new.catalog}.meta SELECT * FROM {old.catalog}.meta "
        "WHERE key NOT IN ('schema_version', 'directory')"
    )
