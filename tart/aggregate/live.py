"""What happened in each of the last seconds, counted as events arrive.

Pure; time is an argument. Only complete seconds are shown, so a rate never includes a
second that is still running. Sets per second are bounded: a node inventing hashes fills
``MAX_DISTINCT`` and no more.
"""

from __future__ import annotations

from collections import deque
from typing import Any

SECONDS = 60
ACTIVE_SECONDS = 10
MAX_DISTINCT = 4096

BEST_BLOCK_CHANGED = 11
FINALIZED_BLOCK_CHANGED = 12


class Second:
    """The counts of one second."""

    __slots__ = (
        "active",
        "best",
        "best_events",
        "events",
        "finalized",
        "finalized_events",
        "second",
    )

    def __init__(self, second: int) -> None:
        self.second = second
        self.events = 0
        self.best_events = 0
        self.finalized_events = 0
        self.best: set[bytes] = set()
        self.finalized: set[bytes] = set()
        self.active: set[str] = set()


class LiveCounters:
    """Per-second counters of one shard over the last minute."""

    def __init__(self) -> None:
        self._seconds: deque[Second] = deque(maxlen=SECONDS + 2)

    def at(self, second: int) -> Second:
        """The counters of that Unix second, which should not be before the newest.

        A clock that was set back keeps counting into the newest second; by so much that
        nothing would be shown for a while, counting starts anew.
        """
        if self._seconds and second < self._seconds[-1].second - SECONDS:
            self._seconds.clear()
        if not self._seconds or second > self._seconds[-1].second:
            self._seconds.append(Second(second))
        for each in reversed(self._seconds):
            if each.second == second:
                return each
        return self._seconds[-1]

    def as_json(self, now: int) -> dict[str, Any]:
        """The complete seconds before ``now`` (Unix), oldest first, as the catalogue says."""
        complete = [each for each in self._seconds if now - SECONDS <= each.second < now]
        active: set[str] = set()
        for each in complete:
            if each.second >= now - ACTIVE_SECONDS:
                active |= each.active
        return {
            "seconds": [
                [
                    each.second,
                    each.events,
                    [block.hex() for block in each.best],
                    [block.hex() for block in each.finalized],
                    each.best_events,
                    each.finalized_events,
                ]
                for each in complete
            ],
            "active": sorted(active),
        }


def add_bounded(hashes: set[bytes], block: bytes) -> None:
    """Remember a hash unless the second has seen absurdly many."""
    if len(hashes) < MAX_DISTINCT:
        hashes.add(block)
