"""Collects the reads of all connections until they are split into frames together.

Pure. Reading a connection only appends its bytes here: what a read costs beyond that is paid once
for a batch of reads (``protocol.batch_split``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tart.errors import ProtocolError
from tart.protocol.batch_split import BatchSplit, Int, ReadLayout, split_batch
from tart.protocol.frames import PADDING, Frames
from tart.shard.decode.batch_decoder import FrameRuns
from tart.shard.state.nodes import Session


class BrokenConnection(NamedTuple):
    """A connection whose bytes break the protocol.

    Attributes:
        runs: The number of runs up to the read with the error.
        frames: The number of frames up to it.
        received_at: When that read came, Unix microseconds.
    """

    session: Session
    error: ProtocolError
    runs: int
    frames: int
    received_at: int


class SplitReads(NamedTuple):
    """The result of splitting a batch of reads.

    Attributes:
        frames: All frames, in the order of the reads that completed them.
        runs: The reads that completed frames.
        size: The bytes of those reads.
        sessions: The connections that were read, with the number of their frames.
        broken: Those that break the protocol, in order of the reads with the errors.
    """

    frames: Frames
    runs: FrameRuns
    size: int
    sessions: list[tuple[Session, int]]
    broken: list[BrokenConnection]


class ReadCollector:
    """Collects reads.

    Args:
        longest: The longest message accepted, in bytes.

    Attributes:
        size: The bytes of the reads that wait.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._reads: list[tuple[Session, bytes, int]] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._reads)

    def add(self, session: Session, data: bytes, received_at: int) -> int:
        """Add a read, whose connection has sent its node information; return ``size``."""
        # Runs for every read of every node.
        self._reads.append((session, data, received_at))
        self.size = size = self.size + len(data)
        return size

    def split(self) -> SplitReads:
        """Split all reads and forget them, at least one; what is incomplete stays with its node."""
        reads = _Reads._make(map(list, zip(*self._reads, strict=True)))
        self._reads, self.size = [], 0
        sizes = np.fromiter(map(len, reads.data), np.int64, len(reads.data))
        distinct, resumes = len(set(map(id, reads.sessions))) == len(sizes), False
        for session, size in zip(reads.sessions, sizes.tolist(), strict=True):
            session.bytes += size
            resumes = resumes or session.connection.frames.resumes
        if distinct and not resumes:
            sessions, pieces = reads.sessions, reads.data
            layout = ReadLayout(np.append(0, np.cumsum(sizes)), np.arange(len(sizes)), sizes)
        else:
            sessions, pieces, layout = _group(reads, sizes)
        data = b"".join((*pieces, bytes(PADDING)))
        split = split_batch(data, layout, self._longest)
        runs = FrameRuns(reads.sessions, split.counts.tolist(), reads.times)
        if 0 in runs.lengths:
            runs = runs.without_empty()
        events = np.bincount(layout.read_of, split.counts, len(sessions)).astype(np.int64)
        return SplitReads(
            frames=Frames(data, split.starts, split.ends),
            runs=runs,
            size=int(sizes[split.counts > 0].sum()),
            sessions=list(zip(sessions, events.tolist(), strict=True)),
            broken=_store_tails(data, layout, split, sessions, reads.times),
        )


class _Reads(NamedTuple):
    """Reads in order of arrival, as lists."""

    sessions: list[Session]
    data: list[bytes]
    times: list[int]


def _group(reads: _Reads, sizes: Int) -> tuple[list[Session], list[bytes], ReadLayout]:
    """Put the bytes of each connection together, behind its incomplete message.

    Returns:
        The connections, the bytes in their order, and where they are.
    """
    index_of: dict[int, int] = {}
    read_of = [index_of.setdefault(each.number, len(index_of)) for each in reads.sessions]
    sessions: list[Session] = []
    own: list[list[bytes]] = []
    for index, session, data in zip(read_of, reads.sessions, reads.data, strict=True):
        if index == len(sessions):
            sessions.append(session)
            own.append([])
        own[index].append(data)
    splittable = np.ones(len(sessions), np.int64)
    for index, session in enumerate(sessions):
        if session.connection.frames.resumes:
            own[index] = session.connection.frames.resume(own[index])
            splittable[index] = bool(own[index])
    lengths = [sum(map(len, pieces)) for pieces in own]
    layout = ReadLayout(
        np.append(0, np.cumsum(np.array(lengths, np.int64))),
        np.array(read_of, np.int64),
        sizes * splittable[read_of],
    )
    return sessions, [piece for pieces in own for piece in pieces], layout


def _store_tails(
    data: bytes,
    layout: ReadLayout,
    split: BatchSplit,
    sessions: list[Session],
    times: list[int],
) -> list[BrokenConnection]:
    """Store with each connection what is incomplete; return those that break the protocol."""
    errors: list[tuple[int, Session, ProtocolError]] = []
    for index in np.flatnonzero(split.parsed < layout.begins[1:]).tolist():
        session, connection = sessions[index], sessions[index].connection
        start, end = int(split.parsed[index]), int(layout.begins[index + 1])
        connection.frames.suspend(data[start:end])
        connection.error = connection.frames.error
        if connection.error is not None:
            errors.append((int(split.broken[index]), session, connection.error))
    broken = []
    for read, session, error in sorted(errors, key=lambda each: each[0]):
        counts = split.counts[: read + 1]
        runs, frames = int(np.count_nonzero(counts)), int(counts.sum())
        broken.append(BrokenConnection(session, error, runs, frames, times[read]))
    return broken
