"""Collects the frames of reads until they are decoded together. Pure."""

from __future__ import annotations

import numpy as np

from tart.protocol.frames import PADDING, Frames
from tart.protocol.framing import SplitRead


class FrameCollector:
    """Collects the frames of reads until they are decoded together."""

    def __init__(self) -> None:
        self._reads: list[bytes] = []
        self._counts: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, read: SplitRead) -> None:
        """Add the frames of a read."""
        self._reads.append(read.data)
        self._counts.append(len(read.starts))
        self._starts += read.starts
        self._ends += read.ends

    def take(self) -> Frames:
        """Return all frames and forget them."""
        sizes = np.fromiter(map(len, self._reads), np.int64, len(self._reads))
        bases = np.repeat(np.cumsum(sizes) - sizes, self._counts)
        data = b"".join((*self._reads, bytes(PADDING)))
        starts, ends = np.array(self._starts, np.int64), np.array(self._ends, np.int64)
        self.__init__()  # type: ignore[misc]
        return Frames(data, starts + bases, ends + bases)
