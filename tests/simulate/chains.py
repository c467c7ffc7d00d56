"""A simulated network whose chain is read as the RPC of its nodes shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tart.rpc.model import Statistics
from tart.rpc.statistics import decode_statistics
from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission
from tart.simulate.model.truth import Fact, Truth
from tart.simulate.model.truth_reader import Facts
from tart.simulate.model.world import SLOT

EPOCH_SLOTS = 12


@dataclass(frozen=True, eq=False)
class PlayedChain:
    """A network after some slots, the telemetry of its nodes, and the truth."""

    network: Network
    nodes: int
    cores: int
    hellos: list[bytes]
    emissions: list[Emission]
    facts: Facts

    @cached_property
    def blocks(self) -> dict[str, Fact]:
        """The blocks that were made and that others could build upon, by hash."""
        return {each["block"]: each for each in self.facts.of("block", flaw=None)}

    @cached_property
    def index(self) -> dict[str, int]:
        """The validator index of each node, by peer id."""
        return {each["node"]: each["index"] for each in self.facts.of("node")}

    def data_of(self, node: int) -> bytes:
        """All bytes that a node sent."""
        return self.hellos[node] + b"".join(e.frame for e in self.emissions if e.node == node)

    def statistics(self, block: str) -> Statistics:
        """Return the statistics after a block, as its author's RPC tells them."""
        author = self.index[self.blocks[block]["author"]]
        blob = self.network.chain_of(author).statistics(bytes.fromhex(block))
        assert blob is not None
        return decode_statistics(blob, cores=self.cores, validators=self.nodes)

    def told_lies(self, lie: str) -> list[Fact]:
        return self.facts.of("told_lie", lie=lie)


def play_chain(slots: int, *, nodes: int = 6, cores: int = 2, **options: Any) -> PlayedChain:
    """Simulate a number of slots with every node connected."""
    facts: list[Fact] = []
    network = Network(nodes=nodes, cores=cores, truth=Truth(facts.append), **options)
    network.chain_of(0)
    hellos = [network.connect(node) for node in range(nodes)]
    emissions = list(network.advance(network.now + slots * SLOT))
    network.end()
    return PlayedChain(network, nodes, cores, hellos, emissions, Facts(facts))
