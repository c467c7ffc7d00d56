"""The decision when a process that ended is restarted, and when it is given up. Pure.

A restart is delayed; the delay doubles with each end of the process inside a window of time, so
that a lasting fault neither burns the CPU nor fills the log. Too many ends inside the window mean
a fault that no restart mends: a person has to look. Ends older than the window are forgotten. Time
is an argument; no clock is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_DELAY = 10.0
# 2**32 delays outlast any window; higher powers would only overflow a float.
_MAX_DOUBLINGS = 32


@dataclass(frozen=True)
class Start:
    """Start the process now."""


@dataclass(frozen=True)
class Wait:
    """Start the process at ``until``, not before."""

    until: float


@dataclass(frozen=True)
class GiveUp:
    """Do not restart the process; ``reason`` completes "shard 0 …"."""

    reason: str


@dataclass(frozen=True)
class RestartPolicy:
    """The limits: seconds, and for ``crash_limit`` a number of ends."""

    backoff: float
    crash_limit: int
    crash_window: float

    def decide(self, exits: Sequence[float], now: float) -> Start | Wait | GiveUp:
        """Decide at ``now`` about a process that ended at each of ``exits``, in order."""
        if not exits:
            return Start()
        recent = self.recent(exits, exits[-1])
        if len(recent) >= self.crash_limit:
            times = "once" if len(recent) == 1 else f"{len(recent)} times"
            return GiveUp(f"ended {times} within {self.crash_window:g} s")
        doublings = min(len(recent) - 1, _MAX_DOUBLINGS)
        until = exits[-1] + min(self.backoff * 2.0**doublings, MAX_DELAY)
        return Start() if now >= until else Wait(until)

    def recent(self, exits: Sequence[float], now: float) -> list[float]:
        """Return those of ``exits`` that are inside the window at ``now``."""
        return [each for each in exits if each > now - self.crash_window]
