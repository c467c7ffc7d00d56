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
- *A block is damaged*: statements that read it fail, all others go on (``damage``). Who reads
  a file with such a block reads views of the rest, in a database in memory beside it.
- *DETACH while others read*: returns at once; they read on to their end and only then is
  the file closed. Until that it cannot be attached again.
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
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import duckdb

from tart.config.schema import StorageConfig
from tart.errors import DamagedFile, DiskFull, HandleClosed, OutOfMemory, StorageError
from tart.handles import Shared
from tart.storage.core.files import AGGREGATES, LogFile, move_to_quarantine
from tart.storage.log.blocks import CHECKSUM_BYTES
from tart.storage.log.damage import Damage, probe, survey, views
from tart.storage.log.torn_write import WRONG_CHECKSUM, torn_block

log = logging.getLogger(__name__)
File = TypeVar("File", bound=LogFile)

# Readable by DuckDB 1.5 and 2.0 alike, so an upgrade can be taken back.
_FORMAT = "STORAGE_VERSION 'v1.5.0'"
# Only a fuse: the checkpoint thread comes long before.
_AUTOMATIC_CHECKPOINT = "1GB"
# What questions that do not fit the memory may take of the disk.
_SPILLED = "1GB"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# Whoever runs a statement when the shard stops has been told to end long before.
_CLOSE_SECONDS = 30.0
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


class Cursor:
    """A cursor that is lent: all that DuckDB's has, and ``close`` gives it back."""

    __slots__ = ("_connection", "_give_back")

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, give_back: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._give_back = give_back

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def close(self) -> None:
        """Close it; a second time without effect."""
        give_back, self._give_back = self._give_back, lambda: None
        self._connection.close()
        give_back()


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
        self._damaged: dict[LogFile, Damage] = {}
        try:
            connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise StorageError(f"DuckDB does not start: {error}") from None
        self._shared = Shared(connection, duckdb.DuckDBPyConnection.close)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """An independent connection, to be used by one thread and closed by it.

        Raises:
            StorageError: the instance is closed.
        """
        try:
            connection = self._shared.lend()
        except HandleClosed:
            raise StorageError("DuckDB is closed already: the shard stops") from None
        try:
            with self._lock:
                own = connection.cursor()
        except BaseException:
            self._shared.give_back()
            raise
        return cast(duckdb.DuckDBPyConnection, Cursor(own, self._shared.give_back))

    def attach_writable(self, file: LogFile) -> None:
        """Attach the file events go to, creating it and its tables if need be."""
        if not file.path.exists():
            self.create(file)
        elif file.has_wal():
            self._settle(file)
        self._attach(file, _writable(file))
        self._check_version(file)

    def attach_readable(self, file: LogFile) -> None:
        """Attach a file nothing more goes to; what its WAL holds is put into it first."""
        self.attach_of_any_version(file)
        self._check_version(file)

    def attach_of_any_version(self, file: LogFile) -> None:
        """The same, whichever release wrote it."""
        if file.has_wal():
            self._settle(file)
        self._attach(file, "READ_ONLY")

    def attach_read_only_with_wal(self, file: LogFile) -> None:
        """Attach for reading without changing a byte; a log is read where it is."""
        self._attach(file, "READ_ONLY")
        self._check_version(file)

    def reattach(self, file: LogFile) -> None:
        """Attach for writing what a checkpoint without room has made useless, or a commit wrong."""
        self.detach(file)
        self._attach(file, _writable(file))

    def detach(self, file: LogFile) -> None:
        """Let go of a file, if it is attached; who reads it at the moment reads on."""
        if self._damaged.pop(file, None) is not None:
            with suppress(StorageError):
                self._execute(file, f"DETACH {file.salvage_catalog}")
        with suppress(StorageError):
            self._execute(file, f"DETACH {file.catalog}")

    def readable(self, file: File) -> File:
        """The file by the name to read it by."""
        return replace(file, salvaged=file in self._damaged)

    def damage(self, file: LogFile) -> Damage | None:
        """What is known to be damaged of an attached file."""
        return self._damaged.get(file)

    def has_rest(self, file: LogFile) -> bool:
        """Whether anything can be read of the events of a file with damage."""
        damage = self._damaged[file]
        lost = sum(each.end - each.first for each in damage.lost.get("log", []) if each.whole)
        if not lost:
            return True
        ((count,),) = self._execute(file, f"SELECT count(*) FROM {file.catalog}.log")
        return bool(count > lost)

    def salvage(self, file: LogFile, *, thorough: bool = True) -> bool:
        """Find out what is damaged of an attached file, and make the rest readable.

        Nothing may write blocks of it meanwhile.

        Args:
            thorough: read everything if every block has its checksum.

        Returns:
            Whether something is found that was not known.

        Raises:
            StorageError: nothing of it can be told apart.
        """
        with closing(self.cursor()) as cursor:
            try:
                found = survey(cursor, file)
                if thorough and not found.lost:
                    found = probe(cursor, file)
                if not found.lost or found == self._damaged.get(file):
                    return False
                if file not in self._damaged:
                    cursor.execute(f"ATTACH ':memory:' AS {file.salvage_catalog}")
                # It fails on such views (2.0.0: an index out of bounds in
                # LateMaterializationHelper where a condition is on ``rowid``).
                cursor.execute("SET GLOBAL disabled_optimizers = 'late_materialization'")
                for statement in views(cursor, file, found):
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None
            except OSError as error:
                raise StorageError(f"{file.path}: {error}") from None
        self._damaged[file] = found
        return True

    def note(self, file: LogFile, facts: dict[str, int]) -> None:
        """Write into a file's ``meta``, for good."""
        values = ", ".join(f"('{key}', '{value}')" for key, value in facts.items())
        self._execute(file, f"INSERT INTO {file.catalog}.meta VALUES {values}")
        self._execute(file, f"CHECKPOINT {file.catalog}")

    def close(self) -> None:
        """Close the instance, once every cursor and statement is done with. Blocks."""
        if not self._shared.close(_CLOSE_SECONDS):
            log.error(
                "a statement still runs %g s after the shard was told to stop, so its files are "
                "left open; what was committed is in their logs",
                _CLOSE_SECONDS,
            )

    def _settle(self, file: LogFile) -> None:
        """Put what a log holds into its file; without room for that it stays a log."""
        try:
            self._merge_wal(file)
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
            self._merge_wal(file)

    def _read_all(self, file: LogFile) -> None:
        """Look at every value, log included, without changing a byte."""
        self.attach_read_only_with_wal(file)
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

    def create(self, file: LogFile, filling: Sequence[str] = ()) -> None:
        """All or nothing, whenever the process dies: it gets its name when it is complete.

        DuckDB refuses to open a file it was killed while creating. ``filling`` are statements
        that put rows into the tables; a file that has the name already is replaced.
        """
        draft = file.draft
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            if file.has_wal():
                # It would be put into the new file.
                name = move_to_quarantine(file, time.time())
                log.error("%s is missing, its log is now %s", file.path, name)
            draft.path.unlink(missing_ok=True)
            draft.wal.unlink(missing_ok=True)
            self._attach(draft, f"{_writable(file)}, BLOCK_SIZE {file.block_bytes}")
            self._create_tables(draft, filling)
            self._execute(draft, f"DETACH {draft.catalog}")
            draft.path.rename(file.path)
            sync(file.path.parent)
        except OSError as error:
            kind = DiskFull if error.errno in _NO_ROOM else StorageError
            raise kind(f"{file.path}: {error}") from None
        finally:
            self.detach(draft)

    def _create_tables(self, file: LogFile, filling: Sequence[str]) -> None:
        """In a transaction of their own: two files may be made at the same time."""
        noted = (
            f"INSERT INTO {file.catalog}.meta VALUES "
            f"('schema_version', '{file.schema_version}'), ('directory', '{file.directory}')"
        )
        tables = [statement.format(file=file.catalog) for statement in file.ddl]
        # No table may be created inside a log that is replayed after a crash.
        statements = ["BEGIN", *tables, noted, *filling, "COMMIT", f"CHECKPOINT {file.catalog}"]
        with closing(self.cursor()) as cursor:
            try:
                for statement in statements:
                    cursor.execute(statement)
            except duckdb.Error as error:
                raise storage_error(file, error) from None

    def version(self, file: LogFile) -> str:
        """The schema version that an attached file says it has."""
        query = f"SELECT value FROM {file.catalog}.meta WHERE key = 'schema_version'"
        found = self._execute(file, query)
        return str(found[0][0]) if found else "none"

    def _check_version(self, file: LogFile) -> None:
        """A file has to be of this release and of its directory.

        One whose ``meta`` is damaged is taken for what its name says.
        """
        query = f"SELECT key, value FROM {file.catalog}.meta"
        try:
            found = dict(self._execute(file, query))
        except DamagedFile:
            if not self.salvage(file):
                raise
            return
        if found.get("schema_version") != str(file.schema_version):
            version = found.get("schema_version", "none")
            raise StorageError(
                f"{file.path} has schema version {version}, this tart reads {file.schema_version}"
            )
        if found.get("directory") != str(file.directory):
            raise DamagedFile(
                f"{file.path} is a file of directory {found.get('directory')}, its numbers would "
                "be taken for those of this one"
            )

    def _execute(self, file: LogFile, statement: str) -> list[tuple[Any, ...]]:
        try:
            with self._shared.using() as connection, self._lock:
                return connection.execute(statement).fetchall()
        except HandleClosed:
            raise StorageError(f"{file.path}: DuckDB is closed already") from None
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


def blamed(files: Iterable[LogFile], error: Exception) -> list[LogFile]:
    """The files that an error may be about: that have the block it is of, or that it names.

    DuckDB says where a wrong checksum is, but not in which file.
    """
    every, text = list(files), str(error)
    if found := WRONG_CHECKSUM.search(text):
        _, stored, location = map(int, found.groups())
        return [file for file in every if _has(file.path, location, stored)]
    return [file for file in every if str(file.path) in text] or every


def _has(path: Path, location: int, stored: int) -> bool:
    with suppress(OSError), path.open("rb") as file:
        file.seek(location)
        return file.read(CHECKSUM_BYTES) == stored.to_bytes(CHECKSUM_BYTES, "little")
    return False


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
