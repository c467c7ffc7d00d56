"""A calm network of many nodes, by the few events that tell whether it is well.

Pure. ``tart.simulate`` simulates every message between validators: a thousand of them exchange
millions of assurances a slot. Here each node sends what alerting rules look at all the time: its
Status every two seconds, its best and finalized block in every slot. It falls a slot behind now
and then, its clock drifts a little, slots fork or have no block, and nodes are restarted. Frames
are made by ``FakeNode`` once and get new times.
"""

from __future__ import annotations

import hashlib
import math
import random
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.simulate.model.network import DEFAULT_START
from tart.simulate.model.world import SLOT
from tart.testing import FakeNode
from tart.units import SECOND_US

_STATUS_US = 2 * SECOND_US
_FINALITY_SLOTS = 3
# Of the slots: no block, two blocks.
_MISSED, _FORKED = 0.03, 0.04
# Of the slots of each node: its block comes late, it is restarted.
_LATE, _RESTARTS = 0.004, 1 / (3 * 14_400)
_IMPLEMENTATIONS = (("sim-alpha", "0.1.0"), ("sim-beta", "0.3.2"), ("sim-gamma", "1.0.0"))
_TIME = struct.Struct("<Q")
_SLOT = struct.Struct("<I")


class SparseEmission(NamedTuple):
    """An event as a node sends it; times are simulated microseconds of the JAM Common Era."""

    when: int
    node: int
    frame: bytes


class SparseNetwork:
    """A calm network.

    Args:
        nodes: Their number.
        seed: Equal seeds give equal networks.

    Attributes:
        now: Simulated time, microseconds of the JAM Common Era.
        peer_ids: Of the nodes, in hex.
    """

    def __init__(self, nodes: int, *, seed: int = 0) -> None:
        self.now = DEFAULT_START
        self._rng = random.Random(f"sparse {seed}")
        self._fakes = [self._fake(index, nodes) for index in range(nodes)]
        self.peer_ids = [fake.peer_id.hex() for fake in self._fakes]
        self._clocks = [self._rng.gauss(0, 20_000) for _ in range(nodes)]
        self._drifts = [self._rng.uniform(0, 2 * math.pi) for _ in range(nodes)]
        self._status = [_tail(_status(fake)) for fake in self._fakes]
        self._phases = [self._rng.randrange(_STATUS_US) for _ in range(nodes)]
        self._connected = [False] * nodes
        self._away: dict[int, int] = {}
        self._leaving: list[int] = []
        self._final: list[tuple[int, bytes]] = []
        self._slot = DEFAULT_START // SLOT

    def connect(self, node: int) -> bytes:
        """Connect a node; return its first frame."""
        self._connected[node] = True
        return self._fakes[node].connect()

    def disconnect(self, node: int, reason: str = "") -> None:
        """Disconnect a node."""
        self._connected[node] = False

    def leaving(self) -> list[int]:
        """Return the nodes that are restarted now."""
        leaving, self._leaving = self._leaving, []
        return leaving

    def is_away(self, node: int) -> bool:
        """Return whether a restarted node is not back yet."""
        return self._away.get(node, 0) > self.now

    def advance(self, until: int) -> Iterator[SparseEmission]:
        """Yield the events up to a time; whole slots are made at once."""
        while (self._slot + 1) * SLOT <= until:
            emissions = sorted(self._make_slot(self._slot))
            self._slot += 1
            for emission in emissions:
                if self._connected[emission.node]:
                    yield emission
            self.now = self._slot * SLOT
        self.now = max(self.now, until)

    def _make_slot(self, slot: int) -> Iterator[SparseEmission]:
        """Yield the events of a slot, in no order."""
        begin, rng = slot * SLOT, self._rng
        blocks = self._blocks(slot)
        final = self._final[-1 - _FINALITY_SLOTS] if len(self._final) > _FINALITY_SLOTS else None
        for node in range(len(self._fakes)):
            if not self._connected[node]:
                continue
            for turn in range(3):
                at_us = begin + turn * _STATUS_US + self._phases[node]
                yield self._stamp(node, at_us, self._status[node])
            if blocks and rng.random() >= _LATE:
                at_us = begin + int(rng.uniform(0.2, 1.5) * SECOND_US)
                yield self._stamp(
                    node, at_us, _block(EventKind.BEST_BLOCK_CHANGED, slot, rng.choice(blocks))
                )
                if final is not None:
                    yield self._stamp(
                        node, at_us + 50_000, _block(EventKind.FINALIZED_BLOCK_CHANGED, *final)
                    )
            if rng.random() < _RESTARTS:
                self._leaving.append(node)
                self._away[node] = begin + SLOT + int(rng.uniform(2, 40) * SECOND_US)

    def _blocks(self, slot: int) -> list[bytes]:
        """Return the blocks of a slot: mostly one."""
        chance = self._rng.random()
        if chance < _MISSED:
            return []
        number = 2 if chance < _MISSED + _FORKED else 1
        blocks = [hashlib.sha256(b"%d/%d" % (slot, n)).digest() for n in range(number)]
        self._final = [*self._final[-_FINALITY_SLOTS - 2 :], (slot, blocks[0])]
        return blocks

    def _stamp(self, node: int, at_us: int, tail: bytes) -> SparseEmission:
        """Return an event that was made at a time and arrives a little later."""
        length = (_TIME.size + len(tail)).to_bytes(LENGTH_BYTES, "little")
        drift = 30_000 * math.sin(self._drifts[node] + at_us / (3600 * SECOND_US))
        stamp = _TIME.pack(at_us + int(self._clocks[node] + drift))
        delay = 2_000 + int(self._rng.expovariate(1 / 8_000))
        return SparseEmission(at_us + delay, node, length + stamp + tail)

    def _fake(self, index: int, nodes: int) -> FakeNode:
        name, version = _IMPLEMENTATIONS[index % len(_IMPLEMENTATIONS)]
        return FakeNode(
            hashlib.sha256(b"sparse %d" % index).digest(),
            cores=341,
            validators=nodes,
            name=name,
            implementation_version=version,
        )


def _status(fake: FakeNode) -> bytes:
    cores = fake.information.cores or 0
    _, frame = fake.event(
        EventKind.STATUS.variant,
        0,
        num_peers=50,
        num_val_peers=50,
        num_sync_peers=8,
        num_guarantees=[1] * cores,
        num_shards=100,
        shards_size=1_000_000,
        num_preimages=3,
        preimages_size=3_000,
    )
    return frame


def _tail(frame: bytes) -> bytes:
    """Return what follows the time of a frame."""
    return frame[LENGTH_BYTES + _TIME.size :]


def _block(kind: EventKind, slot: int, block: bytes) -> bytes:
    return bytes([kind.number]) + _SLOT.pack(slot) + block
