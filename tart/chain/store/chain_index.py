"""The index of the chain: what is kept in memory of the files, for the writer and for queries.

The thread that writes changes it, under a lock: a query sees a batch as a whole or nothing of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tart.chain.store.batch import Batch
from tart.chain.store.file_index import FileIndex
from tart.chain.store.files import ChainFile
from tart.query.chain_queries.chain import StoredService


class IndexSnapshot(NamedTuple):
    """The index at one moment; the writer does not change it.

    Attributes:
        files: Oldest first.
        accounts: Of services.
    """

    files: Mapping[ChainFile, FileIndex]
    parameters: Mapping[str, int]
    accounts: Sequence[StoredService]


class ChainIndex:
    """The files with their indexes, the parameters of the chain, and the service accounts.

    Attributes:
        files: The index of each file, oldest first. The thread that writes may read it without
            the lock; others take a ``snapshot``.
        parameters: Of the chain.
        accounts: By service.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.files: OrderedDict[ChainFile, FileIndex] = OrderedDict()
        self.parameters: Mapping[str, int] = {}
        self.accounts: dict[int, StoredService] = {}

    @property
    def newest_file(self) -> ChainFile | None:
        """The newest file; None if there is none."""
        return next(reversed(self.files), None)

    def add_file(self, file: ChainFile, index: FileIndex) -> None:
        """Add a file that is newer than all others."""
        with self._lock:
            self.files[file] = index

    def remove_file(self, file: ChainFile) -> None:
        """Remove a file, which queries no longer read from now on."""
        with self._lock:
            del self.files[file]

    def apply(self, batch: Batch) -> None:
        """Make the changes of a committed batch known to queries."""
        with self._lock:
            current = self.files[batch.current]
            for number, change in batch.blocks:
                current.add(change, number)
            for (file, number), status in batch.statuses:
                self.files[file].set_status(number, status)
            current.reorganisations += batch.reorganisations
            current.undecodable += batch.undecodable
            self.accounts.update(batch.accounts)
            if batch.parameters is not None:
                self.parameters = dict(batch.parameters)

    def snapshot(self) -> IndexSnapshot:
        """Return a copy that later batches do not change."""
        with self._lock:
            return IndexSnapshot(
                {
                    file: replace(index, forks=set(index.forks))
                    for file, index in self.files.items()
                },
                self.parameters,
                list(self.accounts.values()),
            )
