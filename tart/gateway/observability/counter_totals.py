"""Totals of counters over shards' processes; a total falls only when the gateway restarts.

Pure. A counter of a shard begins at 0 with each process of the shard. Prometheus takes a counter
that falls for one that began at 0 again, and would count everything a second time if a total fell
because one shard of several is missing or has restarted. So each total is the sum of what was
counted since the gateway's first look.

A gateway that starts with its shards includes what they counted before the first look. One that
replaces a gateway which ended does not: its predecessor reported that, and to Prometheus the totals
begin at 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class CounterTotals(Generic[Key]):
    """Totals by key.

    Args:
        restarted: Whether this gateway replaces one that ended.

    Attributes:
        totals: The totals.
    """

    def __init__(self, *, restarted: bool) -> None:
        self._restarted = restarted
        # The process of each shard, and its newest counts.
        self._newest: dict[int, tuple[str, Mapping[Key, int]]] = {}
        self.totals: Counter[Key] = Counter()

    def update(self, shard: int, process: str, counts: Mapping[Key, int]) -> None:
        """Add what a shard has counted since the last update.

        Args:
            shard: The shard's number.
            process: Identifies its process.
            counts: Since the start of that process.
        """
        newest = self._newest.get(shard)
        before: Mapping[Key, int] = {}
        if newest is None:
            before = counts if self._restarted else {}
        elif newest[0] == process:
            before = newest[1]
        self._newest[shard] = process, counts
        for key, count in counts.items():
            self.totals[key] += count - before.get(key, 0)
