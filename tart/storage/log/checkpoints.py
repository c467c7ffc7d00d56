"""The thread that moves what was committed from the logs into the files.

The file events go to loses its turn first (``segments``), so no commit waits for a
checkpoint. A checkpoint that could not end for want of room is not begun; where one runs
out of it all the same DuckDB lets nobody use the file any more, so it is attached again at
once. A file whose checkpoint failed gets no turn until that is made up for.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import duckdb

from tart.background_tasks import Background
from tart.errors import DiskFull, StorageError
from tart.storage.core.files import LogFile, other_segment
from tart.storage.log.database import Database
from tart.storage.log.segments import ActiveSegments

log = logging.getLogger(__name__)

# What a checkpoint needs on the disk beside the log's size.
_ROOM = 1 << 20
# To attach a file again that is still being read; the next checkpoint tries again.
_TRIES = 20
_RETRY_SECONDS = 0.05
_UNREAD_SECONDS = 1.0


@dataclass
class CheckpointStatistics:
    """What was done; read from other threads."""

    done: int = 0
    failures: int = 0
    seconds: float = 0.0


class Checkpoints:
    """Checkpoints what is written to, every so many seconds and at the end.

    Args:
        unread: waits until whoever reads a file now has ended; seconds are its limit.
        background: counts rounds that fail.

    Attributes:
        rotation_lock: Held while segments rotate and files are checkpointed. A backup holds the
            lock while no file may change except by commits to the current segment. The final
            checkpoints of ``stop`` do not wait for the lock.
        attach_lock: Held while a file is checkpointed, attached or detached.
    """

    def __init__(
        self,
        database: Database,
        segments: ActiveSegments,
        seconds: float,
        unread: Callable[[float], bool],
        background: Background,
    ) -> None:
        self._background = background
        self._database = database
        self._segments = segments
        self._seconds = seconds
        self._unread = unread
        self._dirty: set[LogFile] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints")
        self.rotation_lock = threading.Lock()
        self.attach_lock = threading.Lock()
        self.statistics = CheckpointStatistics()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Checkpoint what is left and end. Blocks."""
        self._stop.set()
        self._thread.join()

    def add(self, file: LogFile) -> None:
        """Something was committed to it."""
        with self._lock:
            self._dirty.add(file)

    def __contains__(self, file: LogFile) -> bool:
        """Whether something that was committed to it is only in its log."""
        with self._lock:
            return file in self._dirty

    def _run(self) -> None:
        cursor = self._database.cursor()
        try:
            while not self._stop.wait(self._seconds):
                if self.rotation_lock.acquire(blocking=False):
                    try:
                        with self._background.guard("checkpoints"):
                            self._pass(cursor)
                    finally:
                        self.rotation_lock.release()
            for file in self._left():
                with self._background.guard("checkpoints"):
                    self.checkpoint(cursor, file)
        finally:
            cursor.close()

    def _pass(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._turn()
        for file in self._left():
            if file != self._segments.current:
                self.checkpoint(cursor, file)

    def _left(self) -> list[LogFile]:
        with self._lock:
            return sorted(self._dirty)

    def _turn(self) -> None:
        """Let events go to the other segment, if something came to the one they go to."""
        file = self._segments.current
        if file is None or file not in self or other_segment(file) in self:
            return
        try:
            self._segments.rotate(file)
        except StorageError as error:
            self.statistics.failures += 1
            log.warning("%s is not checkpointed, its other segment fails: %s", file.path, error)

    def checkpoint(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        """Checkpoint one file; a failure is logged and tried again in the next pass.

        To be called by who holds ``rotation_lock``.
        """
        started = time.monotonic()
        try:
            with self.attach_lock:
                with self._lock:
                    if file not in self._dirty:
                        return
                    self._dirty.remove(file)
                _must_have_room(file)
                self._move(cursor, file)
        except (duckdb.Error, DiskFull) as error:
            self.add(file)
            self.statistics.failures += 1
            log.warning("checkpoint of %s failed: %s", file.path, error)
            return
        self.statistics.done += 1
        self.statistics.seconds += time.monotonic() - started

    def reattach(self, file: LogFile) -> None:
        """Attach a file again, for the thread that writes to it.

        Raises:
            StorageError: it is detached, and cannot be attached now; somebody reads it still.
        """
        with self.attach_lock:
            self._unread(_UNREAD_SECONDS)
            self._database.reattach(file)

    def _move(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        try:
            cursor.execute(f"CHECKPOINT {file.catalog}")
        except duckdb.Error:
            if not _usable(cursor, file):
                self._reattach(file)
            raise

    def _reattach(self, file: LogFile) -> None:
        for _ in range(_TRIES):
            try:
                self._database.reattach(file)
            except StorageError as error:
                reason = error
                self._unread(_UNREAD_SECONDS)
                self._stop.wait(_RETRY_SECONDS)
            else:
                log.warning("%s: attached again after a checkpoint without room", file.path)
                return
        log.error("%s cannot be read until the next checkpoint: %s", file.path, reason)


def _usable(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> bool:
    """Whether DuckDB still lets anybody use it."""
    try:
        cursor.execute(f"SELECT value FROM {file.catalog}.meta LIMIT 1")
    except duckdb.Error:
        return False
    return True


def _must_have_room(file: LogFile) -> None:
    """A checkpoint that runs out of room leaves the file unusable until attached again."""
    with suppress(OSError):
        needed = file.wal.stat().st_size + _ROOM
        free = shutil.disk_usage(file.path.parent).free
        if free < needed:
            raise DiskFull(f"it needs up to {needed} bytes, the disk has {free}")
