"""Precompiled encoders: one per event type, from arguments to the frame.

Pure. ``protocol.encoding`` encodes any event by walking its declaration; here the walk is
done once. Header and leading fields of fixed size become one ``struct.Struct``, which is
the whole event for two thirds of the types; ``wire`` writes the remaining fields. A property
test checks that both write the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from tart.errors import EncodeError
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    Integer,
    String,
    Struct,
    Type,
)

# JIP-3 allows reasons of 128 bytes. One less keeps their length a single byte, which
# servers that read lengths as LEB128 also understand (paritytech/jamtart does).
MAX_REASON = 127

_HEADER = "<IQB"  # length of the frame, timestamp, event type
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

Convert = Callable[[Any], Any]


class EventEncoder(NamedTuple):
    """The encoder of one event type.

    Attributes:
        refers_to: The types that the first argument may refer to; empty if it is not a
            reference.
        encode: Returns the frame of a timestamp and arguments. Raises ``EncodeError``,
            ``struct.error``, ``LookupError``, ``TypeError`` or ``ValueError`` for values that
            the type cannot represent.
    """

    refers_to: tuple[int, ...]
    encode: Callable[[int, Sequence[Any]], bytes]


def build_encoders(version: int, cores: int | None) -> list[EventEncoder]:
    """Return the encoders by event type; types unknown to JIP-3 refuse everything.

    Args:
        version: Protocol version of the connection.
        cores: The network's core count C, ``None`` if the node does not tell one.
    """
    return [
        _encoder(EVENTS[number], version, cores) if number in EVENTS else EventEncoder((), _refuse)
        for number in range(max(EVENTS) + 1)
    ]


def _refuse(timestamp: int, values: Sequence[Any]) -> bytes:
    raise EncodeError("", "an event of JIP-3")


def _encoder(event: EventKind, version: int, cores: int | None) -> EventEncoder:
    fields = event.layout(version)
    reference = leading_reference(fields)
    refers_to = reference.refers_to if reference else ()
    return EventEncoder(refers_to, _compile(event.number, fields, cores))


def _compile(
    number: int, fields: Struct, cores: int | None
) -> Callable[[int, Sequence[Any]], bytes]:
    types = [each for _, each in fields.fields]
    leading = [_fixed(each, cores) for each in types]
    count = leading.index(None) if None in leading else len(leading)
    fixed = [each for each in leading[:count] if each is not None]
    head = struct.Struct(_HEADER + "".join(code for code, _ in fixed))
    conversions = tuple((index, convert) for index, (_, convert) in enumerate(fixed) if convert)
    pack, length = head.pack, head.size - LENGTH_BYTES

    def encode_fixed(timestamp: int, values: Sequence[Any]) -> bytes:
        if conversions:
            values = list(values)
            for index, convert in conversions:
                values[index] = convert(values[index])
        return pack(length, timestamp, number, *values)

    if count == len(types):
        return encode_fixed
    rest = tuple((name, layout, _truncation(layout)) for name, layout in fields.fields[count:])

    def encode(timestamp: int, values: Sequence[Any]) -> bytes:
        out = bytearray(encode_fixed(timestamp, values[:count]))
        for (name, layout, truncate), value in zip(rest, values[count:], strict=True):
            try:
                layout.write(truncate(value) if truncate else value, out)
            except EncodeError as error:
                raise error.inside(name) from None
        out[:LENGTH_BYTES] = (len(out) - LENGTH_BYTES).to_bytes(LENGTH_BYTES, "little")
        return bytes(out)

    return encode


def _fixed(layout: Type, cores: int | None) -> tuple[str, Convert | None] | None:
    """Return the ``struct`` code of a type of fixed size and the conversion of its values.

    ``None`` for a type of variable size; a conversion of ``None`` where values need none.
    """
    match layout:
        case Integer(size=size):
            return _CODES[size], None
        case Boolean():
            return "?", None
        case Bytes(size=size):
            return f"{size}s", _octets(size)
        case Enumeration(names=names):
            return "B", {name: index for index, name in enumerate(names)}.__getitem__
        case Address():
            return "16s", _address
        case CoreBytes() if cores is not None:
            return f"{cores}s", _octets(cores)
        case CoreBits() if cores is not None:
            size = -(-cores // 8)
            return f"{size}s", _octets(size)
        case Struct():
            return _fixed_struct(layout, cores)
    return None


def _fixed_struct(layout: Struct, cores: int | None) -> tuple[str, Convert] | None:
    fixed = [_fixed(each, cores) for _, each in layout.fields]
    if None in fixed:
        return None
    inner = struct.Struct("<" + "".join(each[0] for each in fixed if each))
    conversions = tuple((index, each[1]) for index, each in enumerate(fixed) if each and each[1])
    # With several names, as all structures of JIP-3 have, it returns a tuple.
    members = itemgetter(*(name for name, _ in layout.fields))

    def convert(value: Any) -> bytes:
        values = list(members(value))
        for index, convert_member in conversions:
            values[index] = convert_member(values[index])
        return inner.pack(*values)

    return f"{inner.size}s", convert


def _octets(size: int) -> Convert:
    """Return a conversion that checks the size; ``struct`` would silently cut or pad."""

    def check(value: Any) -> bytes:
        octets = bytes(value) if isinstance(value, bytes | list | tuple | bytearray) else b""
        if len(octets) != size:
            raise EncodeError("", f"{size} bytes")
        return octets

    return check


def _address(value: Any) -> bytes:
    if not isinstance(value, str):
        raise EncodeError("", f"an IP address, not {value!r}")
    return _packed(value)


# Parsing an address takes longer than the rest of an event, and a node has few peers.
@lru_cache(maxsize=4096)
def _packed(address: str) -> bytes:
    out = bytearray()
    Address().write(address, out)
    return bytes(out)


def _truncation(layout: Type) -> Convert | None:
    if not isinstance(layout, String):
        return None
    limit = min(layout.limit, MAX_REASON)

    def truncate(text: Any) -> str:
        """Return a text, such as an error, cut to the limit at a character boundary."""
        raw = str(text).encode(errors="replace")
        return raw[:limit].decode(errors="ignore")

    return truncate
