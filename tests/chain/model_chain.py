"""A chain made up for tests: blocks with statistics that follow the rules, forks, views.

``ModelChain`` is the truth; a ``View`` is what one node knows of it, for ``FakeRpcNode``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from tart.rpc.model import BlockDescriptor, CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.rpc.service_data import ServiceData, encode_service_data
from tart.rpc.statistics import encode_statistics

CORES, VALIDATORS, EPOCH = 2, 6, 12
PARAMETERS = {
    "core_count": CORES,
    "epoch_period": EPOCH,
    "slot_period_sec": 6,
    "val_count": VALIDATORS,
}
# Of a service named "adder", version "1", licence "MIT", without authors.
CODE = b"\x0e\0\x05adder\x011\x03MIT\0code"
_ZERO = (ValidatorRecord(),) * VALIDATORS


@dataclass(frozen=True)
class ModelBlock:
    """A block of the truth; ``gains`` is what it adds by validator."""

    hash: bytes
    slot: int
    parent: bytes | None
    author: int
    gains: Mapping[int, ValidatorRecord]
    statistics: Statistics


class ModelChain:
    """All blocks that exist, by hash."""

    def __init__(self, seed: int = 0, first_slot: int = 1) -> None:
        self._random = random.Random(seed)
        self.blocks: dict[bytes, ModelBlock] = {}
        self.genesis = self._add(None, first_slot)

    def extend(self, parent: bytes, slots: int = 1) -> bytes:
        """Add a child; return its hash."""
        return self._add(self.blocks[parent], self.blocks[parent].slot + slots)

    def grow(self, parent: bytes, count: int) -> bytes:
        """Add a line of blocks; return the last."""
        for _ in range(count):
            parent = self.extend(parent)
        return parent

    def line(self, block: bytes | None) -> list[bytes]:
        """A block and its ancestors."""
        line = []
        while block is not None:
            line.append(block)
            block = self.blocks[block].parent
        return line

    def _add(self, parent: ModelBlock | None, slot: int) -> bytes:
        rng = self._random
        author = rng.randrange(VALIDATORS)
        gains = {
            index: ValidatorRecord(
                blocks=int(index == author),
                tickets=rng.randrange(3) if index == author else 0,
                guarantees=rng.randrange(2),
                assurances=rng.randrange(2),
            )
            for index in range(VALIDATORS)
        }
        base, previous = _ZERO, _ZERO
        if parent is not None:
            if parent.slot // EPOCH == slot // EPOCH:
                base, previous = parent.statistics.current, parent.statistics.previous
            else:
                previous = parent.statistics.current
        statistics = Statistics(
            current=tuple(_sum(old, gains[index]) for index, old in enumerate(base)),
            previous=previous,
            cores=tuple(CoreRecord(bundle_size=rng.randrange(3)) for _ in range(CORES)),
            services={7: ServiceRecord(refinement_count=rng.randrange(1, 4))},
            layout="0.7",
        )
        identity = f"{slot} {parent and parent.hash} {len(self.blocks)} {rng.random()}"
        key = blake2b(identity.encode(), digest_size=32).digest()
        gains = {index: gain for index, gain in gains.items() if any(gain)}
        self.blocks[key] = ModelBlock(
            key, slot, None if parent is None else parent.hash, author, gains, statistics
        )
        return key


def _sum(one: ValidatorRecord, other: ValidatorRecord) -> ValidatorRecord:
    return ValidatorRecord(*(a + b for a, b in zip(one, other, strict=True)))


@dataclass
class View:
    """One node's knowledge of the chain.

    Attributes:
        stateless: Blocks whose state it does not have.
    """

    chain: ModelChain
    best_hash: bytes
    final_hash: bytes
    stateless: set[bytes] = field(default_factory=set)

    def parameters(self) -> Mapping[str, int]:
        """The chain's."""
        return PARAMETERS

    def best(self) -> BlockDescriptor:
        """The head."""
        return self._describe(self.best_hash)

    def finalized(self) -> BlockDescriptor:
        """The finalized head."""
        return self._describe(self.final_hash)

    def parent(self, block: bytes) -> BlockDescriptor | None:
        """The parent."""
        known = self.chain.blocks.get(block)
        return None if known is None or known.parent is None else self._describe(known.parent)

    def statistics(self, block: bytes) -> bytes | None:
        """The statistics."""
        if block in self.stateless or block not in self.chain.blocks:
            return None
        return encode_statistics(self.chain.blocks[block].statistics)

    def services(self, block: bytes) -> list[int]:
        """One service."""
        return [7]

    def service_data(self, block: bytes, service: int) -> bytes | None:
        """Its account."""
        code_hash = blake2b(CODE, digest_size=32).digest()
        return encode_service_data(ServiceData(code_hash, 5, 1, 2, 3, 0, 4, 1, 2, 0))

    def preimage(self, block: bytes, service: int, digest: bytes) -> bytes | None:
        """Its code."""
        return CODE if digest == blake2b(CODE, digest_size=32).digest() else None

    def _describe(self, block: bytes) -> BlockDescriptor:
        return BlockDescriptor(block, self.chain.blocks[block].slot)
