"""Figures that several routes about work-packages share: durations, shares, means.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.query.answers.packages import Percentiles
from tart.query.core import log_histogram
from tart.query.shard_queries.packages import COMPLETION, PIPELINE
from tart.units import ms

Json = dict[str, Any]


def all_percentiles(durations: Mapping[str, Mapping[int, int]]) -> dict[str, Percentiles]:
    """Return percentiles by name of the pair, of those with samples, without whole pipelines."""
    return {
        name: shown
        for name, counts in durations.items()
        if name not in (COMPLETION, PIPELINE, "submitted_to_received")
        and (shown := percentiles(counts))
    }


def percentiles(counts: Mapping[int, int]) -> Percentiles | None:
    """Return percentiles of binned durations, ``None`` without samples."""
    p50_us = log_histogram.percentile_us(counts, 0.5)
    p95_us = log_histogram.percentile_us(counts, 0.95)
    if p50_us is None or p95_us is None:
        return None
    return {"p50_ms": ms(p50_us), "p95_ms": ms(p95_us), "sample_count": sum(counts.values())}


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; ``None`` of nothing."""
    return round(part / whole, 4) if whole else None


def mean_ms(total_us: int, count: int) -> float | None:
    """Return the mean of durations that were added up, in milliseconds; ``None`` without any."""
    return ms(total_us / count) if count else None
