"""The DuckDB instance of a shard, with its files attached.

There is one instance in a process, opened after the fork. Files are attached with the 1.5
format, which both supported versions read. Automatic checkpoints are set out of reach, because
they stall the commit they run in. Extensions are never loaded. Each thread uses a cursor of its
own.

The behaviour of DuckDB in case of failures, measured with 1.5.6 and 2.0.0:

- *No disk space in a commit*: the transaction is undone, the file is as before, the connection
  goes on; the same commit succeeds when there is space.
- *No memory in a commit*: the transaction is undone, but from then on the columns of the table
  may have different lengths in memory, and rows inserted later are stored wrong. The file and its
  WAL have nothing of the transaction, so the table is correct when read from them: the file is
  detached and attached again before the next write.
- *No disk space in a checkpoint*: every statement on the file fails ("invalidated") until the
  file is detached and attached again; no committed row is lost.
- *The WAL ends in the middle of an entry, or cannot be read from its start*: the file opens with
  the whole entries before that. Any other fault of the WAL or the file is an error. A file that
  had a WAL is checkpointed, detached and attached again, so that the next WAL begins empty: with
  files of an older format 1.5.6 otherwise writes a WAL that it refuses to read after the next
  crash.
- *A kill in the middle of a checkpoint* may leave a block of metadata with the checksum of another
  version of the block; ``torn_write`` repairs it.
- *A block is damaged*: statements that read the block fail, all others go on (``damage``). Queries
  of such a file read views of the other rows, in a database in memory beside it.
- *DETACH while others read*: returns at once; they read on to their end and only then is the file
  closed. Until then it cannot be attached again.
- *Closing the instance closes every cursor*, also under a statement that another thread runs:
  2.0.0 refuses that, 1.5.6 may end the process. So each cursor is lent (``Cursor``), and
  ``Database.close`` waits until all are back.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import duckdb

from tart.config.schema import StorageConfig
from tart.errors import DamagedFile, DiskFull, HandleClosed, OutOfMemory, StorageError
from tart.handles import SharedHandle
from tart.os_errors import reason, without_kind
from tart.storage.core.files import AGGREGATES, LogFile, move_to_quarantine
from tart.storage.log.block_checksums import CHECKSUM_BYTES
from tart.storage.log.damage import (
    Damage,
    find_by_checksum,
    find_by_reading,
    salvage_views,
)
from tart.storage.log.torn_write import WRONG_CHECKSUM, find_torn_block

log = logging.getLogger(__name__)
File = TypeVar("File", bound=LogFile)

# DuckDB 1.5 and 2.0 read it alike, so an upgrade can be taken back.
_FORMAT = "STORAGE_VERSION 'v1.5.0'"
# Never reached: the checkpoint thread comes long before.
_AUTOMATIC_CHECKPOINT = "1GB"
# The disk space that queries may take that do not fit the memory.
_SPILL_LIMIT = "1GB"

# The tag of cached blocks of files in ``duckdb_memory``.
_CACHE = "BASE_TABLE"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# Statements that run when the shard stops are interrupted long before.
_CLOSE_SECONDS = 30.0
# In the text of a failed commit, whose class does not tell.
_NO_MEMORY = ("could not allocate block", "failed to allocate", "failed to pin block")
_DAMAGE_ERRORS = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)
# Errors of the same classes whose cause is not the file, which must stay where it is.
_ENVIRONMENT_ERRORS = (
    "Could not set lock",
    "Unique file handle conflict",
    "newer version of DuckDB",
    "storage version",
    "version number",
    *map(os.strerror, (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.EROFS)),
    *map(os.strerror, (errno.EIO, errno.ENOMEM, errno.EISDIR, errno.ENOENT)),
)


class Cursor:
    """A lent cursor: it has the methods of DuckDB's cursor, and ``close`` gives it back."""

    __slots__ = ("_connection", "_give_back")

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, give_back: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._give_back = give_back

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def close(self) -> None:
        """Close the cursor; a second call has no effect."""
        give_back, self._give_back = self._give_back, lambda: None
        self._connection.close()
        give_back()


class Database:
    """A configured DuckDB instance; files are attached and detached.

    Args:
        config: The settings.
        spill: The directory for data that does not fit the memory.
    """

    def __init__(self, config: StorageConfig, spill: Path | None = None) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": config.threads,
            "memory_limit": config.memory_limit,
            # The default is a folder in the working directory.
            "temp_directory": str(spill or ""),
            "max_temp_directory_size": _SPILL_LIMIT,
            "wal_autocheckpoint": _AUTOMATIC_CHECKPOINT,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            # Otherwise DuckDB's allocator keeps what is freed until it is needed again.
            "allocator_background_threads": True,
        }
        self._memory_limit = config.memory_limit
        if int(duckdb.__version__.split(".")[0]) >= 2:
            settings["async_threads"] = 0
            settings["auto_checkpoint_skip_wal_threshold"] = 1 << 40
        # Query threads make cursors while the writer attaches a file.
        self._lock = threading.Lock()
        self._damaged: dict[LogFile, Damage] = {}
        # What views select from the tables of attached files of an earlier schema version.
        self._conversions: dict[LogFile, Mapping[str, str]] = {}
        try:
            connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise StorageError(f"DuckDB does not start: {reason(error)}") from None
        self._shared = SharedHandle(connection, duckdb.DuckDBPyConnection.close)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor to be used and closed by one thread.

        Raises:
            StorageError: The instance is closed.
        """
        try:
            connection = self._shared.acquire()
        except HandleClosed:
            raise StorageError("DuckDB is closed already: the shard stops") from None
        try:
            with self._lock:
                own = connection.cursor()
        except BaseException:
            self._shared.release()
            raise
        return cast(duckdb.DuckDBPyConnection, Cursor(own, self._shared.release))

    def attach_writable(self, file: LogFile) -> None:
        """Attach a file for writing; create the file and its tables if it does not exist."""
        if not file.path.exists():
            self.create(file)
        elif file.has_wal():
            self._checkpoint_wal(file)
        self._attach(file, _writable(file))
        self._check_version(file)

    def attach_readable(self, file: LogFile) -> None:
        """Merge the WAL of a file that is not written to any more, and attach it for reading."""
        self.attach_of_any_version(file)
        self._check_version(file)

    def attach_of_any_version(self, file: LogFile) -> None:
        """Do the same with a file of any schema version."""
        if file.has_wal():
            self._checkpoint_wal(file)
        self._attach(file, "READ_ONLY")

    def attach_read_only_with_wal(self, file: LogFile) -> None:
        """Attach a file for reading without changing a byte; its WAL is read in place.

        A segment of an earlier schema version is converted as it is read: ``readable`` returns the
        alias of views with the tables of this release.
        """
        self._attach(file, "READ_ONLY")
        self._check_version(file, convert=True)

    def reattach(self, file: LogFile) -> None:
        """Detach and attach a file that a failed checkpoint or commit has made unusable."""
        self.detach(file)
        self._attach(file, _writable(file))

    def detach(self, file: LogFile) -> None:
        """Detach a file, if it is attached; queries that read it go on to their end."""
        views = [known.pop(file, None) for known in (self._damaged, self._conversions)]
        if any(each is not None for each in views):
            with suppress(StorageError):
                self._execute(file, f"DETACH {file.salvage_catalog}")
        with suppress(StorageError):
            self._execute(file, f"DETACH {file.catalog}")

    def readable(self, file: File) -> File:
        """Return the file with the alias to read it by."""
        return replace(file, salvaged=self._has_views(file))

    def damage(self, file: LogFile) -> Damage | None:
        """Return the known damage of an attached file, or ``None``."""
        return self._damaged.get(file)

    def has_readable_events(self, file: LogFile) -> bool:
        """Return whether any event of a damaged file can be read, or none is lost."""
        damage = self._damaged[file]
        unreadable = damage.unreadable.get("log", [])
        lost = sum(rows.end - rows.first for rows in unreadable if rows.row_is_lost)
        if not lost:
            return True
        ((count,),) = self._execute(file, f"SELECT count(*) FROM {file.catalog}.log")
        return bool(count > lost)

    def salvage(self, file: LogFile, *, thorough: bool = True) -> bool:
        """Find the damage of an attached file, and make all other rows readable.

        No thread may write blocks of the file meanwhile.

        Args:
            file: The file.
            thorough: Read every row if every block has its checksum.

        Returns:
            Whether damage was found that was not known.

        Raises:
            StorageError: The undamaged part cannot be determined.
        """
        with closing(self.cursor()) as cursor:
            try:
                damage = find_by_checksum(cursor, file)
                if thorough and not damage.unreadable:
                    damage = find_by_reading(cursor, file)
                if not damage.unreadable or damage == self._damaged.get(file):
                    return False
                if not self._has_views(file):
                    cursor.execute(f"ATTACH ':memory:' AS {file.salvage_catalog}")
                # This optimizer fails on such views (2.0.0: an index out of bounds in
                # LateMaterializationHelper where a condition is on ``rowid``).
                cursor.execute("SET GLOBAL disabled_optimizers = 'late_materialization'")
                conversion = self._conversions.get(file, {})
                for statement in salvage_views(cursor, file, damage, conversion):
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None
            except OSError as error:
                raise StorageError(f"{file.path}: {reason(error)}") from None
        self._damaged[file] = damage
        return True

    def _has_views(self, file: LogFile) -> bool:
        return file in self._damaged or file in self._conversions

    def _convert(self, file: LogFile, conversion: Mapping[str, str]) -> None:
        """Create the views that convert the rows of an attached file."""
        with closing(self.cursor()) as cursor:
            try:
                cursor.execute(f"ATTACH ':memory:' AS {file.salvage_catalog}")
                self._conversions[file] = conversion
                for statement in salvage_views(cursor, file, conversion=conversion):
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None

    def trim_cache(self, keep: int) -> int:
        """Drop blocks of files from memory until at most ``keep`` bytes are cached.

        DuckDB itself drops none before its memory is full. What a statement uses stays.

        Returns:
            The bytes that DuckDB used before.

        Raises:
            StorageError: The instance is closed.
        """
        query = "SELECT tag, memory_usage_bytes FROM duckdb_memory()"
        with closing(self.cursor()) as cursor:
            used = dict(cursor.execute(query).fetchall())
            total: int = sum(used.values())
            if used.get(_CACHE, 0) <= keep:
                return total
            rest = total - used[_CACHE]
            # A smaller limit drops the blocks used longest ago. It fails if others need more by
            # now; then the limit stays as it was. ``keep`` leaves room for those who need
            # memory between the two statements: they drop more blocks.
            with suppress(duckdb.OutOfMemoryException):
                cursor.execute(
                    f"SET GLOBAL memory_limit = '{rest + keep}B'; "
                    f"SET GLOBAL memory_limit = '{self._memory_limit}'"
                )
        return total

    def set_meta(self, file: LogFile, entries: dict[str, int]) -> None:
        """Write entries into a file's ``meta`` and checkpoint it."""
        values = ", ".join(f"('{key}', '{value}')" for key, value in entries.items())
        self._execute(file, f"INSERT INTO {file.catalog}.meta VALUES {values}")
        self._execute(file, f"CHECKPOINT {file.catalog}")

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Close the instance, once every cursor is back. Blocks.

        Args:
            seconds: The wait for the cursors; after it the instance is left open.
        """
        if not self._shared.close(seconds):
            log.error(
                "a statement still runs %g s after the shard was told to stop; its files are left "
                "open, committed rows stay in their WALs",
                seconds,
            )

    def _checkpoint_wal(self, file: LogFile) -> None:
        """Merge a WAL into its file, repairing a torn block; without disk space the WAL stays."""
        try:
            self._merge_wal(file)
        except DamagedFile as error:
            block = find_torn_block(file, error)
            if block is None:
                raise
            block.repair_checksum()
            try:
                self._read_all(file)
            except StorageError:
                block.restore()
                raise error from None
            log.warning(
                "%s: repaired the checksum of a block half written when tart was killed",
                file.path,
            )
            self._merge_wal(file)

    def _read_all(self, file: LogFile) -> None:
        """Read every value, those in the WAL included, without changing a byte."""
        self._attach(file, "READ_ONLY")
        try:
            tables = self._execute(
                file,
                f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{file.catalog}'",
            )
            for (table,) in tables:
                self._execute(
                    file, f"SELECT bit_xor(hash(each)) FROM {file.catalog}.{table} AS each"
                )
        finally:
            self.detach(file)

    def _merge_wal(self, file: LogFile) -> None:
        try:
            self._attach(file, _writable(file))
            self._execute(file, f"CHECKPOINT {file.catalog}")
        except DiskFull as error:
            log.warning("%s", error)
        finally:
            self.detach(file)

    def _attach(self, file: LogFile, options: str) -> None:
        path = str(file.path).replace("'", "''")
        self._execute(file, f"ATTACH '{path}' AS {file.catalog} ({options})")

    def create(self, file: LogFile, inserts: Sequence[str] = ()) -> None:
        """Create a file with its tables, atomically: it gets its name when it is complete.

        DuckDB refuses to open a file that it was killed while creating.

        Args:
            file: The file; one that has the name already is replaced.
            inserts: Statements that insert rows into the tables.
        """
        draft = file.draft
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            if file.has_wal():
                # DuckDB would merge the WAL into the new file.
                name = move_to_quarantine(file, time.time())
                log.error("%s is missing, its WAL is now %s", file.path, name)
            file.index.unlink(missing_ok=True)
            draft.path.unlink(missing_ok=True)
            draft.wal.unlink(missing_ok=True)
            self._attach(draft, f"{_writable(file)}, BLOCK_SIZE {file.block_bytes}")
            self._create_tables(draft, inserts)
            self._execute(draft, f"DETACH {draft.catalog}")
            draft.path.rename(file.path)
            sync_directory(file.path.parent)
        except OSError as error:
            kind = DiskFull if error.errno in _NO_ROOM else StorageError
            raise kind(f"{file.path}: {reason(error)}") from None
        finally:
            self.detach(draft)

    def _create_tables(self, file: LogFile, inserts: Sequence[str]) -> None:
        """Create the tables in a transaction of their own, as two files may be created at once."""
        meta = (
            f"INSERT INTO {file.catalog}.meta VALUES "
            f"('schema_version', '{file.schema_version}'), ('directory', '{file.directory}')"
        )
        tables = [statement.format(file=file.catalog) for statement in file.ddl]
        # No WAL may create a table: it is replayed after a crash.
        statements = ["BEGIN", *tables, meta, *inserts, "COMMIT", f"CHECKPOINT {file.catalog}"]
        with closing(self.cursor()) as cursor:
            try:
                for statement in statements:
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None

    def version(self, file: LogFile) -> str:
        """Return the schema version in an attached file's ``meta``."""
        query = f"SELECT value FROM {file.catalog}.meta WHERE key = 'schema_version'"
        rows = self._execute(file, query)
        return str(rows[0][0]) if rows else "none"

    def _check_version(self, file: LogFile, *, convert: bool = False) -> None:
        """Raise unless the file has this release's schema version and is of its directory.

        A file whose ``meta`` is damaged is accepted by its name.

        Args:
            file: The file, attached.
            convert: Make views of a file of an earlier version instead.
        """
        query = f"SELECT key, value FROM {file.catalog}.meta"
        try:
            meta = dict(self._execute(file, query))
        except DamagedFile:
            if not self.salvage(file):
                raise
            return
        version = meta.get("schema_version", "none")
        conversion = file.conversion(version) if convert else None
        if conversion is None and version != str(file.schema_version):
            raise StorageError(
                f"{file.path} has schema version {version}, this tart reads {file.schema_version}"
            )
        if meta.get("directory") != str(file.directory):
            raise DamagedFile(
                f"{file.path} is a file of directory {meta.get('directory')}, its numbers would "
                "be taken for those of this one"
            )
        if conversion is not None:
            self._convert(file, conversion)

    def _execute(self, file: LogFile, statement: str) -> list[tuple[Any, ...]]:
        try:
            with self._shared.use() as connection, self._lock:
                return connection.execute(statement).fetchall()
        except HandleClosed:
            raise StorageError(f"{file.path}: DuckDB is closed already") from None
        except duckdb.Error as error:
            raise storage_error(file, error) from None


def _writable(file: LogFile) -> str:
    return f"{_FORMAT}, ROW_GROUP_SIZE {file.row_group}"


def storage_error(file: LogFile, error: duckdb.Error) -> StorageError:
    """Return the error that a DuckDB error means for a file: no space, damage, or neither."""
    text = str(error)
    shown = without_kind(text).replace(f' "{file.path}"', "")
    shown = shown if str(file.path) in shown else f"{file.path}: {shown}"
    if any(os.strerror(number) in text for number in _NO_ROOM):
        return DiskFull(shown)
    if isinstance(error, duckdb.OutOfMemoryException) or any(each in text for each in _NO_MEMORY):
        return OutOfMemory(shown)
    # 2.0 has no class for a wrong checksum.
    damage = isinstance(error, _DAMAGE_ERRORS) or type(error) is duckdb.Error
    if damage and not any(words in text for words in _ENVIRONMENT_ERRORS):
        return DamagedFile(shown)
    return StorageError(shown)


def suspect_files(files: Iterable[LogFile], error: Exception) -> list[LogFile]:
    """Return the files that an error may be about: with the block, or the name, in its text.

    DuckDB says where a wrong checksum is, but not in which file.
    """
    candidates, text = list(files), str(error)
    if match := WRONG_CHECKSUM.search(text):
        _, stored, offset = map(int, match.groups())
        return [file for file in candidates if _has_checksum(file.path, offset, stored)]
    return [file for file in candidates if str(file.path) in text] or candidates


def _has_checksum(path: Path, offset: int, stored: int) -> bool:
    with suppress(OSError), path.open("rb") as file:
        file.seek(offset)
        return file.read(CHECKSUM_BYTES) == stored.to_bytes(CHECKSUM_BYTES, "little")
    return False


def bytes_on_disk(root: Path, directories: list[int]) -> tuple[int, int]:
    """Return the number of event-log files and the bytes of all files, WALs and aggregates too."""
    count = size = 0
    for directory in directories:
        for path in (root / f"{directory:02d}").glob("*.duckdb*"):
            # A checkpoint may remove the WAL meanwhile.
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                count += path.suffix == ".duckdb" and path.name != AGGREGATES
    return count, size


def sync_directory(directory: Path) -> None:
    """Make changes of names durable: a power failure must not take them back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
