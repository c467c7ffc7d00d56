"""When a part that ended is started again, and when it is given up. Pure.

A part that ended is started again after a pause that doubles with each of its deaths inside
one window of time, so that a lasting fault neither burns the CPU nor fills the log. Too many
deaths inside the window: nothing a restart could mend, a person has to look.
Deaths older than the window are forgotten. Time is an argument; no clock is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_PAUSE = 10.0
# 2**32 pauses outlast any window; higher powers would only overflow a float.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True)
class Start:
    """Start it now."""


@dataclass(frozen=True)
class Wait:
    """Start it at ``until``, not before."""

    until: float


@dataclass(frozen=True)
class GiveUp:
    """Do not start it again; ``reason`` completes "shard 0 …"."""

    reason: str


@dataclass(frozen=True)
class RestartPolicy:
    """The limits, in seconds but for ``crash_limit``, which counts deaths."""

    backoff: float
    crash_limit: int
    crash_window: float

    def decide(self, exits: Sequence[float], now: float) -> Start | Wait | GiveUp:
        """What to do at ``now`` about a part that ended at each of ``exits``, in order."""
        if not exits:
            return Start()
        recent = self.remembered(exits, exits[-1])
        if len(recent) >= self.crash_limit:
            times = "once" if len(recent) == 1 else f"{len(recent)} times"
            return GiveUp(f"ended {times} within {self.crash_window:g} s")
        doublings = min(len(recent) - 1, _MOST_DOUBLINGS)
        until = exits[-1] + min(self.backoff * 2.0**doublings, LONGEST_PAUSE)
        return Start() if now >= until else Wait(until)

    def remembered(self, exits: Sequence[float], now: float) -> list[float]:
        """Those of ``exits`` that still count at ``now``."""
        return [each for each in exits if each > now - self.crash_window]
