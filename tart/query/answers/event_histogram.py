"""The answer that counts events by time under conditions. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Counters, EventType, Hex64, Windowed
from tart.query.answers.metrics import Bucket


class EventBucket(Bucket):
    """Events of a bucket of time."""

    events: Count
    failures: Annotated[Count, Meta(description="Events of types that only report failures.")]
    groups: Annotated[Counters, Meta(description="By group of JIP-3; groups without are absent.")]


class SenderCount(TypedDict):
    """Events of one node."""

    node_id: Hex64
    node_name: str | None
    node_version: str | None
    events: Count


class TypeCount(TypedDict):
    """Events of one type."""

    event_type: EventType
    event_name: str | None
    group: str | None
    events: Count


class ReasonCount(TypedDict):
    """Events of one type with one reason."""

    event_type: EventType
    event_name: str | None
    reason: str
    events: Count


class EventHistogramAnswer(Windowed):
    """Events by time, node, type and reason."""

    source: Annotated[
        Literal["aggregates", "event log"],
        Meta(
            description="aggregates: counts of all events, also of expired ones. event log: of the "
            "events that are still stored; used where slot, core or hash is a condition."
        ),
    ]
    bucket_seconds: Count
    total: Count
    buckets: Annotated[list[EventBucket], Meta(description="Newest first, without gaps.")]
    nodes: Annotated[Count, Meta(description="Nodes with such events.")]
    top_nodes: list[SenderCount]
    types: Annotated[Count, Meta(description="Event types of them.")]
    top_types: list[TypeCount]
    top_reasons: Annotated[
        list[ReasonCount] | None,
        Meta(
            description="Of failures and discards, counted by the minute: from the minute in which "
            "the window begins. Null where the source is the event log."
        ),
    ]
