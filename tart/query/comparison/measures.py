"""The measures that groups of nodes are compared by: every step, and the metrics that are no step.

Pure. This is the one catalogue of them; the route's documentation and docs/implementations.md
derive from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from tart.errors import BadQuery
from tart.query.topics.node_latencies import STEPS
from tart.suggestions import did_you_mean

# The shape of a node's data: durations and amounts have a geometric mean, shares and rates have
# occurrences by exposure, an offset is a number that may be negative.
Shape = Literal["durations", "amount", "share", "rate", "offset"]
ALL: Final = "all"
_LOG_RESOLUTION = 0.002
_OFFSET_RESOLUTION_MS = 0.5


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        name: A step, such as ``Importing_to_BlockVerified``, or a metric.
        unit: Of the groups' values.
        shape: Of a node's data.
        higher_is_worse: ``None`` if neither is worse.
        events: The unit of a group's number of events.
        least_events: A node with fewer is left out.
        source: The tables of the aggregates that it comes from.
        description: Public documentation.
    """

    name: str
    unit: str
    shape: Shape
    higher_is_worse: bool | None
    events: str
    least_events: int
    source: str
    description: str

    @property
    def is_ratio(self) -> bool:
        """True if a difference is a ratio, false if it is a difference of values."""
        return self.shape in ("durations", "amount")

    @property
    def is_rate(self) -> bool:
        """True if a node's data are occurrences by exposure."""
        return self.shape in ("share", "rate")

    @property
    def resolution(self) -> float:
        """The standard deviation that nodes' values have at least."""
        return _LOG_RESOLUTION if self.is_ratio else _OFFSET_RESOLUTION_MS


_METRICS = (
    Measure(
        "clock_offset",
        "ms",
        "offset",
        None,
        "times",
        3,
        "clocks",
        "By which the node's clock is behind the server's: the least of each bucket, so that the "
        "way of the fastest message is in it; the median of the buckets.",
    ),
    Measure(
        "clock_error",
        "ms",
        "offset",
        True,
        "times",
        3,
        "clocks",
        "clock_offset without its sign: clocks that are ahead and clocks that are behind do not "
        "cancel out.",
    ),
    Measure(
        "failure_share",
        "share",
        "share",
        True,
        "attempts",
        20,
        "counts",
        "Failures by attempts, of all pipelines.",
    ),
    Measure(
        "block_failure_share",
        "share",
        "share",
        True,
        "attempts",
        20,
        "counts",
        "Failures by attempts to author, verify and execute blocks.",
    ),
    Measure(
        "package_failure_share",
        "share",
        "share",
        True,
        "attempts",
        20,
        "counts",
        "Failures by attempts at work-packages, their sharing and guarantees.",
    ),
    Measure(
        "request_failure_share",
        "share",
        "share",
        True,
        "attempts",
        20,
        "counts",
        "Failures by attempts of all kinds of requests, sent or received.",
    ),
    Measure(
        "propagation_received",
        "ms",
        "durations",
        True,
        "blocks",
        10,
        "sightings",
        "Delay of a node's first sight of a block after the first sight anywhere, by the server's "
        "clock.",
    ),
    Measure(
        "propagation_authored",
        "ms",
        "durations",
        True,
        "blocks",
        5,
        "sightings",
        "Delay of other nodes' first sights of the node's own blocks after its own.",
    ),
    Measure(
        "assurance_delay",
        "ms",
        "durations",
        True,
        "assurances",
        10,
        "deliveries",
        "Time from a node's assurance to its receipt by others, of the anchors that are followed.",
    ),
    Measure(
        "assurances_unreceived",
        "share",
        "share",
        True,
        "assurances",
        20,
        "deliveries",
        "Assurances that a node distributed and no other node received, of the anchors that are "
        "followed.",
    ),
    Measure(
        "guarantee_delay",
        "ms",
        "durations",
        True,
        "guarantees",
        5,
        "deliveries",
        "Time from a node's guarantee to its receipt by others.",
    ),
    Measure(
        "guarantees_unreceived",
        "share",
        "share",
        True,
        "guarantees",
        5,
        "deliveries",
        "Guarantees that a node built first and no other node received.",
    ),
    Measure(
        "refine_time_per_gas",
        "factor",
        "amount",
        True,
        "work items",
        5,
        "refinements",
        "Time of refinement by gas, against the average of all nodes for the same services.",
    ),
    Measure(
        "refine_gas_per_item",
        "factor",
        "amount",
        True,
        "work items",
        5,
        "refinements",
        "Gas of refinement by work item, against the average of all nodes for the same services.",
    ),
    Measure(
        "accumulate_time_per_gas",
        "ns",
        "amount",
        True,
        "blocks",
        10,
        "blocks",
        "Time of accumulation by gas; the geometric mean of blocks.",
    ),
    Measure(
        "report_size",
        "bytes",
        "amount",
        None,
        "packages",
        5,
        "packages",
        "Size of the bundles of work-packages; the geometric mean.",
    ),
    Measure(
        "dropped_share",
        "share",
        "share",
        True,
        "events",
        100,
        "counts",
        "Messages among a node's events that tell of dropped events.",
    ),
    Measure(
        "events_per_second",
        "1/s",
        "amount",
        None,
        "events",
        100,
        "counts, sessions",
        "Events by the time that the node was connected.",
    ),
    Measure(
        "restarts",
        "1/h",
        "rate",
        True,
        "restarts",
        0,
        "sessions",
        "Connections after the first one, by the hour that the node was connected.",
    ),
    Measure(
        "findings",
        "share",
        "rate",
        True,
        "findings",
        0,
        "conformance",
        "Breaches of rules of severity error or warning by event; whole hours.",
    ),
)
METRICS: Mapping[str, Measure] = MappingProxyType({each.name: each for each in _METRICS})


def step_measure(name: str) -> Measure:
    """Return the measure of a step."""
    return Measure(
        name,
        "ms",
        "durations",
        True,
        "durations",
        10,
        "latency",
        "Duration of the step by the node's clock; the geometric mean.",
    )


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {**{name: step_measure(name) for name in STEPS}, **METRICS}
)


def parse_names(text: str, names: Mapping[str, object], parameter: str) -> tuple[str, ...]:
    """Return the names in a list that is separated by commas, in any letter case; all for ``all``.

    Raises:
        BadQuery: One of them is unknown.
    """
    lowered = {name.lower(): name for name in names}
    parsed: dict[str, None] = {}
    for part in text.split(","):
        word = part.strip()
        if word.lower() == ALL:
            parsed.update(dict.fromkeys(names))
            continue
        name = lowered.get(word.lower())
        if name is None:
            raise BadQuery(
                f"{parameter} has no {word!r}: it must be {ALL}, or names such as "
                f"{next(iter(names))}, separated by commas{did_you_mean(word, names)}",
                parameter,
            )
        parsed[name] = None
    return tuple(parsed)


@dataclass(frozen=True)
class Selection:
    """The measures of a request.

    Attributes:
        measures: Steps, then metrics.
        optional: Names of those that are left out if there are no data.
    """

    measures: Sequence[Measure]
    optional: frozenset[str] = frozenset()


def select_measures(steps: Sequence[str] | None, metrics: Sequence[str] | None) -> Selection:
    """Return the measures of a request: all if it names neither steps nor metrics."""
    if steps is None and metrics is None:
        return Selection(list(MEASURES.values()), frozenset(MEASURES))
    named = [MEASURES[name] for name in (*(steps or ()), *(metrics or ()))]
    optional = [*STEPS] if len(steps or ()) == len(STEPS) else []
    optional += METRICS if len(metrics or ()) == len(METRICS) else []
    return Selection(named, frozenset(optional))
