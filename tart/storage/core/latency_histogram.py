"""A histogram of durations with fixed bounds, additive over shards and time. Pure.

Percentiles are computed from merged bins, never averaged. Bounds are dense from 5 to 100 ms, the
durations of commits, and few elsewhere, so that a scrape stays small.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

BOUNDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075),
    *(0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class LatencyHistogram:
    """Counts of durations in seconds per bin; the last bin is unbounded."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration; one that equals a bound counts below it."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def as_json(self) -> dict[str, Any]:
        """Return cumulative buckets without the infinite one, sum and count, as Prometheus does."""
        cumulative, buckets = 0, []
        for bound, count in zip(BOUNDS, self._counts, strict=False):
            cumulative += count
            buckets.append([bound, cumulative])
        return {"buckets": buckets, "sum": self._sum, "count": cumulative + self._counts[-1]}
