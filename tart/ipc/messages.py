"""What gateway and shard say to one another: the only vocabulary they share.

Pure. A message is a frozen dataclass; on the socket it is JSON with the class' name
under ``type``, optionally followed by raw bytes (``attachment``) that nobody parses on
the way. ``Request`` and ``Reply`` are closed unions, to be matched exhaustively.

The gateway connects and asks; a shard answers each request once, in any order, and in
between pushes what was subscribed to. Both sides come from one release, so there is one
``VERSION``, said first and refused if it differs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

import orjson

from tart import json_encoding
from tart.errors import TartError

VERSION = 1

# A thousand events of a mebibyte each would not fit; a thousand of a full Refined do.
MAX_MESSAGE = 256 << 20

_LENGTHS = struct.Struct("<II")


class MessageError(TartError):
    """Bytes on the Unix socket that are no message: the peer is not our release."""


@dataclass(frozen=True)
class RunQuery:
    """Ask a query of ``query.core.catalog`` by name; answered by ``Partial`` or ``Failure``.

    ``age_seconds``: how long ago the request came that it is asked for. The oldest go first.
    """

    id: int
    name: str
    parameters: dict[str, Any]
    deadline_seconds: float
    age_seconds: float = 0.0


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for request ``id`` any more; it gets no answer."""

    id: int


@dataclass(frozen=True)
class Subscribe:
    """Push events that pass ``filter`` (``query.core.filters``) until ``Unsubscribe``."""

    subscription: int
    filter: dict[str, Any]
    bytes: str = "hex"


@dataclass(frozen=True)
class Unsubscribe:
    """End a subscription; events on their way may still arrive."""

    subscription: int


@dataclass(frozen=True)
class Hold:
    """Hold files still for a backup; answered by ``Partial`` or ``Failure``.

    ``step``: ``aggregates``, ``files``, ``turn``, each answered with ``{"paths": […], "end":
    n | null, "damaged": […]}``, and ``release``, with whether everything was held until now (see
    ``storage.backup_snapshot``). The end of the connection releases, too.
    """

    id: int
    step: str


@dataclass(frozen=True)
class Welcome:
    """The first message of a shard on each connection."""

    shard: int
    pid: int
    version: int = VERSION


@dataclass(frozen=True)
class Recovering:
    """Instead of Welcome, again and again: the shard starts and cannot be asked yet.

    ``what`` says how far it is, ``seconds`` since when.
    """

    shard: int
    pid: int
    what: str
    seconds: float
    version: int = VERSION


class Attached(NamedTuple):
    """A query's answer where most of it is bytes that nobody parses on the way."""

    value: Any
    data: bytes


@dataclass(frozen=True)
class Partial:
    """One shard's answer to a query, in the shape the catalogue gives.

    ``attached`` says that the answer is an ``Attached``, with ``attachment`` as its data.
    ``unreadable``: events that may belong to the answer and cannot be read, for each stretch
    ``[file, how many, first received µs, last]``; what nobody knows is null.
    """

    id: int
    value: Any
    attached: bool = False
    attachment: bytes = field(default=b"", repr=False)
    unreadable: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """Why one shard cannot answer: ``code`` and ``parameter`` as in ``errors``."""

    id: int
    code: str
    message: str
    parameter: str | None = None


@dataclass(frozen=True)
class LiveEvents:
    """New events, each encoded once, with the subscriptions it passed.

    ``events``: per event ``[id, node_id, event_type, [subscription, …], length]``; the
    attachment holds their JSON objects (the API's Event), ``length`` bytes each.
    """

    events: list[list[Any]]
    attachment: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Missed:
    """Events of a subscription that were not pushed because the gateway fell behind."""

    subscription: int
    count: int


@dataclass(frozen=True)
class NodeChanged:
    """A node connected or disconnected: its state as in the ``nodes`` query."""

    node: dict[str, Any]


Request: TypeAlias = RunQuery | Cancel | Subscribe | Unsubscribe | Hold
Reply: TypeAlias = Welcome | Recovering | Partial | Failure | LiveEvents | Missed | NodeChanged
Message: TypeAlias = Request | Reply

_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        RunQuery,
        Cancel,
        Subscribe,
        Unsubscribe,
        Hold,
        Welcome,
        Recovering,
        Partial,
        Failure,
        LiveEvents,
        Missed,
        NodeChanged,
    )
}


def encode(message: Message) -> bytes:
    """A message with its lengths in front, ready for the socket."""
    attachment = message.attachment if isinstance(message, LiveEvents | Partial) else b""
    shallow = {each.name: getattr(message, each.name) for each in fields(message)}
    shallow.pop("attachment", None)
    head = json_encoding.pack({"type": type(message).__name__, **shallow})
    return _LENGTHS.pack(len(head), len(attachment)) + head + attachment


def decode(head: bytes, attachment: bytes) -> Message:
    """The message of a JSON head and its attachment; ``MessageError`` if it is none."""
    try:
        members = json_encoding.unpack(head)
        kind = _KINDS[members.pop("type")]
        if kind in (LiveEvents, Partial):
            members["attachment"] = attachment
        message: Message = kind(**members)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise MessageError(f"not a message of ours: {error}") from None
    return message


class MessageBuffer:
    """Reassembles messages from arbitrarily cut reads; at most ``limit`` bytes each."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._needed = _LENGTHS.size

    def receive_data(self, data: bytes) -> list[Message]:
        """Every message completed by ``data``; ``MessageError`` ends the channel."""
        self._buffer += data
        messages: list[Message] = []
        offset = 0
        while len(self._buffer) - offset >= self._needed:
            head, attachment = _LENGTHS.unpack_from(self._buffer, offset)
            size = _LENGTHS.size + head + attachment
            if size > self._limit:
                raise MessageError(f"a message of {size} bytes, at most {self._limit}")
            if len(self._buffer) - offset < size:
                self._needed = size
                break
            start = offset + _LENGTHS.size
            middle = start + head
            offset += size
            messages.append(
                decode(bytes(self._buffer[start:middle]), bytes(self._buffer[middle:offset]))
            )
            self._needed = _LENGTHS.size
        del self._buffer[:offset]
        return messages
