"""Maintenance of the chain's files: checkpoints, and the deletion of old files.

- A WAL is checkpointed after five minutes or when it has 8 MiB.
- Whole files are deleted ``rpc.retain_days`` after their last write, while the clock is stable. The
  newest file stays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tart.chain.store.attached_files import AttachedFiles
from tart.chain.store.block_places import BlockPlaces
from tart.chain.store.chain_index import ChainIndex
from tart.chain.store.files import ChainFile, size_of
from tart.chain.store.reader_lock import ReaderLock
from tart.storage.core.retention import ClockMonitor, StoredPeriod, expired_periods

log = logging.getLogger(__name__)

CHECKPOINT_BYTES = 8 << 20
_CHECKPOINT_SECONDS = 300.0
_RETENTION_SECONDS = 3600.0


class Maintenance:
    """Decides when files are checkpointed and deleted, and does it.

    For the thread that writes.

    Args:
        files: The attached files.
        index: Their indexes.
        places: The places of their blocks.
        readers: Held by queries.
        retain_seconds: The age at which a file is deleted.
        checkpoint_bytes: The size of a WAL at which a checkpoint is due.
        wall: The wall clock, Unix seconds.
        monotonic: The monotonic clock, seconds.
    """

    def __init__(
        self,
        files: AttachedFiles,
        index: ChainIndex,
        places: BlockPlaces,
        readers: ReaderLock,
        *,
        retain_seconds: float,
        checkpoint_bytes: int = CHECKPOINT_BYTES,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._index = index
        self._places = places
        self._readers = readers
        self._retain_seconds = retain_seconds
        self._checkpoint_bytes = checkpoint_bytes
        self._wall = wall
        self._monotonic = monotonic
        self._clock = ClockMonitor(wall(), monotonic())
        self._retained_at = self._checkpointed_at = monotonic()

    def run(self, cursor: Any) -> None:
        """Do what is due."""
        now, wall = self._monotonic(), self._wall()
        is_stable = self._clock.is_stable(wall, now)
        if is_stable and now - self._retained_at >= _RETENTION_SECONDS:
            self._retained_at = now
            self.delete_expired(wall)
        is_due = now - self._checkpointed_at >= _CHECKPOINT_SECONDS
        for file in list(self._index.files):
            if size_of(file.wal) >= (1 if is_due else self._checkpoint_bytes):
                self._checkpointed_at = now
                self._files.checkpoint(cursor, file)

    def delete_expired(self, now: float) -> list[Path]:
        """Delete the files that were last written longer ago than they are retained.

        Args:
            now: Unix seconds.

        Returns:
            Their paths.
        """
        newest = self._index.newest_file
        periods = [
            StoredPeriod([file], 0, file.path.stat().st_mtime, file == newest)
            for file in self._index.files
            if file.path.exists()
        ]
        expired = expired_periods(
            periods, now, retain_seconds=self._retain_seconds, retain_bytes=float("inf")
        )
        return [
            file.path for (file,) in expired if isinstance(file, ChainFile) and self._delete(file)
        ]

    def _delete(self, file: ChainFile) -> bool:
        """Delete a file, unless queries read it all the time; return whether it is deleted."""
        with self._readers.hold_exclusively() as is_alone:
            if not is_alone:
                return False
            self._index.remove_file(file)
            self._files.detach(file)
        self._places.forget(file)
        self._files.unlink(file)
        log.info("%s is deleted: it is older than rpc.retain_days", file.path)
        return True
