"""Values and rates of nodes without a difference between groups, to measure error rates.

Nodes of a group vary by themselves (``NODE_VARIATION``), and have between 20 and 2,000 events each,
so that the groups' numbers of events say little about one another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from math import exp, log, sqrt
from types import MappingProxyType

from tart.query.comparison.differences import NodeRate, NodeValue

# The scatter of the logarithm of one event's duration.
_EVENT_SCATTER = 0.5

# The factor of each node: what distinguishes it from others of its group.
NODE_VARIATION: Mapping[str, Callable[[random.Random], float]] = MappingProxyType(
    {
        "none": lambda rng: 1.0,
        "lognormal": lambda rng: exp(rng.gauss(0.0, 0.2)),
        "skewed": lambda rng: exp(rng.expovariate(5.0)),
        "two kinds of machines": lambda rng: 1.35 if rng.random() < 0.5 else 1.0,
        "one node in eight is bad": lambda rng: 3.0 if rng.random() < 0.125 else 1.0,
        "seven of ten have none": lambda rng: 3.33 if rng.random() < 0.3 else 0.01,
    }
)


def draw_values(
    rng: random.Random, nodes: int, variation: str, factor: float = 1.0
) -> list[NodeValue]:
    """Return the means of the logarithms of nodes' durations.

    Args:
        rng: The source of randomness.
        nodes: Their number.
        variation: A key of ``NODE_VARIATION``.
        factor: Of all durations of the group.
    """
    drawn = []
    for _ in range(nodes):
        events = _events(rng)
        error = _EVENT_SCATTER / sqrt(events)
        value = log(factor * NODE_VARIATION[variation](rng)) + rng.gauss(0.0, error)
        drawn.append(NodeValue(value, events, error * error))
    return drawn


def draw_rates(
    rng: random.Random, nodes: int, variation: str, rate: float, events: int | None = None
) -> list[NodeRate]:
    """Return occurrences and attempts of nodes.

    Args:
        rng: The source of randomness.
        nodes: Their number.
        variation: A key of ``NODE_VARIATION``.
        rate: Of the group.
        events: Attempts of each node; ``None`` draws them.
    """
    drawn = []
    for _ in range(nodes):
        attempts = events or _events(rng)
        share = min(1.0, rate * NODE_VARIATION[variation](rng))
        drawn.append(NodeRate(_poisson(rng, attempts * share, attempts), attempts))
    return drawn


def _events(rng: random.Random) -> int:
    return int(10.0 ** rng.uniform(1.3, 3.3))


def _poisson(rng: random.Random, mean: float, most: int) -> int:
    if mean > 50.0:
        return min(most, max(0, round(rng.gauss(mean, sqrt(mean)))))
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1.0)
    return min(most, count)
