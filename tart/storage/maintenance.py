"""The thread that keeps the disk in order: it deletes what is due and watches the room.

What is due is decided by ``retention``. A period's files go in this order: out of the
list, so that no question begins with them; when the questions that run have ended,
detached; then their names, logs first, so that whatever happens in between leaves files
that open.
Reading pauses while the disk has less than the reserve, and goes on when it has a tenth
more: a disk that others fill must not end in a write that fails.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tart.config.schema import StorageConfig
from tart.storage.core.files import LogFile, group_by_period
from tart.storage.core.retention import ClockMonitor, Held, expired_periods

if TYPE_CHECKING:
    from tart.storage.store import Store

log = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
# Deleting a little late costs nothing; looking at every file each second would.
_TIDY_EVERY = 10
_RESUME_FACTOR = 1.1
_TRANSIENT_SECONDS = 60.0


@dataclass
class MaintenanceStatistics:
    """What was deleted since the start; read from other threads."""

    files: int = 0
    bytes: int = 0


class Maintenance:
    """Watches one store.

    Args:
        root: where the files are; its disk is the one that counts.
        count: shards that share the disk.
        short_of: called on this thread with ``disk`` or ``memory`` when there is no room in
            it, and with nothing when there is again.
    """

    def __init__(
        self,
        store: Store,
        config: StorageConfig,
        root: Path,
        count: int,
        on_shortage: Callable[[str], None],
    ) -> None:
        self._store = store
        self._config = config
        self._root = root
        self._count = count
        self._tell = on_shortage
        self._steadiness = ClockMonitor(time.time(), time.monotonic())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper")
        self._inodes: dict[LogFile, int] = {}
        self.short_of = ""
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

    def watch(self) -> None:
        """Look at the room, and say so if that changes anything."""
        reserve = self._config.disk_reserve_bytes
        limit = reserve * _RESUME_FACTOR if self.short_of == "disk" else reserve
        free = self._disk().free
        short_of = "disk" if free < limit else self._store.writer.statistics.shortage
        if short_of != self.short_of:
            self.short_of = short_of
            if short_of == "memory":
                log.error("storage.memory_limit does not suffice for DuckDB, reading pauses")
            elif short_of:
                log.error("disk nearly full, reading pauses: %d MiB are left", free >> 20)
            else:
                log.warning("there is room again: %d MiB on the disk", free >> 20)
            self._tell(short_of)

    def look(self) -> None:
        """Look whether the files are still where they are attached from, and say if not."""
        vanished = {file for file in self._store.attached_files() if not self._is_there(file)}
        # One that is dropped meanwhile is none of the shard's any more.
        vanished &= set(self._store.attached_files())
        for file in sorted(vanished - self.vanished, key=lambda each: each.path):
            log.error(
                "%s was deleted or replaced while tart uses it: what it has is served until tart "
                "stops, and lost then; stop tart and restore it from a backup",
                file.path,
            )
        self.vanished = frozenset(vanished)

    def _is_there(self, file: LogFile) -> bool:
        try:
            found = file.path.stat()
        except FileNotFoundError:
            return False
        return self._inodes.setdefault(file, found.st_ino) == found.st_ino

    def tidy(self, now: float, *, trusted: bool) -> None:
        """Delete what is due; ``trusted`` says whether ages can be told by the clock."""
        hours = self._config.retain_hours if trusted else float("inf")
        share = self._config.retain_disk_share / self._count
        due = expired_periods(
            self._held(now),
            now,
            retain_seconds=hours * 3600,
            retain_bytes=self._disk().total * share,
        )
        # Nothing newer goes before what somebody still reads: no gap in between.
        held_up: set[int] = set()
        for segments in due:
            if segments[0].directory in held_up:
                continue
            size = sum(map(_size, segments))
            if not self._store.drop(segments, _TRANSIENT_SECONDS):
                held_up.add(segments[0].directory)
                continue
            self.statistics.files += len(segments)
            self.statistics.bytes += size
            names = " and ".join(str(file.path) for file in segments)
            log.info("%s deleted: %d bytes, no longer kept", names, size)

    def _run(self) -> None:
        rounds = 0
        while not self._stop.wait(WATCH_SECONDS):
            steady = self._steadiness.steady(time.time(), time.monotonic())
            # Nothing that fails here is worth a shard; the next round tries again.
            with self._store.background.guard("watching the disk"):
                self.watch()
            with self._store.background.guard("looking for deleted files"):
                self.look()
            if rounds % _TIDY_EVERY == 0:
                with self._store.background.guard("retention"):
                    self.tidy(time.time(), trusted=steady)
            rounds += 1

    def _held(self, now: float) -> list[Held]:
        found = []
        for directory in self._store.directories:
            for segments in group_by_period(self._store.files(directory)):
                with suppress(FileNotFoundError):
                    written = max(file.path.stat().st_mtime for file in segments)
                    current = any(map(self._store.writer.uses, segments))
                    found.append(Held(segments, sum(map(_size, segments)), written, current))
        return found

    def _disk(self) -> shutil._ntuple_diskusage:
        root = self._root
        while not root.exists():
            root = root.parent
        return shutil.disk_usage(root)


def _size(file: LogFile) -> int:
    size = 0
    for path in file.paths():
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size
