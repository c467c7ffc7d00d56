"""Answers about preimages: announcements, requests, transfers and pools. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Compared,
    Count,
    Hex64,
    OpenWindowed,
    Time,
    Total,
    Uint64,
)
from tart.query.answers.requests import (
    BucketedTimes,
    Duration,
    KindOfRequests,
    RequestFailure,
)


class PreimageTotals(TypedDict):
    """Events about preimages, and what nodes report to store."""

    announced: Annotated[
        Count, Meta(description="Events; both sides of an announcement report it.")
    ]
    announcements_failed: Count
    forgotten: Annotated[Count, Meta(description="Announced preimages that nodes forgot.")]
    discarded: Annotated[Count, Meta(description="Preimages that nodes had and discarded.")]
    transferred: Annotated[Count, Meta(description="Events; both sides of a transfer report it.")]
    stored: Annotated[Total, Meta(description="Preimages in the pools of all nodes.")]
    stored_bytes: Total


class PreimageSeries(TypedDict):
    """Announcements by time: one element for each bucket of the answer."""

    announced: list[Count]
    forgotten: list[Count]
    discarded: list[Count]


class PreimageNode(TypedDict):
    """One node's part in distributing preimages."""

    node_id: Hex64
    stored: Annotated[Count | None, Meta(description="Preimages in its pool; null if unknown.")]
    stored_bytes: Uint64 | None
    status_at: Annotated[Time | None, Meta(description="Time of its newest Status.")]
    announced: Annotated[Count, Meta(description="Events, of its own announcements and others'.")]
    requested: Count
    fetched: Annotated[Count, Meta(description="Transfers that it requested.")]
    fetch_failed: Count
    served: Annotated[Count, Meta(description="Transfers that others requested of it.")]
    serve_failed: Count
    fetch_p50_ms: Duration
    fetch_p95_ms: Duration
    serve_p50_ms: Duration
    serve_p95_ms: Duration


class Preimage(TypedDict):
    """One preimage, from the events about it that were read."""

    hash: Hex64
    service: Annotated[Count | None, Meta(description="Null if no announcement was read.")]
    length: Annotated[Count | None, Meta(description="Size in bytes.")]
    first_at: Time
    last_at: Time
    first_event: Annotated[Count, Meta(description="Id of the first event about it.")]
    announcers: Annotated[list[Hex64], Meta(description="Nodes that announced it to others.")]
    hearers: Annotated[list[Hex64], Meta(description="Nodes that others announced it to.")]
    requests: Annotated[Count, Meta(description="Requests sent.")]
    transfers: Annotated[Count, Meta(description="Transfers, as the requesters report them.")]
    failures: Annotated[Count, Meta(description="Failed requests, as the requesters report them.")]
    fetchers: Annotated[list[Hex64], Meta(description="Nodes that fetched it.")]
    holders: Annotated[
        list[Hex64],
        Meta(
            description="Nodes that announced, fetched or served it and did not discard it since."
        ),
    ]
    forgotten: Annotated[dict[str, Count], Meta(description="Nodes that forgot it, by reason.")]
    discarded: Annotated[dict[str, Count], Meta(description="Nodes that discarded it, by reason.")]
    spread_ms: Annotated[
        Amount,
        Meta(description="From the first event to the last fetch by the server's clock."),
    ]


class EventSample(TypedDict):
    """The newest events from which a list was made."""

    events: Count
    since: Annotated[Time | None, Meta(description="received_at of the oldest of them.")]
    complete: Annotated[bool, Meta(description="Whether these are all events of the window.")]


class Preimages(BucketedTimes, OpenWindowed, Compared):
    """Preimages: announcements, requests, transfers, and the nodes that have them."""

    totals: PreimageTotals
    series: PreimageSeries
    requests: KindOfRequests
    failures: Annotated[
        list[RequestFailure],
        Meta(description="Reasons of failed announcements, and of losses (192, 199)."),
    ]
    nodes: list[PreimageNode]
    preimages: Annotated[list[Preimage], Meta(description="Newest first.")]
    read: EventSample
