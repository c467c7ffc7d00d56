"""The thread that moves committed rows from the WALs into the files.

Before each round the current segment is rotated (``segments``), so no commit waits for a
checkpoint. A checkpoint that would run out of disk space is not begun. Where one runs out all
the same, DuckDB refuses every use of the file, so the file is re-attached at once. Events do
not go to a segment whose checkpoint failed until a later checkpoint succeeds
(``core.rotation``).
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
from tart.storage.core.files import LogFile
from tart.storage.core.rotation import next_segment
from tart.storage.log.database import Database
from tart.storage.log.segments import ActiveSegments

log = logging.getLogger(__name__)

# The disk space that a checkpoint needs beside the size of the WAL.
_SPACE_BYTES = 1 << 20
# Tries to re-attach a file that is still being read; the next checkpoint tries again.
_TRIES = 20
_RETRY_SECONDS = 0.05
_READERS_SECONDS = 1.0
# The blocks of files that stay in memory after a round. The operating system caches the files,
# too: a block that is read again costs a copy and its checksum.
CACHE_BYTES = 24 << 20


@dataclass
class CheckpointStatistics:
    """Counters of checkpoints; read from other threads.

    Attributes:
        rounds: Rounds begun, those that a backup skipped included.
        done: Checkpoints that succeeded.
        failures: Checkpoints and rotations that failed.
        seconds: The duration of the checkpoints that succeeded.
        duckdb_bytes: The memory of DuckDB after the last round.
    """

    rounds: int = 0
    done: int = 0
    failures: int = 0
    seconds: float = 0.0
    duckdb_bytes: int = 0


class Checkpoints:
    """Checkpoints the segments that are written to, at an interval and at the end.

    Args:
        database: The database that has the segments attached.
        segments: The segments that are written to.
        seconds: The interval.
        wait_for_readers: Waits until the queries that run now have ended, at most for the
            given seconds.
        background: Counts rounds that fail.
        first_seconds: The time until the first round.

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
        wait_for_readers: Callable[[float], bool],
        background: Background,
        first_seconds: float,
    ) -> None:
        self._background = background
        self._first_seconds = first_seconds
        self._database = database
        self._segments = segments
        self._seconds = seconds
        self._wait_for_readers = wait_for_readers
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
        """Checkpoint the dirty segments and end the thread. Blocks."""
        self._stop.set()
        self._thread.join()

    def mark_dirty(self, file: LogFile) -> None:
        """Record that rows were committed to a segment."""
        with self._lock:
            self._dirty.add(file)

    def is_dirty(self, file: LogFile) -> bool:
        """Return whether committed rows of a segment are only in its WAL."""
        with self._lock:
            return file in self._dirty

    def _run(self) -> None:
        cursor = self._database.cursor()
        try:
            delay = self._first_seconds
            while not self._stop.wait(delay):
                delay = self._seconds
                if self.rotation_lock.acquire(blocking=False):
                    try:
                        with self._background.guard("checkpoints"):
                            self.run_round(cursor)
                            used = self._database.trim_cache(CACHE_BYTES)
                            self.statistics.duckdb_bytes = used
                    finally:
                        self.rotation_lock.release()
                self.statistics.rounds += 1
            for file in self._sorted_dirty():
                with self._background.guard("checkpoints"):
                    self.checkpoint(cursor, file)
        finally:
            cursor.close()

    def run_round(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Rotate if necessary, and checkpoint every dirty segment but the current one.

        The caller holds ``rotation_lock``.
        """
        self._rotate()
        for file in self._sorted_dirty():
            if file != self._segments.current:
                self.checkpoint(cursor, file)

    def _sorted_dirty(self) -> list[LogFile]:
        with self._lock:
            return sorted(self._dirty)

    def _rotate(self) -> None:
        """Let events go to the other segment, if there is something to checkpoint."""
        current = self._segments.current
        if current is None or next_segment(current, set(self._sorted_dirty())) is None:
            return
        try:
            self._segments.rotate(current)
        except StorageError as error:
            self.statistics.failures += 1
            log.warning(
                "%s is not checkpointed, its period's other segment cannot be started: %s",
                current.path,
                error,
            )

    def checkpoint(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        """Checkpoint one segment; a failure is logged and retried in the next round.

        The caller holds ``rotation_lock``.
        """
        started = time.monotonic()
        try:
            with self.attach_lock:
                if not self.is_dirty(file):
                    return
                _check_disk_space(file)
                self._merge_wal(cursor, file)
                # Events do not go to the segment meanwhile.
                with self._lock:
                    self._dirty.remove(file)
        except (duckdb.Error, DiskFull) as error:
            self.statistics.failures += 1
            log.warning("checkpoint of %s failed, retrying: %s", file.path, error)
            return
        self.statistics.done += 1
        self.statistics.seconds += time.monotonic() - started

    def reattach(self, file: LogFile) -> None:
        """Detach and attach a segment, for the thread that writes to it.

        Raises:
            StorageError: The segment is detached and cannot be attached now, because a query
                still reads it.
        """
        with self.attach_lock:
            self._wait_for_readers(_READERS_SECONDS)
            self._database.reattach(file)

    def _merge_wal(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        try:
            cursor.execute(f"CHECKPOINT {file.catalog}")
        except duckdb.Error:
            if not _is_usable(cursor, file):
                self._reattach(file)
            raise

    def _reattach(self, file: LogFile) -> None:
        for _ in range(_TRIES):
            try:
                self._database.reattach(file)
            except StorageError as error:
                reason = error
                self._wait_for_readers(_READERS_SECONDS)
                self._stop.wait(_RETRY_SECONDS)
            else:
                log.warning(
                    "%s: re-attached after a checkpoint failed for lack of disk space", file.path
                )
                return
        log.error("%s cannot be read until its next checkpoint: %s", file.path, reason)


def _is_usable(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> bool:
    """Return whether DuckDB still permits statements on the file."""
    try:
        cursor.execute(f"SELECT value FROM {file.catalog}.meta LIMIT 1")
    except duckdb.Error:
        return False
    return True


def _check_disk_space(file: LogFile) -> None:
    """Raise ``DiskFull`` if a checkpoint could fail for lack of disk space.

    A checkpoint that fails so leaves the file unusable until it is re-attached.
    """
    with suppress(OSError):
        needed = file.wal.stat().st_size + _SPACE_BYTES
        free = shutil.disk_usage(file.path.parent).free
        if free < needed:
            raise DiskFull(f"it needs up to {needed} bytes, the disk has {free}")
