"""The places of stored blocks: the file of a block and its number in it, by hash."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import duckdb

from tart.chain.store.attached_files import AttachedFiles
from tart.chain.store.batch import Place
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.files import ChainFile
from tart.storage.log.database import storage_error

# Blocks whose place is known without reading a file.
_RECENT_BLOCKS = 65_536


class BlockPlaces:
    """Finds stored blocks: the recent ones in memory, others in the files.

    For the thread that writes.

    Args:
        files: The attached files.
        index: Their indexes.
        most_recent: The greatest number of places in memory.
    """

    def __init__(
        self, files: AttachedFiles, index: ChainIndex, most_recent: int = _RECENT_BLOCKS
    ) -> None:
        self._files = files
        self._index = index
        self._most_recent = most_recent
        self._recent: OrderedDict[bytes, Place] = OrderedDict()

    def find(self, cursor: Any, key: bytes, slot: int | None) -> Place | None:
        """Return the file and the number of a stored block; None if it is not stored.

        Args:
            cursor: The cursor to read with.
            key: The hash.
            slot: The slot, if it is known.

        Raises:
            StorageError: A file cannot be read.
        """
        if key in self._recent:
            return self._recent[key]
        for file in reversed(self._index.files):
            if slot is not None and not self._index.files[file].has_slot(slot):
                continue
            condition = "" if slot is None else f" AND slot = {slot:d}"
            try:
                selected = cursor.execute(
                    f"SELECT number FROM {self._files.alias(file)}.blocks "
                    f"WHERE hash = ?{condition} LIMIT 1",
                    [key],
                ).fetchone()
            except duckdb.Error as error:
                raise storage_error(file, error) from None
            if selected is not None:
                return file, selected[0]
        return None

    def add(self, places: Mapping[bytes, Place]) -> None:
        """Remember the places of new blocks; the oldest ones give way."""
        self._recent.update(places)
        while len(self._recent) > self._most_recent:
            self._recent.popitem(last=False)

    def forget(self, file: ChainFile) -> None:
        """Forget the places in a file that is deleted."""
        self._recent = OrderedDict(
            (key, place) for key, place in self._recent.items() if place[0] != file
        )
