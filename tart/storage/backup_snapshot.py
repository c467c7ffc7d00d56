"""Frozen files of one shard, which a backup copies while events arrive.

A backup takes three steps, in this order, and copies the files of each before the next:

1. ``freeze_aggregates``: the shard's own aggregates, checkpointed; no flush is written to them
   meanwhile.
2. ``freeze_files``: all event logs that are not written to, checkpointed: those of past periods,
   those of adopted directories, and the newest period's other segment, which is not rotated
   back from then on.
3. ``rotate_segments``: events go to that other segment, and the one before is checkpointed.

The copies hold exactly the events up to the rotation: before it none went to the segment that was
copied already, after it none go to the other. Aggregates may be older than the event log, never
ahead of it; the next start counts the rest. Until ``release`` no file is checkpointed or
deleted, so a snapshot ends after ``longest_seconds`` even if it is not released.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tart.errors import StorageError
from tart.os_errors import reason
from tart.storage.core.files import LogFile, other_segment
from tart.storage.store import Store

# Each step waits up to ``lock_seconds`` for a checkpoint or a flush that is under way.
_LONGEST_SECONDS = 1800.0
_LOCK_SECONDS = 60.0
_TRIES = 20
_RETRY_SECONDS = 0.2
_GIVEN_UP = "the backup was given up"


@dataclass(frozen=True)
class FrozenFiles:
    """Files that may be copied now.

    Attributes:
        paths: The files.
        end: The ``seq`` after the last event in the files, after ``rotate_segments``.
    """

    paths: tuple[Path, ...]
    end: int | None = None


class BackupSnapshot:
    """The frozen files of one shard; the methods block and belong on a thread.

    Args:
        store: The shard's storage.
        longest_seconds: The time after which the snapshot releases itself.
        lock_seconds: The time that a step waits for a checkpoint or flush under way.
    """

    def __init__(
        self,
        store: Store,
        *,
        longest_seconds: float = _LONGEST_SECONDS,
        lock_seconds: float = _LOCK_SECONDS,
    ) -> None:
        self._store = store
        self._lock_seconds = lock_seconds
        self._segments = store.writer.segments
        self._checkpoints = store.writer.checkpoints
        self._held = ExitStack()
        self._flushes = ExitStack()
        self._current: LogFile | None = None
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._timer = threading.Timer(longest_seconds, self.release)
        self._timer.daemon = True
        self._timer.start()

    def freeze_aggregates(self) -> FrozenFiles:
        """Freeze the shard's own aggregates: the first step.

        Raises:
            StorageError: Another backup has frozen the files, or a checkpoint fails.
        """
        self._acquire(self._held, self._checkpoints.rotation_lock, "another backup is running")
        writer = self._store.aggregate_writer
        if writer is not None:
            self._acquire(self._flushes, writer.write_lock, "aggregates are being written")
        file = self._store.aggregates[self._store.directory]
        with closing(self._store.cursor()) as cursor:
            try:
                cursor.execute(f"CHECKPOINT {file.catalog}")
            except duckdb.Error as error:
                raise StorageError(f"{file.path}: no checkpoint: {reason(error)}") from None
        return FrozenFiles((file.path,))

    def freeze_files(self) -> FrozenFiles:
        """Freeze all event logs but the current segment: the second step."""
        self._check_held()
        self._flushes.close()
        self._current = self._segments.current
        paths = []
        for directory in self._store.directories:
            for file in self._store.files(directory):
                if file != self._current:
                    self._checkpoint(file)
                    paths.append(file.path)
            if directory != self._store.directory:
                paths.append(self._store.aggregates[directory].path)
        return FrozenFiles(tuple(paths))

    def rotate_segments(self) -> FrozenFiles:
        """Let events go to the other segment and freeze the last one: the third step."""
        self._check_held()
        file = self._current
        if file is None:
            return FrozenFiles((), 0)
        copied = self._end(other_segment(file))
        self._segments.rotate(file)
        self._checkpoint(file)
        return FrozenFiles((file.path,), max(copied, self._end(file)))

    def release(self) -> bool:
        """Release all files, at any time and repeatedly.

        Returns:
            Whether the files were frozen until now.
        """
        with self._lock:
            held = not self._released.is_set()
            self._released.set()
            self._timer.cancel()
            self._flushes.close()
            self._held.close()
        return held

    def _check_held(self) -> None:
        if self._released.is_set():
            raise StorageError(_GIVEN_UP)

    def _end(self, file: LogFile) -> int:
        """Return the ``seq`` after the last frame of a segment; 0 if there is none."""
        files = self._store.files(file.directory)
        if file not in files:
            return 0
        file = files[files.index(file)]
        with closing(self._store.cursor()) as cursor:
            rows = cursor.execute(
                f"SELECT max(seq) FROM (SELECT max(seq) AS seq FROM {file.alias}.log "
                f"UNION ALL SELECT max(seq) FROM {file.alias}.undecodable)"
            ).fetchall()
        ((last,),) = rows
        return 0 if last is None else last + 1

    def _acquire(self, stack: ExitStack, lock: threading.Lock, busy: str) -> None:
        """Hold a lock until the stack closes; ``busy`` is the error if another holds it."""
        ends = time.monotonic() + self._lock_seconds
        while not lock.acquire(timeout=_RETRY_SECONDS):
            self._check_held()
            if time.monotonic() >= ends:
                raise StorageError(busy)
        with self._lock:
            stack.callback(lock.release)
            if self._released.is_set():
                stack.close()
                raise StorageError(_GIVEN_UP)

    def _checkpoint(self, file: LogFile) -> None:
        """Move all committed rows of a segment out of its WAL."""
        with closing(self._store.cursor()) as cursor:
            for _ in range(_TRIES):
                if not self._checkpoints.is_dirty(file):
                    return
                self._checkpoints.checkpoint(cursor, file)
                if self._released.is_set():
                    break
                if self._checkpoints.is_dirty(file):
                    self._released.wait(_RETRY_SECONDS)
        raise StorageError(f"{file.path}: no checkpoint; see the server log")
