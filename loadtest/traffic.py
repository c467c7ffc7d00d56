"""The traffic of a full network, recorded once and replayed as often as necessary.

Pure. A ``Recording`` holds the frames that each node of a simulated network sends in some
steady slots. A ``Replay`` repeats one node's frames for one connection without end:

- Timestamps are the times at which events are due, with a little jitter.
- A leading reference keeps its distance in event ids, on this connection. One that would
  name an event before the first names the first.
- All other fields stay as recorded: slots and hashes repeat in each lap.

Frames are patched a block at a time, in numpy, so that sending costs next to nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tart.protocol.events import EVENTS, leading_reference
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.testing import FakeNode

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

SLOT = 6_000_000
# From the start until every pipeline is busy: connecting, packages, reports, audits.
WARM_UP_SLOTS = 6

# A frame: length (4), timestamp (8), type (1), payload.
_TIMESTAMP, _TYPE, _PAYLOAD = 4, 12, 13
_EIGHT = np.arange(8)
_REFERS = np.array(
    [
        number in EVENTS and leading_reference(EVENTS[number].fields) is not None
        for number in range(256)
    ]
)
_JITTER = np.random.default_rng(0).random(4096)

# Every core is busy in every slot and each slot has a block; faults are rare. No event is
# dropped, so that ids are consecutive.
FULL_LOAD = Rates(
    work_package=1.0,
    authoring=0.0,
    fork=0.0,
    preimage=0.1,
    invalid_seal=0.0,
    invalid_execution=0.0,
    disconnect=0.0,
    lag=0.0,
    dropped=0.0,
    submission=0.0,
    authorization=0.0,
    duplicate=0.0,
    early_guarantee=0.0,
)


@dataclass(frozen=True)
class Recording:
    """The frames of some nodes, one node after another.

    Attributes:
        cores: Core count of the network, for the node information.
        data: All frames.
        starts: Offset of each frame, and the end.
        firsts: The index of each node's first frame, and the number of frames.
        first_ids: The event id of each node's first frame; the others follow it.
    """

    cores: int
    data: Bytes
    starts: Numbers
    firsts: Numbers
    first_ids: Numbers

    @property
    def nodes(self) -> int:
        """Number of recorded nodes."""
        return len(self.first_ids)

    @property
    def frames(self) -> int:
        """Number of recorded events."""
        return len(self.starts) - 1

    @property
    def bytes_per_event(self) -> float:
        """Bytes per event on the wire, including the length prefix."""
        return len(self.data) / self.frames

    def mix(self) -> dict[str, float]:
        """Return the share of each group of event types, the largest first."""
        numbers = np.bincount(self.data[self.starts[:-1] + _TYPE], minlength=256)
        groups: Counter[str] = Counter()
        for number, count in enumerate(numbers.tolist()):
            if count:
                groups[EVENTS[number].group] += count
        return {group: count / self.frames for group, count in groups.most_common()}


def record(
    nodes: int,
    cores: int,
    seed: int,
    slots: int,
    progress: Callable[[str], None] = lambda text: None,
) -> Recording:
    """Simulate a network until it is steady, and record its nodes' events of the next slots."""
    network = Network(nodes=nodes, cores=cores, seed=seed, rates=FULL_LOAD)
    for node in range(nodes):
        network.connect(node)
    for slot in range(WARM_UP_SLOTS):
        progress(f"simulating {nodes} nodes, {cores} cores: slot {slot + 1}")
        for _ in network.advance(network.now + SLOT):
            pass
    frames: list[list[bytes]] = [[] for _ in range(nodes)]
    first_ids = [0] * nodes
    for slot in range(slots):
        progress(f"recording {nodes} nodes, {cores} cores: slot {slot + 1}")
        for emission in network.advance(network.now + SLOT):
            if not frames[emission.node]:
                first_ids[emission.node] = emission.event_id
            frames[emission.node].append(emission.frame)
    every = [frame for of_node in frames for frame in of_node]
    starts = np.cumsum([0, *map(len, every)], dtype=np.int64)
    return Recording(
        cores=cores,
        data=np.frombuffer(b"".join(every), np.uint8),
        starts=starts,
        firsts=np.cumsum([0, *map(len, frames)], dtype=np.int64),
        first_ids=np.array(first_ids, np.int64),
    )


@dataclass(frozen=True)
class Block:
    """Consecutive frames, ready to be sent.

    Attributes:
        first: Number of the first frame on its connection.
        data: The bytes.
        ends: End of each frame in ``data``.
    """

    first: int
    data: bytes
    ends: list[int]

    @property
    def next(self) -> int:
        """The number of the event after the last one."""
        return self.first + len(self.ends)


class Replay:
    """Repeats one node's recorded frames for one connection.

    Args:
        recording: The recording.
        node: Index of the node.
        offset: The first frame; two replays of one node should differ.
    """

    def __init__(self, recording: Recording, node: int, offset: int = 0) -> None:
        first, end = recording.firsts[node], recording.firsts[node + 1]
        begin = recording.starts[first]
        self._starts = recording.starts[first : end + 1] - begin
        self._data = recording.data[begin : recording.starts[end]]
        self._first_id = int(recording.first_ids[node])
        self._length = int(end - first)
        self._offset = offset % self._length

    def block(self, first: int, count: int, begin: int, interval: float) -> Block:
        """Return the next events.

        Args:
            first: Number of the first of them on this connection.
            count: Number of events.
            begin: Due time of the connection's first event, microseconds of the Common Era.
            interval: Microseconds between two events.
        """
        numbers = np.arange(first, first + count)
        indices = (self._offset + numbers) % self._length
        data, starts = self._copy(int(indices[0]), count)
        due = begin + ((numbers + _JITTER[numbers % len(_JITTER)]) * interval).astype(np.int64)
        _write_u64(data, starts[:-1] + _TIMESTAMP, due)
        refers = np.flatnonzero(_REFERS[data[starts[:-1] + _TYPE]])
        positions = starts[refers] + _PAYLOAD
        distances = self._first_id + indices[refers] - _read_u64(data, positions)
        _write_u64(data, positions, np.maximum(numbers[refers] - distances, 0))
        return Block(first, data.tobytes(), starts[1:].tolist())

    def _copy(self, index: int, count: int) -> tuple[Bytes, Numbers]:
        """Return ``count`` frames from ``index``, also over the end of a lap, and their starts."""
        pieces, lengths = [], []
        while count:
            end = min(index + count, self._length)
            pieces.append(self._data[self._starts[index] : self._starts[end]])
            lengths.append(np.diff(self._starts[index : end + 1]))
            count -= end - index
            index = 0
        starts = np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum()
        return np.concatenate(pieces), starts


def replay(recording: Recording, connection: int, connections: int) -> Replay:
    """Return the replay of a connection.

    With more connections than nodes, those of one node are distributed evenly over a lap.

    Args:
        recording: The recording.
        connection: Index of the connection.
        connections: Number of connections.
    """
    turn, node = divmod(connection, recording.nodes)
    turns = -(-connections // recording.nodes)
    length = int(recording.firsts[node + 1] - recording.firsts[node])
    return Replay(recording, node, turn * length // turns)


def peer_id(connection: int, run: int = 0) -> bytes:
    """Return the unique key of a connection's node."""
    return hashlib.sha256(f"loadtest {run} {connection}".encode()).digest()


def first_message(recording: Recording, connection: int, run: int = 0) -> bytes:
    """Return the first frame of a connection: node information."""
    node = FakeNode(
        peer_id(connection, run),
        cores=recording.cores,
        validators=recording.nodes,
        name="loadtest",
    )
    return node.connect()


def shares(total: int, connections: int) -> list[int]:
    """Divide ``total`` events among connections: equal parts, exact in sum."""
    share, rest = divmod(total, connections)
    return [share + (connection < rest) for connection in range(connections)]


def _read_u64(data: Bytes, positions: Numbers) -> Numbers:
    values: Numbers = data[positions[:, None] + _EIGHT].view("<i8")[:, 0]
    return values


def _write_u64(data: Bytes, positions: Numbers, values: Numbers) -> None:
    data[positions[:, None] + _EIGHT] = values.astype("<i8").view(np.uint8).reshape(-1, 8)
