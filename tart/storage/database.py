"""The one DuckDB instance of a shard, with its files attached.

Traps this module knows (``technology``: DuckDB): the instance is opened after the fork
and there is one per process; files are attached with the 1.5 format, which both
supported lines read; automatic checkpoints are set out of reach because they stall the
commit they run in; extensions are never loaded. Each thread uses a cursor of its own.

What DuckDB does when something is wrong, measured with 1.5.6 and 2.0.0:

- *No room in a commit*: the transaction is undone, the file is as before, the connection
  goes on; the same commit succeeds when there is room.
- *No memory in a commit*: the transaction is undone, but the columns of the table may be of
  different lengths in memory from then on, and what is inserted next is stored wrong. From
  the file and its log, which have nothing of it, the table is read right: so the file is
  detached and attached again before anything else is written.
- *No room in a checkpoint*: the attached file is useless ("invalidated") to everybody until
  it is detached and attached again; nothing committed is lost.
- *The log ends in the middle of an entry, or cannot be read from its start*: it opens, with
  the whole entries before that. Anything else that is wrong in it, or in the file, is an
  error. A file that had a log is checkpointed, detached and attached afresh, so that the
  next log begins clean: with files of an older format 1.5.6 otherwise writes one that it
  refuses to read after the next crash.
- *A kill in the middle of a checkpoint* may leave a block of metadata with another's
  checksum; ``torn`` has what is done then.
- *DETACH while others read*: returns at once; they read on to their end and only then is
  the file closed. Until that it cannot be attached again.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from tart.config import StorageConfig
from tart.errors import DamagedFile, DiskFull, OutOfMemory, StorageError
from tart.storage.files import AGGREGATES, LogFile
from tart.storage.torn import torn_block

log = logging.getLogger(__name__)

# Readable by DuckDB 1.5 and 2.0 alike, so an upgrade can be taken back.
_FORMAT = "STORAGE_VERSION 'v1.5.0'"
# Only a fuse: the checkpoint thread comes long before.
_AUTOMATIC_CHECKPOINT = "1GB"
# What questions that do not fit the memory may take of the disk.
_SPILLED = "1GB"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# In the text of a commit that fails; its class says nothing.
_NO_MEMORY = ("could not allocate block", "failed to allocate", "failed to pin block")
_DAMAGE = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)
# Errors of the same kinds whose cause is not in the file: it must be left where it is.
_OF_THE_MACHINE = (
    "Could not set lock",
    "Unique file handle conflict",
    "newer version of DuckDB",
    "storage version",
    "version number",
    *map(os.strerror, (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.EROFS)),
    *map(os.strerror, (errno.EIO, errno.ENOMEM, errno.EISDIR, errno.ENOENT)),
)


class Database:
    """DuckDB, configured; files come and go as attached databases."""

    def __init__(self, config: StorageConfig, spill: Path | None = None) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": config.threads,
            "memory_limit": config.memory_limit,
            # Its default is a folder wherever the process was started.
            "temp_directory": str(spill or ""),
            "max_temp_directory_size": _SPILLED,
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
        elif file.has_wal():
            self._settle(file)
        self._attach(file, _writable(file))
        self._check_version(file)

    def attach_readable(self, file: LogFile) -> None:
        """Attach a file nothing more goes to; what its WAL holds is put into it first."""
        if file.has_wal():
            self._settle(file)
        self._attach(file, "READ_ONLY")
        self._check_version(file)

    def attach_untouched(self, file: LogFile) -> None:
        """Attach for reading without changing a byte; a log is read where it is."""
        self._attach(file, "READ_ONLY")
        self._check_version(file)

    def attach_again(self, file: LogFile) -> None:
        """Attach for writing what a checkpoint without room has made useless, or a commit wrong."""
        self.detach(file)
        self._attach(file, _writable(file))

    def detach(self, file: LogFile) -> None:
        """Let go of a file, if it is attached; who reads it at the moment reads on."""
        with suppress(StorageError):
            self._execute(file, f"DETACH {file.alias}")

    def note(self, file: LogFile, facts: dict[str, int]) -> None:
        """Write into a file's ``meta``, for good."""
        values = ", ".join(f"('{key}', '{value}')" for key, value in facts.items())
        self._execute(file, f"INSERT INTO {file.alias}.meta VALUES {values}")
        self._execute(file, f"CHECKPOINT {file.alias}")

    def close(self) -> None:
        """Close the instance; every cursor must be closed already."""
        self._connection.close()

    def _settle(self, file: LogFile) -> None:
        """Put what a log holds into its file; without room for that it stays a log."""
        try:
            self._put_log_in(file)
        except DamagedFile as error:
            torn = torn_block(file, error)
            if torn is None:
                raise
            torn.mend()
            try:
                self._read_all(file)
            except StorageError:
                torn.undo()
                raise error from None
            log.warning("%s: a block half written when tart was killed is mended", file.path)
            self._put_log_in(file)

    def _read_all(self, file: LogFile) -> None:
        """Look at every value, log included, without changing a byte."""
        self.attach_untouched(file)
        try:
            tables = self._execute(
                file,
                f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{file.alias}'",
            )
            for (table,) in tables:
                self._execute(file, f"SELECT bit_xor(hash(each)) FROM {file.alias}.{table} AS each")
        finally:
            self.detach(file)

    def _put_log_in(self, file: LogFile) -> None:
        try:
            self._attach(file, _writable(file))
            self._execute(file, f"CHECKPOINT {file.alias}")
        except DiskFull as error:
            log.warning("%s", error)
        finally:
            self.detach(file)

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
            self._attach(draft, f"{_writable(file)}, BLOCK_SIZE {file.block_bytes}")
            self._create_tables(draft)
            self._execute(draft, f"DETACH {draft.alias}")
            draft.path.rename(file.path)
            sync(file.path.parent)
        except OSError as error:
            kind = DiskFull if error.errno in _NO_ROOM else StorageError
            raise kind(f"{file.path}: {error}") from None
        finally:
            self.detach(draft)

    def _create_tables(self, file: LogFile) -> None:
        """In a transaction of their own: two files may be made at the same time."""
        noted = (
            f"INSERT INTO {file.alias}.meta VALUES "
            f"('schema_version', '{file.schema_version}'), ('directory', '{file.directory}')"
        )
        tables = [statement.format(file=file.alias) for statement in file.ddl]
        # No table may be created inside a log that is replayed after a crash.
        statements = ["BEGIN", *tables, noted, "COMMIT", f"CHECKPOINT {file.alias}"]
        with closing(self.cursor()) as cursor:
            try:
                for statement in statements:
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None

    def _check_version(self, file: LogFile) -> None:
        query = f"SELECT value FROM {file.alias}.meta WHERE key = 'schema_version'"
        found = self._execute(file, query)
        if found != [(str(file.schema_version),)]:
            version = found[0][0] if found else "none"
            raise StorageError(
                f"{file.path} has schema version {version}, this tart reads {file.schema_version}"
            )

    def _execute(self, file: LogFile, statement: str) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(statement).fetchall()
        except duckdb.Error as error:
            raise storage_error(file, error) from None


def _writable(file: LogFile) -> str:
    return f"{_FORMAT}, ROW_GROUP_SIZE {file.row_group}"


def storage_error(file: LogFile, error: duckdb.Error) -> StorageError:
    """What an error of DuckDB's means for a file: no room, damage, or neither."""
    text = f"{file.path}: {error}"
    if any(os.strerror(number) in text for number in _NO_ROOM):
        return DiskFull(text)
    if isinstance(error, duckdb.OutOfMemoryException) or any(each in text for each in _NO_MEMORY):
        return OutOfMemory(text)
    # 2.0 has no class of its own for a wrong checksum.
    damage = isinstance(error, _DAMAGE) or type(error) is duckdb.Error
    if damage and not any(words in text for words in _OF_THE_MACHINE):
        return DamagedFile(text)
    return StorageError(text)


def bytes_on_disk(root: Path, directories: list[int]) -> tuple[int, int]:
    """(files of events, bytes) of these directories; aggregates and logs take bytes, too."""
    count = size = 0
    for directory in directories:
        for path in (root / f"{directory:02d}").glob("*.duckdb*"):
            # A checkpoint removes the log while we look.
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                count += path.suffix == ".duckdb" and path.name != AGGREGATES
    return count, size


def sync(directory: Path) -> None:
    """Make a change of names last: a power failure must not take it back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
