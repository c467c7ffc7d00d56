"""Figures that several routes about work-packages share: durations, shares, means.

Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tart.query.answers import packages as answers
from tart.query.answers.packages import Percentiles
from tart.query.core import log_histogram
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import COMPLETION, PAIRS, PIPELINE, StepSamples
from tart.units import MINUTE_US, SECOND_US, ms

Json = dict[str, Any]

MAX_BUCKETS = 60


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


def latency_step_us(window: Window) -> int:
    """Return the length of at most ``MAX_BUCKETS`` buckets of a window, in whole minutes."""
    assert window.start_us is not None
    assert window.end_us is not None
    length = window.end_us - window.start_us
    # One bucket may be cut by the start of the window.
    return max(1, -(-length // ((MAX_BUCKETS - 1) * MINUTE_US))) * MINUTE_US


def latency_over_time(
    rows: Iterable[StepSamples], window: Window, step_us: int
) -> answers.WorkLatency:
    """Return the answer of ``/api/workpackages/latency``.

    Args:
        rows: Samples by bucket.
        window: The window.
        step_us: Length of the buckets.
    """
    assert window.start_us is not None
    assert window.end_us is not None
    buckets = list(range(window.start_us // step_us * step_us, window.end_us + 1, step_us))
    samples: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for row in rows:
        samples[row.pair, row.bucket or 0][row.bin] += row.samples
    stages: list[answers.StageLatency] = []
    for pair, name in enumerate(PAIRS):
        series = [percentiles(samples[pair, bucket]) for bucket in buckets]
        if any(series):
            stages.append(
                {
                    "stage": name,
                    "counts": [each["sample_count"] if each else 0 for each in series],
                    "p50_ms": [each["p50_ms"] if each else None for each in series],
                    "p95_ms": [each["p95_ms"] if each else None for each in series],
                }
            )
    return {
        "bucket_seconds": step_us // SECOND_US,
        "buckets": [server_time(max(bucket, window.start_us)) for bucket in buckets],
        "stages": stages,
    }


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; ``None`` of nothing."""
    return round(part / whole, 4) if whole else None


def mean_ms(total_us: int, count: int) -> float | None:
    """Return the mean of durations that were added up, in milliseconds; ``None`` without any."""
    return ms(total_us / count) if count else None
