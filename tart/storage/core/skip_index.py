"""Skip index of a segment: which of its rows can have a type, node, slot, core, peer or hash.

Pure. The rows of a segment are divided into granules, in order of ``seq``. A granule has a Bloom
filter (Bloom 1970; positions by double hashing, Kirsch and Mitzenmacher 2006) of the keys that its
rows have, so a search reads only the granules that may have its key. A filter may name a key that
no row has, never the other way round: a search over the remaining granules has the same answer.

A hash is 32 bytes anywhere in a body. Of each 32 bytes in a row the filter has their minimizer
(Roberts et al. 2004): of the eight bytes at each of the 25 offsets those whose mixed value is
smallest. The same 32 bytes have the same minimizer wherever they are, and neighbouring windows
mostly share theirs, so a body of n bytes has about n / 13 keys, one of exactly 32 bytes has one.

An index is derived data: it can be made from the segment at any time. Its file is a mark and a
record for each granule: ``_HEAD`` and the filter, with a checksum. A record that is not whole
ends the index; rows after the last granule are not indexed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from tart.storage.core.arrow import Array

# Rows of a granule: a statement that reads one takes about as long as its planning.
GRANULE_ROWS = 1 << 16
HASH_BYTES = 32
MARK = b"tartskp1"
# Bits for each key, and bits that each key sets: one in 270 granules is read in vain.
_BITS_PER_KEY = 12
_POSITIONS = 6
_GRAM_BYTES = 8
_GRAMS = HASH_BYTES - _GRAM_BYTES + 1
# last seq, rows, first and last arrival, bits of the filter, checksum of all else.
_HEAD = struct.Struct("<qIqqII")
_U32 = np.uint64(0xFFFFFFFF)


class KeyKind(IntEnum):
    """The columns that have keys."""

    TYPE = 1
    NODE = 2
    SLOT = 3
    CORE = 4
    PEER = 5
    HASH = 6


class Granule(NamedTuple):
    """The rows of a segment after those of the granule before.

    Attributes:
        last: The ``seq`` of the last row.
        rows: The number of rows.
        first_at: The earliest arrival, Unix microseconds.
        last_at: The latest arrival.
        filter: The bits of the Bloom filter.
    """

    last: int
    rows: int
    first_at: int
    last_at: int
    filter: bytes

    def encode(self) -> bytes:
        """Return the granule as a record of the file."""
        head = (self.last, self.rows, self.first_at, self.last_at, 8 * len(self.filter))
        checksum = zlib.crc32(self.filter, zlib.crc32(_HEAD.pack(*head, 0)))
        return _HEAD.pack(*head, checksum) + self.filter


# Alternatives: a row that is searched for has one key of each.
Wanted = Sequence[Array]


class SkipIndex:
    """The granules of a segment, in order.

    Args:
        data: The content of the file; it may end within a record.

    Attributes:
        size: The length of the whole records, with the mark.
        last: The ``seq`` of each granule's last row.
        rows: The number of rows of each granule.
    """

    def __init__(self, data: memoryview | bytes = b"") -> None:
        heads, offsets = [], []
        view = memoryview(data)
        self.size = position = len(MARK) if bytes(view[: len(MARK)]) == MARK else 0
        while self.size and position + _HEAD.size <= len(view):
            *head, checksum = _HEAD.unpack_from(view, position)
            end = position + _HEAD.size + head[-1] // 8
            content = view[position + _HEAD.size : end]
            if end > len(view) or not head[-1]:
                break
            if zlib.crc32(content, zlib.crc32(_HEAD.pack(*head, 0))) != checksum:
                break
            heads.append(head)
            offsets.append(8 * (position + _HEAD.size))
            self.size = position = end
        columns = np.array(heads, np.int64).reshape(-1, 5).T
        self.last, self.rows, self.first_at, self.last_at = columns[:4]
        self._bits = columns[4].astype(np.uint64)
        self._offsets = np.array(offsets, np.uint64)
        self._data: Array = np.frombuffer(view, np.uint8)

    def __len__(self) -> int:
        return len(self.last)

    def candidates(
        self, wanted: Wanted, start_us: int | None = None, end_us: int | None = None
    ) -> Array:
        """Return which granules can have rows that are searched for, as a mask.

        Args:
            wanted: Alternatives of keys; a row has a key of each.
            start_us: The first arrival, Unix microseconds.
            end_us: The last arrival.
        """
        mask: Array = np.ones(len(self), np.bool_)
        if start_us is not None:
            mask &= self.last_at >= start_us
        if end_us is not None:
            mask &= self.first_at <= end_us
        for keys in wanted:
            alternatives = np.zeros(len(self), np.bool_)
            for key in keys:
                alternatives |= self._may_have(key)
            mask &= alternatives
        return mask

    def _may_have(self, key: np.uint64) -> Array:
        mask: Array = np.ones(len(self), np.bool_)
        for position in _positions(np.array([key], np.uint64), self._bits):
            bit = self._offsets + position
            mask &= (self._data[bit >> np.uint64(3)] >> (bit & np.uint64(7)) & 1).astype(np.bool_)
        return mask


def make_granule(
    last: int, rows: int, times: tuple[int, int], keys: Mapping[KeyKind, Iterable[int] | Array]
) -> Granule:
    """Return the granule of some rows.

    Args:
        last: The ``seq`` of the last row.
        rows: The number of rows.
        times: The earliest and the latest arrival, Unix microseconds.
        keys: The values that the rows have; of hashes ``minimizers``.
    """
    mixed = np.unique(np.concatenate([make_keys(kind, values) for kind, values in keys.items()]))
    size = -(-max(1, len(mixed)) * _BITS_PER_KEY // 8) * 8
    bits = np.zeros(size, np.bool_)
    for positions in _positions(mixed, np.uint64(size)):
        bits[positions] = True
    return Granule(last, rows, *times, np.packbits(bits, bitorder="little").tobytes())


def make_keys(kind: KeyKind, values: Iterable[int] | Array) -> Array:
    """Return the keys of values of a column."""
    array = np.array(values if isinstance(values, np.ndarray) else list(values), np.uint64)
    return _mix(array ^ np.uint64(int(kind) << 59))


def minimizers(bodies: Sequence[bytes]) -> Array:
    """Return the minimizers of all 32 bytes in a row in some bodies, each once."""
    long = [body for body in bodies if len(body) >= HASH_BYTES]
    if not long:
        return np.zeros(0, np.uint64)
    data = np.frombuffer(b"".join(long), np.uint8)
    grams: Array = data.astype(np.uint64)
    for width in (1, 2, 4):
        grams = grams[:-width] | grams[width:] << np.uint64(8 * width)
    smallest = _mix(grams)
    for width in (1, 2, 4, 8):
        smallest = np.minimum(smallest[:-width], smallest[width:])
    smallest = np.minimum(smallest[: -(_GRAMS - 16)], smallest[_GRAMS - 16 :])
    # Windows within one body.
    lengths = np.fromiter(map(len, long), np.int64, len(long))
    ends = np.cumsum(lengths)
    whole = np.ones(len(smallest), np.bool_)
    for back in range(1, HASH_BYTES):
        whole[ends[:-1] - back] = False
    return np.unique(smallest[whole])


def _mix(values: Array) -> Array:
    """Return the values mixed by splitmix64, so that all bits depend on all bits."""
    mixed: Array = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _positions(keys: Array, bits: Array | np.uint64) -> Iterable[Array]:
    """Yield the positions of keys in filters of some lengths."""
    first, step = keys & _U32, keys >> np.uint64(32) | np.uint64(1)
    for number in range(_POSITIONS):
        yield (first + np.uint64(number) * step & _U32) * bits >> np.uint64(32)
