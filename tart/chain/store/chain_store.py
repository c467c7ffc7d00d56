"""The store of the chain: the files of ``chain/``, their only writer, and their readers.

Changes are written in one transaction for each file that they concern, older files first: the
status of a block is a row of the block's own file, which is often yesterday's. A change that is
written again after a failure has no further effect, so a transaction that was committed before the
failure does no harm.

- A file is of the day (UTC) on which its first block arrived. If the clock goes back, the newest
  file is used on.
- A commit is on the disk when ``write`` returns; a WAL is checkpointed after five minutes or when
  it has 8 MiB.
- A file that cannot be read is quarantined, one with a damaged block is read around it.
- Whole files are deleted ``rpc.retain_days`` after their last write, while the clock is stable.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tart.chain.core.changes import (
    Change,
    KnownBlock,
    PutBlock,
    PutParameters,
    PutReorganisation,
    PutService,
    PutUndecodable,
    RecoveredChain,
    SetStatus,
)
from tart.chain.store import rows
from tart.chain.store.answers import ANSWERS, Context, FileView, read_accounts, read_parameters
from tart.chain.store.files import (
    LAYOUT,
    STATUS_CODES,
    STATUSES,
    ChainFile,
    day_file,
    list_files,
    list_orphaned_wals,
    list_quarantined,
)
from tart.config.schema import StorageConfig
from tart.errors import Busy, DamagedFile, NoRoom, QueryTimeout, StorageError
from tart.query.chain_queries.chain import ChainQuery, StoredService
from tart.storage.core.files import SPILL, move_to_quarantine
from tart.storage.core.retention import ClockMonitor, StoredPeriod, expired_periods
from tart.storage.log.database import Database, storage_error, suspect_files, sync_directory

log = logging.getLogger(__name__)

# Memory of DuckDB: a day of a full network's cores is added up in a part of it.
_MEMORY = "256MB"
_CHECKPOINT_SECONDS = 300.0
_CHECKPOINT_BYTES = 8 << 20
_RETENTION_SECONDS = 3600.0
_DAY_SECONDS = 86_400.0
# Blocks whose place is known without reading a file.
_RECENT_BLOCKS = 65_536
_MAX_ACCOUNTS = 20_000
_MAX_UNDECODABLE = 100
# Tries of a commit or a query, each of which may find damage in another place.
_TRIES = 8
_DEADLINE_SECONDS = 10.0
_INTERRUPT_AGAIN_SECONDS = 0.05
# The wait for readers before a file is detached: longer than the deadline of each.
_EXCLUSIVE_SECONDS = 15.0
_FREEZE_SECONDS = 1800.0
_LOCK_SECONDS = 5.0
# The wait of a backup for a write that is under way.
_BACKUP_SECONDS = 60.0


@dataclass
class _Index:
    """Facts about a file that are kept in memory.

    Attributes:
        next_number: Of the next block.
        forks: Numbers of blocks that are not on the chain.
        missing: Blocks without statistics.
    """

    next_number: int = 0
    first_slot: int | None = None
    last_slot: int | None = None
    blocks: int = 0
    missing: int = 0
    reorganisations: int = 0
    undecodable: int = 0
    forks: set[int] = field(default_factory=set)

    def add(self, change: PutBlock, number: int) -> None:
        """Count a block that was stored."""
        slot = change.block.slot
        self.next_number = max(self.next_number, number + 1)
        self.first_slot = slot if self.first_slot is None else min(self.first_slot, slot)
        self.last_slot = slot if self.last_slot is None else max(self.last_slot, slot)
        self.blocks += 1
        self.missing += change.block.reports is None
        if change.block.status == "fork":
            self.forks.add(number)

    def has_slot(self, slot: int) -> bool:
        """Return whether a block of a slot may be in the file."""
        if self.first_slot is None or self.last_slot is None:
            return False
        return self.first_slot <= slot <= self.last_slot


_Place = tuple[ChainFile, int]


@dataclass
class _Batch:
    """Changes on their way into the files.

    Attributes:
        changes: Of blocks: the file, their number, the change.
        statuses: The file, the number of the block, the code.
    """

    rows: dict[ChainFile, rows.FileRows] = field(default_factory=dict)
    blocks: list[tuple[ChainFile, int, PutBlock]] = field(default_factory=list)
    statuses: list[tuple[ChainFile, int, int]] = field(default_factory=list)
    places: dict[bytes, _Place] = field(default_factory=dict)
    reorganisations: int = 0
    undecodable: int = 0
    accounts: dict[int, StoredService] = field(default_factory=dict)
    parameters: Mapping[str, int] | None = None

    def add(self, file: ChainFile, table_rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        """Add rows of a file.

        Raises:
            ValueError: A value does not fit its column; no row was added.
        """
        self.rows.setdefault(file, rows.FileRows()).add(table_rows)

    def next_number(self, file: ChainFile, stored: int) -> int:
        """Return the number of the next block of a file.

        Args:
            file: The file.
            stored: The number after that of the last stored block.
        """
        return stored + sum(1 for other, _, _ in self.blocks if other == file)


class ChainStore:
    """Stores the chain and answers about it; see ``tart.chain.core.changes.BlockStore``.

    Args:
        folder: The folder of the files; created if it does not exist.
        retain_days: The age in days at which a file is deleted.
        config: The settings of DuckDB.
        now_us: The clock, Unix microseconds.
        execute: Executes a statement that writes; replaced by tests.
        checkpoint_bytes: The size of the WAL at which a checkpoint is due.

    Attributes:
        refused: Changes that were not stored because a value fits no column.
        surplus: Accounts and undecodable statistics beyond the limit, which were not stored.

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
        checkpoint_bytes: int = _CHECKPOINT_BYTES,
    ) -> None:
        self._folder = folder
        self._retain_seconds = retain_days * _DAY_SECONDS
        self._now_us = now_us
        self._execute = execute
        self._checkpoint_bytes = checkpoint_bytes
        self.refused = 0
        self.surplus = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(config or StorageConfig(memory_limit=_MEMORY), folder / SPILL)
        self._files: OrderedDict[ChainFile, _Index] = OrderedDict()
        self._recent: OrderedDict[bytes, _Place] = OrderedDict()
        self._accounts: dict[int, StoredService] = {}
        self._parameters: dict[str, int] = {}
        self._next_change = 0
        self._reattach: set[ChainFile] = set()
        self._write_lock = threading.Lock()
        self._state_lock = threading.Lock()
        self._idle = threading.Condition()
        self._readers = 0
        self._exclusive = False
        self._frozen: threading.Timer | None = None
        self._clock = ClockMonitor(time.time(), time.monotonic())
        self._retained_at = self._checkpointed_at = time.monotonic()
        try:
            self._open()
        except BaseException:
            self._database.close()
            raise

    # --- Opening -----------------------------------------------------------------------------

    def _open(self) -> None:
        for file in list_orphaned_wals(self._folder):
            self._quarantine(file, StorageError("the file is missing, only its WAL is there"))
        for file in list_files(self._folder):
            index = self._open_file(file)
            if index is not None:
                self._files[file] = index
        with closing(self._database.cursor()) as cursor:
            for file in reversed(self._files):
                alias = self._database.readable(file).alias
                self._next_change = max(self._next_change, _last_change(cursor, alias) + 1)
                self._parameters = self._parameters or read_parameters(cursor, alias)
                self._accounts = self._accounts or read_accounts(cursor, alias)

    def _open_file(self, file: ChainFile) -> _Index | None:
        """Attach a file and read its index; None if it cannot be read and was quarantined."""
        had_wal = file.has_wal()
        try:
            self._database.attach_writable(file)
            with closing(self._database.cursor()) as cursor:
                _check_layout(cursor, file)
                index = self._read_index(cursor, file)
        except DamagedFile as error:
            self._database.detach(file)
            self._quarantine(file, error)
            return None
        if had_wal:
            log.warning("%s was not closed cleanly; its WAL is merged", file.path)
        return index

    def _read_index(self, cursor: Any, file: ChainFile) -> _Index:
        for _ in range(_TRIES):
            try:
                return _read_index(cursor, self._database.readable(file).alias)
            except duckdb.Error as error:
                reason = storage_error(file, error)
                if not isinstance(reason, DamagedFile) or not self._database.salvage(file):
                    raise reason from None
                log.error("%s is damaged; what can be read of it is served: %s", file.path, error)
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

    def recover(self, limit: int) -> RecoveredChain:
        """Return at most ``limit`` stored blocks, those with the highest slots."""
        known: list[KnownBlock] = []
        with closing(self._database.cursor()) as cursor:
            for file in reversed(self._files):
                least = min(block.slot for block in known) if len(known) >= limit else -1
                last = self._files[file].last_slot
                if last is None or last < least:
                    continue
                known += _read_known(cursor, self._database.readable(file).alias, limit)
                known = sorted(known, key=lambda block: block.slot, reverse=True)[:limit]
        return RecoveredChain(tuple(known), dict(self._parameters))

    # --- Writing -----------------------------------------------------------------------------

    def write(self, changes: Sequence[Change]) -> None:
        """Store changes in this order.

        Raises:
            NoRoom: They are not stored; the caller retries later.
            StorageError: They are not stored, and retrying is useless.
        """
        with self._write_lock, closing(self._database.cursor()) as cursor:
            self._reattach_files()
            current = self._current_file()
            batch = _Batch()
            for change in changes:
                self._collect(cursor, batch, current, change)
            self._carry_over(batch, current)
            for file in sorted(batch.rows):
                self._commit(cursor, file, batch.rows[file])
            self._apply(batch, current)
            self._maintain(cursor)

    def _current_file(self) -> ChainFile:
        """Return the file of today, created if need be; the newest if the clock went back."""
        today = day_file(self._folder, self._now_us())
        newest = next(reversed(self._files), None)
        if newest is not None and newest.period >= today.period:
            return newest
        self._database.attach_writable(today)
        with self._state_lock:
            self._files[today] = _Index()
        if newest is not None:
            with closing(self._database.cursor()) as cursor:
                self._checkpoint(cursor, newest)
        return today

    def _carry_over(self, batch: _Batch, current: ChainFile) -> None:
        """Repeat parameters and accounts in a file that has no rows yet."""
        if current not in batch.rows or self._files[current].blocks:
            return
        if self._parameters and batch.parameters is None:
            batch.add(
                current, {"parameters": rows.parameter_rows(self._parameters, self._change())}
            )
        accounts = [each for each in self._accounts.values() if each.service not in batch.accounts]
        batch.add(
            current, {"accounts": [rows.account_row(each, self._change()) for each in accounts]}
        )

    def _change(self) -> int:
        self._next_change += 1
        return self._next_change

    def _collect(self, cursor: Any, batch: _Batch, current: ChainFile, change: Change) -> None:
        try:
            match change:
                case PutBlock():
                    self._collect_block(cursor, batch, current, change)
                case SetStatus():
                    self._collect_statuses(cursor, batch, change)
                case PutReorganisation(reorganisation):
                    row = rows.reorganisation_row(reorganisation)
                    batch.add(current, {"reorganisations": [row]})
                    batch.reorganisations += 1
                case PutParameters(parameters):
                    self._collect_parameters(batch, current, parameters)
                case PutService(service):
                    self._collect_account(batch, current, service)
                case PutUndecodable():
                    self._collect_undecodable(batch, current, change)
        except (ValueError, TypeError, IndexError) as error:
            self.refused += 1
            if self.refused.bit_count() == 1:
                log.error(
                    "a change of the chain is not stored, because a value fits no column "
                    "(number=%d): %s",
                    self.refused,
                    error,
                )

    def _collect_block(
        self, cursor: Any, batch: _Batch, current: ChainFile, change: PutBlock
    ) -> None:
        key = rows.hash_bytes(change.block.hash)
        if key in batch.places or self._locate(cursor, key, change.block.slot) is not None:
            return
        number = batch.next_number(current, self._files[current].next_number)
        batch.add(current, rows.block_rows(change, number))
        batch.blocks.append((current, number, change))
        batch.places[key] = current, number

    def _collect_statuses(self, cursor: Any, batch: _Batch, change: SetStatus) -> None:
        code = STATUS_CODES[change.status]
        for text in change.hashes:
            key = rows.hash_bytes(text)
            place = batch.places.get(key) or self._locate(cursor, key, None)
            if place is not None:
                file, number = place
                batch.add(file, {"statuses": [(number, self._change(), code)]})
                batch.statuses.append((file, number, code))

    def _collect_parameters(
        self, batch: _Batch, current: ChainFile, parameters: Mapping[str, int]
    ) -> None:
        if dict(parameters) != self._parameters:
            batch.add(current, {"parameters": rows.parameter_rows(parameters, self._change())})
            batch.parameters = dict(parameters)

    def _collect_account(self, batch: _Batch, current: ChainFile, service: StoredService) -> None:
        known = batch.accounts.get(service.service) or self._accounts.get(service.service)
        if known is None and len(self._accounts) + len(batch.accounts) >= _MAX_ACCOUNTS:
            self.surplus += 1
        elif known is None or _without_slot(known) != _without_slot(service):
            batch.add(current, {"accounts": [rows.account_row(service, self._change())]})
            batch.accounts[service.service] = service

    def _collect_undecodable(
        self, batch: _Batch, current: ChainFile, change: PutUndecodable
    ) -> None:
        if self._files[current].undecodable + batch.undecodable >= _MAX_UNDECODABLE:
            self.surplus += 1
            return
        batch.add(current, {"undecodable": [rows.undecodable_row(change)]})
        batch.undecodable += 1

    def _locate(self, cursor: Any, key: bytes, slot: int | None) -> _Place | None:
        """Return the file and the number of a stored block.

        Args:
            cursor: The cursor to read with.
            key: The hash.
            slot: The slot, if it is known.
        """
        if key in self._recent:
            return self._recent[key]
        for file in reversed(self._files):
            if slot is not None and not self._files[file].has_slot(slot):
                continue
            condition = "" if slot is None else f" AND slot = {slot:d}"
            alias = self._database.readable(file).alias
            try:
                selected = cursor.execute(
                    f"SELECT number FROM {alias}.blocks WHERE hash = ?{condition} LIMIT 1", [key]
                ).fetchone()
            except duckdb.Error as error:
                raise storage_error(file, error) from None
            if selected is not None:
                return file, selected[0]
        return None

    def _commit(self, cursor: Any, file: ChainFile, file_rows: rows.FileRows) -> None:
        """Write the rows of one file in one transaction."""
        tables = dict(file_rows.encode())
        for tries_left in reversed(range(_TRIES)):
            try:
                self._execute(cursor, "BEGIN")
                for table, encoded in tables.items():
                    cursor.register("written", encoded)
                    self._execute(
                        cursor, f"INSERT INTO {file.catalog}.{table} SELECT * FROM written"
                    )
                    cursor.unregister("written")
                self._execute(cursor, "COMMIT")
            except duckdb.Error as error:
                with suppress(duckdb.Error):
                    cursor.rollback()
                reason = storage_error(file, error)
                if isinstance(reason, NoRoom):
                    self._reattach.add(file)
                elif tries_left and isinstance(reason, DamagedFile) and self._salvage(error):
                    continue
                raise reason from None
            else:
                return

    def _apply(self, batch: _Batch, current: ChainFile) -> None:
        """Make committed changes known to readers."""
        with self._state_lock:
            for file, number, change in batch.blocks:
                self._files[file].add(change, number)
            for file, number, code in batch.statuses:
                forks = self._files[file].forks
                if STATUSES[code] == "fork":
                    forks.add(number)
                else:
                    forks.discard(number)
            self._files[current].reorganisations += batch.reorganisations
            self._files[current].undecodable += batch.undecodable
            self._accounts.update(batch.accounts)
            if batch.parameters is not None:
                self._parameters = dict(batch.parameters)
        self._recent.update(batch.places)
        while len(self._recent) > _RECENT_BLOCKS:
            self._recent.popitem(last=False)

    # --- Maintenance -------------------------------------------------------------------------

    def _maintain(self, cursor: Any) -> None:
        now = time.monotonic()
        stable = self._clock.is_stable(time.time(), now)
        if stable and now - self._retained_at >= _RETENTION_SECONDS:
            self._retained_at = now
            self.delete_expired(time.time())
        due = now - self._checkpointed_at >= _CHECKPOINT_SECONDS
        for file in list(self._files):
            if _wal_bytes(file) >= (1 if due else self._checkpoint_bytes):
                self._checkpointed_at = now
                self._checkpoint(cursor, file)

    def _checkpoint(self, cursor: Any, file: ChainFile) -> None:
        try:
            self._execute(cursor, f"CHECKPOINT {file.catalog}")
        except duckdb.Error as error:
            reason = storage_error(file, error)
            if isinstance(reason, NoRoom):
                self._reattach.add(file)
            # The WAL has the rows all the same; a reader may prevent a checkpoint.
            log.warning("no checkpoint of %s; the next one is tried later: %s", file.path, reason)

    def _reattach_files(self) -> None:
        """Attach again what a failure for want of room has made unusable."""
        for file in list(self._reattach):
            with self._hold_exclusively() as alone:
                if not alone:
                    raise NoRoom(f"{file.path}: queries read it; it is opened again after them")
                self._database.reattach(file)
            self._reattach.discard(file)

    def delete_expired(self, now: float) -> list[Path]:
        """Delete the files that were last written ``retain_days`` ago; return their paths.

        Args:
            now: Unix seconds.
        """
        newest = next(reversed(self._files), None)
        periods = [
            StoredPeriod([file], 0, file.path.stat().st_mtime, file == newest)
            for file in self._files
            if file.path.exists()
        ]
        expired = expired_periods(
            periods, now, retain_seconds=self._retain_seconds, retain_bytes=float("inf")
        )
        return [
            file.path for (file,) in expired if isinstance(file, ChainFile) and self._delete(file)
        ]

    def _delete(self, file: ChainFile) -> bool:
        with self._hold_exclusively() as alone:
            if not alone:
                return False
            with self._state_lock:
                del self._files[file]
            self._database.detach(file)
        self._recent = OrderedDict(
            (key, place) for key, place in self._recent.items() if place[0] != file
        )
        for path in file.paths():
            path.unlink(missing_ok=True)
        sync_directory(self._folder)
        log.info("%s is deleted: it is older than rpc.retain_days", file.path)
        return True

    # --- Backups -----------------------------------------------------------------------------

    def freeze(self) -> list[Path]:
        """Checkpoint all files and write nothing more until ``release``; return their paths.

        The files are released after half an hour in any case. To be called on a thread.

        Raises:
            StorageError: Another backup is running, or a checkpoint fails.
        """
        if not self._write_lock.acquire(timeout=_BACKUP_SECONDS):
            raise StorageError("another backup is running")
        try:
            with closing(self._database.cursor()) as cursor:
                for file in self._files:
                    try:
                        cursor.execute(f"CHECKPOINT {file.catalog}")
                    except duckdb.Error as error:
                        raise storage_error(file, error) from None
        except BaseException:
            self._write_lock.release()
            raise
        with self._state_lock:
            self._frozen = threading.Timer(_FREEZE_SECONDS, self.release)
            self._frozen.daemon = True
            self._frozen.start()
        return [file.path for file in self._files]

    def release(self) -> bool:
        """Let writing go on; return whether the files were frozen until now."""
        with self._state_lock:
            frozen, self._frozen = self._frozen, None
        if frozen is None:
            return False
        frozen.cancel()
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
            self._hold_shared(),
            closing(self._database.cursor()) as cursor,
            _deadline(cursor, deadline_seconds, is_cancelled) as check,
        ):
            for tries_left in reversed(range(_TRIES)):
                try:
                    return ANSWERS[type(query)](self._context(cursor, check), query)
                except duckdb.InterruptException:
                    raise QueryTimeout(f"no answer within {deadline_seconds:g} s") from None
                except duckdb.Error as error:
                    if not tries_left or not self._salvage_beside_writer(error):
                        raise self._read_error(error) from None
        raise AssertionError("the last try raises or returns")

    def _context(self, cursor: Any, check: Callable[[], None]) -> Context:
        with self._state_lock:
            views = [
                FileView(
                    self._database.readable(file).alias,
                    index.first_slot,
                    index.last_slot,
                    index.blocks,
                    index.missing,
                    index.reorganisations,
                    tuple(index.forks),
                )
                for file, index in self._files.items()
                if index.first_slot is not None or index.reorganisations
            ]
            return Context(
                cursor, views, dict(self._parameters), list(self._accounts.values()), check
            )

    def _read_error(self, error: duckdb.Error) -> StorageError:
        files = suspect_files(self._files, error) or list(self._files)
        return storage_error(files[0], error)

    def _salvage_beside_writer(self, error: Exception) -> bool:
        """Do as ``_salvage`` while nothing is written."""
        if not self._write_lock.acquire(timeout=_LOCK_SECONDS):
            return False
        try:
            return self._salvage(error)
        finally:
            self._write_lock.release()

    def _salvage(self, error: Exception) -> bool:
        """Make the undamaged rows of a damaged file readable; return whether that helped."""
        files = list(self._files)
        if not isinstance(error, duckdb.Error) or not files:
            return False
        if not isinstance(storage_error(files[0], error), DamagedFile):
            return False
        selected = False
        for file in suspect_files(files, error):
            with suppress(StorageError):
                assert isinstance(file, ChainFile)
                if self._database.salvage(file):
                    selected = True
                    log.error("%s is damaged; what can be read of it is served", file.path)
        return selected

    @contextmanager
    def _hold_shared(self) -> Iterator[None]:
        with self._idle:
            if not self._idle.wait_for(lambda: not self._exclusive, _EXCLUSIVE_SECONDS):
                raise Busy("a file of the chain is being opened again; try again")
            self._readers += 1
        try:
            yield
        finally:
            with self._idle:
                self._readers -= 1
                self._idle.notify_all()

    @contextmanager
    def _hold_exclusively(self) -> Iterator[bool]:
        """Wait until no query reads; yield whether that came to pass in time."""
        with self._idle:
            self._exclusive = True
            alone = self._idle.wait_for(lambda: not self._readers, _EXCLUSIVE_SECONDS)
        try:
            yield alone
        finally:
            with self._idle:
                self._exclusive = False
                self._idle.notify_all()

    def figures(self) -> Mapping[str, float]:
        """Return figures for metrics."""
        with self._state_lock:
            files, indexes = list(self._files), list(self._files.values())
        return {
            "files": len(files),
            "bytes": sum(_size(path) for file in files for path in file.paths()),
            "blocks": sum(index.blocks for index in indexes),
            "forks": sum(len(index.forks) for index in indexes),
            "missing_statistics": sum(index.missing for index in indexes),
            "reorganisations": sum(index.reorganisations for index in indexes),
            "refused": self.refused,
            "surplus": self.surplus,
            "quarantined_files": len(list_quarantined(self._folder)),
            "damaged_files": sum(self._database.damage(file) is not None for file in files),
        }

    def close(self) -> None:
        """Checkpoint and close the files; the last call. Blocks."""
        self.release()
        with self._write_lock:
            with closing(self._database.cursor()) as cursor:
                for file in self._files:
                    if _wal_bytes(file):
                        self._checkpoint(cursor, file)
            self._database.close()


def _without_slot(service: StoredService) -> tuple[Any, ...]:
    """Return the members of an account that tell whether it changed."""
    return rows.account_row(service, 0)[3:]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _wal_bytes(file: ChainFile) -> int:
    return _size(file.wal)


def _check_layout(cursor: Any, file: ChainFile) -> None:
    """Raise unless a file has the tables of this release: rows are inserted by position."""
    stored: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in cursor.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY table_name, column_index",
        [file.catalog],
    ).fetchall():
        stored.setdefault(table, []).append((name, kind))
    for table, columns in LAYOUT.items():
        if stored.get(table) != list(columns.items()):
            raise DamagedFile(f"{file.path}: its table {table} is not that of this release")


def _read_index(cursor: Any, alias: str) -> _Index:
    number, first, last, blocks, missing = cursor.execute(
        "SELECT coalesce(max(number) + 1, 0), min(slot), max(slot), count(*), "
        f"count(*) FILTER (reports IS NULL) FROM {alias}.blocks"
    ).fetchone()
    forks = cursor.execute(
        f"SELECT number FROM {alias}.blocks LEFT JOIN (SELECT number, "
        f"arg_max(status, change) AS changed FROM {alias}.statuses GROUP BY number) "
        f"USING (number) WHERE coalesce(changed, status) = {STATUS_CODES['fork']}"
    ).fetchall()
    (reorganisations,) = cursor.execute(f"SELECT count(*) FROM {alias}.reorganisations").fetchone()
    (undecodable,) = cursor.execute(f"SELECT count(*) FROM {alias}.undecodable").fetchone()
    return _Index(
        number,
        first,
        last,
        blocks,
        missing,
        reorganisations,
        undecodable,
        {number for (number,) in forks},
    )


def _last_change(cursor: Any, alias: str) -> int:
    (last,) = cursor.execute(
        f"SELECT coalesce(max(change), 0) FROM (SELECT change FROM {alias}.statuses UNION ALL "
        f"SELECT change FROM {alias}.accounts UNION ALL SELECT change FROM {alias}.parameters)"
    ).fetchone()
    return int(last)


def _read_known(cursor: Any, alias: str, limit: int) -> list[KnownBlock]:
    selected = cursor.execute(
        f"SELECT hash, slot, parent, coalesce(changed, status) FROM {alias}.blocks LEFT JOIN "
        f"(SELECT number, arg_max(status, change) AS changed FROM {alias}.statuses "
        f"GROUP BY number) USING (number) ORDER BY slot DESC LIMIT {limit:d}"
    ).fetchall()
    return [KnownBlock(key, slot, parent, STATUSES[code]) for key, slot, parent, code in selected]


@contextmanager
def _deadline(
    cursor: Any, seconds: float, is_cancelled: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Interrupt the statements of a cursor after a time; yield a check for loops in Python."""
    ended = threading.Event()
    ends_at = time.monotonic() + seconds

    def passed() -> bool:
        return time.monotonic() >= ends_at or is_cancelled()

    def watch() -> None:
        # DuckDB forgets an interrupt that comes between two statements.
        while not ended.wait(_INTERRUPT_AGAIN_SECONDS):
            if passed():
                cursor.interrupt()

    def check() -> None:
        if passed():
            raise QueryTimeout(f"no answer within {seconds:g} s")

    watcher = threading.Thread(target=watch, name="chain-deadline", daemon=True)
    watcher.start()
    try:
        yield check
    finally:
        ended.set()
        watcher.join()
