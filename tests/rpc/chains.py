"""A small chain for tests of the RPC: blocks are added one by one, forks included."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from tart.rpc.model import BlockDescriptor, CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.rpc.service_data import ServiceData, encode_service_data
from tart.rpc.statistics import encode_statistics
from tart.testing import TINY_PARAMETERS


@dataclass
class SmallChain:
    """An ``RpcChain`` in memory; it begins with a genesis block of slot 0."""

    blocks: dict[bytes, BlockDescriptor] = field(default_factory=dict)
    parents: dict[bytes, bytes] = field(default_factory=dict)
    states: dict[bytes, bytes] = field(default_factory=dict)
    accounts: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self):
        genesis = BlockDescriptor(blake2b(b"genesis", digest_size=32).digest(), 0)
        self.blocks[genesis.hash] = genesis
        self.states[genesis.hash] = encode_statistics(self._statistics(genesis))
        self.head = self.final = genesis
        self.accounts[0] = encode_service_data(
            ServiceData(b"\xcc" * 32, 10**6, 10, 20, 137_137, 5, 4, 7, 99, 3)
        )

    @staticmethod
    def _statistics(block):
        return Statistics(
            current=(ValidatorRecord(blocks=block.slot, assurances=3),) * 6,
            previous=(ValidatorRecord(),) * 6,
            cores=(CoreRecord(gas_used=block.slot), CoreRecord()),
            services={0: ServiceRecord(accumulate_gas=7)},
            layout="0.7",
        )

    def add(self, slot, parent=None):
        """Add a block, the new head of the best chain."""
        parent = parent or self.head
        digest = blake2b(parent.hash + slot.to_bytes(4, "little"), digest_size=32).digest()
        block = BlockDescriptor(digest, slot)
        self.blocks[digest] = block
        self.parents[digest] = parent.hash
        self.states[digest] = encode_statistics(self._statistics(block))
        self.head = block
        return block

    def parameters(self):
        return TINY_PARAMETERS

    def best(self):
        return self.head

    def finalized(self):
        return self.final

    def parent(self, block):
        return self.blocks.get(self.parents.get(block, b""))

    def statistics(self, block):
        return self.states.get(block)

    def services(self, block):
        return sorted(self.accounts)

    def service_data(self, block, service):
        return self.accounts.get(service)
