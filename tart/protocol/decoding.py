"""Decodes events; accepts known deviations of deployed implementations.

Pure. The specification's layout is tried first and must end exactly at the end of the
payload. Then the known deviations are tried one by one, each with a name (the list is
``_readings``); the first that ends exactly wins. Then the specification's layout with
trailing bytes. A payload that fits nothing raises the specification's own error, and the
caller stores the bytes.

The deviations are those of implementations whose bytes are in ``tests/vectors``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from tart.errors import DecodeError
from tart.protocol.byte_reader import Deviation, Reader, encode_natural
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.node_information import MAX_CORES
from tart.protocol.types import PEER_ADDRESS, TIMESTAMP, U16, U32, U64, struct
from tart.protocol.wire import (
    BigEndian,
    CoreBytes,
    EventId,
    NaturalInteger,
    PackedCoreBytes,
    Struct,
    Type,
)

# Timestamp, then the event type (JIP-3, "Event messages").
HEADER_BYTES = 9
NUMBER_OFFSET = 8

# Lists sized by C: field, offset, and cores per byte.
_CORE_LISTS: Mapping[int, tuple[str, int, int]] = {
    EventKind.STATUS: ("num_guarantees", 12, 1),
    EventKind.DISTRIBUTING_ASSURANCE: ("statement.bitfield", 32, 8),
}

# Older drafts and two emitters write these; only the length distinguishes them.
_DROPPED_U32 = struct("Dropped", last_timestamp=TIMESTAMP, num=U32)
_DROPPED_BARE = struct("Dropped", num=U64)

# Jamixir's slots and epochs.
_JAMIXIR_NATURALS: Mapping[int, str] = {
    EventKind.BEST_BLOCK_CHANGED: "slot",
    EventKind.FINALIZED_BLOCK_CHANGED: "slot",
    EventKind.AUTHORING: "slot",
    EventKind.IMPORTING: "slot",
    EventKind.BLOCK_ANNOUNCED: "slot",
    EventKind.TICKET_TRANSFERRED: "epoch",
}
# Jamixir's addresses: the field with the port. The port is the end of the payload.
_JAMIXIR_PORTS: Mapping[int, str] = {
    EventKind.CONNECTION_REFUSED: "from",
    EventKind.CONNECTING_IN: "from",
    EventKind.CONNECTING_OUT: "to.peer_address",
}
PORT_TYPES = frozenset(_JAMIXIR_PORTS)
_PORT_BYTES = 2
# Types of a dialect that may be read in another way although their length is as specified.
DIALECT_TYPES: Mapping[Dialect, frozenset[int]] = MappingProxyType(
    {
        Dialect.STANDARD: frozenset(),
        Dialect.JAMIXIR: frozenset(
            {
                *_JAMIXIR_NATURALS,
                *_JAMIXIR_PORTS,
                *(number for number in EVENTS if leading_reference(EVENTS[number].fields)),
            }
        ),
    }
)


class Decoded(NamedTuple):
    """An event's fields in declaration order, and the deviations in its bytes."""

    fields: dict[str, Any]
    deviations: tuple[Deviation, ...]


class Reading(NamedTuple):
    """One way to read a payload.

    Attributes:
        layout: The fields.
        deviation: The deviation, unless the reading is the specification's.
        cut: Offset and size of a part of the payload to skip.
        core_bytes: Size of the list by core.
        leb128: Read lengths as LEB128.
    """

    layout: Struct
    deviation: Deviation | None = None
    cut: tuple[int, int] = (0, 0)
    core_bytes: int = 0
    leb128: bool = False


def event_kind(number: int) -> EventKind:
    """Return the event type of a number; raise ``DecodeError`` if JIP-3 has none."""
    event = EVENTS.get(number)
    if event is None:
        raise DecodeError("unknown_event", NUMBER_OFFSET, f"an event of JIP-3, not {number}")
    return event


def decode_event(
    number: int,
    payload: bytes,
    *,
    version: int = 1,
    cores: int | None = None,
    dialect: Dialect = Dialect.STANDARD,
) -> Decoded:
    """Decode an event's payload, the bytes after timestamp and event type.

    Offsets, in deviations and in the error, count from the start of the whole message.

    Args:
        number: The event type.
        payload: All bytes of the frame after its header.
        version: The protocol version of the connection.
        cores: The node's core count; ``None`` if it did not send a valid one.
        dialect: The dialect of the node.

    Raises:
        DecodeError: No known reading fits; the error is that of the specification's reading.
    """
    event = event_kind(number)
    if dialect is Dialect.STANDARD:
        # Most events: every byte has a meaning by itself, so the specification's reading fits.
        fields = event.layout(version).read_plain(payload)
        if fields is not None:
            return Decoded(fields, ())
        decoded = _decode_as_specified(event.layout(version), number, payload, cores)
        if decoded is not None:
            return decoded
    return _select(event, payload, version, cores, dialect)[1]


def _decode_as_specified(
    layout: Struct, number: int, payload: bytes, cores: int | None
) -> Decoded | None:
    """Return what ``_select`` returns of a payload that the first reading fits: nearly all.

    ``None`` if another reading may fit.
    """
    core_bytes = 0
    if number in _CORE_LISTS:
        if cores is None:
            return None
        core_bytes = -(-cores // _CORE_LISTS[number][2])
    reader = Reader(payload, core_bytes=core_bytes, core_bits=core_bytes)
    try:
        fields = layout.read(reader)
    except DecodeError:
        return None
    return None if reader.remaining else Decoded(fields, _in_message(reader.deviations))


def read_event(
    number: int,
    payload: bytes,
    *,
    version: int = 1,
    cores: int | None = None,
    dialect: Dialect = Dialect.STANDARD,
) -> tuple[Reading, Decoded]:
    """Return the reading that fits a payload, and the event; see ``decode_event``."""
    return _select(event_kind(number), payload, version, cores, dialect)


def _select(
    event: EventKind, payload: bytes, version: int, cores: int | None, dialect: Dialect
) -> tuple[Reading, Decoded]:
    layout = event.layout(version)
    failure: DecodeError | None = None
    leftover: tuple[Reading, Decoded] | None = None
    readings = _readings(event, layout, payload, version, cores)
    if dialect is not Dialect.STANDARD:
        readings = chain(_jamixir_readings(event, layout, payload, cores), readings)
    for reading in readings:
        try:
            decoded, left = _read(reading, payload)
        except DecodeError as error:
            # The traceback would keep all values read so far alive.
            failure = failure or error.with_traceback(None)
            continue
        if not left:
            return reading, _with_reference(event, decoded, dialect)
        if leftover is None and reading.deviation is None:
            end = HEADER_BYTES + len(payload) - left
            extra = Deviation("trailing_bytes", end, "", f"the end, {left} bytes are left")
            leftover = reading, Decoded(decoded.fields, (*decoded.deviations, extra))
    if leftover:
        reading, decoded = leftover
        return reading, _with_reference(event, decoded, dialect)
    assert failure is not None
    # A new error: raising one that a local variable holds would make a reference cycle.
    raise DecodeError(
        failure.rule, HEADER_BYTES + failure.offset, failure.expectation, failure.field
    )


def specified_reading(
    number: int, payload: bytes, *, version: int = 1, cores: int | None = None
) -> Reading:
    """Return the specification's reading of a payload; ``DecodeError`` for an unknown type."""
    event = event_kind(number)
    return next(_readings(event, event.layout(version), payload, version, cores))


def check_event(
    number: int,
    payload: bytes,
    *,
    version: int = 1,
    cores: int | None = None,
    dialect: Dialect = Dialect.STANDARD,
) -> tuple[Deviation, ...]:
    """Return the deviations of a payload, without building its values where possible.

    Most events have a fixed size and a few bytes of limited range: for them this costs one or
    two comparisons.

    Args:
        number: The event type.
        payload: All bytes of the frame after its header.
        version: The protocol version of the connection.
        cores: The node's core count; ``None`` if it did not send a valid one.
        dialect: The dialect of the node.

    Raises:
        DecodeError: See ``decode_event``.
    """
    # Any version but 0 is read as 1; an arbitrary byte of a node must not fill the cache.
    size, bounded = _shape(number, min(version, 1))
    if (
        size == len(payload)
        and all(payload[offset] <= top for offset, top, _ in bounded)
        and number not in DIALECT_TYPES[dialect]
    ):
        return ()
    return decode_event(number, payload, version=version, cores=cores, dialect=dialect).deviations


@cache
def _shape(number: int, version: int) -> tuple[int | None, tuple[tuple[int, int, str], ...]]:
    layout = event_kind(number).layout(version)
    return layout.size, layout.bounded_bytes()


def _readings(
    event: EventKind, layout: Struct, payload: bytes, version: int, cores: int | None
) -> Iterator[Reading]:
    """Return the specification's reading, then each known deviation that could apply."""
    if event.number in _CORE_LISTS:
        yield from _core_readings(event.number, layout, payload, cores)
        return
    yield Reading(layout)
    if event is EventKind.DROPPED:
        yield Reading(_DROPPED_U32, _deviation("dropped_count_u32", 8, "num", "num as u64"))
        yield Reading(
            _DROPPED_BARE,
            _deviation(
                "dropped_without_timestamp", 0, "last_timestamp", "last_timestamp before num"
            ),
        )
    if event.version_0 is not None:
        other = event.fields if layout is event.version_0 else event.version_0
        expectation = f"the layout of version {version}"
        yield Reading(other, _deviation("other_version_layout", 0, "", expectation))
    if layout.size is None:
        yield Reading(layout, leb128=True)


def _jamixir_readings(
    event: EventKind, layout: Struct, payload: bytes, cores: int | None
) -> Iterator[Reading]:
    """Return the readings of Jamixir's bytes, which precede the specification's."""
    if event in _JAMIXIR_NATURALS:
        yield from _natural_readings(event, layout, payload)
    elif event in _JAMIXIR_PORTS and len(payload) == layout.size:
        port = payload[-_PORT_BYTES:]
        if port[0] != port[1]:
            field = f"{_JAMIXIR_PORTS[event]}.port"
            deviation = _deviation(
                "port_big_endian", len(payload) - _PORT_BYTES, field, "a little-endian port"
            )
            yield Reading(_replace(layout, PEER_ADDRESS, _BIG_ENDIAN_ADDRESS), deviation)
    elif event is EventKind.STATUS and cores is not None:
        packed, expected = len(payload) - layout.minimum, -(-cores // 8)
        if packed == expected != cores:
            field, offset, _ = _CORE_LISTS[event]
            deviation = _deviation("core_list_packed", offset, field, f"{cores} bytes, one a core")
            yield Reading(_PACKED_STATUS, deviation, core_bytes=cores)


def _natural_readings(event: EventKind, layout: Struct, payload: bytes) -> Iterator[Reading]:
    """Return the reading with a natural, unless that of fixed width is the more likely.

    Both fit where the natural has four bytes. As such a number is below 2^28, and its bytes with
    the prefix in the lowest place are mostly 256 times as much: the lower number is meant. The
    first slot for which this can fail is 2^24, in March 2028.
    """
    name = _JAMIXIR_NATURALS[event]
    offset = layout.offset_of(name)
    assert offset is not None
    deviation = (
        _deviation("epoch_natural", offset, name, "the epoch as u32")
        if name == "epoch"
        else _deviation("slot_natural", offset, name, "the slot as u32")
    )
    if len(payload) == layout.size:
        reader = Reader(payload, offset=offset)
        number = int.from_bytes(payload[offset : offset + 4], "little")
        try:
            natural = NaturalInteger().read(reader)
        except DecodeError:
            return
        if reader.offset != offset + 4 or natural >= number:
            return
    natural_layout = Struct(
        layout.name,
        tuple(
            (field, NaturalInteger() if field == name else kind) for field, kind in layout.fields
        ),
    )
    yield Reading(natural_layout, deviation)


_BIG_ENDIAN_ADDRESS = Struct(
    PEER_ADDRESS.name,
    tuple((name, BigEndian(2) if kind is U16 else kind) for name, kind in PEER_ADDRESS.fields),
)


def _replace(layout: Struct, old: Type, new: Type) -> Struct:
    """Return a layout with another type in place of one, in nested structures too."""
    fields: list[tuple[str, Type]] = []
    for name, kind in layout.fields:
        if kind is old:
            kind = new
        elif isinstance(kind, Struct) and type(kind) is Struct:
            kind = _replace(kind, old, new)
        fields.append((name, kind))
    return Struct(layout.name, tuple(fields))


_PACKED_STATUS = Struct(
    EventKind.STATUS.fields.name,
    tuple(
        (name, PackedCoreBytes() if isinstance(kind, CoreBytes) else kind)
        for name, kind in EventKind.STATUS.fields.fields
    ),
)


def _with_reference(event: EventKind, decoded: Decoded, dialect: Dialect) -> Decoded:
    """Add that a reference of Jamixir does not name an event as JIP-3 counts."""
    name, first = event.fields.fields[0] if event.fields.fields else ("", None)
    if dialect is Dialect.STANDARD or not isinstance(first, EventId) or name not in decoded.fields:
        return decoded
    deviation = _deviation("own_event_ids", 0, name, "an event id as JIP-3 counts")
    return decoded._replace(deviations=(*decoded.deviations, deviation))


def _deviation(rule: str, offset: int, field: str, expectation: str) -> Deviation:
    return Deviation(rule, HEADER_BYTES + offset, field, expectation)


def _core_readings(
    number: int, layout: Struct, payload: bytes, cores: int | None
) -> Iterator[Reading]:
    """Return the readings of an event with a list sized by C, which some nodes do not send.

    All other fields have a fixed size, so the payload's length determines the list's: it
    overrides the node's C, up to the limit of any network.
    """
    field, offset, cores_per_byte = _CORE_LISTS[number]
    length = len(payload) - layout.minimum
    longest = -(-MAX_CORES // cores_per_byte)
    if cores is None:
        yield Reading(layout, core_bytes=min(max(length, 1), longest))
        return
    expected = -(-cores // cores_per_byte)
    yield Reading(layout, core_bytes=expected)
    prefix = encode_natural(expected)
    if length == len(prefix) + expected and payload[offset : offset + len(prefix)] == prefix:
        # Nothing after the list can deviate, so no offset needs to be moved.
        prefixed = _deviation("core_list_prefixed", offset, field, "no length before the list")
        yield Reading(layout, prefixed, cut=(offset, len(prefix)), core_bytes=expected)
    if 1 <= length <= longest:
        expectation = f"{expected} bytes for {cores} cores, not {length}"
        mismatch = _deviation("core_count_mismatch", offset, field, expectation)
        yield Reading(layout, mismatch, core_bytes=length)


def _read(reading: Reading, payload: bytes) -> tuple[Decoded, int]:
    """Return the decoded payload and the number of bytes left over."""
    offset, size = reading.cut
    if size:
        payload = payload[:offset] + payload[offset + size :]
    reader = Reader(
        payload,
        core_bytes=reading.core_bytes,
        core_bits=reading.core_bytes,
        leb128=reading.leb128,
    )
    fields = reading.layout.read(reader)
    deviations = _in_message(reader.deviations)
    if reading.deviation:
        deviations = (reading.deviation, *deviations)
    return Decoded(fields, deviations), reader.remaining


def _in_message(deviations: list[Deviation]) -> tuple[Deviation, ...]:
    """Return deviations in a payload with their offsets in the message."""
    return tuple([each._replace(offset=HEADER_BYTES + each.offset) for each in deviations])
