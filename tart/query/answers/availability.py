"""Answers about data availability: stored shards and preimages, requests for shards. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Compared,
    Count,
    Fraction,
    Health,
    Hex64,
    OpenWindowed,
    Time,
    Timestamped,
    Total,
    Uint64,
)

_NO_EVENT = "Always null: no event tells it."


class StorageTotals(TypedDict):
    """Totals of what nodes report to store."""

    total_shards: Count
    total_shard_size_bytes: Total
    total_preimages: Count
    total_preimages_size_bytes: Total
    average_shards_per_node: Amount
    node_count: Count


class PreimageEvents(TypedDict):
    """Events about preimages."""

    announced: Count
    forgotten: Count
    transferred: Count
    discarded: Count


class NodeStorage(TypedDict):
    """Shards and preimages that one node reports to store."""

    node_id: Hex64
    num_shards: Count
    shard_size_bytes: Uint64
    num_preimages: Count
    preimages_size_bytes: Count
    preimage_size_bytes: Annotated[
        Count, Meta(description="Same as preimages_size_bytes, under the name of dashboards.")
    ]
    last_update: Time


class DaStats(OpenWindowed, Compared):
    """Shards and preimages that nodes report to store."""

    aggregate: StorageTotals
    preimage_activity: PreimageEvents
    by_node: list[NodeStorage]


class NodeAvailability(TypedDict):
    """Storage and requests for shards of one node."""

    node_id: Hex64
    num_shards: Count | None
    shard_size_bytes: Uint64 | None
    preimages_announced: Count
    preimages_in_pool: Count | None
    read_ops_last_hour: Count
    write_ops_last_hour: Count
    avg_read_latency_ms: Annotated[
        Amount, Meta(description="From a histogram; within 10 % of the exact value.")
    ]
    avg_write_latency_ms: Annotated[
        Amount, Meta(description="From a histogram; within 10 % of the exact value.")
    ]
    transfer_success_rate: Annotated[
        Fraction, Meta(description="Share of the requests it received that ended in a transfer.")
    ]
    fetch_success_rate: Annotated[
        Fraction, Meta(description="Share of the requests it sent that ended in a transfer.")
    ]
    bytes_written: Annotated[None, Meta(description=_NO_EVENT)]
    bytes_transferred: Annotated[None, Meta(description=_NO_EVENT)]
    requests_sent: Count
    requests_received: Count
    reads_failed: Count
    writes_failed: Count


class AvailabilityTotals(TypedDict):
    """Totals over all nodes."""

    total_shards: Count
    total_shard_size_bytes: Total
    total_preimages: Count
    total_preimage_size_bytes: Total
    average_shards_per_node: Amount
    average_shard_size_per_node: Amount
    nodes_reporting: Annotated[
        Count, Meta(description="Nodes that sent or received requests for shards.")
    ]


class ShardIndexRequests(TypedDict):
    """Requests for one shard index."""

    shard_index: Count
    count: Annotated[Count, Meta(description="Sum of requests_sent and requests_received.")]
    requests_sent: Count
    requests_received: Count
    nodes: Annotated[Count, Meta(description="Nodes that requested it.")]


class NodeHealth(TypedDict):
    """Health of one node as a source of shards."""

    node_id: Hex64
    status: Health
    shards_stored: Count | None
    storage_used_pct: Annotated[None, Meta(description=_NO_EVENT)]
    last_activity: Annotated[Time | None, Meta(description="Time of its newest Status.")]
    issues: list[str]


class PreimageRequests(TypedDict):
    """Events about preimages in the window."""

    announced_last_hour: Count
    requested_last_hour: Count
    received_last_hour: Count


class ShardOperation(TypedDict):
    """The end of a request for shards."""

    timestamp: Time | None
    received_at: Time
    node_id: Hex64
    event_type: Count
    operation: str
    reason: str | None
    id: Count


class DaStatsEnhanced(Timestamped, OpenWindowed, Compared):
    """Requests for shards, and their outcomes by node."""

    by_node: list[NodeAvailability]
    aggregate: AvailabilityTotals
    availability_rate: Fraction
    shard_distribution: list[ShardIndexRequests]
    node_health: list[NodeHealth]
    preimage_activity: PreimageRequests
    recent_operations: list[ShardOperation]
