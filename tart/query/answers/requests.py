"""Answers about requests for shards, bundles, segments and preimages, on both sides. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Compared, Count, Fraction, Hex64, OpenWindowed, Time

RequestKind = Literal["shard", "bundle_shard", "bundle", "segment_shard", "segment", "preimage"]
Duration = Annotated[
    Amount,
    Meta(
        description="Milliseconds from the request to the end of its transfer by the node's clock, "
        "within 10 %; null without transfers."
    ),
]


class SideOfRequests(TypedDict):
    """Requests as one side reports them: the requester or the server."""

    started: Annotated[Count, Meta(description="Requests sent, or received.")]
    transferred: Count
    failed: Count
    success_rate: Annotated[Fraction, Meta(description="transferred of transferred and failed.")]
    p50_ms: Duration
    p95_ms: Duration
    p99_ms: Duration


class RequestFailure(TypedDict):
    """A reason of failed requests, in the nodes' own words."""

    reason: str
    count: Annotated[Count, Meta(description="Events of either side.")]
    nodes: Annotated[Count, Meta(description="Nodes that reported it.")]
    last_at: Time


class RequestSeries(TypedDict):
    """Requests by time: in each list one element for each bucket of the answer."""

    requested: list[Count]
    transferred: Annotated[list[Count], Meta(description="By the requesters.")]
    failed: Annotated[list[Count], Meta(description="By the requesters.")]
    requester_p50_ms: list[Duration]
    requester_p95_ms: list[Duration]
    server_p50_ms: list[Duration]
    server_p95_ms: list[Duration]


class RequestServer(TypedDict):
    """The requests that one node received."""

    node_id: Hex64
    transferred: Count
    failed: Count
    p50_ms: Duration
    p95_ms: Duration


class KindOfRequests(TypedDict):
    """Requests of one kind."""

    kind: RequestKind
    requester: SideOfRequests
    server: SideOfRequests
    failures: Annotated[list[RequestFailure], Meta(description="Most frequent first.")]
    series: RequestSeries
    servers: Annotated[
        list[RequestServer],
        Meta(description="Nodes that received requests, the slowest by p95_ms first."),
    ]
    servers_total: Annotated[Count, Meta(description="Nodes that received requests.")]


class BucketedTimes(TypedDict):
    """The buckets of an answer's series."""

    bucket_seconds: Count
    times: Annotated[list[Time], Meta(description="The beginning of each bucket.")]


class AvailabilityRequests(BucketedTimes, OpenWindowed, Compared):
    """Requests for shards, bundles and segments, on both sides."""

    kinds: list[KindOfRequests]
