"""The one DuckDB instance of a shard, with its files attached.

Traps this module knows (``technology``: DuckDB): the instance is opened after the fork
and there is one per process; files are attached with the 1.5 format, which both
supported lines read; automatic checkpoints are set out of reach because they stall the
commit they run in; extensions are never loaded. Each thread uses a cursor of its own.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

import duckdb

from tart.config import StorageConfig
from tart.errors import StorageError
from tart.storage.files import LogFile
from tart.storage.schema import DDL, SCHEMA_VERSION

log = logging.getLogger(__name__)

# Readable by DuckDB 1.5 and 2.0 alike, so an upgrade can be taken back.
_WRITABLE = "STORAGE_VERSION 'v1.5.0'"
# Only a fuse: the checkpoint thread comes long before.
_AUTOMATIC_CHECKPOINT = "1GB"


class Database:
    """DuckDB, configured; files come and go as attached databases."""

    def __init__(self, config: StorageConfig) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": config.threads,
            "memory_limit": config.memory_limit,
            "wal_autocheckpoint": _AUTOMATIC_CHECKPOINT,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
        if int(duckdb.__version__.split(".")[0]) >= 2:
            settings["async_threads"] = 0
            settings["auto_checkpoint_skip_wal_threshold"] = 1 << 40
        # Readers ask for their cursors while the writer attaches a file.
        self._lock = threading.Lock()
        try:
            self._connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise StorageError(f"DuckDB does not start: {error}") from None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """An independent connection, to be used by one thread and closed by it."""
        with self._lock:
            return self._connection.cursor()

    def attach_writable(self, file: LogFile) -> None:
        """Attach the file events go to, creating it and its tables if need be."""
        if not file.path.exists():
            self._create(file)
        self._attach(file, _WRITABLE)
        self._check_version(file)

    def attach_readable(self, file: LogFile) -> None:
        """Attach a file nothing more goes to; what its WAL holds is put into it first."""
        if file.has_wal():
            self._attach(file, _WRITABLE)
            self._execute(file, f"CHECKPOINT {file.alias}")
            self._execute(file, f"DETACH {file.alias}")
        self._attach(file, "READ_ONLY")
        self._check_version(file)

    def close(self) -> None:
        """Close the instance; every cursor must be closed already."""
        self._connection.close()

    def _attach(self, file: LogFile, options: str) -> None:
        path = str(file.path).replace("'", "''")
        self._execute(file, f"ATTACH '{path}' AS {file.alias} ({options})")

    def _create(self, file: LogFile) -> None:
        """All or nothing, whenever the process dies: it gets its name when it is complete.

        DuckDB refuses to open a file it was killed while creating.
        """
        draft = file.draft
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            draft.path.unlink(missing_ok=True)
            draft.wal.unlink(missing_ok=True)
            self._attach(draft, _WRITABLE)
            self._create_tables(draft)
            self._execute(draft, f"DETACH {draft.alias}")
            draft.path.rename(file.path)
            _sync(file.path.parent)
        except OSError as error:
            raise StorageError(f"{file.path}: {error}") from None

    def _create_tables(self, file: LogFile) -> None:
        self._execute(file, "BEGIN")
        for statement in DDL:
            self._execute(file, statement.format(file=file.alias))
        self._execute(
            file,
            f"INSERT INTO {file.alias}.meta VALUES "
            f"('schema_version', '{SCHEMA_VERSION}'), ('directory', '{file.directory}')",
        )
        self._execute(file, "COMMIT")
        # No table may be created inside a log that is replayed after a crash.
        self._execute(file, f"CHECKPOINT {file.alias}")

    def _check_version(self, file: LogFile) -> None:
        query = f"SELECT value FROM {file.alias}.meta WHERE key = 'schema_version'"
        found = self._execute(file, query).fetchall()
        if found != [(str(SCHEMA_VERSION),)]:
            version = found[0][0] if found else "none"
            raise StorageError(
                f"{file.path} has schema version {version}, this tart reads {SCHEMA_VERSION}"
            )

    def _execute(self, file: LogFile, statement: str) -> duckdb.DuckDBPyConnection:
        try:
            with self._lock:
                return self._connection.execute(statement)
        except duckdb.Error as error:
            raise StorageError(f"{file.path}: {error}") from None


def bytes_on_disk(root: Path, directories: list[int]) -> tuple[int, int]:
    """(files, bytes) of these directories, write-ahead logs included."""
    count = size = 0
    for directory in directories:
        for path in (root / f"{directory:02d}").glob("*.duckdb*"):
            # A checkpoint removes the log while we look.
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                count += path.suffix == ".duckdb"
    return count, size


def _sync(directory: Path) -> None:
    """Make a rename last: a power failure must not take the file's new name back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
