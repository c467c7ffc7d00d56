"""Answers of figures by time: series, the last seconds, latencies, the busiest nodes. Pure."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Hex64,
    Number,
    Scattered,
    Time,
    Timestamped,
    Windowed,
)

_FIRST_NAMED = "Distinct header hashes of best blocks; each counts in the bucket that first has it."


class Bucket(TypedDict):
    """A bucket of a window."""

    timestamp: Annotated[Time, Meta(description="Start of the bucket.")]
    partial: Annotated[bool, Meta(description="True if the window ends within the bucket.")]


class SeriesBucket(Bucket):
    """A bucket of a series; the metric decides which of the optional members it has."""

    # blocks
    blocks: NotRequired[Annotated[Count, Meta(description=_FIRST_NAMED)]]
    finalized: NotRequired[Count]
    authored: NotRequired[Count]
    best_block_events: NotRequired[Count]
    authoring_nodes: NotRequired[Count]
    max_slot: NotRequired[Count | None]
    # events
    total_events: NotRequired[Count]
    active_nodes: NotRequired[Count]
    event_types: NotRequired[Count]
    events_per_second: NotRequired[
        Annotated[Amount, Meta(description="Over the elapsed part of the bucket.")]
    ]
    # throughput
    best_blocks: NotRequired[Annotated[Count, Meta(description=_FIRST_NAMED)]]
    finalized_blocks: NotRequired[Count]
    authored_blocks: NotRequired[Count]
    block_announcements: NotRequired[Count]
    work_package_events: NotRequired[Count]
    guarantee_events: NotRequired[Count]
    finalized_block_events: NotRequired[Count]


class GroupBucket(Bucket):
    """A bucket of one group; metric and group decide which of the optional members it has."""

    node_id: NotRequired[Hex64]
    event_type: NotRequired[Count]
    core: NotRequired[Count]
    core_index: NotRequired[Annotated[Count, Meta(description="The same as core.")]]
    category: NotRequired[str]
    events: NotRequired[Count]
    event_types: NotRequired[Count]
    nodes: NotRequired[Count]
    guarantees: NotRequired[Count]
    failures: NotRequired[Count]


class SeriesHeader(TypedDict):
    """Parameters of a series as they were applied."""

    metric: str
    interval_minutes: Count
    duration_hours: Number


class Timeseries(SeriesHeader, Timestamped, Windowed):
    """A metric by time, newest bucket first."""

    data: list[SeriesBucket]


class GroupedTimeseries(SeriesHeader, Timestamped, Windowed):
    """A metric by time and group, newest bucket first."""

    group_by: str
    data: list[GroupBucket]


class RealtimeTotals(TypedDict):
    """Totals over the counted seconds."""

    events: Count
    best_blocks: Count
    finalized_blocks: Count
    authored_blocks: Annotated[Count, Meta(description="Number of Authored events.")]
    announcements: Count
    tickets: Count
    active_nodes: Count
    latest_slot: Count | None
    best_block_events: Count
    finalized_block_events: Count


class RealtimeRates(TypedDict):
    """Rates over the counted seconds."""

    events_per_second: Amount
    blocks_per_second: Amount


class RealtimeSecond(TypedDict):
    """One second."""

    timestamp: Time
    events: Count
    nodes: Count
    blocks: Count
    finalized: Count
    announcements: Count
    tickets: Count
    authored: Count


class Realtime(Scattered):
    """The last complete seconds, newest first."""

    window_seconds: Count
    counted_seconds: Annotated[
        Count, Meta(description="Less than window_seconds if a shard started within the window.")
    ]
    start: Time
    end: Time
    timestamp: Time
    totals: RealtimeTotals
    rates: RealtimeRates
    data: list[RealtimeSecond]


class LatencyBin(TypedDict):
    """A bin of a histogram."""

    up_to_ms: Number
    count: Count


class LatencyDistribution(TypedDict):
    """Count, mean, percentiles and histogram of a duration."""

    count: Count
    mean_ms: Annotated[
        Amount, Meta(description="Mean of the bins' middles; within 10 % of the exact value.")
    ]
    p50_ms: Amount
    p90_ms: Amount
    p95_ms: Amount
    p99_ms: Amount
    histogram: list[LatencyBin]


# ``from`` is a keyword of Python.
_StepEnds = TypedDict("_StepEnds", {"from": str | None, "to": str | None})


class LatencyStep(LatencyDistribution, _StepEnds):
    """The durations between two events."""

    group: NotRequired[
        Annotated[
            str | int | None,
            Meta(description="Node, core or implementation; null if it is not known."),
        ]
    ]
    step: str
    from_type: Count | None
    to_type: Count | None


class Latency(Timestamped, Windowed):
    """Durations of steps, the most frequent step first."""

    group_by: str
    steps: list[LatencyStep]


class NamedEventType(TypedDict):
    """An event type and its name."""

    event_type: Count
    event_name: Annotated[str | None, Meta(description="Null for an unknown event type.")]


class TopNode(TypedDict):
    """Events of one node."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    events: Count
    share: Annotated[float, Meta(ge=0, le=1)]
    events_per_second: Amount


class TopNodes(Timestamped, Windowed):
    """The nodes that send the most events."""

    event_types: list[NamedEventType] | None
    total_events: Count
    total_nodes: Count
    nodes: list[TopNode]
