"""Bytes and frames that were received and are not decoded yet. Pure."""

from __future__ import annotations

from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.frames import Frames
from tart.protocol.framing import LENGTH_BYTES, SplitRead
from tart.shard.decode.batch_decoder import FrameRuns
from tart.shard.decode.frame_collector import FrameCollector
from tart.shard.decode.read_collector import BrokenConnection, ReadCollector, SplitReads
from tart.shard.state.nodes import Session

# The expected size of a frame, for the number of events in bytes that are not split yet.
FRAME_BYTES = 64
# The size of an event without a payload. Shorter frames are undecodable, which takes less work.
SHORTEST_FRAME = LENGTH_BYTES + HEADER_BYTES


class ReceivedFrames:
    """Collects reads, then their frames, until they are decoded together.

    Args:
        longest: The longest message accepted, in bytes.
    """

    def __init__(self, longest: int) -> None:
        self._reads = ReadCollector(longest)
        self._frames = FrameCollector()
        self._runs = FrameRuns()
        self.add_read = self._reads.add

    def __len__(self) -> int:
        """Return the number of frames, without those of reads that are not split yet."""
        return len(self._frames)

    def __bool__(self) -> bool:
        return bool(len(self._frames) or len(self._reads))

    @property
    def unsplit_bytes(self) -> int:
        """The bytes of reads that are not split yet."""
        return self._reads.size

    @property
    def has_reads(self) -> bool:
        """True if reads are not split yet."""
        return len(self._reads) > 0

    @property
    def expected(self) -> int:
        """The number of frames, with as many as there may be in reads that are not split yet."""
        return len(self._frames) + self._reads.size // FRAME_BYTES

    def add_frames(self, session: Session, frames: SplitRead, received_at: int) -> None:
        """Add a read that is split already."""
        self._frames.add(frames)
        self._runs.add(session, len(frames), received_at)

    def split(self) -> SplitReads:
        """Split the reads; their frames are added with ``add_split``."""
        return self._reads.split()

    def add_split(
        self,
        split: SplitReads,
        first: BrokenConnection | None = None,
        last: BrokenConnection | None = None,
    ) -> None:
        """Add frames of reads: those after one error of the protocol, up to the next one."""
        start, start_run = (first.frames, first.runs) if first else (0, 0)
        end, end_run = (last.frames, last.runs) if last else (len(split.frames), len(split.runs))
        self._frames.add_frames(split.frames[start:end])
        self._runs.extend(split.runs[start_run:end_run])

    def take(self) -> tuple[Frames, FrameRuns]:
        """Return all frames with the reads that completed them, and forget them."""
        runs, self._runs = self._runs, FrameRuns()
        return self._frames.take(), runs
