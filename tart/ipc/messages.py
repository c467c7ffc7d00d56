"""Messages between gateway and shard.

Pure. A message is a frozen ``msgspec.Struct``; on the socket it is JSON with the name of its
class under ``type``, optionally followed by raw bytes (``attachment``), which are not parsed
on the way. Decoding validates every member. ``Request`` and ``Reply`` are closed
unions, to be matched exhaustively.

The gateway connects and sends requests. A shard answers each request once, in any order, and
pushes live events and node changes between the answers. Both sides must be of one release: a
shard's first message has its ``VERSION``, and the gateway refuses another version.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from tart.errors import TartError
from tart.query.answers.int64 import IntegerEncoding
from tart.query.core.query import ByteEncoding

VERSION = 3
# The chain process in place of the number of a shard; there are fewer shards.
CHAIN_INDEX = 256
# Its Unix socket in the run directory.
CHAIN_SOCKET = "chain.sock"

# A thousand Refined events of the largest size fit; a thousand events of a mebibyte each do not.
MAX_MESSAGE = 256 << 20

_LENGTHS = struct.Struct("<II")


class MessageError(TartError):
    """Bytes on the Unix socket that are not a message of this release."""


class _Message(
    Struct,
    frozen=True,
    tag=True,
    tag_field="type",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    pass


class RunQuery(_Message, frozen=True):
    """Run a query of ``query.shard_queries``; answered by ``Partial`` or ``Failure``.

    The chain process is sent those of ``query.chain_queries``.

    Attributes:
        parameters: JSON of the query.
        age_seconds: Seconds since the client's request arrived. Queries of older requests run
            first.
    """

    id: int
    name: str
    parameters: Raw
    deadline_seconds: float
    age_seconds: float = 0.0


class Cancel(_Message, frozen=True):
    """Cancel the query ``id``; it gets no answer."""

    id: int


class Subscribe(_Message, frozen=True):
    """Push events that pass ``filter`` (``query.core.filters``) until ``Unsubscribe``."""

    subscription: int
    filter: dict[str, Any]
    byte_encoding: ByteEncoding = "hex"
    int64: IntegerEncoding = "number"


class Unsubscribe(_Message, frozen=True):
    """End a subscription; events that were sent already may still arrive."""

    subscription: int


class FreezeAggregates(_Message, frozen=True):
    """Begin a backup (``storage.backup_snapshot``); answered by ``FrozenFiles`` or ``Failure``.

    The end of the connection releases all files, as ``ReleaseFiles`` does.
    """

    id: int


class FreezeFiles(_Message, frozen=True):
    """Freeze all segments that are not written to; answered by ``FrozenFiles`` or ``Failure``."""

    id: int


class RotateSegments(_Message, frozen=True):
    """Rotate segments and freeze the last one; answered by ``FrozenFiles`` or ``Failure``."""

    id: int


class ReleaseFiles(_Message, frozen=True):
    """End a backup; answered by ``Released`` or ``Failure``."""

    id: int


class Welcome(_Message, frozen=True):
    """The first message of a shard on each connection."""

    shard: int
    pid: int
    version: int = VERSION


class Recovering(_Message, frozen=True):
    """Sent repeatedly in place of ``Welcome`` while the shard starts and takes no requests.

    Attributes:
        progress: The current step of the start and how much of it is done, as text.
        seconds: Since the start began.
    """

    shard: int
    pid: int
    progress: str
    seconds: float
    version: int = VERSION


class UnreadableRows(NamedTuple):
    """Rows that cannot be read: of a damaged part of a file, or of a quarantined file.

    Attributes:
        rows: Their number; ``None`` if unknown.
        first_at, last_at: Bounds of ``received_at``, Unix microseconds; ``None`` if unknown.
    """

    file: str
    rows: int | None
    first_at: int | None
    last_at: int | None


class SampledEvents(NamedTuple):
    """Events of a window that the event log left out by sampling; see ``shard.state.sampling``.

    Attributes:
        first_at, last_at: Bounds of ``received_at``, Unix microseconds.
    """

    events: int
    first_at: int
    last_at: int


class Partial(_Message, frozen=True):
    """One shard's answer to a query.

    Attributes:
        value: JSON of the type that the query declares for one shard's answer.
        attachment: A part of the answer that is not JSON.
        unreadable: Rows that may belong to the answer and cannot be read.
        sampled: Events that may belong to the answer and were not stored; ``None`` if all were.
    """

    id: int
    value: Raw
    attachment: bytes = b""
    unreadable: list[UnreadableRows] = []
    sampled: SampledEvents | None = None


class Failure(_Message, frozen=True):
    """The error of a request: ``code`` and ``parameter`` as in ``tart.errors``."""

    id: int
    code: str
    message: str
    parameter: str | None = None


class FrozenFiles(_Message, frozen=True):
    """Files that may be copied until ``ReleaseFiles``.

    Attributes:
        end: The ``seq`` after the last event in the files, after ``RotateSegments``.
        damaged: Files with events that cannot be read.
    """

    id: int
    paths: list[str]
    end: int | None
    damaged: list[dict[str, Any]]


class Released(_Message, frozen=True):
    """The end of a backup.

    Attributes:
        intact: Whether all files were frozen throughout.
    """

    id: int
    intact: bool


class LiveEvents(_Message, frozen=True):
    """New events, each encoded once. Nothing is parsed for an event: see ``pack_live_events``.

    Attributes:
        events: Their number.
        matches: Each subscription whose filter passed some of them, and how many.
        attachment: See ``pack_live_events``.
    """

    events: int
    matches: list[tuple[int, int]]
    attachment: bytes = b""

    def unpack(self) -> tuple[Sequence[int], list[bytes], list[tuple[int, Sequence[int]]]]:
        """Return the API ids of the events, their JSON objects, and the matches.

        A match is the number of a subscription and the indexes of the events that it gets.

        Raises:
            MessageError: The attachment does not have what the head says.
        """
        data, wanted = self.attachment, sum(count for _, count in self.matches)
        try:
            ids = struct.unpack_from(f"<{self.events}q", data)
            lengths = struct.unpack_from(f"<{self.events}I", data, 8 * self.events)
            indexes = struct.unpack_from(f"<{wanted}I", data, 12 * self.events)
        except struct.error as error:
            raise MessageError(f"live events are cut short: {error}") from None
        offset = 12 * self.events + 4 * wanted
        if offset + sum(lengths) != len(data) or max(indexes, default=-1) >= self.events:
            raise MessageError("live events have other lengths than they say")
        texts = []
        for length in lengths:
            texts.append(data[offset : offset + length])
            offset += length
        matches: list[tuple[int, Sequence[int]]] = []
        first = 0
        for subscription, count in self.matches:
            matches.append((subscription, indexes[first : first + count]))
            first += count
        return ids, texts, matches


def pack_live_events(
    ids: Sequence[int], texts: Sequence[bytes], matches: Mapping[int, Sequence[int]]
) -> LiveEvents:
    """Return the message of live events.

    Its attachment is binary, little-endian: the API ids (64 bits), the lengths of the JSON
    objects (32 bits), for each subscription the indexes of the events that it gets (32 bits),
    and the JSON objects (the API's Event) one after the other.

    Args:
        ids: API ids.
        texts: The JSON object of each event.
        matches: By subscription the indexes of the events that passed its filter.
    """
    indexes = [index for listed in matches.values() for index in listed]
    head = struct.pack(
        f"<{len(ids)}q{len(texts)}I{len(indexes)}I", *ids, *map(len, texts), *indexes
    )
    counts = [(subscription, len(listed)) for subscription, listed in matches.items()]
    return LiveEvents(len(ids), counts, b"".join((head, *texts)))


class Subscribed(_Message, frozen=True):
    """The answer to ``Subscribe``.

    Attributes:
        through: API id of the newest event that the shard has decoded. Those behind it come as
            ``LiveEvents`` if they pass the filter.
    """

    subscription: int
    through: int


class Missed(_Message, frozen=True):
    """The number of events of a subscription that were shed because the gateway was slow."""

    subscription: int
    count: int


class NodeChanged(_Message, frozen=True):
    """A node connected or disconnected; ``node`` is JSON as in the ``nodes`` query."""

    node: Raw


BackupStep: TypeAlias = FreezeAggregates | FreezeFiles | RotateSegments | ReleaseFiles
Request: TypeAlias = RunQuery | Cancel | Subscribe | Unsubscribe | BackupStep
Answer: TypeAlias = Partial | Failure | FrozenFiles | Released
Reply: TypeAlias = Welcome | Recovering | Answer | Subscribed | LiveEvents | Missed | NodeChanged
Message: TypeAlias = Request | Reply
M = TypeVar("M", bound=Message)

REQUESTS: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
REPLIES: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_ENCODER = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """Return the bytes of a message on the socket: lengths, JSON head, attachment."""
    attachment = b""
    if isinstance(message, LiveEvents | Partial) and message.attachment:
        attachment = message.attachment
        message = msgspec.structs.replace(message, attachment=b"")
    head = _ENCODER.encode(message)
    return _LENGTHS.pack(len(head), len(attachment)) + head + attachment


def decode(decoder: msgspec.json.Decoder[M], head: bytes, attachment: bytes) -> M:
    """Return the message of a JSON head and an attachment.

    Raises:
        MessageError: The head is not a message that ``decoder`` accepts.
    """
    try:
        message = decoder.decode(head)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MessageError(f"not a message of this release: {error}") from None
    if attachment:
        if not isinstance(message, LiveEvents | Partial):
            raise MessageError(f"{type(message).__name__} has no attachment")
        message = msgspec.structs.replace(message, attachment=attachment)
    return message


class MessageBuffer(Generic[M]):
    """Reassembles messages from arbitrarily cut reads; at most ``limit`` bytes each.

    Args:
        decoder: ``REQUESTS`` or ``REPLIES``.
    """

    def __init__(self, decoder: msgspec.json.Decoder[M], limit: int = MAX_MESSAGE) -> None:
        self._decoder = decoder
        self._limit = limit
        self._buffer = bytearray()
        self._needed = _LENGTHS.size

    def receive_data(self, data: bytes) -> list[M]:
        """Return every message completed by ``data``.

        Raises:
            MessageError: The bytes are not messages of this release; the buffer cannot be used
                after it.
        """
        self._buffer += data
        messages: list[M] = []
        offset = 0
        while len(self._buffer) - offset >= self._needed:
            head, attachment = _LENGTHS.unpack_from(self._buffer, offset)
            size = _LENGTHS.size + head + attachment
            if size > self._limit:
                raise MessageError(f"a message of {size} bytes; the limit is {self._limit}")
            if len(self._buffer) - offset < size:
                self._needed = size
                break
            start = offset + _LENGTHS.size
            middle = start + head
            offset += size
            messages.append(
                decode(
                    self._decoder,
                    bytes(self._buffer[start:middle]),
                    bytes(self._buffer[middle:offset]),
                )
            )
            self._needed = _LENGTHS.size
        del self._buffer[:offset]
        return messages
