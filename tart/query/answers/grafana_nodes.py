"""Answers of jamtart's routes of 2026 about nodes, blocks and cores. Pure.

See ``query.answers.grafana``.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Hex64, Time, Total, Uint64, WindowShown
from tart.query.answers.grafana import BucketStart, Score
from tart.query.answers.grafana_packages import GrafanaPackage


class GrafanaNode(TypedDict):
    """A node, put together from all of its connections."""

    node_id: Hex64
    peer_id: Hex64
    implementation_name: Annotated[str, Meta(description="Empty if unknown.")]
    implementation_version: Annotated[str, Meta(description="Empty if unknown.")]
    node_info: Annotated[
        dict[str, Any],
        Meta(description="The node information message of JIP-3; empty if unknown."),
    ]
    connected_at: Annotated[Time, Meta(description="When the node was first seen.")]
    disconnected_at: Time | None
    last_seen_at: Time
    is_connected: bool
    total_event_count: Annotated[Count, Meta(description="Over all connections.")]
    event_count: Annotated[Count, Meta(description="The same, as a dashboard of jamtart reads it.")]
    address: str | None


class GrafanaNodeStatus(TypedDict):
    """The last Status (10) of a node in a bucket."""

    timestamp: Annotated[Time, Meta(description="When it was received, by the server's clock.")]
    node_id: Hex64
    num_peers: Count
    num_val_peers: Count
    num_sync_peers: Count
    num_shards: Count
    shards_size: Uint64
    num_preimages: Count
    preimages_size: Uint64
    min_guarantees: Annotated[Count, Meta(description="Over the cores of the guarantee pool.")]
    max_guarantees: Count
    avg_guarantees: Annotated[float, Meta(ge=0)]
    zero_guarantee_cores: Count


class GrafanaStatusMinute(TypedDict):
    """Reports of Status (10) in a bucket, of all nodes or of one.

    Means are over reports, minima and maxima over all values that were reported. Those about
    guarantees are of each node's last report.
    """

    bucket: BucketStart
    node_id: NotRequired[Hex64]
    avg_peers: Count
    min_peers: Count
    max_peers: Count
    avg_val_peers: Count
    min_val_peers: Count
    max_val_peers: Count
    avg_sync_peers: Count
    min_sync_peers: Count
    max_sync_peers: Count
    avg_shards: Count
    min_shards: Count
    max_shards: Count
    avg_shards_size: Uint64
    max_shards_size: Uint64
    avg_preimages: Count
    max_preimages: Count
    avg_preimages_size: Uint64
    max_preimages_size: Uint64
    avg_guarantees: Annotated[float, Meta(ge=0)]
    min_guarantees: Count
    max_guarantees: Count
    max_zero_guarantee_cores: Count
    status_count: Annotated[Count, Meta(description="Number of reports behind the row.")]


class GrafanaBlockContents(TypedDict):
    """A block by its author's Authored (42)."""

    slot: Count
    timestamp: Annotated[Time, Meta(description="By the author's clock.")]
    node_id: Hex64
    num_guarantees: Count | None
    num_assurances: Count | None
    num_preimages: Count | None
    num_tickets: Count | None
    num_disputes: Annotated[Count | None, Meta(description="Verdicts.")]
    extrinsic_size: Annotated[Count | None, Meta(description="Size of the block in bytes.")]


class GrafanaBlockTotals(TypedDict):
    """Numbers of events about blocks, of all nodes."""

    authoring_started: Count
    authoring_failed: Count
    authored: Count
    importing: Count
    verification_failed: Count
    verified: Count
    execution_failed: Count
    executed: Count
    best_block_changes: Count
    finalized_block_changes: Count


class GrafanaChain(TypedDict):
    """The chain now: the highest slots that a third of the connected nodes have."""

    best_slot: Count | None
    finalized_slot: Count | None


class GrafanaAuthor(TypedDict):
    """Blocks of an author."""

    node_id: Hex64
    blocks_authored: Annotated[Count, Meta(description="Distinct header hashes.")]


class GrafanaBlockSummary(WindowShown):
    """Events about blocks, the chain, and the authors."""

    totals: GrafanaBlockTotals
    chain: GrafanaChain
    authoring_by_node: Annotated[
        list[GrafanaAuthor], Meta(description="At most 50, the most blocks first.")
    ]


class GrafanaConvergence(TypedDict):
    """Times from a block's authoring to an event of that block at all nodes."""

    slot: Count
    event_type: Count
    event_type_name: str
    node_count: Annotated[Count, Meta(description="Nodes with the event, each once.")]
    p50_ms: int
    p75_ms: int | None
    p95_ms: int | None
    p99_ms: int
    p100_ms: int
    authored_at: Annotated[
        Time, Meta(description="When Authored (42) was received, by the server's clock.")
    ]
    block_hash: Annotated[Hex64, Meta(description="A slot may have several blocks.")]


class GrafanaCoreCounts(TypedDict):
    """Packages of a core; each counts once, however many guarantors report it."""

    core: Count
    work_packages: Annotated[Count, Meta(description="Packages received (94).")]
    guarantees: Annotated[Count, Meta(description="Packages with a guarantee built (105).")]
    failures: Annotated[
        Count, Meta(description="Packages that failed (92) and that no guarantor guaranteed.")
    ]


class GrafanaCoreOverview(GrafanaCoreCounts, WindowShown):
    """A core and its newest packages."""

    recent_work_packages: Annotated[
        list[GrafanaPackage], Meta(description="At most 100, the newest first.")
    ]


class GrafanaCore(GrafanaCoreCounts):
    """A core with events in the window."""

    last_activity: NotRequired[
        Annotated[Time, Meta(description="The last event of a guarantor with a package of it.")]
    ]


class GrafanaCoreMetrics(WindowShown):
    """Figures of the packages that a core processes."""

    core: Count
    processing_efficiency_pct: Annotated[
        Score,
        Meta(
            description="Attempts at guarantors that were refined (101), of those that were or "
            "failed; 100 without any."
        ),
    ]
    p50_latency_ms: Annotated[Amount, Meta(description="From received (94) to distributed (109).")]
    p95_latency_ms: Amount
    average_completion_time_ms: Amount
    total_gas_used: Annotated[Total, Meta(description="Of refining, once for each package.")]
    work_packages_processed: Annotated[Count, Meta(description="Packages received (94).")]


class GrafanaCoreValidator(TypedDict):
    """A guarantor of a core."""

    node_id: Hex64
    guarantee_count: Annotated[Count, Meta(description="GuaranteeBuilt (105).")]
    last_guarantee: Time | None
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool | None


class GrafanaCoreValidators(WindowShown):
    """The nodes that built guarantees for a core, the most guarantees first."""

    core: Count
    validators: list[GrafanaCoreValidator]
    total_active: Count
