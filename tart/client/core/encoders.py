"""An event's arguments into its frame: one packer per event type, made once.

Pure. ``protocol.encoding`` writes any event by walking its declaration; here the walk is
done beforehand. Header and leading fields of fixed size become one ``struct.Struct``,
which is the whole event for two thirds of the types; what follows is written by ``wire``.
That both write the same bytes is a property test.
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
# servers that read lengths as LEB128 understand too (paritytech/jamtart does).
LONGEST_REASON = 127

_HEADER = "<IQB"  # the frame's length, timestamp, number
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}

Convert = Callable[[Any], Any]


class Layout(NamedTuple):
    """How events of one type become frames.

    Attributes:
        refers_to: numbers of the types its first argument may point at; empty where it
            points at none.
        frame: timestamp and arguments in, frame out. Raises ``EncodeError``,
            ``struct.error``, ``LookupError``, ``TypeError`` or ``ValueError`` on what the
            type cannot carry.
    """

    refers_to: tuple[int, ...]
    frame: Callable[[int, Sequence[Any]], bytes]


def layouts(version: int, cores: int | None) -> list[Layout]:
    """The layouts by event number; numbers that JIP-3 leaves out refuse everything.

    Args:
        version: protocol version of the connection.
        cores: the network's core count C, ``None`` if the node does not tell one.
    """
    return [
        _layout(EVENTS[number], version, cores) if number in EVENTS else Layout((), _no_event)
        for number in range(max(EVENTS) + 1)
    ]


def _no_event(timestamp: int, values: Sequence[Any]) -> bytes:
    raise EncodeError("", "an event of JIP-3")


def _layout(event: EventKind, version: int, cores: int | None) -> Layout:
    fields = event.layout(version)
    reference = leading_reference(fields)
    return Layout(reference.refers_to if reference else (), _packer(event.number, fields, cores))


def _packer(
    number: int, fields: Struct, cores: int | None
) -> Callable[[int, Sequence[Any]], bytes]:
    types = [each for _, each in fields.fields]
    leading = [_fixed(each, cores) for each in types]
    count = leading.index(None) if None in leading else len(leading)
    fixed = [each for each in leading[:count] if each is not None]
    head = struct.Struct(_HEADER + "".join(code for code, _ in fixed))
    steps = tuple((at, convert) for at, (_, convert) in enumerate(fixed) if convert)
    pack, length = head.pack, head.size - LENGTH_BYTES

    def whole(timestamp: int, values: Sequence[Any]) -> bytes:
        if steps:
            values = list(values)
            for at, convert in steps:
                values[at] = convert(values[at])
        return pack(length, timestamp, number, *values)

    if count == len(types):
        return whole
    rest = tuple((name, each, _fitting(each)) for name, each in fields.fields[count:])

    def parts(timestamp: int, values: Sequence[Any]) -> bytes:
        out = bytearray(whole(timestamp, values[:count]))
        for (name, each, fit), value in zip(rest, values[count:], strict=True):
            try:
                each.write(fit(value) if fit else value, out)
            except EncodeError as error:
                raise error.inside(name) from None
        out[:LENGTH_BYTES] = (len(out) - LENGTH_BYTES).to_bytes(LENGTH_BYTES, "little")
        return bytes(out)

    return parts


def _fixed(layout: Type, cores: int | None) -> tuple[str, Convert | None] | None:
    """The letters of a type of fixed size, and what its values need before; else ``None``."""
    match layout:
        case Integer(size=size):
            return _CODES[size], None
        case Boolean():
            return "?", None
        case Bytes(size=size):
            return f"{size}s", _octets(size)
        case Enumeration(names=names):
            return "B", {name: at for at, name in enumerate(names)}.__getitem__
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
    steps = tuple((at, each[1]) for at, each in enumerate(fixed) if each and each[1])
    # Of several names, as all structures of JIP-3 have, it gives a tuple.
    members = itemgetter(*(name for name, _ in layout.fields))

    def convert(value: Any) -> bytes:
        values = list(members(value))
        for at, step in steps:
            values[at] = step(values[at])
        return inner.pack(*values)

    return f"{inner.size}s", convert


def _octets(size: int) -> Convert:
    """``struct`` would silently cut or fill what has another length."""

    def check(value: Any) -> bytes:
        octets = bytes(value) if isinstance(value, bytes | list | tuple | bytearray) else b""
        if len(octets) != size:
            raise EncodeError("", f"{size} bytes")
        return octets

    return check


def _address(value: Any) -> bytes:
    if type(value) is not str:
        raise EncodeError("", f"an IP address, not {value!r}")
    return _packed(value)


# Reading an address takes longer than all the rest, and a node's peers are few.
@lru_cache(maxsize=4096)
def _packed(address: str) -> bytes:
    out = bytearray()
    Address().write(address, out)
    return bytes(out)


def _fitting(layout: Type) -> Convert | None:
    if not isinstance(layout, String):
        return None
    longest = min(layout.limit, LONGEST_REASON)

    def fit(text: Any) -> str:
        """What an error said, as much of it as a reason holds; whole characters only."""
        raw = str(text).encode(errors="replace")
        return raw[:longest].decode(errors="ignore")

    return fit
