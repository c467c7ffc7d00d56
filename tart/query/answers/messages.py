"""The answer that shows the bytes of a message field by field. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from tart.protocol.rules import Severity
from tart.query.answers.common import (
    Count,
    EventType,
    Hex,
    Hex64,
    Scattered,
    Time,
    Uint64,
)

_PAGE = "The page of the web page about it, after #/. Null if there is none."


class MessageField(TypedDict):
    """A field of a message: a leaf with its bytes, or a group of the fields after it."""

    path: Annotated[str, Meta(description="Names from the outermost field on, with dots.")]
    name: str
    depth: Annotated[Count, Meta(description="0 for the outermost; children follow their group.")]
    type: Annotated[str, Meta(description="As JIP-3 writes it.")]
    role: Annotated[
        Literal["value", "group", "prefix", "rest", "trailing", "unread"],
        Meta(
            description="prefix: a length, count or tag. rest: the other elements of a list. "
            "trailing: bytes after the last field. unread: bytes that could not be read. All but "
            "group are leaves, and every byte of the message is in exactly one of them."
        ),
    ]
    offset: Annotated[Count, Meta(description="Of the first byte, in content.")]
    length: Count
    value: Annotated[
        str | None,
        Meta(
            description="The exact value as text: decimal, hex after 0x, text, true or false; "
            "lists as JSON. Null for groups."
        ),
    ]
    unit: str | None
    meaning: Annotated[
        str | None,
        Meta(
            description="The time of a timestamp or slot, the name of an enumeration's value, the "
            "event that an id names."
        ),
    ]
    opens: Annotated[str | None, Meta(description=_PAGE)]


class MessageDeviation(TypedDict):
    """Bytes that are not as JIP-3 specifies."""

    rule: str
    severity: Severity
    explanation: str
    field: Annotated[str, Meta(description="Path of the field; empty for the whole message.")]
    offset: Count
    length: Annotated[Count, Meta(description="Of the leaf from the offset on; 0 at the end.")]
    expectation: str
    found: Annotated[str, Meta(description="The bytes there, and the value they are read as.")]
    undecodable: Annotated[bool, Meta(description="The message could not be read because of it.")]
    docs: Annotated[str | None, Meta(description="Path of the rule's page on this server.")]


class MessageNeighbour(TypedDict):
    """Another event of the same session."""

    id: Count
    event_id: Uint64
    event_type: EventType
    event_name: str
    received_at: Time
    field: Annotated[str, Meta(description="Its field, or this message's, with the reference.")]


class MessageContext(TypedDict):
    """The slot, core and hash of an event, by its chain of references."""

    slot: Count | None
    core: Count | None
    hash: Hex | None
    root_event_id: Uint64 | None


class MessageVector(TypedDict):
    """An event in the form of the reference vectors (``vectors/README.md``)."""

    event: str
    number: EventType
    case: str
    protocol_versions: list[Count]
    cores: Count | None
    timestamp: str
    fields: dict[str, Any]
    hex: str


class MessageFields(Scattered):
    """A message byte by byte, and what it refers to."""

    id: Annotated[Count | None, Meta(description="Null for the first message of a connection.")]
    kind: Literal["event", "undecodable", "node_information"]
    title: Annotated[str, Meta(description="The name of the event type, or of the message.")]
    section: Annotated[str, Meta(description="The heading in JIP-3.")]
    session: Count
    node_id: Hex64 | None
    node_name: str | None
    node_version: str | None
    protocol_version: Count
    cores: Annotated[Count | None, Meta(description="The node's core count C, if it is valid.")]
    event_id: Uint64 | None
    event_type: EventType | None
    timestamp: Annotated[Time | None, Meta(description="By the node's clock.")]
    received_at: Time
    delay_us: Annotated[
        int | None,
        Meta(
            description="received_at less timestamp in microseconds: by two clocks. Null if the "
            "timestamp is no time up to the year 9999."
        ),
    ]
    size: Count
    content: Annotated[Hex, Meta(description="The message after its length prefix.")]
    fields: list[MessageField]
    deviations: list[MessageDeviation]
    context: MessageContext
    refers_to: Annotated[
        list[MessageNeighbour], Meta(description="The event that the leading Event ID names.")
    ]
    missing_ref: Annotated[
        Uint64 | None, Meta(description="That Event ID if no such event is stored.")
    ]
    referred_to_by: Annotated[
        list[MessageNeighbour],
        Meta(description="Events that refer to this one, oldest first; at most limit."),
    ]
    more_referring: Annotated[bool, Meta(description="limit left events out.")]
    searched_until: Annotated[
        Time | None,
        Meta(
            description="The last arrival that was searched for them; null if no event refers to "
            "events of this type. The search ends ten minutes after the last one found."
        ),
    ]
    previous: Annotated[
        Count | None,
        Meta(description="Id of the message before, in the same session, if one is near."),
    ]
    next: Annotated[Count | None, Meta(description="Id of the message after; likewise.")]
    vector: Annotated[
        MessageVector | None,
        Meta(description="As a reference vector; null unless all bytes are as specified."),
    ]
