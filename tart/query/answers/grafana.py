"""Answers of jamtart's routes of 2026 about events, nodes, blocks and cores. Pure.

Names and JSON types are jamtart's, so that its dashboards read them. A figure that jamtart has no
null for is 0 if it cannot be known. A list is an array without an object around it.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Count,
    EventData,
    EventType,
    Health,
    Hex64,
    Scattered,
    Time,
    WindowShown,
)

# A share and a score that jamtart has no null for.
Share = Annotated[float, Meta(ge=0, le=1)]
Score = Annotated[float, Meta(ge=0, le=100)]
BucketStart = Annotated[Time, Meta(description="Start of the bucket.")]


class GrafanaEventType(TypedDict):
    """An event type, for a dashboard's variable."""

    id: EventType
    name: str
    group: Annotated[str, Meta(description="The group that jamtart puts it into.")]


class GrafanaCount(TypedDict):
    """Events of one group in a bucket; the grouping decides which optional members it has."""

    ts: BucketStart
    count: Count
    event_type: NotRequired[EventType]
    event_type_name: NotRequired[Annotated[str, Meta(description="Unknown without a name.")]]
    core: NotRequired[Count]
    core_index: NotRequired[Annotated[Count, Meta(description="The same as core.")]]
    node_id: NotRequired[Hex64]


class GrafanaNodeCount(TypedDict):
    """Events of one node in the window."""

    node_id: Hex64
    count: Count
    share: Annotated[Share, Meta(description="Of the events of all nodes.")]
    address: str | None
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool | None
    last_seen_at: Time | None


class GrafanaEvent(TypedDict):
    """One event."""

    ts: Annotated[
        Time,
        Meta(description="By the node's clock; created_at if that is no time of RFC 3339."),
    ]
    node_id: Hex64
    event_type: EventType
    data: EventData
    created_at: Annotated[Time, Meta(description="When it was received, by the server's clock.")]
    id: Annotated[Count, Meta(description="For /api/events/{id}.")]


class GrafanaPagination(TypedDict):
    """The place of a page."""

    offset: Count
    limit: Annotated[Count, Meta(description="At most 2000.")]
    total: Annotated[
        Count,
        Meta(
            description="Number of matching events. Exact on the last page; before that from the "
            "counts, and at least one more than was listed."
        ),
    ]
    has_more: bool
    total_is_exact: bool


class GrafanaEvents(WindowShown):
    """Events, the newest by created_at first."""

    events: list[GrafanaEvent]
    pagination: GrafanaPagination


class GrafanaDiscards(TypedDict):
    """Discarded guarantees of one reason in a bucket."""

    ts: BucketStart
    reason: str
    count: Count


class GrafanaStats(WindowShown):
    """Headline figures, some of the window, some of the present."""

    connected_nodes: Annotated[Count, Meta(description="Nodes with an open connection now.")]
    slot_events: Annotated[
        Count,
        Meta(
            description="Blocks authored in the busiest minute, over all nodes. In a window longer "
            "than a day, in its last day."
        ),
    ]
    guarantees: Annotated[Count, Meta(description="GuaranteeBuilt (105) in the window.")]
    failures: Annotated[Count, Meta(description="WorkPackageFailed (92) in the window.")]
    wp_events: Annotated[Count, Meta(description="WorkPackageReceived (94) in the window.")]
    events_per_sec_10s: NotRequired[
        Annotated[float, Meta(ge=0, description="Of the last complete seconds, at most 10.")]
    ]
    blocks_per_sec_10s: NotRequired[
        Annotated[
            float,
            Meta(
                ge=0,
                description="Authored (42) per second in the last complete seconds, at most 10.",
            ),
        ]
    ]
    best_slot: Annotated[
        Count,
        Meta(description="Highest slot that a third of the connected nodes have; 0 if unknown."),
    ]
    finalized_slot: Annotated[Count, Meta(description="Likewise of finalized blocks.")]
    active_nodes: Annotated[Count, Meta(description="Open telemetry connections.")]


class GrafanaHealthComponent(TypedDict):
    """A part of the network's health."""

    name: str
    score: Annotated[Score, Meta(description="Percent; 0 if it is not known.")]
    status: Health
    issues: list[str]
    known: Annotated[bool, Meta(description="False without activity; the score then is 0.")]


class GrafanaAlert(TypedDict):
    """A component below its limits."""

    severity: str
    message: str
    component: str


class GrafanaHealth(WindowShown):
    """The network's health in the window."""

    health_score: Annotated[
        Score,
        Meta(description="Mean of the known components; 0 if none is known."),
    ]
    overall_health: Health
    components: list[GrafanaHealthComponent]
    alerts: list[GrafanaAlert]


class GrafanaFailureTotals(TypedDict):
    """Attempts and failures of all categories."""

    total_events: Annotated[Count, Meta(description="Attempts.")]
    failed_events: Count
    failure_rate: Share


class GrafanaCategoryFailures(TypedDict):
    """Attempts and failures of one category."""

    category: str
    attempts: Count
    failures: Count
    rate: Annotated[Share, Meta(description="Failures per attempt, at most 1; 0 without any.")]


class GrafanaNodeFailures(TypedDict):
    """Failures of one node."""

    node_id: Hex64
    total_events: Count
    failures: Count
    failure_rate: Annotated[Share, Meta(description="Failures per attempt, at most 1.")]


class GrafanaFailure(TypedDict):
    """An event that reports a failure."""

    event_type: EventType
    event_name: str
    node_id: Hex64
    timestamp: Time
    reason: str | None


class GrafanaFailureRates(WindowShown):
    """Failures by category and node, and the newest ones."""

    overall: GrafanaFailureTotals
    by_category: list[GrafanaCategoryFailures]
    by_node: Annotated[
        list[GrafanaNodeFailures],
        Meta(description="The 20 nodes with the most failures, the worst first."),
    ]
    recent_failures: Annotated[
        list[GrafanaFailure],
        Meta(description="The newest 20 of the last hour of the window, the newest first."),
    ]


class GrafanaSyncBucket(TypedDict):
    """Nodes in sync at the end of a bucket."""

    ts: BucketStart
    total_nodes: Annotated[
        Count,
        Meta(description="Nodes that sent an event in the bucket and have named a best block."),
    ]
    synced_nodes: Annotated[Count, Meta(description="Nodes at most 2 slots behind the network.")]
    behind_nodes: Count
    sync_percentage: Annotated[Score, Meta(description="Percent; 0 without nodes.")]
    network_slot: Annotated[
        Count, Meta(description="Highest slot that a third of the nodes have; 0 if unknown.")
    ]


class GrafanaConnectionBucket(TypedDict):
    """Connections between nodes in a bucket."""

    ts: BucketStart
    connections: Annotated[Count, Meta(description="ConnectedIn (23) and ConnectedOut (26).")]
    disconnections: Annotated[Count, Meta(description="Disconnected (27).")]
    active_nodes: Annotated[Count, Meta(description="Nodes with any of these events.")]


class GrafanaNodesSeen(TypedDict):
    """Nodes ever seen, and those connected now."""

    total_nodes_seen: Count
    currently_connected: Count


class GrafanaConnectionTimeline(WindowShown):
    """Connections between nodes by time."""

    timeline: list[GrafanaConnectionBucket]
    health_stats: GrafanaNodesSeen


class GrafanaTableSize(TypedDict):
    """The size of a table on disk."""

    table_name: str
    total_bytes: Count
    table_bytes: Count
    index_bytes: Annotated[Count, Meta(description="Always 0: there are no indices.")]
    toast_bytes: Annotated[Count, Meta(description="Always 0: all values are in the tables.")]


class GrafanaTableRows(TypedDict):
    """The number of rows of a table."""

    table_name: str
    row_count: Count


class GrafanaTableCompression(TypedDict):
    """The compression of a table."""

    table_name: str
    compressed_chunks: Count
    before_compression_bytes: Count
    after_compression_bytes: Count


class GrafanaStorage(Scattered):
    """Sizes and rows of the tables that the server stores."""

    tables: list[GrafanaTableSize]
    row_counts: list[GrafanaTableRows]
    compression: list[GrafanaTableCompression]
