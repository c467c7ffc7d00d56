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
        return self if self._is_compact else Frames.of(self)

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
    if len(parts) == 1:
        return parts[0].compact()
    return Frames.of(content for part in parts for content in part)
