"""Intervals between blocks: from the first report of a best block's slot to that of the next.

Pure; time is an argument. Only slots that a third of the connected nodes reported are counted, so
that no single node adds one. Each interval is counted once, however often the shards are asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from tart.query.shard_queries.network import BEST_SLOT_SECONDS, BestSlot
from tart.units import SECOND_US

BOUNDS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 6.5, 7.0, 8.0, 9.0, 12.0, 18.0, 24.0, 60.0)
WINDOW_US = BEST_SLOT_SECONDS * SECOND_US
# A best block this far behind the newest one counted: the network has begun again.
RESET_SLOTS = 600


def merge_slots(answers: Iterable[Iterable[BestSlot]]) -> list[BestSlot]:
    """Return the slots of all shards in order, each with its first report and all reporters."""
    merged: dict[int, BestSlot] = {}
    for answer in answers:
        for slot, first_at, reporters in answer:
            known = merged.get(slot, BestSlot(slot, first_at, 0))
            merged[slot] = BestSlot(
                slot, min(first_at, known.first_at), reporters + known.reporters
            )
    return [merged[slot] for slot in sorted(merged)]


class BlockIntervals:
    """A histogram of the intervals.

    Args:
        restarted: Whether this gateway replaces one that ended, which counted earlier blocks.

    Attributes:
        counts: The number of intervals in each bucket of ``BOUNDS``, and above the last.
        sum: The intervals in sum, in seconds.
    """

    def __init__(self, *, restarted: bool) -> None:
        self._skipping = restarted
        self._last: BestSlot | None = None
        self._observed_at = 0
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def observe(self, slots: Iterable[BestSlot], *, connected: int, now_us: int) -> None:
        """Count the intervals that ended since the last call.

        Args:
            slots: In order; see ``merge_slots``.
            connected: The number of connected nodes.
            now_us: Unix microseconds.
        """
        needed = max(1, -(-connected // 3))
        agreed = [each for each in slots if each.reporters >= needed]
        if self._last is not None and (
            now_us - self._observed_at > WINDOW_US
            or (agreed and agreed[-1].slot + RESET_SLOTS < self._last.slot)
        ):
            self._last = None
        self._observed_at = now_us
        for slot in agreed:
            if self._last is not None and slot.slot <= self._last.slot:
                continue
            if self._last is not None and not self._skipping:
                self._add(slot.first_at - self._last.first_at)
            self._last = slot
        self._skipping = False

    def buckets(self) -> list[tuple[str, float]]:
        """Return cumulative buckets: upper bound in seconds, and count."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        return buckets

    def _add(self, interval_us: int) -> None:
        seconds = max(0, interval_us) / SECOND_US
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds
