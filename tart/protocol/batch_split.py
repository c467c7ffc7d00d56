"""Splits the bytes of many connections into frames, read by read, in one call.

Pure. The frames of a batch of reads are in the order in which the reads completed them, as if
each read had been split when it came. In C with the native kernel, else its twin in Python;
``framing.FrameBuffer`` has the rules for one connection.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tart.native.library import Kernel, kernel
from tart.protocol.framing import LENGTH_BYTES

Int = npt.NDArray[np.int64]
_NOT_BROKEN = -1
_LENGTH = Struct("<I")


class ReadLayout(NamedTuple):
    """The reads in a buffer: the bytes of a connection together, its reads in order.

    Attributes:
        begins: The position of each connection's first byte, and the end of the last one.
        read_of: The connection of each read, in order of arrival.
        sizes: The bytes of each read. A connection's bytes before its reads are the tail of
            earlier ones.
    """

    begins: Int
    read_of: Int
    sizes: Int


class BatchSplit(NamedTuple):
    """The frames of a batch of reads.

    Attributes:
        starts: The position of each frame's content.
        ends: Its end.
        counts: The number of frames that each read completed.
        parsed: By connection, where the bytes begin that are no complete frame.
        broken: By connection, the read with a length beyond the limit, else -1. Its frames end
            there.
    """

    starts: Int
    ends: Int
    counts: Int
    parsed: Int
    broken: Int


def split_batch(data: bytes, layout: ReadLayout, longest: int) -> BatchSplit:
    """Split the bytes of a batch of reads.

    Args:
        data: The bytes.
        layout: Where those of each connection are.
        longest: The longest content accepted.
    """
    native = kernel()
    if native is None:
        return split_plainly(data, layout, longest)
    return split_natively(native, data, layout, longest)


def split_natively(native: Kernel, data: bytes, layout: ReadLayout, longest: int) -> BatchSplit:
    """Split the bytes of a batch of reads with the kernel."""
    connections, reads = len(layout.begins) - 1, len(layout.sizes)
    # A page that is not written costs nothing, and no frame is shorter than its length.
    room = (int(layout.begins[-1]) - int(layout.begins[0])) // LENGTH_BYTES
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    parsed, broken, scratch = np.empty((3, connections), np.int64)
    counts = np.empty(reads, np.int64)
    frames = native.call(
        "tart_split",
        data,
        len(data),
        connections,
        layout.begins.ctypes.data,
        reads,
        layout.read_of.ctypes.data,
        layout.sizes.ctypes.data,
        longest,
        parsed.ctypes.data,
        broken.ctypes.data,
        starts.ctypes.data,
        ends.ctypes.data,
        room,
        counts.ctypes.data,
        scratch.ctypes.data,
    )
    return BatchSplit(starts[:frames].copy(), ends[:frames].copy(), counts, parsed, broken)


def split_plainly(data: bytes, layout: ReadLayout, longest: int) -> BatchSplit:
    """Split the bytes of a batch of reads: the twin of the kernel."""
    begins, read_of = layout.begins.tolist(), layout.read_of.tolist()
    sizes = layout.sizes.tolist()
    parsed, broken = begins[:-1], [_NOT_BROKEN] * (len(begins) - 1)
    available = begins[1:]
    for connection, size in zip(read_of, sizes, strict=True):
        available[connection] -= size
    ends: list[int] = []
    counts: list[int] = []
    # The first frame of each read, and where it begins.
    places: list[int] = []
    firsts: list[int] = []
    # Every event passes here: attributes are looked up once.
    length_at, append = _LENGTH.unpack_from, ends.append
    for read, (connection, size) in enumerate(zip(read_of, sizes, strict=True)):
        end = available[connection] = available[connection] + size
        before, start, last = len(ends), parsed[connection], end - LENGTH_BYTES
        while start <= last and broken[connection] == _NOT_BROKEN:
            (length,) = length_at(data, start)
            after = start + LENGTH_BYTES + length
            if length > longest:
                broken[connection] = read
            elif after <= end:
                append(after)
                start = after
            else:
                break
        if len(ends) > before:
            firsts.append(parsed[connection] + LENGTH_BYTES)
            places.append(before)
        parsed[connection] = start
        counts.append(len(ends) - before)
    # Within a read each frame follows the one before it.
    all_ends = np.array(ends, np.int64)
    starts = np.roll(all_ends, 1) + LENGTH_BYTES
    starts[places] = firsts
    columns = (np.array(column, np.int64) for column in (counts, parsed, broken))
    return BatchSplit(starts, all_ends, *columns)
