"""How long steps take: from an event to one that refers to it, by the node's own clock.

Pure. Histograms of shards, nodes and minutes add up bin by bin, and percentiles are read
from the sum (``query.core.log_histogram``); they are at most a tenth off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tart.protocol.events import EVENTS
from tart.query.core import log_histogram
from tart.query.core.merge import Json

_SHARES = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}


def step_name(parent: int, number: int) -> str:
    """A step by the names of its events."""
    return f"{EVENTS[parent].variant}_to_{EVENTS[number].variant}"


def by_step(rows: Iterable[Json], group: Mapping[str, str | None] | None = None) -> list[Json]:
    """Elements of ``steps`` in ``/api/metrics/latency``, the most frequent step first.

    Args:
        rows: parent, type, bin, count, and node if they are to be grouped.
        group: what a node belongs to; all of it together if that is not given.
    """
    found: dict[tuple[str | None, int, int], Counter[int]] = {}
    for row in rows:
        name = None if group is None else group.get(row["node"])
        counts = found.setdefault((name, row["parent"], row["type"]), Counter())
        counts[row["bin"]] += row["count"]
    shown = [
        {
            **({} if group is None else {"group": name}),
            "step": step_name(parent, number),
            "from_type": parent,
            "to_type": number,
            "from": EVENTS[parent].variant,
            "to": EVENTS[number].variant,
            **figures(counts),
        }
        for (name, parent, number), counts in found.items()
    ]
    return _ordered(shown)


def by_core(rows: Iterable[tuple[str, int | None, int, int]]) -> list[Json]:
    """The same of a guarantor's steps by core.

    Args:
        rows: name of the pair of steps, core, bin, samples.
    """
    found: dict[tuple[str, int | None], Counter[int]] = {}
    for name, core, number, count in rows:
        found.setdefault((name, core), Counter())[number] += count
    shown = [
        {
            "group": core,
            "step": name,
            "from_type": None,
            "to_type": None,
            "from": None,
            "to": None,
            **figures(counts),
        }
        for (name, core), counts in found.items()
    ]
    return _ordered(shown)


def figures(counts: Mapping[int, int]) -> Json:
    """Count, mean, percentiles and the histogram itself, in milliseconds."""
    return {
        "count": sum(counts.values()),
        "mean_ms": _ms(log_histogram.mean_us(counts)),
        **{
            name: _ms(log_histogram.percentile_us(counts, share)) for name, share in _SHARES.items()
        },
        "histogram": [
            {"up_to_ms": _ms(log_histogram.upper_us(number)), "count": counts[number]}
            for number in sorted(counts)
        ],
    }


def _ordered(shown: list[Json]) -> list[Json]:
    return sorted(shown, key=lambda each: (-each["count"], each["step"], str(each.get("group"))))


def _ms(us: float | None) -> float | None:
    return None if us is None else round(us / 1000, 3)
