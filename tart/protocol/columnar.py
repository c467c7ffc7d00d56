"""Decodes headers, references and validity of many events at once, as NumPy columns.

Pure. The fast path of the decoder: a ``clean`` frame is exactly as specified, and
``decoding.check_event`` would find nothing; ``check_event`` checks all other frames one by
one. So the fast path may give up on any frame, and must never be wrong about one that it
accepts. Property tests compare the two.

An event type is checked here if its payload has a fixed size, or one list of fixed elements
whose length fits a byte: all but failures with a reason, Status and a few others, which are
a hundredth of the events of a full network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tart.native.library import Kernel, kernel
from tart.protocol.decoding import DIALECT_TYPES, HEADER_BYTES
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS
from tart.protocol.frames import Frames
from tart.protocol.optional_fields import (
    PEER_BYTES,
    REF_BYTES,
    SHARD_INDEX_BYTES,
    optional_fields,
)
from tart.protocol.wire import List, Struct, Type

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
    """Columns with one element per frame, in the given order.

    Values whose mask is false, and all values of a frame shorter than a header, are undefined.

    Attributes:
        number: Event type.
        timestamp: The node's timestamp, JCE microseconds.
        ref: The Event ID at the start of the payload; ``has_ref`` is its mask.
        has_peer: Whether a peer id follows the reference, or begins the payload.
        slot: The slot at a known offset of the payload; ``has_slot`` is its mask.
        core: The core at a known offset of the payload; ``has_core`` is its mask.
        shard_index: The index of an erasure shard at the end of a clean payload;
            ``has_shard_index`` is its mask.
        body_start: Offset of the body in the frame's content. The body is the payload without
            ``ref`` and ``shard_index``, and with the peer id.
        body_end: End of the body.
        clean: Whether the frame is exactly as specified.
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
    """A payload of a fixed part, one list of fixed elements, and a fixed part.

    Attributes:
        count_offset: Offset of the list's length.
        element: Size of an element.
        after: Size of the part after the list.
        bounded: Bytes of limited range after the list: (offset there, highest).
    """

    count_offset: int
    element: int
    after: int
    bounded: tuple[tuple[int, int], ...]


class _Tables(NamedTuple):
    """Properties of the event types, as arrays of 256."""

    size: Int
    has_ref: Mask
    has_peer: Mask
    slot_offset: Int
    core_offset: Int
    ends_with_shard: Mask
    bounded: dict[int, tuple[tuple[int, int], ...]]
    counted: dict[int, _Counted]


@cache
def _tables() -> _Tables:
    size, slot_offset, core_offset = (np.full(256, _ABSENT, np.int64) for _ in range(3))
    has_ref, has_peer, ends_with_shard = (np.zeros(256, np.bool_) for _ in range(3))
    bounded: dict[int, tuple[tuple[int, int], ...]] = {}
    counted: dict[int, _Counted] = {}
    for number, event in EVENTS.items():
        parts = optional_fields(event)
        has_ref[number] = "ref" in parts
        has_peer[number] = "peer" in parts
        slot_offset[number] = _or_absent(event.fields.offset_of("slot"))
        core_offset[number] = _or_absent(event.fields.offset_of("core"))
        ends_with_shard[number] = "shard_index" in parts
        if event.version_0 is not None:
            continue  # the layout depends on the connection
        ranges = tuple((offset, top) for offset, top, _ in event.fields.bounded_bytes())
        if event.fields.size is not None:
            size[number] = event.fields.size
        elif by_count := _counted(event.fields):
            counted[number] = by_count
        if ranges:
            bounded[number] = ranges
    return _Tables(
        size=size,
        has_ref=has_ref,
        has_peer=has_peer,
        slot_offset=slot_offset,
        core_offset=core_offset,
        ends_with_shard=ends_with_shard,
        bounded=bounded,
        counted=counted,
    )


_LAYOUT = np.dtype(
    [
        *((name, np.int32) for name in ("size", "count_offset", "element", "after")),
        *((name, np.int32) for name in ("slot_offset", "core_offset")),
        *((name, np.int32) for name in ("first_limit", "limits", "limits_after")),
        *((name, np.uint8) for name in ("has_ref", "has_peer", "ends_with_shard", "unused")),
    ]
)


@cache
def _native_tables() -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """Return the layouts and limited bytes of all types: ``type_layout``, ``byte_limit`` in C."""
    tables = _tables()
    layouts = np.zeros(256, _LAYOUT)
    for name in ("size", "slot_offset", "core_offset", "has_ref", "has_peer"):
        layouts[name] = getattr(tables, name)
    layouts["ends_with_shard"] = tables.ends_with_shard
    layouts["count_offset"] = _ABSENT
    limits: list[tuple[int, int]] = []
    for number in range(256):
        counted = tables.counted.get(number)
        before = tables.bounded.get(number, ())
        after = () if counted is None else counted.bounded
        if counted is not None:
            for name in ("count_offset", "element", "after"):
                layouts[name][number] = getattr(counted, name)
        layouts["first_limit"][number] = len(limits)
        layouts["limits"][number], layouts["limits_after"][number] = len(before), len(after)
        limits += [*before, *after]
    return layouts, np.array(limits, np.int32).reshape(-1, 2)


def optional_fields_by_type() -> U8:
    """Return, for each event type, the ``OPTIONAL_FIELDS`` of its payload: a bit for each."""
    tables = _tables()
    slot, core = tables.slot_offset != _ABSENT, tables.core_offset != _ABSENT
    masks = (tables.has_ref, tables.has_peer, slot, core, tables.ends_with_shard)
    bits = np.zeros(256, np.uint8)
    for index, mask in enumerate(masks):
        bits |= mask.astype(np.uint8) << index
    return bits


def _or_absent(offset: int | None) -> int:
    return _ABSENT if offset is None else offset


def _counted(layout: Struct) -> _Counted | None:
    """Return the shape of a payload whose only part of variable size is a list."""
    leaves = list(_leaves(layout))
    variable = [index for index, leaf in enumerate(leaves) if leaf.size is None]
    if len(variable) != 1 or not isinstance(list_ := leaves[variable[0]], List):
        return None
    if list_.inner.size is None:
        return None
    before, after = leaves[: variable[0]], leaves[variable[0] + 1 :]
    tail = Struct("", tuple((str(index), leaf) for index, leaf in enumerate(after)))
    bounded = tuple((offset, top) for offset, top, _ in tail.bounded_bytes())
    return _Counted(_size(before), list_.inner.size, _size(after), bounded)


def _leaves(layout: Struct) -> Iterator[Type]:
    """Return the fields of a structure, with those of nested structures in their place."""
    for _, field in layout.fields:
        if isinstance(field, Struct) and field.size is None:
            yield from _leaves(field)
        else:
            yield field


def _size(parts: list[Type]) -> int:
    return sum(each.size or 0 for each in parts)


def read_columns(frames: Frames) -> Columns:
    """Return the columns of some frames.

    Args:
        frames: Content of each frame: timestamp, event type and payload; any bytes.
    """
    native = kernel()
    return read_in_numpy(frames) if native is None else read_natively(native, frames)


# The columns that the native kernel fills, in the order of its arguments: the widest first, so
# that each is aligned in a block of memory for all.
_NATIVE_COLUMNS = tuple(
    (name, np.dtype(kind))
    for kind, names in (
        (np.uint64, ("timestamp", "ref")),
        (np.int64, ("body_start", "body_end")),
        (np.uint32, ("slot",)),
        (np.uint16, ("core", "shard_index")),
        (np.uint8, ("number",)),
        (np.bool_, ("has_ref", "has_peer", "has_slot", "has_core", "has_shard_index", "clean")),
    )
    for name in names
)
_ROW_BYTES = sum(dtype.itemsize for _, dtype in _NATIVE_COLUMNS)


def read_natively(native: Kernel, frames: Frames) -> Columns:
    """Return the columns of some frames, read by the kernel."""
    count, (layouts, limits) = len(frames), _native_tables()
    block = np.empty(count * _ROW_BYTES, np.uint8)
    address, offset = block.ctypes.data, 0
    columns, addresses = {}, []
    for name, dtype in _NATIVE_COLUMNS:
        size = count * dtype.itemsize
        columns[name] = block[offset : offset + size].view(dtype)
        addresses.append(address + offset)
        offset += size
    starts, ends = np.ascontiguousarray(frames.starts), np.ascontiguousarray(frames.ends)
    native.call(
        "tart_columns",
        frames.data,
        len(frames.data),
        starts.ctypes.data,
        ends.ctypes.data,
        count,
        layouts.ctypes.data,
        limits.ctypes.data,
        len(limits),
        *addresses,
    )
    return Columns(**columns)


def read_in_numpy(frames: Frames) -> Columns:
    """Return the columns of some frames: the twin of the kernel."""
    tables = _tables()
    data, starts, lengths = frames.octets, frames.starts, frames.lengths
    payloads = starts + HEADER_BYTES
    sizes = lengths - HEADER_BYTES
    number = data[starts + (HEADER_BYTES - 1)]
    has_ref = tables.has_ref[number] & (sizes >= REF_BYTES)
    has_peer = tables.has_peer[number] & (sizes >= PEER_BYTES + REF_BYTES * has_ref)
    slot, has_slot = _field(data, payloads, sizes, tables.slot_offset[number], np.uint32)
    core, has_core = _field(data, payloads, sizes, tables.core_offset[number], np.uint16)
    clean = _clean(tables, data, payloads, sizes, number)
    ends = np.where(clean & tables.ends_with_shard[number], sizes - SHARD_INDEX_BYTES, _ABSENT)
    shard_index, has_shard_index = _field(data, payloads, sizes, ends, np.uint16)
    return Columns(
        number=number,
        timestamp=_gather(data, starts, np.uint64),
        ref=_gather(data, payloads, np.uint64),
        has_ref=has_ref,
        has_peer=has_peer,
        slot=slot,
        has_slot=has_slot,
        core=core,
        has_core=has_core,
        shard_index=shard_index,
        has_shard_index=has_shard_index,
        body_start=HEADER_BYTES + REF_BYTES * has_ref,
        body_end=lengths - SHARD_INDEX_BYTES * has_shard_index,
        clean=clean,
    )


def mark_dialect(columns: Columns, rows: Int, dialect: Dialect) -> None:
    """Mark frames as not clean that may be read in another way in the dialect of their node.

    Args:
        columns: The columns to change.
        rows: The indices of the node's frames.
        dialect: Its dialect.
    """
    rows = rows[_dialect_mask(dialect)[columns.number[rows]]]
    columns.clean[rows] = False
    columns.body_end[rows] += SHARD_INDEX_BYTES * columns.has_shard_index[rows]
    columns.has_shard_index[rows] = False


@cache
def _dialect_mask(dialect: Dialect) -> Mask:
    mask = np.zeros(256, np.bool_)
    mask[list(DIALECT_TYPES[dialect])] = True
    return mask


def set_dialect_columns(columns: Columns, index: int, fields: Mapping[str, Any]) -> None:
    """Set the columns of a frame that its dialect reads in another way.

    A reference by ids that the node counts in its own way is none: no event of the log has them.

    Args:
        columns: The columns to change.
        index: The index of the frame.
        fields: Its decoded fields.
    """
    if columns.has_ref[index]:
        columns.has_ref[index] = columns.has_peer[index] = False
        columns.body_start[index] = HEADER_BYTES
    if _tables().slot_offset[columns.number[index]] != _ABSENT and "slot" in fields:
        columns.slot[index], columns.has_slot[index] = fields["slot"], True


def _gather(
    data: U8, offsets: Int, kind: type[np.unsignedinteger]
) -> npt.NDArray[np.unsignedinteger]:
    """Return the little-endian integers at these offsets, aligned or not."""
    width = np.dtype(kind).itemsize
    windows = np.lib.stride_tricks.sliding_window_view(data, width)
    return windows[offsets].view(np.dtype(kind).newbyteorder("<"))[:, 0]


def _field(
    data: U8, payloads: Int, sizes: Int, offsets: Int, kind: type[np.unsignedinteger]
) -> tuple[npt.NDArray[np.unsignedinteger], Mask]:
    """Return the integer at each payload's own offset, and the mask of those that have one."""
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
            rows = rows[sizes[rows] > counted.count_offset]
            count = data[payloads[rows] + counted.count_offset].astype(np.int64)
            expected = counted.count_offset + 1 + count * counted.element + counted.after
            good = (count < _ONE_BYTE_NATURAL) & (sizes[rows] == expected)
            ends = payloads[rows] + sizes[rows] - counted.after
            for offset, top in counted.bounded:
                good &= data[ends + offset] <= top
            clean[rows] = good
        for offset, top in ranges or ():
            rows = rows[clean[rows]]
            clean[rows] = data[payloads[rows] + offset] <= top
    return clean
