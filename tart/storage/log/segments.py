"""The segments that events of the newest period go to.

While DuckDB checkpoints a file, inserts into that file wait (1.5.6 and 2.0.0 alike; duckdb#25988;
measured in ``docs/internals/storage.md``). Inserts into another file do not. So a period has two
segments, and events go to one while the other is checkpointed.

- A batch goes to one segment. Periods only go forward: events of a clock that was set back go
  to the newest period, their ``received_at`` unchanged. After they have come for the length of
  a period, the next period begins: a segment named after a wrong clock ends, too.
- The second segment of a period is created when there is first something to checkpoint.
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
    """The segments of the newest period.

    Args:
        database: The database that has the segments attached.
        root: The data directory.
        directory: The number of the directory that the segments are in.
        hours: The length of a period.
        attached: The segments that exist, already attached; none if there is no file yet.
        on_attach: Called with each segment that is started, on the thread that starts it.

    Attributes:
        current: The segment that events go to; ``None`` before the first event.
        write_lock: Held for each write, so that a write ends before its segment is rotated.
    """

    def __init__(
        self,
        database: Database,
        root: Path,
        directory: int,
        hours: int,
        *,
        attached: Sequence[LogFile],
        on_attach: Callable[[LogFile], None],
    ) -> None:
        self._database = database
        self._root = root
        self._directory = directory
        self._hours = hours
        self._on_attach = on_attach
        # Replaced as a whole: other threads read it.
        self._segments = tuple(attached)
        # Unix microseconds: the earliest event of the run of events that are behind the current
        # segment's period. An event of the period ends the run.
        self._behind_since: int | None = None
        self.current = attached[0] if attached else None
        self.write_lock = threading.Lock()

    def __contains__(self, file: LogFile) -> bool:
        """Return whether events go to the segment, or will after the next rotation."""
        return file in self._segments

    def segment_for(self, received_at: int) -> LogFile:
        """Return the segment for events received at that moment; start it if necessary.

        The caller holds ``write_lock``.

        Raises:
            StorageError: The segment cannot be started; ``DiskFull`` where the disk is full.
        """
        period = period_start(received_at, self._hours)
        if self.current is not None and period <= self.current.period:
            if not self._is_behind_for_a_period(received_at, period):
                return self.current
            period = self.current.period + self._hours * HOUR_US
        file = first_segment(self._root, self._directory, period, self._hours)
        self._start(file)
        self._segments, self.current = (file,), file
        # If the clock is still behind the new segment's period, another run begins here. If the
        # event is of the period, the next one resets this or is earlier and replaces it.
        self._behind_since = received_at
        log.info("writing events to new segment %s", file.path)
        return file

    def rotate(self, segment: LogFile) -> None:
        """Make the other segment of the period current; start it if necessary.

        Nothing changes if the segment's period has ended meanwhile.

        Raises:
            StorageError: The other segment cannot be started.
        """
        segments, other = self._segments, other_segment(segment)
        if segment not in segments:
            return
        if other not in segments:
            self._start(other)
        with self.write_lock:
            if self.current == segment:  # the period may have ended meanwhile
                self._segments, self.current = (segment, other), other

    def _start(self, file: LogFile) -> None:
        self._database.attach_writable(file)
        self._on_attach(file)

    def _is_behind_for_a_period(self, received_at: int, period: int) -> bool:
        """Return whether events have been behind the segment's name for a whole period."""
        assert self.current is not None
        if period == self.current.period:
            self._behind_since = None
            return False
        if self._behind_since is None or received_at < self._behind_since:
            self._behind_since = received_at
        return received_at - self._behind_since >= self._hours * HOUR_US
