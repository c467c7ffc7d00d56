"""Durations of a node's steps over time, against those of the network. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    EventType,
    Hex64,
    Time,
    Timestamped,
    Uint64,
    Windowed,
)

_BY_BUCKET = "By bucket, oldest first; null for a bucket without samples."


class DurationFigures(TypedDict):
    """Count and percentiles of durations, within 10 % of the exact value."""

    count: Count
    p10_ms: Amount
    p50_ms: Amount
    p90_ms: Amount
    p99_ms: Amount


class NodeSeries(TypedDict):
    """The node's durations by bucket, oldest first; null for a bucket without samples."""

    count: list[Count]
    p50_ms: list[Amount]
    p90_ms: list[Amount]


class NetworkBand(TypedDict):
    """Durations of all nodes by bucket, oldest first; null for a bucket without samples."""

    count: list[Count]
    p10_ms: list[Amount]
    p50_ms: list[Amount]
    p90_ms: list[Amount]


_StepTypes = TypedDict("_StepTypes", {"from": str, "to": str})


class NodeStep(_StepTypes):
    """A step of the node, and the same step of all nodes."""

    step: str
    from_type: EventType
    to_type: EventType
    node: DurationFigures
    network: Annotated[DurationFigures, Meta(description="Of all nodes, this one included.")]
    ratio: Annotated[
        Amount,
        Meta(description="The node's median divided by the network's; null without samples."),
    ]
    series: NodeSeries
    band: NetworkBand


class LatencyBuckets(TypedDict):
    """Buckets of the series."""

    start: Annotated[Time, Meta(description="Start of the first bucket.")]
    seconds: Annotated[Count, Meta(description="Length of a bucket.")]
    count: Annotated[Count, Meta(description="Number of buckets; the last one may be partial.")]


class NodeLatencies(Timestamped, Windowed):
    """Steps of a node, the most frequent step first."""

    node_id: Hex64
    buckets: LatencyBuckets
    steps: list[NodeStep]


class SlowStep(TypedDict):
    """A pair of events with a long duration between them."""

    id: Annotated[Count, Meta(description="Id of the event that ends the step.")]
    from_id: Annotated[Count, Meta(description="Id of the event that begins the step.")]
    session: Count
    event_id: Uint64
    received_at: Time
    slot: Count | None
    core: Count | None
    duration_ms: Annotated[float, Meta(description="By the node's clock.")]


class SlowestSteps(Windowed):
    """The longest durations of one step of a node, longest first."""

    node_id: Hex64
    step: str
    searched_from: Annotated[
        Time, Meta(description="Start of the part of the window that was searched: a day at most.")
    ]
    searched_until: Time
    examples: list[SlowStep]
