"""tart by a wall clock that runs faster: ``python -m tests.e2e.fast_clock serve …``.

What a server says of the chain needs minutes: a block must be a minute old, and telemetry complete
half a minute before and after it. Here these minutes are seconds, and nothing else is changed:
deadlines and pauses (``time.monotonic``) are as long as ever. Only the simulated network advances
with this clock, by steps that are never long: if it was held up, it is late rather than in a hurry.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping

_SPEED, _ANCHOR = "FAST_CLOCK_SPEED", "FAST_CLOCK_ANCHOR_NS"
_real_time_ns, _real_monotonic = time.time_ns, time.monotonic
# Real seconds by which the network advances at most at a time.
_LONGEST_STEP = 0.1


class FastClock:
    """A clock that agrees with the real one at one moment, and runs ``speed`` times as fast."""

    def __init__(self, speed: float, anchor_ns: int | None = None) -> None:
        self._speed = speed
        self._anchor_ns = _real_time_ns() if anchor_ns is None else anchor_ns

    def time_ns(self) -> int:
        """The present, as ``time.time_ns``."""
        return self._anchor_ns + int((_real_time_ns() - self._anchor_ns) * self._speed)

    def now_us(self) -> int:
        """The present in Unix microseconds."""
        return self.time_ns() // 1000

    @property
    def environ(self) -> Mapping[str, str]:
        """What a process needs to know to have this clock."""
        return {_SPEED: str(self._speed), _ANCHOR: str(self._anchor_ns)}

    def steady(self) -> Callable[[], float]:
        """A clock as ``time.monotonic`` that advances by no more than a short step at a time."""
        last = shown = _real_monotonic()

        def monotonic() -> float:
            nonlocal last, shown
            now = _real_monotonic()
            shown += min(now - last, _LONGEST_STEP) * self._speed
            last = now
            return shown

        return monotonic


def main() -> int:
    """Run tart with the clock of the environment."""
    clock = FastClock(float(os.environ[_SPEED]), int(os.environ[_ANCHOR]))
    time.time_ns = clock.time_ns
    time.time = lambda: clock.time_ns() / 1e9
    if sys.argv[1] == "simulate":
        time.monotonic = clock.steady()
    # Functions that have a clock as their default take it when they are defined.
    from tart.cli.main import main as tart

    return tart()


if __name__ == "__main__":
    sys.exit(main())
