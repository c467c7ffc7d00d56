"""Many events at once: headers, references and validity as NumPy columns.

Pure. The fast path of the decoder: what it calls ``clean`` is exactly as the
specification wants it, and ``decoding.check_event`` would find nothing; everything else
is left to ``check_event``, one by one. So it may give up on a frame whenever it likes,
and must never be wrong about one it accepts. Property tests hold the two together.

An event type is checked here when its payload has one size, or one list of fixed elements
whose length fits a byte; that is all but failures with a reason, Status and the like: a
hundredth of what a full network sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.types import PEER_ID
from tart.protocol.types import U16 as U16_FIELD
from tart.protocol.wire import List, Struct, Type

REF_BYTES = 8
PEER_BYTES = 32
SHARD_INDEX_BYTES = 2
# What a payload may have a column for, in the order of their bits in ``optional_fields_by_type``.
OPTIONAL_FIELDS = ("ref", "peer", "slot", "core", "shard_index")
# Beyond the last frame, so that gathering near its end stays inside the buffer.
_PADDING = bytes(512)
_ABSENT = -1
# Lengths below this are one byte as a Gray Paper natural.
_ONE_BYTE_NATURAL = 0x80

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Int = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Columns(NamedTuple):
    """One element per frame, in the order given.

    Values whose mask is false, and all of a frame shorter than a header, mean nothing.

    Attributes:
        number: event type.
        timestamp: the node's claim, JCE microseconds.
        ref, has_ref: the Event ID the payload starts with.
        has_peer: a peer id is what comes next, or first.
        slot, has_slot: the slot the payload names at a known place.
        core, has_core: likewise the core.
        shard_index, has_shard_index: the erasure shard's index a clean payload ends with.
        body_start, body_end: where in the frame's content the body is: the payload without
            ``ref`` before and ``shard_index`` after it, and with the peer id.
        clean: exactly as the specification wants it.
    """

    number: U8
    timestamp: U64
    ref: U64
    has_ref: Mask
    has_peer: Mask
    slot: U32
    has_slot: Mask
    core: U16
    has_core: Mask
    shard_index: U16
    has_shard_index: Mask
    body_start: Int
    body_end: Int
    clean: Mask


class _Counted(NamedTuple):
    """A payload that is a fixed part, one list of fixed elements, and a fixed part.

    Attributes:
        count_at: where the list's length is, in bytes.
        element: size of an element.
        after: size of what follows the list.
        bounded: bytes of limited range in what follows: (offset there, highest).
    """

    count_at: int
    element: int
    after: int
    bounded: tuple[tuple[int, int], ...]


class _Tables(NamedTuple):
    """What is known of each event number, as arrays of 256."""

    size: Int
    has_ref: Mask
    has_peer: Mask
    slot_at: Int
    core_at: Int
    ends_with_shard: Mask
    bounded: dict[int, tuple[tuple[int, int], ...]]
    counted: dict[int, _Counted]


@cache
def _tables() -> _Tables:
    size, slot_at, core_at = (np.full(256, _ABSENT, np.int64) for _ in range(3))
    has_ref, has_peer, ends_with_shard = (np.zeros(256, np.bool_) for _ in range(3))
    bounded: dict[int, tuple[tuple[int, int], ...]] = {}
    counted: dict[int, _Counted] = {}
    for number, event in EVENTS.items():
        has_ref[number] = leading_reference(event.fields) is not None
        has_peer[number] = _leads_with_peer(event)
        slot_at[number] = _or_absent(event.fields.offset_of("slot"))
        core_at[number] = _or_absent(event.fields.offset_of("core"))
        ends_with_shard[number] = event.fields.fields[-1] == ("shard", U16_FIELD)
        if event.version_0 is not None:
            continue  # which layout holds is the connection's to know
        ranges = tuple((at, top) for at, top, _ in event.fields.bounded_bytes())
        if event.fields.size is not None:
            size[number] = event.fields.size
        elif by_count := _counted(event.fields):
            counted[number] = by_count
        if ranges:
            bounded[number] = ranges
    return _Tables(size, has_ref, has_peer, slot_at, core_at, ends_with_shard, bounded, counted)


def optional_fields_by_type() -> U8:
    """For each event number, which of ``OPTIONAL_FIELDS`` its payload has: a bit for each.

    A payload that is not as specified may have others.
    """
    tables = _tables()
    slot, core = tables.slot_at != _ABSENT, tables.core_at != _ABSENT
    parts = (tables.has_ref, tables.has_peer, slot, core, tables.ends_with_shard)
    found = np.zeros(256, np.uint8)
    for at, part in enumerate(parts):
        found |= part.astype(np.uint8) << at
    return found


def _leads_with_peer(event: EventKind) -> bool:
    """Whether a peer id is the first field, or the one after a leading reference."""
    if event.version_0 is not None:
        return False
    fields = event.fields.fields[leading_reference(event.fields) is not None :]
    # A hash has the same layout and is another thing.
    return bool(fields) and fields[0][1] is PEER_ID


def _or_absent(offset: int | None) -> int:
    return _ABSENT if offset is None else offset


def _counted(layout: Struct) -> _Counted | None:
    """How to check a payload whose only part of variable size is a list, if it is so."""
    leaves = list(_leaves(layout))
    lists = [at for at, each in enumerate(leaves) if each.size is None]
    if len(lists) != 1 or not isinstance(found := leaves[lists[0]], List):
        return None
    if found.inner.size is None:
        return None
    before, after = leaves[: lists[0]], leaves[lists[0] + 1 :]
    tail = Struct("", tuple((str(at), each) for at, each in enumerate(after)))
    bounded = tuple((at, top) for at, top, _ in tail.bounded_bytes())
    return _Counted(_size(before), found.inner.size, _size(after), bounded)


def _leaves(layout: Struct) -> Iterator[Type]:
    """The fields of a structure, those of structures in it in their place."""
    for _, each in layout.fields:
        if isinstance(each, Struct) and each.size is None:
            yield from _leaves(each)
        else:
            yield each


def _size(parts: list[Type]) -> int:
    return sum(each.size or 0 for each in parts)


def read_columns(contents: list[bytes]) -> Columns:
    """The columns of some frames' contents.

    Args:
        contents: timestamp, number and payload of each frame; any bytes.
    """
    tables = _tables()
    lengths = np.fromiter(map(len, contents), np.int64, len(contents))
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join((*contents, _PADDING)), np.uint8)
    payloads = starts + HEADER_BYTES
    sizes = lengths - HEADER_BYTES
    number = data[starts + (HEADER_BYTES - 1)]
    has_ref = tables.has_ref[number] & (sizes >= REF_BYTES)
    has_peer = tables.has_peer[number] & (sizes >= PEER_BYTES + REF_BYTES * has_ref)
    slot, has_slot = _named(data, payloads, sizes, tables.slot_at[number], np.uint32)
    core, has_core = _named(data, payloads, sizes, tables.core_at[number], np.uint16)
    clean = _clean(tables, data, payloads, sizes, number)
    ends = np.where(clean & tables.ends_with_shard[number], sizes - SHARD_INDEX_BYTES, _ABSENT)
    shard_index, has_shard_index = _named(data, payloads, sizes, ends, np.uint16)
    return Columns(
        number,
        _gather(data, starts, np.uint64),
        _gather(data, payloads, np.uint64),
        has_ref,
        has_peer,
        slot,
        has_slot,
        core,
        has_core,
        shard_index,
        has_shard_index,
        HEADER_BYTES + REF_BYTES * has_ref,
        lengths - SHARD_INDEX_BYTES * has_shard_index,
        clean,
    )


def _gather(data: U8, at: Int, kind: type[np.unsignedinteger]) -> npt.NDArray[np.unsignedinteger]:
    """Little-endian integers that start at these offsets, aligned or not."""
    width = np.dtype(kind).itemsize
    windows = np.lib.stride_tricks.sliding_window_view(data, width)
    return windows[at].view(np.dtype(kind).newbyteorder("<"))[:, 0]


def _named(
    data: U8, payloads: Int, sizes: Int, offsets: Int, kind: type[np.unsignedinteger]
) -> tuple[npt.NDArray[np.unsignedinteger], Mask]:
    """The integer at each payload's own offset, where it has one and is long enough."""
    width = np.dtype(kind).itemsize
    present = (offsets != _ABSENT) & (sizes >= offsets + width)
    values = np.zeros(len(payloads), kind)
    where = np.flatnonzero(present)
    if len(where):
        values[where] = _gather(data, payloads[where] + offsets[where], kind)
    return values, present


def _clean(tables: _Tables, data: U8, payloads: Int, sizes: Int, number: U8) -> Mask:
    clean: Mask = (tables.size[number] == sizes) & (sizes >= 0)
    for event in np.flatnonzero(np.bincount(number, minlength=256)).tolist():
        counted = tables.counted.get(event)
        ranges = tables.bounded.get(event)
        if counted is None and ranges is None:
            continue
        rows = np.flatnonzero((number == event) & (sizes >= 0))
        if counted is not None:
            rows = rows[sizes[rows] > counted.count_at]
            count = data[payloads[rows] + counted.count_at].astype(np.int64)
            expected = counted.count_at + 1 + count * counted.element + counted.after
            good = (count < _ONE_BYTE_NATURAL) & (sizes[rows] == expected)
            ends = payloads[rows] + sizes[rows] - counted.after
            for at, top in counted.bounded:
                good &= data[ends + at] <= top
            clean[rows] = good
        for at, top in ranges or ():
            rows = rows[clean[rows]]
            clean[rows] = data[payloads[rows] + at] <= top
    return clean
