"""Frames of many reads as one buffer and positions.

Pure. An object for each frame costs more than decoding it: a batch has thousands. So the bytes
of a batch stay together, and a frame is a pair of positions; code for whole batches reads fields
with NumPy at ``frames.starts + offset``, code for single events takes ``frames[index]``.

Frames refer to the whole buffer of their batch. Code that stores one of them for longer takes
``frames[index]``, which is a copy, or ``frames.compact()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from tart.native.library import Kernel, kernel

Positions = npt.NDArray[np.int64]

# The least number of bytes after the last frame, so that fixed-size fields near its end can be
# gathered before its length is checked.
PADDING = 512
_PADDING = bytes(PADDING)


class Frames(Sequence[bytes]):
    """The contents of frames in order, or parts of them: byte strings in one buffer.

    Args:
        data: The buffer; at least ``PADDING`` bytes follow the last frame. Between the frames
            there may be other bytes.
        starts: The position of each frame's first byte.
        ends: The position after each frame's last byte.
    """

    def __init__(self, data: bytes, starts: Positions, ends: Positions) -> None:
        self.data = data
        self.starts = starts
        self.ends = ends

    @classmethod
    def of(cls, contents: Iterable[bytes]) -> Frames:
        """Return single byte strings as one buffer."""
        contents = list(contents)
        lengths = np.fromiter(map(len, contents), np.int64, len(contents))
        ends = np.cumsum(lengths)
        return cls(b"".join((*contents, _PADDING)), ends - lengths, ends)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> bytes | Frames:
        if isinstance(index, slice):
            return Frames(self.data, self.starts[index], self.ends[index])
        starts, ends = self._views
        return self.data[starts[index] : ends[index]]

    def __iter__(self) -> Iterator[bytes]:
        data = self.data
        places = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return (data[start:end] for start, end in places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Frames.of({list(self)!r})"

    @cached_property
    def octets(self) -> npt.NDArray[np.uint8]:
        """The buffer as an array."""
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def lengths(self) -> Positions:
        """The length of each frame."""
        return self.ends - self.starts

    def take(self, indices: npt.NDArray[Any]) -> Frames:
        """Return only the frames at these indices, of the same buffer."""
        return Frames(self.data, self.starts[indices], self.ends[indices])

    def compact(self) -> Frames:
        """Return the same frames in a buffer of their own, one directly after the other."""
        return self if self._is_compact else concatenate([self])

    @cached_property
    def _is_compact(self) -> bool:
        before = np.cumsum(self.lengths) - self.lengths
        whole = len(self.data) == PADDING + int(self.lengths.sum())
        return whole and np.array_equal(self.starts, before)

    @cached_property
    def _views(self) -> tuple[memoryview, memoryview]:
        # A number of a view is a Python number: a third of the cost of a number of an array.
        return memoryview(self.starts), memoryview(self.ends)  # type: ignore[arg-type]


def concatenate(parts: Sequence[Frames]) -> Frames:
    """Return the frames of several buffers in one buffer, one directly after the other."""
    native = kernel()
    if native is None:
        return concatenate_plainly(parts)
    return concatenate_natively(native, parts)


def concatenate_plainly(parts: Sequence[Frames]) -> Frames:
    """Return the frames of several buffers in one buffer: the twin of the kernel."""
    return Frames.of(content for part in parts for content in part)


def concatenate_natively(native: Kernel, parts: Sequence[Frames]) -> Frames:
    """Return the frames of several buffers in one buffer, copied by the kernel."""
    lengths = np.concatenate([part.lengths for part in parts])
    size = int(lengths.sum())
    data, ends = np.zeros(size + PADDING, np.uint8), np.empty(len(lengths), np.int64)
    frames, written = 0, 0
    for part in parts:
        positions = np.ascontiguousarray(part.starts), np.ascontiguousarray(part.ends)
        native.call(
            "tart_compact",
            part.data,
            len(part.data),
            positions[0].ctypes.data,
            positions[1].ctypes.data,
            len(part),
            data.ctypes.data + written,
            size - written,
            ends.ctypes.data + frames * ends.itemsize,
        )
        ends[frames : frames + len(part)] += written
        frames, written = frames + len(part), written + int(part.lengths.sum())
    return Frames(data.tobytes(), ends - lengths, ends)
