"""Collects the frames of reads until they are decoded together. Pure."""

from __future__ import annotations

import numpy as np

from tart.protocol.frames import PADDING, Frames
from tart.protocol.framing import SplitRead


class FrameCollector:
    """Collects frames."""

    def __init__(self) -> None:
        self._parts: list[Frames] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, read: SplitRead) -> None:
        """Add the frames of a read."""
        starts, ends = np.array(read.starts, np.int64), np.array(read.ends, np.int64)
        self.add_frames(Frames(read.data + bytes(PADDING), starts, ends))

    def add_frames(self, frames: Frames) -> None:
        """Add the frames of several reads."""
        if len(frames):
            self._parts.append(frames)
            self._length += len(frames)

    def take(self) -> Frames:
        """Return all frames and forget them."""
        parts, self._parts, self._length = self._parts, [], 0
        if len(parts) == 1:
            return parts[0]
        sizes = np.array([len(part.data) for part in parts], np.int64)
        bases = np.repeat(np.cumsum(sizes) - sizes, [len(part) for part in parts])
        none = np.zeros(0, np.int64)
        starts = np.concatenate([none, *(part.starts for part in parts)]) + bases
        ends = np.concatenate([none, *(part.ends for part in parts)]) + bases
        return Frames(b"".join(part.data for part in parts) or bytes(PADDING), starts, ends)
