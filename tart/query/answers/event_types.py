"""The answer of ``/api/event-types``: the reference of all event types. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import EventType


class EventField(TypedDict):
    """A field of an event or of a structure, in the order on the wire."""

    name: str
    type: Annotated[str, Meta(description="A type of JIP-3, or the name of a structure.")]
    unit: Annotated[str | None, Meta(description="Null for numbers without a unit and for others.")]
    refers_to: Annotated[
        list[EventType],
        Meta(description="Of an event id: the types of the events that it may refer to."),
    ]


class EventTypeReference(TypedDict):
    """The declaration of an event type."""

    number: EventType
    name: Annotated[str, Meta(description="The member of data that has the fields.")]
    title: Annotated[str, Meta(description="The heading in JIP-3.")]
    group: Annotated[str, Meta(description="The section of JIP-3.")]
    groups: Annotated[
        list[str], Meta(description="All groups that select it: of JIP-3 and of jamtart.")
    ]
    view: Annotated[str, Meta(description="The name of its view in SQL.")]
    fields: Annotated[list[EventField], Meta(description="In protocol version 1.")]
    fields_of_version_0: Annotated[
        list[EventField] | None,
        Meta(description="In protocol version 0; null if they are the same."),
    ]
    referred_to_by: Annotated[
        list[EventType], Meta(description="Types of events whose ids may refer to this one.")
    ]


class EventStructure(TypedDict):
    """A structure inside events."""

    name: str
    fields: list[EventField]


class EventTypes(TypedDict):
    """All event types of JIP-3, the groups that select them, and the structures inside them."""

    event_types: list[EventTypeReference]
    groups: dict[str, list[EventType]]
    structures: list[EventStructure]
