"""Implementations and their versions: shares over time, and figures of each. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    EventType,
    Fraction,
    Time,
    Timestamped,
    Windowed,
)
from tart.query.answers.node_summary import LevelCounts, NetworkHeads


class VersionSpread(TypedDict):
    """The nodes of an implementation that had a version, and when they had it first.

    Times are null if that share had it when the window began, or does not have it yet.
    """

    nodes: Annotated[Count, Meta(description="Nodes of the implementation in the window.")]
    reached: Annotated[Count, Meta(description="Those that had this version in the window.")]
    at_start: Annotated[Count, Meta(description="Those that had it when the window began.")]
    first_at: Annotated[Time | None, Meta(description="When the first node had it.")]
    half_at: Annotated[Time | None, Meta(description="When half of the nodes had had it.")]
    most_at: Annotated[Time | None, Meta(description="When nine tenths had had it.")]
    all_at: Time | None


class ImplementationFigures(TypedDict):
    """An implementation and version, and figures of the nodes that ran it last."""

    name: Annotated[
        str | None, Meta(description="Null if no node information of the nodes is stored any more.")
    ]
    version: str | None
    nodes: Annotated[
        Count,
        Meta(description="Nodes connected in the window whose last version in it was this one."),
    ]
    changed: Annotated[
        Count,
        Meta(
            description="Those that had another version earlier in the window; their figures "
            "cover both."
        ),
    ]
    connected: Annotated[Count, Meta(description="Nodes that are connected now.")]
    levels: Annotated[LevelCounts, Meta(description="States now; see /api/nodes/summary.")]
    best_lag_p50: Annotated[
        Count | None, Meta(description="Median over its connected nodes, in slots.")
    ]
    best_lag_max: Count | None
    finalized_lag_p50: Count | None
    finalized_lag_max: Count | None
    events: Count
    imports: Annotated[Count, Meta(description="Importing to BlockExecuted, of all its nodes.")]
    import_p50_ms: Annotated[Amount, Meta(description="Within 10 % of the exact value.")]
    import_p95_ms: Amount
    failures: Annotated[Count, Meta(description="Events that report a failure.")]
    failing_nodes: Count
    errors: Annotated[
        Count, Meta(description="Rules of severity error that at least one node broke.")
    ]
    warnings: Annotated[
        Count, Meta(description="Rules of severity warning that at least one node broke.")
    ]
    infos: Annotated[
        Count, Meta(description="Rules of severity info that at least one node broke.")
    ]
    deviating_nodes: Annotated[
        Count, Meta(description="Nodes that broke a rule of severity error or warning.")
    ]
    protocol_versions: Annotated[
        list[Count], Meta(description="Versions of JIP-3 that its nodes' connections had.")
    ]
    params_layouts: Annotated[
        list[str], Meta(description="Layouts of the protocol parameters in node information.")
    ]
    event_types: Annotated[
        list[EventType], Meta(description="Types of events that its nodes sent in the window.")
    ]
    uptime_share: Annotated[
        Fraction,
        Meta(description="Time that its nodes were connected, by the window for each of them."),
    ]
    restarts: Annotated[
        Count, Meta(description="Connections of its nodes, beyond the first of each node.")
    ]
    dropped_messages: Annotated[
        Count, Meta(description="Messages of its nodes that tell of dropped events.")
    ]
    spread: VersionSpread
    series: Annotated[
        list[Count],
        Meta(
            description="Nodes by bucket, oldest first. A node counts in each bucket in which it "
            "was connected, with the last version that it had in the bucket."
        ),
    ]


class VersionBuckets(TypedDict):
    """Buckets of the series."""

    start: Annotated[Time, Meta(description="Start of the first bucket.")]
    seconds: Annotated[Count, Meta(description="Length of a bucket.")]
    count: Annotated[Count, Meta(description="Number of buckets; the last one may be partial.")]
    total: Annotated[
        list[Count], Meta(description="Nodes of all versions that were connected in each bucket.")
    ]


class Implementations(Timestamped, Windowed):
    """Implementations and versions, the one with the most nodes first."""

    network: NetworkHeads
    buckets: VersionBuckets
    implementations: list[ImplementationFigures]
    versions_left_out: Annotated[
        Count,
        Meta(
            description="At most 200 versions are answered: those of most nodes, and of these "
            "the ones that ran longest."
        ),
    ]
