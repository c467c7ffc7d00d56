"""Which file a batch goes to: its period, and the turn of the two segments of a period.

While DuckDB checkpoints a file, inserts into it wait for it: 0.25 s for ten seconds of
50,000 events a second (1.5.6 and 2.0.0 alike; duckdb#25988). Inserts into another file do
not. So a period has two files, and events go to one while the other is checkpointed.

- A batch goes to one file. Time going back does not: events of a clock that was set
  back go to the newest period, their ``received_at`` unchanged. When they have filled a
  period there, the one after it begins: a file named after a wrong clock ends, too.
- The second segment of a period is made when there is first something to checkpoint.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tart.storage.core.files import LogFile, first_segment, other_segment, period_start
from tart.storage.log.database import Database
from tart.units import HOUR_US

log = logging.getLogger(__name__)


class ActiveSegments:
    """The files of the newest period.

    Args:
        hours: how long a period is.
        opened: the segments there are, already attached; none if there is no file yet.
        attached: called with each file that is started, on the thread that does.

    Attributes:
        writing: held for each write, so that no file is written to when its turn is over.
    """

    def __init__(
        self,
        database: Database,
        root: Path,
        directory: int,
        hours: int,
        *,
        opened: Sequence[LogFile],
        attached: Callable[[LogFile], None],
    ) -> None:
        self._database = database
        self._root = root
        self._directory = directory
        self._hours = hours
        self._attached = attached
        # Replaced as a whole: other threads look at it.
        self._segments = tuple(opened)
        # Unix µs of the first event that came with a clock behind the file's name.
        self._behind_since: int | None = None
        self.current = opened[0] if opened else None
        self.writing = threading.Lock()

    def __contains__(self, file: LogFile) -> bool:
        """Whether events go to it, or will when it is its turn."""
        return file in self._segments

    def file_of(self, received_at: int) -> LogFile:
        """The file for what arrived at that moment, started if need be.

        To be called by who holds ``writing``.

        Raises:
            StorageError: it cannot be started; ``DiskFull`` where for want of room.
        """
        period = period_start(received_at, self._hours)
        if self.current is not None and period <= self.current.period:
            if not self._has_filled_a_period(received_at, period):
                return self.current
            period = self.current.period + self._hours * HOUR_US
        file = first_segment(self._root, self._directory, period, self._hours)
        self._start(file)
        self._segments, self.current, self._behind_since = (file,), file, received_at
        log.info("events go to %s", file.path)
        return file

    def rotate(self, file: LogFile) -> None:
        """End the turn of the file events go to: they go to the other segment now.

        Raises:
            StorageError: that cannot be started.
        """
        segments, other = self._segments, other_segment(file)
        if file not in segments:
            return  # its period has ended
        if other not in segments:
            self._start(other)
        with self.writing:
            if self.current == file:  # the period may have ended meanwhile
                self._segments, self.current = (file, other), other

    def _start(self, file: LogFile) -> None:
        self._database.attach_writable(file)
        self._attached(file)

    def _has_filled_a_period(self, received_at: int, period: int) -> bool:
        """Whether events whose clock is behind the file's name have come for a whole one."""
        assert self.current is not None
        if period == self.current.period:
            self._behind_since = None
            return False
        if self._behind_since is None or received_at < self._behind_since:
            self._behind_since = received_at
        return received_at - self._behind_since >= self._hours * HOUR_US
