"""The choice of the periods to delete, by age and by size. Pure.

- Whole periods only, both segments together, oldest first, and never a period that is written
  to.
- A file's age counts from its last write, as the file system has it, not from its name: names
  come from a clock that may have been wrong when the file was created. Files of directories whose
  shard no longer exists age alike.
- A file that was last written in the future was written with a wrong clock. It stays until its
  size, or the time it has then, makes it expire: nothing is deleted because a clock was wrong.
- Age counts only while the clock is stable. After a start, or a step of the wall clock against the
  monotonic one, nothing is deleted by age for a while: a machine that boots in the wrong century
  must not lose the event log before it has asked for the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tart.storage.core.files import LogFile

# How long a clock must run without a step before ages count.
STABLE_SECONDS = 600.0
# The difference between the two clocks that counts as a step.
_STEP_SECONDS = 60.0


@dataclass(frozen=True)
class StoredPeriod:
    """The segments of a period on the disk.

    Attributes:
        segments: The segments.
        bytes: The disk space they take, WALs included.
        written_at: Their last write, Unix seconds.
        current: Whether events go to one of them.
    """

    segments: Sequence[LogFile]
    bytes: int
    written_at: float
    current: bool


def expired_periods(
    periods: Iterable[StoredPeriod], now: float, *, retain_seconds: float, retain_bytes: float
) -> list[Sequence[LogFile]]:
    """Return the periods that are too old, and the oldest of those beyond the size limit.

    Args:
        periods: All periods.
        now: Unix seconds.
        retain_seconds: The greatest age; infinite while the clock is not stable.
        retain_bytes: The greatest size of all periods together.
    """
    periods = list(periods)
    closed = sorted(
        (period for period in periods if not period.current),
        key=lambda period: (period.segments[0].period, period.segments[0].directory),
    )
    total = sum(period.bytes for period in periods)
    expired = []
    for period in closed:
        if period.written_at + retain_seconds <= now or total > retain_bytes:
            expired.append(period.segments)
            total -= period.bytes
    return expired


class ClockMonitor:
    """Detects steps of the wall clock; given both clocks at intervals.

    Args:
        wall: The wall clock, seconds.
        monotonic: The monotonic clock, seconds.
    """

    def __init__(self, wall: float, monotonic: float) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._since = monotonic

    def is_stable(self, wall: float, monotonic: float) -> bool:
        """Return whether the wall clock has run without a step for long enough."""
        drift = (wall - self._wall) - (monotonic - self._monotonic)
        if abs(drift) > _STEP_SECONDS:
            self._since = monotonic
        self._wall, self._monotonic = wall, monotonic
        return monotonic - self._since >= STABLE_SECONDS
