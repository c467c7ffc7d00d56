"""Durations of steps: from an event to one that refers to it, by the node's own clock.

Pure. Histograms of shards, nodes and minutes add up bin by bin, and percentiles are read from the
sum (``query.core.log_histogram``), within 10 % of the exact value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.protocol.events import EVENTS
from tart.query.answers import metrics as answers
from tart.query.core import log_histogram
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.units import ms


def step_name(parent: int, number: int) -> str:
    """Return the name of a step, from the names of its two event types."""
    return f"{EVENTS[parent].variant}_to_{EVENTS[number].variant}"


def latency_by_step(
    rows: Iterable[Json], group_of: Mapping[str, str | None] | None = None
) -> list[answers.LatencyStep]:
    """Return ``steps`` of ``/api/metrics/latency``, the most frequent step first.

    Args:
        rows: Parent, type, bin, count; node, too, if they are grouped.
        group_of: The group of each node; ``None`` for no groups.
    """
    bins: defaultdict[tuple[str | None, int, int], Counter[int]] = defaultdict(Counter)
    for row in rows:
        group = None if group_of is None else group_of.get(row["node"])
        bins[group, row["parent"], row["type"]][row["bin"]] += row["count"]
    steps: list[answers.LatencyStep] = []
    for (group, parent, number), counts in bins.items():
        step: answers.LatencyStep = {
            "step": step_name(parent, number),
            "from_type": parent,
            "to_type": number,
            "from": EVENTS[parent].variant,
            "to": EVENTS[number].variant,
            **distribution(counts),
        }
        steps.append(step if group_of is None else {"group": group, **step})
    return _most_frequent_first(steps)


def latency_by_core(
    rows: Iterable[tuple[str, int | None, int, int]],
) -> list[answers.LatencyStep]:
    """Return the steps of guarantors by core, the most frequent step first.

    Args:
        rows: Name of the step, core, bin, count.
    """
    bins: defaultdict[tuple[str, int | None], Counter[int]] = defaultdict(Counter)
    for name, core, number, count in rows:
        bins[name, core][number] += count
    return _most_frequent_first(
        {
            "group": core,
            "step": name,
            "from_type": None,
            "to_type": None,
            "from": None,
            "to": None,
            **distribution(counts),
        }
        for (name, core), counts in bins.items()
    )


def distribution(counts: Mapping[int, int]) -> answers.LatencyDistribution:
    """Return count, mean, percentiles and histogram of binned durations, in milliseconds."""
    return {
        "count": sum(counts.values()),
        "mean_ms": ms(log_histogram.mean_us(counts)),
        "p50_ms": percentile_ms(counts, 0.5),
        "p90_ms": percentile_ms(counts, 0.9),
        "p95_ms": percentile_ms(counts, 0.95),
        "p99_ms": percentile_ms(counts, 0.99),
        "histogram": [
            {"up_to_ms": round(log_histogram.upper_us(number) / 1000, 3), "count": counts[number]}
            for number in sorted(counts)
        ],
    }


def _most_frequent_first(steps: Iterable[answers.LatencyStep]) -> list[answers.LatencyStep]:
    return sorted(steps, key=lambda step: (-step["count"], step["step"], str(step.get("group"))))
