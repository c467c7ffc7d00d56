"""Files held still, so that somebody can copy them while events come.

A backup asks for three things, in this order, and copies after each what it was progress:

1. ``aggregates``: the shard's own, checkpointed; nothing is flushed to them meanwhile.
2. ``files``: all files of events that are not written to, checkpointed: those of past
   periods, those of adopted directories, and the newest period's segment without a turn, which
   gets none from then on.
3. ``turn``: events go to that other segment, and the file they went to is checkpointed.

The copies are exactly the events up to that turn: before it none went to the segment that was
copied already, after it none go to the other. Aggregates may be older than the log, never
ahead of it; the next start counts the rest. Until ``release`` no file is checkpointed or
deleted, so a hold ends after ``LONGEST_SECONDS`` even if nobody releases it.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tart.errors import StorageError
from tart.storage.core.files import LogFile, other_segment
from tart.storage.store import Store

LONGEST_SECONDS = 1800.0
# Each thing waits so long for a checkpoint or a flush that is under way.
_PATIENCE_SECONDS = 60.0
_TRIES = 20
_RETRY_SECONDS = 0.2
_GIVEN_UP = "the backup was given up"


@dataclass(frozen=True)
class Held:
    """What may be copied now.

    Attributes:
        end: the ``seq`` after the last one in the directory's files, after ``turn``.
    """

    paths: tuple[Path, ...]
    end: int | None = None


class BackupSnapshot:
    """A hold of one shard's files; its methods block and belong on a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._segments = store.writer.segments
        self._checkpoints = store.writer.checkpoints
        self._held = ExitStack()
        self._flushes = ExitStack()
        self._writing: LogFile | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._timer = threading.Timer(LONGEST_SECONDS, self.release)
        self._timer.daemon = True
        self._timer.start()

    def freeze_aggregates(self) -> Held:
        """The first of the three.

        Raises:
            StorageError: another backup holds the files, or a checkpoint fails.
        """
        self._take(self._held, self._checkpoints.rotation_lock, "another backup is running")
        writer = self._store.aggregate_writer
        if writer is not None:
            self._take(self._flushes, writer.writing, "aggregates are being written")
        file = self._store.aggregates[self._store.directory]
        with closing(self._store.cursor()) as cursor:
            try:
                cursor.execute(f"CHECKPOINT {file.catalog}")
            except duckdb.Error as error:
                raise StorageError(f"{file.path}: no checkpoint: {error}") from None
        return Held((file.path,))

    def freeze_files(self) -> Held:
        """The second."""
        self._must_hold()
        self._flushes.close()
        own = self._store.directory
        self._writing = self._segments.current
        paths = []
        for directory in self._store.directories:
            for file in self._store.files(directory):
                if file != self._writing:
                    self._settle(file)
                    paths.append(file.path)
            if directory != own:
                paths.append(self._store.aggregates[directory].path)
        return Held(tuple(paths))

    def rotate_segments(self) -> Held:
        """The third."""
        self._must_hold()
        file = self._writing
        if file is None:
            return Held((), 0)
        copied = self._end(other_segment(file))
        self._segments.rotate(file)
        self._settle(file)
        return Held((file.path,), max(copied, self._end(file)))

    def release(self) -> bool:
        """Let everything go on; at any time, and again. Whether it was held until now."""
        with self._lock:
            held = not self._over.is_set()
            self._over.set()
            self._timer.cancel()
            self._flushes.close()
            self._held.close()
        return held

    def _must_hold(self) -> None:
        if self._over.is_set():
            raise StorageError(_GIVEN_UP)

    def _end(self, file: LogFile) -> int:
        """The ``seq`` after the last of a file."""
        every = self._store.files(file.directory)
        if file not in every:
            return 0
        file = every[every.index(file)]
        with closing(self._store.cursor()) as cursor:
            rows = cursor.execute(
                f"SELECT max(seq) FROM (SELECT max(seq) AS seq FROM {file.alias}.log "
                f"UNION ALL SELECT max(seq) FROM {file.alias}.undecodable)"
            ).fetchall()
        ((last,),) = rows
        return 0 if last is None else last + 1

    def _take(self, stack: ExitStack, lock: threading.Lock, taken: str) -> None:
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not lock.acquire(timeout=_RETRY_SECONDS):
            if self._over.is_set():
                raise StorageError(_GIVEN_UP)
            if time.monotonic() >= ends:
                raise StorageError(taken)
        with self._lock:
            stack.callback(lock.release)
            if self._over.is_set():
                stack.close()
                raise StorageError(_GIVEN_UP)

    def _settle(self, file: LogFile) -> None:
        """Have all that was committed to a file be in it."""
        with closing(self._store.cursor()) as cursor:
            for _ in range(_TRIES):
                if file not in self._checkpoints:
                    return
                self._checkpoints.checkpoint(cursor, file)
                if self._over.is_set():
                    break
                if file in self._checkpoints:
                    self._over.wait(_RETRY_SECONDS)
        raise StorageError(f"{file.path}: no checkpoint; see the log")
