"""Which files go, by age and by size; pure.

- Whole periods only, both of their files together, oldest first, and never the one that is
  written to.
- A file's age counts from its last write, as the file system has it, not from its name:
  names come from a clock that may have been wrong when the file was begun. Files of
  directories whose shard no longer exists age alike.
- One that was last written in the future was written by a wrong clock. It stays until its
  size or the time it has then makes it go: nothing is deleted because a clock was wrong.
- Age counts only while the clock is steady. After a start, or a step of the wall clock
  against the monotonic one, nothing is deleted by age for a while: a machine that boots
  in the wrong century must not cost the log before it has asked for the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tart.storage.core.files import LogFile

# How long a clock must have run evenly before it is believed that a day has passed.
STEADY_SECONDS = 600.0
# What the two clocks may differ by and still be called even.
_STEP_SECONDS = 60.0


@dataclass(frozen=True)
class Held:
    """A period's files as retention sees them.

    Attributes:
        bytes: they take on the disk, logs included.
        written_at: their last write, Unix seconds.
        current: whether events go to one of them.
    """

    segments: Sequence[LogFile]
    bytes: int
    written_at: float
    current: bool


def expired_periods(
    held: Iterable[Held], now: float, *, retain_seconds: float, retain_bytes: float
) -> list[Sequence[LogFile]]:
    """The periods that are too old, and the oldest of those that are too much.

    Args:
        now: Unix seconds.
        retain_seconds: infinite while the clock is not believed.
    """
    closed = sorted(
        (each for each in held if not each.current),
        key=lambda each: (each.segments[0].period, each.segments[0].directory),
    )
    total = sum(each.bytes for each in held)
    dropped = []
    for each in closed:
        if each.written_at + retain_seconds <= now or total > retain_bytes:
            dropped.append(each.segments)
            total -= each.bytes
    return dropped


class ClockMonitor:
    """Whether the wall clock has been running evenly; told both clocks now and then."""

    def __init__(self, wall: float, monotonic: float) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._since = monotonic

    def steady(self, wall: float, monotonic: float) -> bool:
        """Whether it has for so long that ages can be told by it."""
        drift = (wall - self._wall) - (monotonic - self._monotonic)
        if abs(drift) > _STEP_SECONDS:
            self._since = monotonic
        self._wall, self._monotonic = wall, monotonic
        return monotonic - self._since >= STEADY_SECONDS
