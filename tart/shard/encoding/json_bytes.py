"""JSON of values that contain byte strings, in the two encodings that the API offers.

Pure. Values stay bytes until they leave the process; then they become hex text or, for
clients of jamtart's JSON, lists of integers. There addresses are lists of 16 integers, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Raw, Struct

from tart import json_encoding
from tart.protocol.wire import AddressText
from tart.query.core.live_event import encode_integers
from tart.query.core.query import Attached, ByteEncoding, Query, Rendering


def to_hex(value: bytes) -> str:
    """Return bytes as text that begins with ``0x``."""
    return "0x" + value.hex()


_ENCODINGS: Mapping[ByteEncoding, Callable[[bytes], Any]] = MappingProxyType(
    {"hex": to_hex, "array": list}
)


# Addresses are a subclass of text; in hex they are written like any text.
_OPTIONS: Mapping[ByteEncoding, int] = MappingProxyType(
    {"hex": 0, "array": json_encoding.SUBCLASSES_BY_DEFAULT}
)


def dumps(value: Any, byte_encoding: ByteEncoding) -> bytes:
    """Return a value as JSON for clients of the API; see ``json_encoding.dumps``."""
    return json_encoding.dumps(value, _default(byte_encoding), _OPTIONS[byte_encoding])


def dumps_event(event: Mapping[str, Any], rendering: Rendering) -> bytes:
    """Return an event, of the routes or of the live streams, as JSON for clients of the API."""
    return dumps(encode_integers(event, rendering.int64), rendering.bytes)


def dumps_data(data: Any, rendering: Rendering) -> bytes:
    """Return the member ``data`` of an event as JSON for clients of the API."""
    return dumps(encode_integers({"data": data}, rendering.int64)["data"], rendering.bytes)


def pack(value: Any, byte_encoding: ByteEncoding) -> bytes:
    """Return a value as JSON for another process of tart; see ``json_encoding.pack``."""
    # A struct may have numbers as names of members; to allow them takes twice the time.
    option = json_encoding.ANY_NAMES if isinstance(value, Struct) else 0
    return json_encoding.pack(value, _default(byte_encoding), option | _OPTIONS[byte_encoding])


def encode_answer(query: Query[Any, Any], answer: Any) -> tuple[Raw, bytes]:
    """Return the JSON and the attachment of a shard's answer to a query.

    Args:
        answer: Of a query without ``byte_encoding`` it has no byte strings.

    Raises:
        TypeError: The answer cannot be written as JSON.
    """
    attachment = b""
    if isinstance(answer, Attached):
        answer, attachment = answer
    byte_encoding: ByteEncoding | None = getattr(query, "byte_encoding", None)
    if byte_encoding is None:
        return Raw(msgspec.json.encode(answer)), attachment
    return Raw(pack(answer, byte_encoding)), attachment


def _default(byte_encoding: ByteEncoding) -> Callable[[Any], Any]:
    encode_bytes = _ENCODINGS[byte_encoding]

    def default(value: Any) -> Any:
        match value:
            case bytes():
                return encode_bytes(value)
            case Struct():
                return msgspec.structs.asdict(value)
            case AddressText():
                return list(value.octets())
            case str():
                return str(value)
            case int():
                return int(value)
            case dict():
                return dict(value)
        raise TypeError(f"{type(value).__name__} is not JSON")

    return default
