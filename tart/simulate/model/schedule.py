"""Simulated time: processes that act and wait, resumed in order of time.

Pure: nothing here knows the real clock. A process is a generator; what it does between
two ``yield`` happens at one instant, and the number it yields is how many microseconds
it waits. What is due at the same instant runs in the order in which it was scheduled,
so a run depends on nothing but its processes.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any, TypeAlias

# What a process may return is for another process that runs it with ``yield from``.
Process: TypeAlias = Generator[int, None, Any]
# One that tells whether it succeeded.
Outcome: TypeAlias = Generator[int, None, bool]

MILLISECOND = 1_000


class Schedule:
    """All processes that wait, by the time they wait for.

    Attributes:
        now: Simulated time in microseconds.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self._waiting: list[tuple[int, int, Process]] = []
        self._scheduled = 0

    def __len__(self) -> int:
        """Processes that wait."""
        return len(self._waiting)

    def start(self, process: Process, delay: int = 0) -> None:
        """Run a process from ``delay`` microseconds from now on."""
        self._scheduled += 1
        heappush(self._waiting, (self.now + delay, self._scheduled, process))

    def step(self, until: int) -> bool:
        """Run the earliest process to its next wait; false once none is due by ``until``."""
        waiting = self._waiting
        if not waiting or waiting[0][0] > until:
            self.now = max(self.now, until)
            return False
        self.now, _, process = heappop(waiting)
        for pause in process:
            self._scheduled += 1
            heappush(waiting, (self.now + pause, self._scheduled, process))
            break
        return True
