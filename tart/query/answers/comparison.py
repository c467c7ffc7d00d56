"""Differences between implementations, or versions, by node. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Timestamped, Windowed

_UNIT = "In the unit of the measure."


class ComparedMeasure(TypedDict):
    """A step or a metric that groups are compared by."""

    name: str
    kind: Literal["step", "metric"]
    unit: Annotated[
        str,
        Meta(description="Of values; factor is against the average of all nodes."),
    ]
    effect: Annotated[
        Literal["ratio", "difference"],
        Meta(description="The members of differences that have values."),
    ]
    higher_is_worse: Annotated[bool | None, Meta(description="Null if neither is worse.")]
    events: Annotated[str, Meta(description="The unit of events.")]
    least_events: Annotated[Count, Meta(description="A node with fewer is left out.")]
    source: Annotated[str, Meta(description="Tables of the aggregates.")]
    description: str


class ComparedGroup(TypedDict):
    """The nodes of an implementation or version, by one measure."""

    measure: str
    group: Annotated[str, Meta(description="The name in differences.")]
    name: str
    version: Annotated[str | None, Meta(description="Null if groups are implementations.")]
    nodes: Annotated[Count, Meta(description="Nodes with enough events.")]
    nodes_left_out: Annotated[Count, Meta(description="Nodes with too few events.")]
    events: Count
    value: Annotated[
        float | None,
        Meta(
            description="Of durations and amounts the geometric mean of the nodes' means, of "
            "shares and rates all occurrences by all events, of offsets the mean. " + _UNIT
        ),
    ]
    p50_ms: Annotated[
        Amount, Meta(description="Of all events, within 10 %; null if the measure is no duration.")
    ]
    p95_ms: Amount
    p99_ms: Amount
    node_min: Annotated[float | None, Meta(description="The least value of a node. " + _UNIT)]
    node_median: Annotated[float | None, Meta(description="The median of the nodes' values.")]
    node_max: Annotated[float | None, Meta(description="The greatest value of a node.")]


class ComparedPair(TypedDict):
    """A difference between two groups, with its interval."""

    measure: str
    a: Annotated[str, Meta(description="The group that b is measured by.")]
    b: str
    ratio: Annotated[
        Amount, Meta(description="Value of b by that of a; null if effect is difference.")
    ]
    difference: Annotated[
        float | None, Meta(description="Value of b minus that of a; null if effect is ratio.")
    ]
    low: Annotated[
        float | None,
        Meta(
            description="Lower end of the interval of ratio or difference. All intervals of the "
            "answer hold at once with the probability level."
        ),
    ]
    high: float | None
    p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Corrected for the number of comparisons (Holm)."),
    ]
    significant: Annotated[bool, Meta(description="True if p is at most 1 - level.")]
    worse: Annotated[
        str | None, Meta(description="The worse group of a significant difference, if one is.")
    ]
    state: Literal["different", "not_different", "not_enough_data"]
    reason: Annotated[str | None, Meta(description="Missing data, or null if there are enough.")]


class ImplementationComparison(Timestamped, Windowed):
    """Groups of nodes side by side; the unit of all statistics is the node."""

    by: Literal["implementation", "version"]
    level: Annotated[float, Meta(ge=0, le=1)]
    comparisons: Annotated[
        Count,
        Meta(description="Differences that were tested, for which p and intervals are corrected."),
    ]
    nodes_unknown: Annotated[
        Count, Meta(description="Nodes left out because their implementation is not known.")
    ]
    nodes_changed: Annotated[
        Count,
        Meta(
            description="Nodes that had several groups in the window. Each counts for a group with "
            "the slices of the window in which it had this one alone."
        ),
    ]
    groups_left_out: Annotated[
        Count,
        Meta(
            description="Groups beyond the 24 implementations, or 100 versions, of most nodes; "
            "nodes may name themselves what they like."
        ),
    ]
    measures: list[ComparedMeasure]
    groups: list[ComparedGroup]
    differences: list[ComparedPair]
