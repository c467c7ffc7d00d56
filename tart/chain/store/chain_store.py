"""The store of the chain: the files of ``chain/``, their only writer, and their readers.

A commit is on the disk when ``write`` returns. One thread writes (``batch_writer``,
``maintenance``); queries run beside it on threads of their own, and see a write as a whole or
nothing of it (``chain_index``). No file is detached while a query reads (``reader_lock``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from tart.chain.core.changes import Change, KnownBlock, RecoveredChain
from tart.chain.store.answers.context import MAX_ROWS, Context, FileView
from tart.chain.store.answers.table import ANSWERS
from tart.chain.store.attached_files import TRIES, AttachedFiles, read_error
from tart.chain.store.batch_writer import MAX_UNDECODABLE, BatchWriter
from tart.chain.store.block_places import BlockPlaces
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.deadline import hold_deadline
from tart.chain.store.file_index import (
    read_accounts,
    read_last_change,
    read_newest_blocks,
    read_parameters,
)
from tart.chain.store.files import list_quarantined, size_of
from tart.chain.store.maintenance import CHECKPOINT_BYTES, Maintenance
from tart.chain.store.reader_lock import ReaderLock
from tart.config.schema import StorageConfig
from tart.errors import QueryTimeout, StorageError
from tart.query.chain_queries.chain import ChainQuery
from tart.storage.core.files import SPILL
from tart.storage.log.database import Database, storage_error

# Memory of DuckDB: a day of a full network's cores is added up in a part of it.
_MEMORY = "256MB"
_DAY_SECONDS = 86_400.0
_DEADLINE_SECONDS = 10.0
_FREEZE_SECONDS = 1800.0
# The wait of a query that met damage for a write that is under way.
_SALVAGE_SECONDS = 5.0
_BACKUP_SECONDS = 60.0


class ChainStore:
    """Stores the chain and answers about it; see ``tart.chain.core.changes.BlockStore``.

    Args:
        folder: The folder of the files; created if it does not exist.
        retain_days: The age in days at which a file is deleted.
        config: The settings of DuckDB.
        now_us: The clock, Unix microseconds.
        execute: Executes a statement that writes; replaced by tests.
        checkpoint_bytes: The size of the WAL at which a checkpoint is due.
        max_undecodable: The greatest number of undecodable statistics in a file.
        max_rows: The greatest number of rows of an answer.
        backup_seconds: The wait of a backup for a write that is under way.

    Raises:
        StorageError: A file cannot be opened, for a reason that is not in the file.
    """

    def __init__(
        self,
        folder: Path,
        retain_days: int,
        *,
        config: StorageConfig | None = None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        execute: Callable[[Any, str], Any] = lambda cursor, statement: cursor.execute(statement),
        checkpoint_bytes: int = CHECKPOINT_BYTES,
        max_undecodable: int = MAX_UNDECODABLE,
        max_rows: int = MAX_ROWS,
        backup_seconds: float = _BACKUP_SECONDS,
    ) -> None:
        self._folder = folder
        self._backup_seconds = backup_seconds
        self._max_rows = max_rows
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(config or StorageConfig(memory_limit=_MEMORY), folder / SPILL)
        self._write_lock = threading.Lock()
        self._readers = ReaderLock()
        self._files = AttachedFiles(folder, self._database, self._readers, execute)
        self._index = ChainIndex()
        self._release_timer: threading.Timer | None = None
        self._timer_lock = threading.Lock()
        try:
            last_change = self._open()
        except BaseException:
            self._database.close()
            raise
        places = BlockPlaces(self._files, self._index)
        self._writer = BatchWriter(
            folder,
            self._files,
            self._index,
            places,
            last_change=last_change,
            now_us=now_us,
            max_undecodable=max_undecodable,
        )
        self._maintenance = Maintenance(
            self._files,
            self._index,
            places,
            self._readers,
            retain_seconds=retain_days * _DAY_SECONDS,
            checkpoint_bytes=checkpoint_bytes,
        )

    # --- Opening -----------------------------------------------------------------------------

    def _open(self) -> int:
        """Open the files and read their indexes; return the greatest number of a change."""
        for file, index in self._files.open_all():
            self._index.add_file(file, index)
        last_change = 0
        with closing(self._database.cursor()) as cursor:
            for file in reversed(self._index.files):
                alias = self._files.alias(file)
                last_change = max(last_change, read_last_change(cursor, alias))
                self._index.parameters = self._index.parameters or read_parameters(cursor, alias)
                self._index.accounts = self._index.accounts or read_accounts(cursor, alias)
        return last_change

    def recover(self, limit: int) -> RecoveredChain:
        """Return at most ``limit`` stored blocks, those with the highest slots."""
        known: list[KnownBlock] = []
        with closing(self._database.cursor()) as cursor:
            for file in reversed(self._index.files):
                least = min(block.slot for block in known) if len(known) >= limit else -1
                last = self._index.files[file].last_slot
                if last is None or last < least:
                    continue
                known += read_newest_blocks(cursor, self._files.alias(file), limit)
                known = sorted(known, key=lambda block: block.slot, reverse=True)[:limit]
        return RecoveredChain(tuple(known), dict(self._index.parameters))

    # --- Writing -----------------------------------------------------------------------------

    def write(self, changes: Sequence[Change]) -> None:
        """Store changes in this order.

        Raises:
            NoRoom: They are not stored; the caller retries later.
            StorageError: They are not stored, and retrying is useless.
        """
        with self._write_lock, closing(self._database.cursor()) as cursor:
            self._files.reattach_failed()
            self._writer.write(cursor, changes)
            self._maintenance.run(cursor)

    def delete_expired(self, now: float) -> list[Path]:
        """Delete the files that were last written ``retain_days`` ago; return their paths.

        Args:
            now: Unix seconds.
        """
        return self._maintenance.delete_expired(now)

    @property
    def refused(self) -> int:
        """Changes that were not stored because a value fits no column."""
        return self._writer.refused

    @property
    def surplus(self) -> int:
        """Accounts and undecodable statistics beyond the limit, which were not stored."""
        return self._writer.surplus

    # --- Backups -----------------------------------------------------------------------------

    def freeze(self) -> list[Path]:
        """Checkpoint all files and write nothing more until ``release``; return their paths.

        The files are released after half an hour in any case. To be called on a thread.

        Raises:
            StorageError: Another backup is running, or a checkpoint fails.
        """
        if not self._write_lock.acquire(timeout=self._backup_seconds):
            raise StorageError("another backup is running")
        try:
            with closing(self._database.cursor()) as cursor:
                for file in self._index.files:
                    try:
                        self._files.execute(cursor, f"CHECKPOINT {file.catalog}")
                    except duckdb.Error as error:
                        raise storage_error(file, error) from None
        except BaseException:
            self._write_lock.release()
            raise
        with self._timer_lock:
            self._release_timer = threading.Timer(_FREEZE_SECONDS, self.release)
            self._release_timer.daemon = True
            self._release_timer.start()
        return [file.path for file in self._index.files]

    def release(self) -> bool:
        """Let writing go on; return whether the files were frozen until now."""
        with self._timer_lock:
            timer, self._release_timer = self._release_timer, None
        if timer is None:
            return False
        timer.cancel()
        self._write_lock.release()
        return True

    # --- Reading -----------------------------------------------------------------------------

    def answer(
        self,
        query: ChainQuery[Any],
        deadline_seconds: float = _DEADLINE_SECONDS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Any:
        """Return the answer to a query. Blocks; for any thread.

        Args:
            query: The query.
            deadline_seconds: The time after which it is given up.
            is_cancelled: Whether the client has gone.

        Raises:
            QueryError: The parameters are not valid, or the deadline passed.
            StorageError: A file cannot be read.
        """
        with (
            self._readers.hold_shared(),
            closing(self._database.cursor()) as cursor,
            hold_deadline(cursor, deadline_seconds, is_cancelled) as check,
        ):
            for tries_left in reversed(range(TRIES)):
                try:
                    return ANSWERS[type(query)](self._context(cursor, check), query)
                except duckdb.InterruptException:
                    raise QueryTimeout(f"no answer within {deadline_seconds:g} s") from None
                except duckdb.Error as error:
                    if not tries_left or not self._salvage_beside_writer(error):
                        raise read_error(list(self._index.snapshot().files), error) from None
        raise AssertionError("the last try raises or returns")

    def _context(self, cursor: Any, check: Callable[[], None]) -> Context:
        snapshot = self._index.snapshot()
        views = [
            FileView(
                self._files.alias(file),
                index.first_slot,
                index.last_slot,
                index.blocks,
                index.missing,
                index.reorganisations,
                tuple(index.forks),
            )
            for file, index in snapshot.files.items()
            if index.first_slot is not None or index.reorganisations
        ]
        return Context(cursor, views, snapshot.parameters, snapshot.accounts, check, self._max_rows)

    def _salvage_beside_writer(self, error: Exception) -> bool:
        """Do as ``AttachedFiles.salvage`` while nothing is written."""
        if not self._write_lock.acquire(timeout=_SALVAGE_SECONDS):
            return False
        try:
            return self._files.salvage(list(self._index.files), error)
        finally:
            self._write_lock.release()

    def figures(self) -> Mapping[str, float]:
        """Return figures for metrics."""
        indexes = self._index.snapshot().files
        return {
            "files": len(indexes),
            "bytes": sum(size_of(path) for file in indexes for path in file.paths()),
            "blocks": sum(index.blocks for index in indexes.values()),
            "forks": sum(len(index.forks) for index in indexes.values()),
            "missing_statistics": sum(index.missing for index in indexes.values()),
            "reorganisations": sum(index.reorganisations for index in indexes.values()),
            "refused": self.refused,
            "surplus": self.surplus,
            "quarantined_files": len(list_quarantined(self._folder)),
            "damaged_files": sum(self._files.is_damaged(file) for file in indexes),
        }

    def close(self) -> None:
        """Checkpoint and close the files; the last call. Blocks."""
        self.release()
        with self._write_lock:
            with closing(self._database.cursor()) as cursor:
                for file in self._index.files:
                    if size_of(file.wal):
                        self._files.checkpoint(cursor, file)
            self._database.close()
