"""The answer about anomalies: nodes against each other, the network against its past. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Hex64, Number, Time

_SIGNED = Meta(description="In units of scale; negative below the median.")


class FigureAnomaly(TypedDict):
    """A figure of a node in the last minute."""

    figure: Annotated[
        str,
        Meta(
            description="events, best_blocks, assurances_received, disconnections, failures, "
            "import_ms, peers or clock_offset_ms; later versions may have more."
        ),
    ]
    value: float
    median: Annotated[float, Meta(description="Of all nodes.")]
    scale: Annotated[
        Number,
        Meta(
            description="One unit of the score: 1.4826 times the median absolute deviation, at "
            "least 2 % of the median, 5 % of the 95th percentile and one unit of the figure."
        ),
    ]
    score: Annotated[
        float,
        Meta(
            description="Signed distance from the median that the node reached in "
            "persistent_minutes of the last minutes, in one direction; 0 before that."
        ),
    ]
    cohorts: Annotated[
        dict[str, Annotated[float, _SIGNED]],
        Meta(
            description="Distance in the last minute from the median of the network, of the nodes "
            "with the same implementation, and with the same version, where those are five or more."
        ),
    ]


class NodeAnomaly(TypedDict):
    """A node, with the figure in which it differs most."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    score: Annotated[Number, Meta(description="The greatest score of its figures, unsigned.")]
    figure: Annotated[str, Meta(description="The figure with that score.")]
    figures: list[FigureAnomaly]


class GroupAnomaly(TypedDict):
    """An implementation or a version whose median differs from the network's."""

    kind: Literal["implementation", "version"]
    name: str
    figure: str
    nodes: Count
    median: float
    network_median: float
    score: Annotated[float, Meta(description="In the last minute; negative below the network's.")]


class NetworkAnomaly(TypedDict):
    """A figure of the whole network in the last minute against its own history."""

    figure: Annotated[
        str,
        Meta(
            description="events, blocks_authored, blocks_executed, tickets, work_packages, "
            "guarantees, assurances, disconnections, failures or failure_share; later versions "
            "may have more."
        ),
    ]
    value: float
    usual: Annotated[
        float,
        Meta(description="Exponentially weighted mean of the minutes before, at this phase."),
    ]
    score: Annotated[
        Number,
        Meta(
            description="Decimal logarithm of how seldom deviations such as those of the last "
            "eight minutes were in the last 1,000, as if they were normally distributed; 0 to 30. "
            "0 in the first hour."
        ),
    ]
    known_minutes: Annotated[Count, Meta(description="Minutes that the mean was learnt from.")]


class AnomalyFigures(TypedDict):
    """Scores of nodes, groups of nodes and the network. A score is no alert: rules decide."""

    minute: Annotated[
        Time | None, Meta(description="Start of the last minute; null before the first.")
    ]
    minutes: Annotated[Count, Meta(description="The last minutes that scores of nodes are of.")]
    persistent_minutes: Annotated[
        Count, Meta(description="In how many of them a node must differ.")
    ]
    nodes_compared: Annotated[
        Count, Meta(description="Nodes with a figure of five nodes or more in the last minute.")
    ]
    nodes: Annotated[
        list[NodeAnomaly],
        Meta(description="The greatest score first; scores below 1 are not listed."),
    ]
    nodes_truncated: Annotated[Count, Meta(description="Nodes beyond the limit.")]
    groups: Annotated[list[GroupAnomaly], Meta(description="The greatest score first.")]
    network: list[NetworkAnomaly]


class Anomalies(AnomalyFigures):
    """Differences of nodes from the other nodes, and of the network from its past."""

    timestamp: Time
