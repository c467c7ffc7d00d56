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
from typing import Any, NamedTuple

from tart.errors import DecodeError
from tart.protocol.byte_reader import Deviation, Reader, encode_natural
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.node_information import MAX_CORES
from tart.protocol.types import TIMESTAMP, U32, U64, struct
from tart.protocol.wire import Struct

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


class Decoded(NamedTuple):
    """An event's fields in declaration order, and the deviations in its bytes."""

    fields: dict[str, Any]
    deviations: tuple[Deviation, ...]


class _Reading(NamedTuple):
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
    number: int, payload: bytes, *, version: int = 1, cores: int | None = None
) -> Decoded:
    """Decode an event's payload, the bytes after timestamp and event type.

    Offsets, in deviations and in the error, count from the start of the whole message.

    Args:
        number: The event type.
        payload: All bytes of the frame after its header.
        version: The protocol version of the connection.
        cores: The node's core count; ``None`` if it did not send a valid one.

    Raises:
        DecodeError: No known reading fits; the error is that of the specification's reading.
    """
    event = event_kind(number)
    layout = event.layout(version)
    failure: DecodeError | None = None
    leftover: Decoded | None = None
    for reading in _readings(event, layout, payload, version, cores):
        try:
            decoded, left = _read(reading, payload)
        except DecodeError as error:
            # The traceback would keep all values read so far alive.
            failure = failure or error.with_traceback(None)
            continue
        if not left:
            return decoded
        if leftover is None and reading.deviation is None:
            end = HEADER_BYTES + len(payload) - left
            extra = Deviation("trailing_bytes", end, "", f"the end, {left} bytes are left")
            leftover = Decoded(decoded.fields, (*decoded.deviations, extra))
    if leftover:
        return leftover
    assert failure is not None
    # A new error: raising one that a local variable holds would make a reference cycle.
    raise DecodeError(
        failure.rule, HEADER_BYTES + failure.offset, failure.expectation, failure.field
    )


def check_event(
    number: int, payload: bytes, *, version: int = 1, cores: int | None = None
) -> tuple[Deviation, ...]:
    """Return the deviations of a payload, without building its values where possible.

    Most events have a fixed size and a few bytes of limited range: for them this costs one or
    two comparisons.

    Args:
        number: The event type.
        payload: All bytes of the frame after its header.
        version: The protocol version of the connection.
        cores: The node's core count; ``None`` if it did not send a valid one.

    Raises:
        DecodeError: See ``decode_event``.
    """
    # Any version but 0 is read as 1; an arbitrary byte of a node must not fill the cache.
    size, bounded = _shape(number, min(version, 1))
    if size == len(payload) and all(payload[offset] <= top for offset, top, _ in bounded):
        return ()
    return decode_event(number, payload, version=version, cores=cores).deviations


@cache
def _shape(number: int, version: int) -> tuple[int | None, tuple[tuple[int, int, str], ...]]:
    layout = event_kind(number).layout(version)
    return layout.size, layout.bounded_bytes()


def _readings(
    event: EventKind, layout: Struct, payload: bytes, version: int, cores: int | None
) -> Iterator[_Reading]:
    """Return the specification's reading, then each known deviation that could apply."""
    if event.number in _CORE_LISTS:
        yield from _core_readings(event.number, layout, payload, cores)
        return
    yield _Reading(layout)
    if event is EventKind.DROPPED:
        yield _Reading(_DROPPED_U32, _deviation("dropped_count_u32", 8, "num", "num as u64"))
        yield _Reading(
            _DROPPED_BARE,
            _deviation(
                "dropped_without_timestamp", 0, "last_timestamp", "last_timestamp before num"
            ),
        )
    if event.version_0 is not None:
        other = event.fields if layout is event.version_0 else event.version_0
        expectation = f"the layout of version {version}"
        yield _Reading(other, _deviation("other_version_layout", 0, "", expectation))
    if layout.size is None:
        yield _Reading(layout, leb128=True)


def _deviation(rule: str, offset: int, field: str, expectation: str) -> Deviation:
    return Deviation(rule, HEADER_BYTES + offset, field, expectation)


def _core_readings(
    number: int, layout: Struct, payload: bytes, cores: int | None
) -> Iterator[_Reading]:
    """Return the readings of an event with a list sized by C, which some nodes do not send.

    All other fields have a fixed size, so the payload's length determines the list's: it
    overrides the node's C, up to the limit of any network.
    """
    field, offset, cores_per_byte = _CORE_LISTS[number]
    length = len(payload) - layout.minimum
    longest = -(-MAX_CORES // cores_per_byte)
    if cores is None:
        yield _Reading(layout, core_bytes=min(max(length, 1), longest))
        return
    expected = -(-cores // cores_per_byte)
    yield _Reading(layout, core_bytes=expected)
    prefix = encode_natural(expected)
    if length == len(prefix) + expected and payload[offset : offset + len(prefix)] == prefix:
        # Nothing after the list can deviate, so no offset needs to be moved.
        prefixed = _deviation("core_list_prefixed", offset, field, "no length before the list")
        yield _Reading(layout, prefixed, cut=(offset, len(prefix)), core_bytes=expected)
    if 1 <= length <= longest:
        expectation = f"{expected} bytes for {cores} cores, not {length}"
        mismatch = _deviation("core_count_mismatch", offset, field, expectation)
        yield _Reading(layout, mismatch, core_bytes=length)


def _read(reading: _Reading, payload: bytes) -> tuple[Decoded, int]:
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
    deviations = tuple(
        each._replace(offset=HEADER_BYTES + each.offset) for each in reader.deviations
    )
    if reading.deviation:
        deviations = (reading.deviation, *deviations)
    return Decoded(fields, deviations), reader.remaining
