"""Answers that assess a network: failures, propagation, health, nodes over time. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Counters,
    Health,
    Hex64,
    Number,
    Time,
    Timestamped,
    Windowed,
)
from tart.query.answers.metrics import Bucket

_RATE = Meta(description="Failures divided by attempts; null without an attempt.")


class OverallFailures(TypedDict):
    """Failures over all categories."""

    total_events: Count
    failed_events: Annotated[Count, Meta(description="Failures of all categories.")]
    failure_rate: Annotated[
        Amount, Meta(description="failed_events divided by attempts; null without an attempt.")
    ]
    attempts: Annotated[Count, Meta(description="Attempts of all categories.")]
    refused: Count
    misbehaved: Count


class CategoryFailures(TypedDict):
    """Failures of one category."""

    category: str
    attempts: Count
    failures: Count
    rate: Annotated[Amount, _RATE]


class NodeFailures(TypedDict):
    """Failures of one node, over all categories."""

    node_id: Hex64
    total_events: Count
    failures: Count
    failure_rate: Annotated[Amount, _RATE]
    top_failure_type: Count
    attempts: Count


class ReasonFailures(TypedDict):
    """Failures with the same event type and reason."""

    event_type: Count
    event_name: str
    reason: str
    count: Count
    nodes: Count
    last_at: Time


class RecentFailure(TypedDict):
    """An event that reports a failure."""

    id: Count
    event_type: Count
    event_name: str
    node_id: Hex64
    timestamp: Time | None
    received_at: Time
    reason: str


class FailureRates(Timestamped, Windowed):
    """Failures by category, node and reason."""

    overall: OverallFailures
    by_category: list[CategoryFailures]
    by_node: list[NodeFailures]
    by_reason: list[ReasonFailures]
    recent_failures: list[RecentFailure]


class PropagationDelays(TypedDict):
    """Delays from the first sighting of a block to those of other nodes."""

    clock: str
    avg_propagation_ms: Amount
    p50_propagation_ms: Amount
    p95_propagation_ms: Amount
    p99_propagation_ms: Amount
    sample_count: Count
    late: Annotated[Count, Meta(description="Sightings more than a minute after the first.")]


class ShareReached(TypedDict):
    """Delays until a share of the connected nodes has a block."""

    share: Number
    blocks: Count
    blocks_reached: Count
    p50_ms: Amount
    p95_ms: Amount
    max_ms: Amount


class PropagationCoverage(TypedDict):
    """Delays until shares of the nodes have a block, by both clocks."""

    received_at: list[ShareReached]
    node_clocks: list[ShareReached]


class NodePropagation(TypedDict):
    """Blocks that one node saw, and its delays."""

    node_id: Hex64
    blocks_announced: Count
    blocks_received: Count
    blocks_originated: Count
    blocks_seen: Count
    blocks_first_seen: Count
    p50_ms: Amount
    p95_ms: Amount


class PropagatedBlock(TypedDict):
    """The propagation of one block."""

    hash: Hex64
    slot: Count | None
    first_seen_at: Time
    first_node: Hex64
    nodes: Count
    connected_nodes: Count
    until_50_ms: Amount
    until_90_ms: Amount
    until_99_ms: Amount
    until_100_ms: Amount


class BlockPropagation(Timestamped, Windowed):
    """The propagation of blocks over the nodes."""

    last_hour: Annotated[
        PropagationDelays, Meta(description="In the window, by the server's clock.")
    ]
    node_clocks: Annotated[
        PropagationDelays, Meta(description="By the nodes' clocks, each corrected by its offset.")
    ]
    coverage: PropagationCoverage
    blocks: Count
    blocks_looked_at: Count
    by_node: list[NodePropagation]
    recent_blocks: list[PropagatedBlock]


class HealthComponent(TypedDict):
    """One component of a network's health."""

    name: str
    status: Health
    score: Annotated[Count | None, Meta(description="Percent; null if it is not known.")]
    metrics: Counters
    issues: list[str]


class Alert(TypedDict):
    """A condition that needs attention."""

    severity: str
    message: str
    component: str
    timestamp: Time
    acknowledged: bool


class NetworkHealth(Timestamped, Windowed):
    """The health of the network, overall and by component."""

    overall_health: Health
    health_score: Annotated[Amount, Meta(description="Mean of the known scores.")]
    components: list[HealthComponent]
    alerts: list[Alert]
    recommendations: list[str]


class TimelineHeader(TypedDict):
    """Length and buckets of a timeline as they were applied."""

    duration_hours: Number
    interval_minutes: Count


class SyncBucket(Bucket):
    """Nodes in sync in one bucket."""

    total_nodes: Annotated[Count, Meta(description="Nodes that named a best block.")]
    synced_nodes: Count
    behind_nodes: Count
    sync_percentage: Amount
    network_slot: Count | None
    nodes_saying_synced: Count
    nodes_saying_not_synced: Count


class NodeSync(TypedDict):
    """The present state of one node."""

    node_id: Hex64
    slot: Count
    slots_behind: Count | None
    is_synced: bool | None
    says_synced: bool | None
    is_connected: bool
    last_update: Time | None


class SyncTimeline(TimelineHeader, Timestamped, Windowed):
    """Nodes in sync by time, newest bucket first."""

    timeline: list[SyncBucket]
    current_status: list[NodeSync]


class ConnectionBucket(Bucket):
    """Telemetry connections in one bucket."""

    connections: Count
    disconnections: Count
    active_nodes: Count
    net_change: int
    open: Annotated[Count, Meta(description="At the end of the bucket.")]
    refused: Count
    peer_connections: Counters


class NodeConnections(TypedDict):
    """Telemetry connections of one node."""

    node_id: Hex64
    first_seen: Time | None
    last_seen: Time | None
    uptime_hours: Number
    days_active: Count
    total_events: Count
    events_per_hour: Amount
    events_per_second: Amount
    sessions: Count
    is_connected: bool


class NodeCounts(TypedDict):
    """Numbers of nodes."""

    total_nodes_seen: Count
    currently_active: Annotated[Count, Meta(description="Seen in the last five minutes.")]
    active_last_hour: Count
    connected: Count


class ConnectionTimeline(TimelineHeader, Timestamped, Windowed):
    """Telemetry connections by time, newest bucket first."""

    timeline: list[ConnectionBucket]
    by_node: list[NodeConnections]
    health_stats: NodeCounts


class AnchorAssurances(TypedDict):
    """Assurances of one anchor."""

    anchor: Hex64
    slot: Count | None
    first_at: Time
    last_at: Time
    distributing: Count
    send_failed: Count
    sent: Count
    distributed: Count
    received: Count
    received_within_5_slots: Count | None
    share_within_5_slots: Amount
    receivers_per_assurance: Amount


class Assurances(Timestamped, Windowed):
    """Assurances by anchor, newest first."""

    anchors: list[AnchorAssurances]
    total_anchors: Count
    totals: Counters
