"""What happened in each of the last seconds, counted as events arrive.

Pure; time is an argument. Only complete seconds are shown, so a rate never includes a
second that is still running. What a second remembers is bounded: a node inventing hashes
fills ``MAX_DISTINCT`` and no more, and nodes are bits of one number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from tart.aggregate.core.event_columns import Array
from tart.query.topics.realtime import LIVE_KINDS
from tart.units import SECOND_US

# So far back they are kept, and so many are shown unless more are asked for.
SECONDS = 300
SHOWN_SECONDS = 60
ACTIVE_SECONDS = 10
MAX_DISTINCT = 4096

BEST_BLOCK_CHANGED = 11
FINALIZED_BLOCK_CHANGED = 12


class Second:
    """The counts of one second.

    Attributes:
        active: the nodes that said something: bit ``n`` is the node of row ``n``.
        counts: events of the types in ``LIVE_KINDS``.
    """

    __slots__ = (
        "active",
        "best",
        "best_events",
        "counts",
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
        self.active = 0
        self.counts = [0] * len(LIVE_KINDS)


class LiveCounters:
    """Per-second counters of one shard over the last minutes.

    Args:
        began: the Unix second in which counting begins; the first complete one is the next.
    """

    def __init__(self, began: int = 0) -> None:
        self._began = began
        self._seconds: deque[Second] = deque(maxlen=SECONDS + 2)

    def at(self, second: int) -> Second:
        """The counts of that Unix second, which should not be before the newest.

        A clock that was set back keeps counting into the newest second; by so much that
        nothing would be shown for a while, counting starts anew.
        """
        if self._seconds and second < self._seconds[-1].second - SHOWN_SECONDS:
            self._seconds.clear()
            self._began = second
        if not self._seconds or second > self._seconds[-1].second:
            self._seconds.append(Second(second))
        for each in reversed(self._seconds):
            if each.second == second:
                return each
        return self._seconds[-1]

    def add(self, received_at: Array, number: Array) -> None:
        """Count the types of a batch; Unix microseconds."""
        seconds = received_at // SECOND_US
        for second in np.unique(seconds).tolist():
            counts = np.bincount(number[seconds == second], minlength=256)
            into = self.at(second).counts
            for at, each in enumerate(LIVE_KINDS):
                into[at] += int(counts[each])

    def as_json(
        self, now: int, node_of: Callable[[int], str], seconds: int | None = None
    ) -> dict[str, Any]:
        """Complete seconds before ``now`` (Unix), oldest first, as the catalogue says.

        Args:
            node_of: the id of the node of a row.
            seconds: how many, with their details; else the last ``SHOWN_SECONDS``.
        """
        first = now - min(seconds or SHOWN_SECONDS, SECONDS)
        complete = [each for each in self._seconds if first <= each.second < now]
        lately = (each.active for each in complete if each.second >= now - ACTIVE_SECONDS)
        found = {
            "since": min(self._began + 1, now),
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
            "active": sorted(map(node_of, rows_of(reduce(or_, lately, 0)))),
        }
        if seconds is not None:
            everybody = reduce(or_, (each.active for each in complete), 0)
            found["nodes"] = [[row, node_of(row)] for row in rows_of(everybody)]
            found["details"] = [[each.second, each.counts, f"{each.active:x}"] for each in complete]
        return found


def rows_of(nodes: int) -> list[int]:
    """The rows whose bits are set."""
    return [row for row, bit in enumerate(reversed(f"{nodes:b}")) if bit == "1"]


def add_bounded(hashes: set[bytes], block: bytes) -> None:
    """Remember a hash unless the second has seen absurdly many."""
    if len(hashes) < MAX_DISTINCT:
        hashes.add(block)
