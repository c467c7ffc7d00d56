"""The simulated chain as one of its nodes knows it, for the RPC of that node.

Pure. Other nodes may have other best blocks, and lack blocks of forks. A block that the network has
forgotten is kept here, without its contents, for as long as memory is bounded; older ones are
unavailable, as with real nodes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from tart.rpc.model import BlockDescriptor, Statistics
from tart.rpc.service_data import ServiceData, encode_service_data
from tart.rpc.statistics import encode_statistics
from tart.simulate.model.packages import SERVICES
from tart.simulate.model.records import Block
from tart.simulate.model.world import Node, World

# Blocks that are kept, at most; of a large network fewer, for statistics grow with validators.
_MOST_BLOCKS = 5_000
_MOST_RECORDS = 200_000


class _Remnant(NamedTuple):
    """The parts of a past block that its node's RPC shows.

    Attributes:
        holders: The nodes that executed it; bit i: validator i.
        accumulated: By service, the slot of its last accumulation.
    """

    slot: int
    parent: bytes
    statistics: Statistics
    accumulated: Mapping[int, int]
    holders: int


class BlockArchive:
    """The blocks of a network, present and past."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._past: OrderedDict[bytes, _Remnant] = OrderedDict()
        self._limit = min(_MOST_BLOCKS, _MOST_RECORDS // len(world.nodes))

    def __len__(self) -> int:
        """Past blocks that are kept."""
        return len(self._past)

    def keep(self, block: Block) -> None:
        """Keep what remains of a block that the network is about to forget."""
        holders = sum(1 << each.index for each in self._world.nodes if block.hash in each.blocks)
        self._past[block.hash] = _remnant(block, holders)
        if len(self._past) > self._limit:
            self._past.popitem(last=False)

    def find(self, block: bytes, node: Node) -> _Remnant | None:
        """Return a block that a node has executed; ``None`` if it has not, or it is too old."""
        present = self._world.blocks.get(block)
        if present is not None:
            return _remnant(present, 0) if block in node.blocks else None
        past = self._past.get(block)
        return past if past is not None and past.holders >> node.index & 1 else None


class ChainView:
    """The chain as a node knows it; what ``tart.rpc.fake_node.FakeRpcNode`` answers from.

    Args:
        world: The network.
        archive: Its blocks.
        node: The node.
    """

    def __init__(self, world: World, archive: BlockArchive, node: Node) -> None:
        self._world = world
        self._archive = archive
        self._node = node

    def parameters(self) -> Mapping[str, int]:
        """Return the members of ``parameters().V1``."""
        return self._world.parameters

    def best(self) -> BlockDescriptor:
        """Return the node's best block."""
        return BlockDescriptor(self._node.best.hash, self._node.best.slot)

    def finalized(self) -> BlockDescriptor:
        """Return the node's finalized block."""
        return BlockDescriptor(self._node.finalized.hash, self._node.finalized.slot)

    def parent(self, block: bytes) -> BlockDescriptor | None:
        """Return the parent of a block; ``None`` if the block or its parent is not known."""
        child = self._archive.find(block, self._node)
        parent = child and self._archive.find(child.parent, self._node)
        return BlockDescriptor(child.parent, parent.slot) if child and parent else None

    def statistics(self, block: bytes) -> bytes | None:
        """Return the statistics in the state after a block; ``None`` if it is not known."""
        remnant = self._archive.find(block, self._node)
        return encode_statistics(remnant.statistics) if remnant else None

    def services(self, block: bytes) -> list[int]:
        """Return the ids of all services; they are those of every block."""
        return list(SERVICES)

    def service_data(self, block: bytes, service: int) -> bytes | None:
        """Return a service's account after a block; ``None`` if there is no such service."""
        remnant = self._archive.find(block, self._node)
        if remnant is None or service not in SERVICES:
            return None
        created = self._world.base.slot
        account = ServiceData(
            code_hash=self._world.hash("code", service),
            balance=1_000_000_000 + service,
            min_item_gas=10_000,
            min_memo_gas=1_000,
            octets=1_000 * service,
            deposit_offset=0,
            items=service % 100,
            created_slot=created,
            last_accumulation_slot=remnant.accumulated.get(service, created),
            parent_service=0,
        )
        return encode_service_data(account)


def _remnant(block: Block, holders: int) -> _Remnant:
    assert block.statistics is not None
    return _Remnant(block.slot, block.parent, block.statistics, block.accumulated, holders)
