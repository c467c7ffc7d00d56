"""The thread that deletes expired periods, watches the disk space and extends skip indexes.

``core.retention`` chooses the periods. A period's files are deleted in this order: removed from
the list, so that no query begins with them; detached when the running queries have ended;
unlinked, WALs first, so that files that remain after a kill can be opened. Ingestion pauses while
the disk has less than the reserve, and resumes when it has a tenth more: a disk that other
programs fill must not end in a failed write.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tart.config.schema import StorageConfig
from tart.storage.core.files import LogFile, group_by_period
from tart.storage.core.retention import ClockMonitor, StoredPeriod, expired_periods

if TYPE_CHECKING:
    from tart.storage.store import Store

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
# The rounds between two runs of retention: reading the size of every file each second would
# cost more than deleting a little late.
_RETENTION_ROUNDS = 10
_RESUME_FACTOR = 1.1
# The rounds between two looks for rows without a skip index, unless there are more.
_INDEX_ROUNDS = 10
# The time that indexes are extended for in a round; a granule takes some 10 ms.
_INDEX_SECONDS = 0.05
_BUSY_INDEX_SECONDS = 0.005
# The wait for the queries that still read a period.
_READERS_SECONDS = 60.0


@dataclass
class MaintenanceStatistics:
    """Deleted files and bytes since the start; read from other threads."""

    files: int = 0
    bytes: int = 0


class Maintenance:
    """Watches one store.

    Args:
        store: The store.
        config: The settings.
        root: The data directory, whose disk is watched.
        count: The number of shards that share the disk.
        on_shortage: Called on this thread with ``disk`` or ``memory`` when that is exhausted,
            and with an empty string when it suffices again.
        interval: Seconds between two rounds.

    Attributes:
        shortage: The resource that is exhausted, ``disk`` or ``memory``, or an empty string.
        vanished: Attached files that were deleted or replaced.
        statistics: Counters.
    """

    def __init__(
        self,
        store: Store,
        config: StorageConfig,
        root: Path,
        count: int,
        on_shortage: Callable[[str], None],
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._store = store
        self._config = config
        self._root = root
        self._count = count
        self._on_shortage = on_shortage
        self._interval = interval
        self._clock = ClockMonitor(time.time(), time.monotonic())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance")
        self._inodes: dict[LogFile, int] = {}
        self.shortage = ""
        # Replaced as a whole; read from other threads.
        self.vanished: frozenset[LogFile] = frozenset()
        self.statistics = MaintenanceStatistics()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if it was started. Blocks."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def check_space(self) -> None:
        """Check disk and memory, and report a change."""
        reserve = self._config.disk_reserve_bytes
        limit = reserve * _RESUME_FACTOR if self.shortage == "disk" else reserve
        free = self._disk_usage().free
        shortage = "disk" if free < limit else self._store.writer.statistics.shortage
        if shortage != self.shortage:
            ended, self.shortage = self.shortage, shortage
            if shortage == "memory":
                log.error("DuckDB exceeded storage.memory_limit; ingestion paused")
            elif shortage:
                log.error("disk nearly full (%d MiB free); ingestion paused", free >> 20)
            elif ended == "memory":
                log.warning("memory of DuckDB suffices again; ingestion resumes")
            else:
                log.warning("disk space recovered (%d MiB free); ingestion resumes", free >> 20)
            self._on_shortage(shortage)

    def check_files(self) -> None:
        """Check that the attached files are still in place, and log those that are not."""
        vanished = {file for file in self._store.attached_files() if not self._is_in_place(file)}
        # A file may be deleted by retention meanwhile.
        vanished &= set(self._store.attached_files())
        for file in sorted(vanished - self.vanished, key=lambda file: file.path):
            log.error(
                "%s was deleted or replaced while tart uses it: its content is served until tart "
                "stops, and lost then; stop tart and restore it from a backup",
                file.path,
            )
        self.vanished = frozenset(vanished)

    def _is_in_place(self, file: LogFile) -> bool:
        try:
            status = file.path.stat()
        except FileNotFoundError:
            return False
        return self._inodes.setdefault(file, status.st_ino) == status.st_ino

    def apply_retention(self, now: float, *, clock_is_stable: bool) -> None:
        """Delete expired periods.

        Args:
            now: Unix seconds.
            clock_is_stable: Whether files may be deleted by age.
        """
        hours = self._config.retain_hours if clock_is_stable else float("inf")
        share = self._config.retain_disk_share / self._count
        expired = expired_periods(
            self._stored_periods(),
            now,
            retain_seconds=hours * 3600,
            retain_bytes=self._disk_usage().total * share,
        )
        # A period in use blocks newer ones of its directory: no gap in between.
        blocked: set[int] = set()
        for segments in expired:
            if segments[0].directory in blocked:
                continue
            size = sum(map(_bytes_on_disk, segments))
            if not self._store.delete_period(segments, _READERS_SECONDS):
                blocked.add(segments[0].directory)
                continue
            self.statistics.files += len(segments)
            self.statistics.bytes += size
            names = " and ".join(str(file.path) for file in segments)
            log.info("retention deleted %s: %d bytes", names, size)

    def extend_indexes(self) -> bool:
        """Extend the skip indexes for a short time; return whether they are still behind.

        While receiving needs the CPU, searches read more instead.
        """
        store = self._store
        busy = store.query_threads.low_priority
        until = time.monotonic() + (_BUSY_INDEX_SECONDS if busy else _INDEX_SECONDS)
        files = [file for directory in store.directories for file in store.files(directory)]
        with closing(store.cursor()) as cursor:
            for file in files:
                while self._extend_index(cursor, file):
                    if time.monotonic() >= until or self._stop.is_set():
                        return True
        return False

    def _extend_index(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> bool:
        store = self._store
        try:
            return store.skip_indexes.extend(
                cursor,
                file,
                sealed=not store.writer.uses(file),
                is_durable=lambda: store.writer.is_checkpointed(file),
            )
        except duckdb.Error as error:
            if store.salvage(error):
                return False
            raise

    def _run(self) -> None:
        rounds, behind = 0, False
        while not self._stop.wait(self._interval):
            stable = self._clock.is_stable(time.time(), time.monotonic())
            # A failure here does not end the shard; the next round tries again.
            with self._store.background.guard("watching the disk"):
                self.check_space()
            with self._store.background.guard("looking for deleted files"):
                self.check_files()
            if rounds % _RETENTION_ROUNDS == 0:
                with self._store.background.guard("retention"):
                    self.apply_retention(time.time(), clock_is_stable=stable)
            if behind or rounds % _INDEX_ROUNDS == 0:
                with self._store.background.guard("skip indexes"):
                    behind = self.extend_indexes()
            rounds += 1

    def _stored_periods(self) -> list[StoredPeriod]:
        periods = []
        for directory in self._store.directories:
            for segments in group_by_period(self._store.files(directory)):
                with suppress(FileNotFoundError):
                    written_at = max(file.path.stat().st_mtime for file in segments)
                    current = any(map(self._store.writer.uses, segments))
                    size = sum(map(_bytes_on_disk, segments))
                    periods.append(StoredPeriod(segments, size, written_at, current))
        return periods

    def _disk_usage(self) -> shutil._ntuple_diskusage:
        root = self._root
        while not root.exists():
            root = root.parent
        return shutil.disk_usage(root)


def _bytes_on_disk(file: LogFile) -> int:
    size = 0
    for path in (*file.paths(), file.index):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size
