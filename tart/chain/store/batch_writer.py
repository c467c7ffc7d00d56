"""The writer of batches: changes of the chain become rows, and rows are committed.

Changes are written in one transaction for each file that they concern, older files first: the
status of a block is a row of the block's own file, which is often yesterday's. A change that is
written again after a failure has no further effect, so a transaction that was committed before the
failure does no harm.

A file is of the day (UTC) on which its first block arrived. If the clock goes back, the newest file
is used on. A new file begins with the parameters and accounts that are known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from tart.chain.core.changes import (
    Change,
    PutBlock,
    PutParameters,
    PutReorganisation,
    PutService,
    PutUndecodable,
    SetStatus,
)
from tart.chain.store import rows
from tart.chain.store.attached_files import TRIES, AttachedFiles
from tart.chain.store.batch import Batch
from tart.chain.store.block_places import BlockPlaces
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.file_index import FileIndex
from tart.chain.store.files import STATUS_CODES, ChainFile, day_file
from tart.errors import DamagedFile
from tart.query.chain_queries.chain import StoredService

log = logging.getLogger(__name__)

MAX_ACCOUNTS = 20_000
MAX_UNDECODABLE = 100


class BatchWriter:
    """Writes changes into the files; for one thread.

    Args:
        folder: The folder of the files.
        files: The attached files.
        index: Their indexes.
        places: The places of their blocks.
        last_change: The greatest number of a change in the files.
        now_us: The clock, Unix microseconds.
        max_accounts: The greatest number of service accounts.
        max_undecodable: The greatest number of undecodable statistics in a file.

    Attributes:
        refused: Changes that were not stored because a value fits no column.
        surplus: Accounts and undecodable statistics beyond the limit, which were not stored.
    """

    def __init__(
        self,
        folder: Path,
        files: AttachedFiles,
        index: ChainIndex,
        places: BlockPlaces,
        *,
        last_change: int,
        now_us: Callable[[], int],
        max_accounts: int = MAX_ACCOUNTS,
        max_undecodable: int = MAX_UNDECODABLE,
    ) -> None:
        self._folder = folder
        self._files = files
        self._index = index
        self._places = places
        self._last_change = last_change
        self._now_us = now_us
        self._max_accounts = max_accounts
        self._max_undecodable = max_undecodable
        # The file that was written last, which has the parameters and accounts.
        self._begun: ChainFile | None = None
        self.refused = 0
        self.surplus = 0

    def write(self, cursor: Any, changes: Sequence[Change]) -> None:
        """Store changes in this order.

        Raises:
            NoRoom: They are not stored; the caller retries later.
            StorageError: They are not stored, and retrying is useless.
        """
        batch = Batch(self._current_file(cursor))
        for change in changes:
            try:
                self._collect(cursor, batch, change)
            except (ValueError, TypeError, IndexError) as error:
                self._refuse(error)
        self._carry_over(batch)
        for file in sorted(batch.rows):
            self._commit(cursor, file, batch.rows[file])
        if batch.current in batch.rows:
            self._begun = batch.current
        self._index.apply(batch)
        self._places.add(batch.places)

    def _current_file(self, cursor: Any) -> ChainFile:
        """Return the file of today, created if need be; the newest if the clock went back."""
        today = day_file(self._folder, self._now_us())
        newest = self._index.newest_file
        if newest is not None and newest.period >= today.period:
            return newest
        self._files.create(today)
        self._index.add_file(today, FileIndex())
        if newest is not None:
            self._files.checkpoint(cursor, newest)
        return today

    # --- Collecting rows ---------------------------------------------------------------------

    def _collect(self, cursor: Any, batch: Batch, change: Change) -> None:
        """Add the rows of a change to a batch.

        Raises:
            ValueError, TypeError, IndexError: A value fits no column; no row was added.
        """
        match change:
            case PutBlock():
                self._collect_block(cursor, batch, change)
            case SetStatus():
                self._collect_statuses(cursor, batch, change)
            case PutReorganisation(reorganisation):
                row = rows.reorganisation_row(reorganisation)
                batch.add(batch.current, {"reorganisations": [row]})
                batch.reorganisations += 1
            case PutParameters(parameters):
                self._collect_parameters(batch, parameters)
            case PutService(service):
                self._collect_account(batch, service)
            case PutUndecodable():
                self._collect_undecodable(batch, change)

    def _refuse(self, error: Exception) -> None:
        self.refused += 1
        # The first, the second, the fourth and so on: a log line for each would be too many.
        if self.refused.bit_count() == 1:
            log.error(
                "a change of the chain is not stored, because a value fits no column "
                "(number=%d): %s",
                self.refused,
                error,
            )

    def _collect_block(self, cursor: Any, batch: Batch, change: PutBlock) -> None:
        key = rows.hash_bytes(change.block.hash)
        if key in batch.places or self._places.find(cursor, key, change.block.slot) is not None:
            return
        number = self._index.files[batch.current].next_number + len(batch.blocks)
        batch.add(batch.current, rows.block_rows(change, number))
        batch.blocks.append((number, change))
        batch.places[key] = batch.current, number

    def _collect_statuses(self, cursor: Any, batch: Batch, change: SetStatus) -> None:
        code = STATUS_CODES[change.status]
        for text in change.hashes:
            key = rows.hash_bytes(text)
            place = batch.places.get(key) or self._places.find(cursor, key, None)
            if place is not None:
                file, number = place
                batch.add(file, {"statuses": [(number, self._next_change(), code)]})
                batch.statuses.append((place, change.status))

    def _collect_parameters(self, batch: Batch, parameters: Mapping[str, int]) -> None:
        if dict(parameters) != self._index.parameters:
            self._add_parameters(batch, parameters)
            batch.parameters = dict(parameters)

    def _add_parameters(self, batch: Batch, parameters: Mapping[str, int]) -> None:
        table_rows = rows.parameter_rows(parameters, self._next_change())
        batch.add(batch.current, {"parameters": table_rows})

    def _collect_account(self, batch: Batch, service: StoredService) -> None:
        accounts = self._index.accounts
        known = batch.accounts.get(service.service) or accounts.get(service.service)
        if known is None and len(accounts) + len(batch.accounts) >= self._max_accounts:
            self.surplus += 1
        elif known is None or _without_slot(known) != _without_slot(service):
            batch.add(batch.current, {"accounts": [rows.account_row(service, self._next_change())]})
            batch.accounts[service.service] = service

    def _collect_undecodable(self, batch: Batch, change: PutUndecodable) -> None:
        stored = self._index.files[batch.current].undecodable
        if stored + batch.undecodable >= self._max_undecodable:
            self.surplus += 1
            return
        batch.add(batch.current, {"undecodable": [rows.undecodable_row(change)]})
        batch.undecodable += 1

    def _carry_over(self, batch: Batch) -> None:
        """Repeat parameters and accounts in a file that has no rows yet."""
        if batch.current == self._begun or self._index.files[batch.current].blocks:
            return
        if batch.current not in batch.rows:
            return
        if self._index.parameters and batch.parameters is None:
            self._add_parameters(batch, self._index.parameters)
        accounts = [
            rows.account_row(account, self._next_change())
            for service, account in self._index.accounts.items()
            if service not in batch.accounts
        ]
        batch.add(batch.current, {"accounts": accounts})

    def _next_change(self) -> int:
        self._last_change += 1
        return self._last_change

    # --- Committing --------------------------------------------------------------------------

    def _commit(self, cursor: Any, file: ChainFile, file_rows: rows.FileRows) -> None:
        """Write the rows of one file in one transaction.

        If a statement meets damage, the undamaged rows are made readable and it is tried again.
        """
        tables = dict(file_rows.encode())
        for tries_left in reversed(range(TRIES)):
            try:
                self._insert(cursor, file, tables)
            except duckdb.Error as error:
                with suppress(duckdb.Error):
                    cursor.rollback()
                reason = self._files.register_failure(file, error)
                if not (
                    tries_left
                    and isinstance(reason, DamagedFile)
                    and self._files.salvage(list(self._index.files), error)
                ):
                    raise reason from None
            else:
                return

    def _insert(self, cursor: Any, file: ChainFile, tables: Mapping[str, Any]) -> None:
        execute = self._files.execute
        execute(cursor, "BEGIN")
        for table, encoded in tables.items():
            cursor.register("written", encoded)
            execute(cursor, f"INSERT INTO {file.catalog}.{table} SELECT * FROM written")
            cursor.unregister("written")
        execute(cursor, "COMMIT")


def _without_slot(service: StoredService) -> tuple[Any, ...]:
    """Return the members of an account that tell whether it changed."""
    return rows.account_row(service, 0)[3:]
