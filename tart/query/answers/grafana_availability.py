"""Answers of jamtart's routes of 2026 about data availability and its latencies. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Hex64
from tart.query.answers.grafana import BucketStart

Latency = Annotated[
    Count | None,
    Meta(
        description="Milliseconds by the node's clock, within 10 % of the exact value; null "
        "without samples.",
    ),
]
MeanLatency = Annotated[
    Amount,
    Meta(
        description="Milliseconds, of transfers that succeeded; from a histogram, within 10 % of "
        "the exact value.",
    ),
]
Samples = Annotated[Count, Meta(description="Transfers that succeeded.")]
Failures = Annotated[Count, Meta(description="Requests that failed, at either side.")]


class GrafanaNodeAvailability(TypedDict):
    """Events of one node about shards and preimages."""

    node_id: Hex64
    shard_requests_sent: Count
    shard_requests_received: Count
    shard_sent_confirmed: Count
    shard_received_confirmed: Count
    shards_transferred: Annotated[
        Count, Meta(description="Events of type 125; both sides of a transfer report it.")
    ]
    shards_fetched: Annotated[Count, Meta(description="Transfers that the node requested.")]
    shards_served: Annotated[Count, Meta(description="Transfers that others requested of it.")]
    shard_failures: Count
    preimage_ann_failures: Count
    preimages_announced: Count
    preimages_forgotten: Count
    assurer_avg_latency_ms: MeanLatency
    assurer_latency_samples: Samples
    guarantor_avg_latency_ms: MeanLatency
    guarantor_latency_samples: Samples
    active_shards: Annotated[
        Count, Meta(description="Distinct shard indices that the node requested.")
    ]


class GrafanaShardLatency(TypedDict):
    """Times of transferring shards to assurers, by the side that reports them."""

    ts: BucketStart
    assurer_p50: Latency
    assurer_p75: Latency
    assurer_p95: Latency
    assurer_p99: Latency
    assurer_p100: Latency
    assurer_samples: Samples
    guarantor_p50: Latency
    guarantor_p75: Latency
    guarantor_p95: Latency
    guarantor_p99: Latency
    guarantor_p100: Latency
    guarantor_samples: Samples
    failed_count: Failures


class GrafanaTransferLatency(TypedDict):
    """Times of transfers and of reconstruction: the requesting side, and the responding side."""

    ts: BucketStart
    shard_req_p50: Latency
    shard_req_p95: Latency
    shard_req_p99: Latency
    shard_req_samples: Samples
    shard_resp_p50: Latency
    shard_resp_p95: Latency
    shard_resp_p99: Latency
    shard_resp_samples: Samples
    full_req_p50: Latency
    full_req_p95: Latency
    full_req_p99: Latency
    full_req_samples: Samples
    full_resp_p50: Latency
    full_resp_p95: Latency
    full_resp_p99: Latency
    full_resp_samples: Samples
    reconstruct_p50: Latency
    reconstruct_p95: Latency
    reconstruct_p99: Latency
    reconstruct_samples: Samples
    failed_count: Failures


class GrafanaSegmentLatency(GrafanaTransferLatency):
    """Times of transferring segments."""


class GrafanaBundleLatency(GrafanaTransferLatency):
    """Times of transferring bundles; e2e is from an audit's first request to its bundle."""

    e2e_p50: Latency
    e2e_p95: Latency
    e2e_p99: Latency
    e2e_p100: Latency
    e2e_samples: Samples


class GrafanaPreimageLatency(TypedDict):
    """Times of transferring preimages."""

    ts: BucketStart
    req_p50: Latency
    req_p95: Latency
    req_p99: Latency
    req_samples: Samples
    resp_p50: Latency
    resp_p95: Latency
    resp_p99: Latency
    resp_samples: Samples
    failed_count: Failures
