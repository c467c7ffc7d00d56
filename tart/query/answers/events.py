"""Answers that are events. Pure."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Bytes,
    Count,
    EventData,
    EventType,
    Hex,
    Hex64,
    OpenWindowed,
    Paged,
    Scattered,
    Time,
    Uint64,
)

_CONTEXT_VALUE = "Of the event itself, or of the event that its chain of references begins with."


class EventContext(TypedDict):
    """The slot, core and hash of an event, by its chain of references."""

    slot: Annotated[Count | None, Meta(description=_CONTEXT_VALUE)]
    core: Annotated[Count | None, Meta(description=_CONTEXT_VALUE)]
    hash: Annotated[
        Bytes | None,
        Meta(
            description="The hash of the block, work-package, erasure root or anchor that the "
            "chain of references is about, as far as earlier events have named it; otherwise the "
            "hash that the event itself names. Null if there is none, or if the event that named "
            "it is more than two million messages of its shard in the past."
        ),
    ]
    root_event_id: Annotated[
        Uint64 | None,
        Meta(
            description="The first event of the chain of references that the event belongs to, "
            "which may be the event itself. Null if it belongs to none, or if the chain is not "
            "known. An audit_id refers to no event that JIP-3 specifies."
        ),
    ]


class EventMembers(TypedDict):
    """Members that an event has even if it could not be decoded."""

    id: Annotated[Count, Meta(description="Below 2^53; unique while the event is stored.")]
    session: Count
    timestamp: Annotated[
        Time | None, Meta(description="By the node's clock; null beyond the year 9999.")
    ]
    received_at: Annotated[
        Time, Meta(description="By the server's clock; windows and order go by it.")
    ]
    data: Annotated[
        EventData,
        Meta(
            description="The event's name and its fields. Hashes are hex, or arrays of integers "
            "with bytes=array. Event ids, times and 64-bit fields are text with int64=string."
        ),
    ]
    node_name: str | None
    node_version: str | None
    context: EventContext


class Event(EventMembers):
    """A telemetry event."""

    node_id: Hex64
    event_id: Annotated[
        Uint64, Meta(description="As JIP-3 counts: the first of a connection is 0.")
    ]
    event_type: EventType


class Events(Paged, OpenWindowed):
    """A page of events, newest first."""

    events: list[Event]


class SearchResult(Paged, OpenWindowed):
    """A page of events that fulfil the conditions, newest first."""

    events: list[Event]
    total: Annotated[Count | None, Meta(description="Null if there are more pages.")]
    limit: Count
    offset: Count
    timestamp: Time


class RawEvent(TypedDict):
    """The bytes of an event as the node sent them."""

    payload: Hex
    frame: Annotated[Hex, Meta(description="The payload with its length prefix.")]


class DecodeProblem(TypedDict):
    """The rule that the bytes of an event break, and where."""

    rule: str
    field: str
    offset: Count
    expectation: str


class EventDetails(EventMembers):
    """A telemetry event with its bytes."""

    node_id: Hex64 | None
    event_id: Uint64 | None
    event_type: Count | None
    raw: RawEvent
    undecodable: NotRequired[
        Annotated[
            DecodeProblem,
            Meta(description="Present only if the event could not be decoded; data is empty then."),
        ]
    ]


class TracedEvent(Event):
    """An event of a trace, and its place in it."""

    parent: Annotated[Count | None, Meta(description="Id of the event that it refers to.")]
    depth: Annotated[Count, Meta(description="0 for the root.")]


class Trace(Scattered):
    """The events that refer to one another, from their root on."""

    root: Annotated[Count, Meta(description="Id of the first event.")]
    missing_ref: Annotated[
        Uint64 | None,
        Meta(description="The reference of the root to an event that is not stored."),
    ]
    truncated: bool
    searched_until: Time | None
    events: list[TracedEvent]
