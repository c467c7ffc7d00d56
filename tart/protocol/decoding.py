"""What counts as a good event, and what is understood all the same.

Pure. The specification's layout is tried first and must end exactly at the end of the
payload. What deployed implementations are known to write instead is tried next, one
named deviation after the other (the list is ``_readings``); the first that ends exactly
wins. Then the specification's layout with bytes left over. What fits nothing raises the
specification's own error, and the caller keeps the bytes.

The deviations are those of implementations whose bytes are in ``tests/vectors``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tart.errors import DecodeError
from tart.protocol.byte_reader import Deviation, Reader, encode_natural
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.node_information import MAX_CORES
from tart.protocol.types import TIMESTAMP, U32, U64, struct
from tart.protocol.wire import Struct

# Timestamp, then the event's number (JIP-3, "Event messages").
HEADER_BYTES = 9
NUMBER_OFFSET = 8

DROPPED = 0
STATUS = 10
DISTRIBUTING_ASSURANCE = 126

# Where the lists sized by C stand, and how many cores one byte of them tells of.
_CORE_LISTS = {
    STATUS: ("num_guarantees", 12, 1),
    DISTRIBUTING_ASSURANCE: ("statement.bitfield", 32, 8),
}

# Older drafts and two emitters write these; told apart by length alone.
_DROPPED_U32 = struct("Dropped", last_timestamp=TIMESTAMP, num=U32)
_DROPPED_BARE = struct("Dropped", num=U64)


class Decoded(NamedTuple):
    """An event's fields in declaration order, and what was wrong with its bytes."""

    fields: dict[str, Any]
    deviations: tuple[Deviation, ...]


class _Reading(NamedTuple):
    """One way to read a payload; ``deviation`` where it is not the specification's.

    ``cut`` is a part of the payload to leave out: from where, how many bytes.
    """

    layout: Struct
    deviation: Deviation | None = None
    cut: tuple[int, int] = (0, 0)
    core_bytes: int = 0
    leb128: bool = False


def event_type(number: int) -> EventKind:
    """The event of that number; ``DecodeError`` if JIP-3 has none."""
    event = EVENTS.get(number)
    if event is None:
        raise DecodeError("unknown_event", NUMBER_OFFSET, f"an event of JIP-3, not {number}")
    return event


def decode_event(
    number: int, payload: bytes, *, version: int = 1, cores: int | None = None
) -> Decoded:
    """Read an event's payload, the bytes after timestamp and number.

    Offsets, in deviations and in the error, count from the start of the whole message.

    Args:
        number: the event type.
        payload: all bytes of the frame after its header.
        version: the protocol version of the connection.
        cores: the node's core count, ``None`` if it did not say one that can be.

    Raises:
        DecodeError: nothing known fits; the specification's complaint.
    """
    event = event_type(number)
    layout = event.layout(version)
    complaint: DecodeError | None = None
    leftover: Decoded | None = None
    for reading in _readings(event, layout, payload, version, cores):
        try:
            decoded, left = _read(reading, payload)
        except DecodeError as error:
            # Its traceback would keep everything read so far alive.
            complaint = complaint or error.with_traceback(None)
            continue
        if not left:
            return decoded
        if leftover is None and reading.deviation is None:
            end = HEADER_BYTES + len(payload) - left
            extra = Deviation("trailing_bytes", end, "", f"the end, {left} bytes are left")
            leftover = Decoded(decoded.fields, (*decoded.deviations, extra))
    if leftover:
        return leftover
    assert complaint is not None
    # A new one: raising what a local name holds would tie a knot only the collector undoes.
    raise DecodeError(
        complaint.rule, HEADER_BYTES + complaint.offset, complaint.expectation, complaint.field
    )


def check_event(
    number: int, payload: bytes, *, version: int = 1, cores: int | None = None
) -> tuple[Deviation, ...]:
    """What is wrong with a payload, without building its values where it can be told.

    Most events have one size and a few bytes of limited range: for them this costs a
    comparison or two. Raises ``DecodeError`` as ``decode_event`` does.
    """
    # Any version but 0 is read as 1; a peer's arbitrary byte must not fill the cache.
    size, bounded = _shape(number, min(version, 1))
    if size == len(payload) and all(payload[at] <= top for at, top, _ in bounded):
        return ()
    return decode_event(number, payload, version=version, cores=cores).deviations


@cache
def _shape(number: int, version: int) -> tuple[int | None, tuple[tuple[int, int, str], ...]]:
    layout = event_type(number).layout(version)
    return layout.size, layout.bounded_bytes()


def _readings(
    event: EventKind, layout: Struct, payload: bytes, version: int, cores: int | None
) -> Iterator[_Reading]:
    """The specification's reading first, then each known deviation that could apply."""
    if event.number in _CORE_LISTS:
        yield from _core_readings(event.number, layout, payload, cores)
        return
    yield _Reading(layout)
    if event.number == DROPPED:
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


def _deviation(rule: str, at: int, field: str, expectation: str) -> Deviation:
    return Deviation(rule, HEADER_BYTES + at, field, expectation)


def _core_readings(
    number: int, layout: Struct, payload: bytes, cores: int | None
) -> Iterator[_Reading]:
    """Status and assurances carry a list sized by C, which not every node tells.

    All else in them has a fixed size, so the length tells how long the list is: the
    node's word on C gives way to it, but not to more than any network has.
    """
    field, at, cores_per_byte = _CORE_LISTS[number]
    length = len(payload) - layout.minimum
    longest = -(-MAX_CORES // cores_per_byte)
    if cores is None:
        yield _Reading(layout, core_bytes=min(max(length, 1), longest))
        return
    expected = -(-cores // cores_per_byte)
    yield _Reading(layout, core_bytes=expected)
    prefix = encode_natural(expected)
    if length == len(prefix) + expected and payload[at : at + len(prefix)] == prefix:
        # Nothing after the list can deviate, so no offset needs to be moved.
        prefixed = _deviation("core_list_prefixed", at, field, "no length before the list")
        yield _Reading(layout, prefixed, cut=(at, len(prefix)), core_bytes=expected)
    if 1 <= length <= longest:
        expectation = f"{expected} bytes for {cores} cores, not {length}"
        mismatch = _deviation("core_count_mismatch", at, field, expectation)
        yield _Reading(layout, mismatch, core_bytes=length)


def _read(reading: _Reading, payload: bytes) -> tuple[Decoded, int]:
    at, size = reading.cut
    if size:
        payload = payload[:at] + payload[at + size :]
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
