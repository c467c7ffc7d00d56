"""The table of all nodes: one column for each figure, one element for each node. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Hex64,
    Time,
    Timestamped,
    Total,
    Windowed,
)

Level = Literal["well", "warning", "bad", "no_data"]
StateCode = Literal[
    "gone",
    "disconnected",
    "silent",
    "isolated",
    "far_behind",
    "syncing",
    "behind",
    "finality_behind",
    "clock_off",
    "dropping",
    "no_block",
    "well",
]
_LAG = "Slots behind the network's; 0 if it is not behind, null if it has reported no block."


class StateRule(TypedDict):
    """A state of nodes, and the rule that decides it."""

    state: StateCode
    level: Level
    meaning: str


class ImplementationVersion(TypedDict):
    """An implementation and its version; null if no node information is stored."""

    name: str | None
    version: str | None


class NodeColumns(TypedDict):
    """Columns of the table; the elements at one index are those of one node."""

    node_id: list[Hex64]
    implementation: Annotated[
        list[Count], Meta(description="Index in implementations of the answer.")
    ]
    address: list[str | None]
    state: Annotated[
        list[StateCode], Meta(description="The first of rules of the answer that holds.")
    ]
    is_connected: list[bool]
    changed_at: Annotated[
        list[Time | None],
        Meta(
            description="When the connection began that node_info is from; if none is open, when "
            "the last one ended."
        ),
    ]
    last_seen_at: list[Time | None]
    best_slot: list[Count | None]
    best_lag: Annotated[list[Count | None], Meta(description=_LAG)]
    finalized_slot: list[Count | None]
    finalized_lag: Annotated[list[Count | None], Meta(description=_LAG)]
    synced: list[bool | None]
    clock_offset_ms: Annotated[
        list[float | None],
        Meta(
            description="The server's clock minus the node's, in milliseconds: the least "
            "difference between the arrival of an event and its timestamp in the newest hour, so "
            "it contains the least delay of the network. Positive if the node's clock is behind."
        ),
    ]
    peers: list[Count | None]
    validator_peers: list[Count | None]
    events: Annotated[list[Count], Meta(description="Events in the window.")]
    events_per_second: Annotated[
        list[Amount], Meta(description="Over the last minute of the window.")
    ]
    series: Annotated[
        list[list[Count]],
        Meta(description="Events by bucket, oldest first; see buckets of the answer."),
    ]
    dropped: Annotated[
        list[Total], Meta(description="Events that the node reports as dropped, ever.")
    ]
    dropped_messages: Annotated[
        list[Count], Meta(description="Number of Dropped messages in the window.")
    ]
    undecodable: Annotated[
        list[Count], Meta(description="Events that could not be decoded, ever; they are stored.")
    ]
    failures: Annotated[list[Count], Meta(description="Events in the window that report one.")]
    errors: Annotated[
        list[Count], Meta(description="Number of rules of severity error broken in the window.")
    ]
    warnings: Annotated[
        list[Count], Meta(description="Number of rules of severity warning broken in the window.")
    ]
    infos: Annotated[
        list[Count], Meta(description="Number of rules of severity info broken in the window.")
    ]
    finding: Annotated[
        list[str | None], Meta(description="Code of the rule that was broken last in the window.")
    ]
    finding_at: list[Time | None]


class SeriesBuckets(TypedDict):
    """Buckets of the series of all nodes."""

    start: Annotated[Time, Meta(description="Start of the first bucket.")]
    seconds: Annotated[Count, Meta(description="Length of a bucket.")]
    count: Annotated[Count, Meta(description="Number of buckets; the last one may be partial.")]


class NetworkHeads(TypedDict):
    """Best and finalized slot of the network, as in /api/stats; null if they are not known."""

    best_slot: Count | None
    finalized_slot: Count | None


class LevelCounts(TypedDict):
    """Number of nodes by the level of their state."""

    well: Count
    warning: Count
    bad: Count
    no_data: Count


class NodesSummary(Timestamped, Windowed):
    """All nodes as columns, in the order of node_id."""

    total: Count
    connected: Count
    levels: LevelCounts
    network: NetworkHeads
    implementations: list[ImplementationVersion]
    rules: Annotated[
        list[StateRule], Meta(description="States in order of harm; the first that holds counts.")
    ]
    buckets: SeriesBuckets
    nodes: NodeColumns
