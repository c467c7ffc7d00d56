"""The files of the chain in DuckDB: opening, damage, checkpoints, attaching again, deleting.

A file that cannot be read is quarantined; one with a damaged block is read around it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from tart.chain.store.file_index import FileIndex, check_layout, read_index
from tart.chain.store.files import ChainFile, list_files, list_orphaned_wals
from tart.chain.store.reader_lock import ReaderLock
from tart.errors import DamagedFile, NoRoom, StorageError
from tart.storage.core.files import LogFile, move_to_quarantine
from tart.storage.log.database import Database, storage_error, suspect_files, sync_directory

log = logging.getLogger(__name__)

# Tries of a read, a commit or a query, each of which may find damage in another place.
TRIES = 8


class AttachedFiles:
    """The files of the chain that are attached to a DuckDB instance.

    All methods but ``alias`` and ``is_damaged`` are for who holds the lock of the writer.

    Args:
        folder: The folder of the files.
        database: The instance.
        readers: Held by queries; a file is detached while none of them holds it.
        execute: Executes a statement that writes.

    Attributes:
        execute: As above.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        readers: ReaderLock,
        execute: Callable[[Any, str], Any],
    ) -> None:
        self._folder = folder
        self._database = database
        self._readers = readers
        self.execute = execute
        self._reattach: set[ChainFile] = set()

    # --- Opening -----------------------------------------------------------------------------

    def open_all(self) -> Iterator[tuple[ChainFile, FileIndex]]:
        """Attach the files of the folder, oldest first; yield those that can be read.

        Raises:
            StorageError: A file cannot be opened, for a reason that is not in the file.
        """
        for file in list_orphaned_wals(self._folder):
            self._quarantine(file, StorageError("the file is missing, only its WAL is there"))
        for file in list_files(self._folder):
            had_wal = file.has_wal()
            try:
                index = self._open(file)
            except DamagedFile as error:
                self._database.detach(file)
                self._quarantine(file, error)
                continue
            if had_wal:
                log.warning("%s was not closed cleanly; its WAL is merged", file.path)
            yield file, index

    def _open(self, file: ChainFile) -> FileIndex:
        self._database.attach_writable(file)
        with closing(self._database.cursor()) as cursor:
            check_layout(cursor, file)
            for _ in range(TRIES):
                try:
                    return read_index(cursor, self.alias(file))
                except duckdb.Error as error:
                    reason = storage_error(file, error)
                    if not isinstance(reason, DamagedFile) or not self._database.salvage(file):
                        raise reason from None
                    _log_damage(file, error)
        raise DamagedFile(f"{file.path}: damaged in too many places")

    def _quarantine(self, file: ChainFile, reason: Exception) -> None:
        name = move_to_quarantine(file, time.time())
        sync_directory(self._folder)
        log.error(
            "%s cannot be read, quarantined as %s with its WALs; its blocks are not served. "
            "Restore it from a backup while tart is stopped, or remove it. The reason: %s",
            file.path,
            name,
            reason,
        )

    def create(self, file: ChainFile) -> None:
        """Create a file with empty tables, and attach it."""
        self._database.attach_writable(file)

    # --- Reading and damage ------------------------------------------------------------------

    def alias(self, file: ChainFile) -> str:
        """Return the name in DuckDB to read a file by."""
        return self._database.readable(file).alias

    def is_damaged(self, file: ChainFile) -> bool:
        """Return whether a part of a file cannot be read."""
        return self._database.damage(file) is not None

    def salvage(self, files: Sequence[ChainFile], error: Exception) -> bool:
        """Make the undamaged rows of a damaged file readable; return whether that helped.

        Args:
            files: The attached files.
            error: The error of the statement that met the damage.
        """
        if not isinstance(error, duckdb.Error) or not files:
            return False
        if not isinstance(storage_error(files[0], error), DamagedFile):
            return False
        has_salvaged = False
        for file in suspect_files(files, error):
            with suppress(StorageError):
                if self._database.salvage(file):
                    has_salvaged = True
                    _log_damage(file, error)
        return has_salvaged

    # --- Writing -----------------------------------------------------------------------------

    def reattach_failed(self) -> None:
        """Attach again the files that a lack of room has made unusable.

        Raises:
            NoRoom: A query reads one of them; it is tried again with the next write.
        """
        for file in list(self._reattach):
            with self._readers.hold_exclusively() as is_alone:
                if not is_alone:
                    raise NoRoom(f"{file.path}: queries read it; it is opened again after them")
                self._database.reattach(file)
            self._reattach.discard(file)

    def register_failure(self, file: ChainFile, error: duckdb.Error) -> StorageError:
        """Return the error that a failed write means.

        After a lack of room the file is attached again by ``reattach_failed``.
        """
        reason = storage_error(file, error)
        if isinstance(reason, NoRoom):
            self._reattach.add(file)
        return reason

    def checkpoint(self, cursor: Any, file: ChainFile) -> None:
        """Checkpoint a file; a failure is logged, because the WAL has the rows all the same."""
        try:
            self.execute(cursor, f"CHECKPOINT {file.catalog}")
        except duckdb.Error as error:
            # A reader may prevent a checkpoint.
            reason = self.register_failure(file, error)
            log.warning("no checkpoint of %s; the next one is tried later: %s", file.path, reason)

    # --- Deleting ----------------------------------------------------------------------------

    def detach(self, file: ChainFile) -> None:
        """Detach a file that no query reads."""
        self._database.detach(file)

    def unlink(self, file: ChainFile) -> None:
        """Delete a detached file with its WALs."""
        for path in file.paths():
            path.unlink(missing_ok=True)
        sync_directory(self._folder)


def read_error(files: Sequence[ChainFile], error: duckdb.Error) -> StorageError:
    """Return the error that a failed read means.

    Args:
        files: The files that were read; at least one.
        error: The error of DuckDB.
    """
    suspects = suspect_files(files, error) or list(files)
    return storage_error(suspects[0], error)


def _log_damage(file: LogFile, error: Exception) -> None:
    log.error("%s is damaged; what can be read of it is served: %s", file.path, error)
