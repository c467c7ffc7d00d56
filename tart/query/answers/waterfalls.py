"""Answers about the course of one work-package over all nodes. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Count,
    Counters,
    EventType,
    Hex64,
    Number,
    Scattered,
    Time,
)
from tart.query.answers.packages import JourneyMembers, Percentiles, StepStatus

SinceOrigin = Annotated[
    Number, Meta(description="Milliseconds since origin, by the node's clock corrected.")
]
ByServer = Annotated[
    Number | None,
    Meta(description="Milliseconds since origin, by the server's clock; null if it did not occur."),
]
EventId = Annotated[Count | None, Meta(description="Null if the event is no longer stored.")]

GroupName = Literal[
    "guarantees_received",
    "reported_on_chain",
    "guarantees_discarded",
    "shards_requested",
    "shards_transferred",
    "shard_requests_failed",
]


class WaterfallBar(TypedDict):
    """A step of the work-package at a guarantor."""

    stage: Annotated[
        str,
        Meta(
            description="submit or receive_share, authorize, refine, report, sign, guarantee, "
            "distribute; share for a share with another guarantor; duplicate."
        ),
    ]
    status: StepStatus
    start_ms: SinceOrigin
    end_ms: SinceOrigin
    start_event_id: EventId
    end_event_id: EventId
    reason: Annotated[str | None, Meta(description="Of a failure, as in its event.")]
    peer_id: Annotated[Hex64 | None, Meta(description="Of a share: the other guarantor.")]
    typical: Annotated[
        Percentiles | None,
        Meta(description="Of this step at all guarantors in the window; null without samples."),
    ]
    is_critical: Annotated[bool, Meta(description="Whether the bar is on the critical path.")]


class WaterfallMark(TypedDict):
    """An event of the work-package at a guarantor within a step."""

    stage: str
    at_ms: SinceOrigin
    event_id: EventId


class WaterfallRow(TypedDict):
    """The work-package at one guarantor; its bars follow one another."""

    node_id: Hex64
    role: Annotated[
        Literal["primary", "secondary"],
        Meta(description="primary: the package was submitted to the node; secondary: shared."),
    ]
    outcome: str
    session: Count
    start_ms: SinceOrigin
    end_ms: SinceOrigin
    clock_offset_ms: Annotated[
        float,
        Meta(
            description="Added to the node's clock to correct it. Without it, a time of this row "
            "is that much smaller."
        ),
    ]
    is_corrected: Annotated[
        bool,
        Meta(
            description="False if the offset of the node's clock is not known; the arrival of its "
            "first event stands in."
        ),
    ]
    bars: list[WaterfallBar]
    shares: list[WaterfallBar]
    marks: list[WaterfallMark]


class WaterfallHistogram(TypedDict):
    """Events over time, in bins of equal width."""

    start_ms: Number
    bin_ms: Number
    counts: list[Count]


class WaterfallGroup(TypedDict):
    """Events of many nodes about the report of the work-package or its shards, summarised."""

    name: GroupName
    event_type: EventType
    count: Annotated[Count, Meta(description="Of all events, read or not.")]
    read: Annotated[Count, Meta(description="Events that times, nodes and reasons are made from.")]
    nodes: Annotated[Count, Meta(description="Nodes that sent them.")]
    first_ms: ByServer
    p50_ms: ByServer
    p90_ms: ByServer
    last_ms: ByServer
    histogram: WaterfallHistogram | None
    reasons: Counters
    first_event_id: EventId
    last_event_id: EventId


class WaterfallChain(TypedDict):
    """The work-package beyond its guarantors."""

    guarantee_received_ms: ByServer
    included_ms: ByServer
    available_ms: ByServer
    discarded_ms: ByServer


class CriticalStep(TypedDict):
    """A step of the critical path; it begins where the one before it ends."""

    stage: str
    node_id: Annotated[Hex64 | None, Meta(description="Null beyond the guarantors.")]
    start_ms: Number
    end_ms: Number
    event_id: EventId


class Waterfall(JourneyMembers, Scattered):
    """The course of a work-package over all nodes, on one scale of time."""

    hash: str
    origin: Annotated[Time, Meta(description="The first event; all times count from here.")]
    duration_ms: Annotated[Number, Meta(description="From origin to the last event.")]
    slot: Annotated[Count | None, Meta(description="Of the guarantee.")]
    guarantors: Annotated[
        list[Hex64], Meta(description="That signed the guarantee, its builder first.")
    ]
    rows: list[WaterfallRow]
    groups: list[WaterfallGroup]
    chain: WaterfallChain
    critical_path: list[CriticalStep]
    typical_since: Annotated[
        Time, Meta(description="Typical durations are of packages that began since then.")
    ]
