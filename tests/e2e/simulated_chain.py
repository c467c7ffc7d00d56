"""A simulated network whose nodes' RPC a tart follows, and the chain as it really was.

No socket carries telemetry here: the network advances as far as a test says, and shows what its
nodes know of the chain. The truth is the network's own: facts of blocks, and the statistics that
were counted from their contents.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tart.rpc.fake_node import RpcChain
from tart.rpc.model import BlockDescriptor, CoreRecord, ServiceRecord, Statistics
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.truth import Fact, Truth
from tart.simulate.model.truth_reader import Facts
from tart.simulate.model.world import SLOT
from tart.simulate.rpc_server import RpcServer, serve_rpc
from tart.units import JCE_UNIX_SECONDS, SECOND_US
from tests.running import DEADLINE
from tests.simulate.chains import EPOCH_SLOTS, PlayedChain

VALIDATORS, CORES = 12, 4
# Two nodes of each half: a partition cuts the halves off from one another.
_WITNESSES = (0, 3, 6, 9)
_HALF = (0, 1, 2, 3, 4, 5)


@dataclass
class Forgotten:
    """The blocks of which no node tells any more.

    Attributes:
        statistics: Their state is gone.
        blocks: They are not known at all.
    """

    statistics: set[bytes]
    blocks: set[bytes]


class ForgetfulNode:
    """A node's view of the chain without what all nodes have forgotten."""

    def __init__(self, view: RpcChain, forgotten: Forgotten) -> None:
        self._view = view
        self._forgotten = forgotten

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def parent(self, block: bytes) -> BlockDescriptor | None:
        parent = None if block in self._forgotten.blocks else self._view.parent(block)
        return None if parent is None or parent.hash in self._forgotten.blocks else parent

    def statistics(self, block: bytes) -> bytes | None:
        lost = block in self._forgotten.statistics | self._forgotten.blocks
        return None if lost else self._view.statistics(block)


class SimulatedChain:
    """A network, and the RPC servers of some of its nodes on one thread.

    Args:
        seed: Of the network.
        partition: The first slot, and the number of slots, in which its halves are apart.
        before: Slots that are over, at least, when it begins to be played, so that none is in
            the future.
        phase: The slot of an epoch that it begins in.
    """

    def __init__(
        self, seed: int, partition: tuple[int, int], before: int = 200, phase: int = 0
    ) -> None:
        self._facts: list[Fact] = []
        start, length = partition
        present = int((time.time() - JCE_UNIX_SECONDS) * SECOND_US) // SLOT
        first = (present - before) // EPOCH_SLOTS * EPOCH_SLOTS - EPOCH_SLOTS + phase
        self.network = Network(
            nodes=VALIDATORS,
            cores=CORES,
            seed=seed,
            start=first * SLOT,
            rates=Rates(fork=0.15),
            truth=Truth(self._facts.append, only={"network", "node", "block"}),
            troubles=[Trouble("partition", start * SLOT, length * SLOT, _HALF)],
            own_assurances=True,
        )
        self.forgotten = Forgotten(set(), set())
        self.views = [self.network.chain_of(node) for node in _WITNESSES]
        self.servers: list[RpcServer] = []
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def serving(self) -> Iterator[SimulatedChain]:
        """The same, with running servers."""
        thread = threading.Thread(target=self._loop.run_forever, name="rpc", daemon=True)
        thread.start()
        try:
            for view in self.views:
                node: Any = ForgetfulNode(view, self.forgotten)
                self.servers.append(self._wait(serve_rpc(node)))
            yield self
        finally:
            for server in self.servers:
                self._wait(server.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(DEADLINE)
            self._loop.close()

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE)

    def change(self, work: Callable[[], Any]) -> Any:
        """Do something between two requests, and let the nodes announce their heads."""

        async def changed() -> Any:
            result = work()
            for server in self.servers:
                server.announce()
            return result

        return self._wait(changed())

    def play(self, slots: float) -> None:
        """Let the network advance; nodes announce their heads twice a slot."""
        for _ in range(round(2 * slots)):
            self.change(lambda: list(self.network.advance(self.network.now + SLOT // 2)))

    def play_until_final(self) -> None:
        """Let the network advance until all nodes agree on a block that became final meanwhile."""
        begun = max(self.heads().values())
        for _ in range(100):
            self.play(1)
            finals = {view.finalized() for view in self.views}
            if len(finals) == len(set(self.heads())) == 1 and finals.pop().slot > begun:
                return
        raise AssertionError("the network finalizes nothing")

    def lose(self, *witnesses: int) -> None:
        """Let the RPC of nodes go down, without a word."""
        for index in witnesses:
            self.servers[index].faults.refuse = True
            self._wait(self.servers[index].disconnect(abort=True))

    def find(self, *witnesses: int) -> None:
        """Let the RPC of nodes come back."""
        for index in witnesses:
            self.servers[index].faults.refuse = False

    def heads(self) -> dict[str, int]:
        """Slots of the best blocks of the nodes whose RPC is up, by hash."""
        up = zip(self.views, self.servers, strict=True)
        best = [view.best() for view, server in up if not server.faults.refuse]
        return {each.hash.hex(): each.slot for each in best}

    def truth(self) -> TrueChain:
        """Return the chain that leads to the best block of the first node, and all forks."""
        return self.change(lambda: TrueChain(self.network, list(self._facts), self.forgotten))


@dataclass(frozen=True)
class TrueBlock:
    """A block as it really is; the figures of validators are its own, not tallies."""

    hash: str
    slot: int
    parent: str
    author: int
    tickets: int
    preimages: int
    preimages_size: int
    guarantors: Sequence[int]
    assurers: Sequence[int]
    cores: Mapping[int, CoreRecord]
    services: Mapping[int, ServiceRecord]
    has_statistics: bool
    has_validators: bool

    @property
    def epoch(self) -> int:
        return self.slot // EPOCH_SLOTS


class TrueChain:
    """The chain of a network: every block that was made, and those on the chain.

    Args:
        network: The network.
        facts: Its truth up to now.
        forgotten: The blocks of which nodes tell nothing.
    """

    def __init__(self, network: Network, facts: Sequence[Fact], forgotten: Forgotten) -> None:
        end: Fact = {"fact": "end", "facts": len(facts)}
        played = PlayedChain(network, VALIDATORS, CORES, [], [], Facts([*facts, end]))
        self.best = network.chain_of(0).best()
        self.final = network.chain_of(0).finalized()
        self.base = played.facts.of("network")[0]["base"]
        # A block that its author is still executing is one of the next moment.
        executed = [name for name in played.blocks if _is_executed(network, played, name)]
        self.blocks = {
            name: _true_block(played, name, played.blocks[name], forgotten) for name in executed
        }
        line = []
        name = self.best.hash.hex()
        while name in self.blocks:
            line.append(self.blocks[name])
            name = self.blocks[name].parent
        assert name == self.base["block"]
        self.line = line

    def lineage(self, name: str) -> list[str]:
        """A block and all its ancestors."""
        line = [name]
        while line[-1] in self.blocks:
            line.append(self.blocks[line[-1]].parent)
        return line

    def slot(self, name: str) -> int:
        """The slot of a block."""
        return self.base["slot"] if name == self.base["block"] else self.blocks[name].slot


def _is_executed(network: Network, played: PlayedChain, name: str) -> bool:
    author = network.chain_of(played.index[played.blocks[name]["author"]])
    return author.statistics(bytes.fromhex(name)) is not None


def _true_block(played: PlayedChain, name: str, fact: Fact, forgotten: Forgotten) -> TrueBlock:
    statistics: Statistics = played.statistics(name)
    outline = fact["outline"]
    hidden = forgotten.statistics | forgotten.blocks
    parent = fact["parent"]
    first = parent in played.blocks and (
        played.blocks[parent]["slot"] // EPOCH_SLOTS != fact["slot"] // EPOCH_SLOTS
    )
    has_statistics = bytes.fromhex(name) not in hidden
    return TrueBlock(
        hash=name,
        slot=fact["slot"],
        parent=parent,
        author=played.index[fact["author"]],
        tickets=outline["num_tickets"],
        preimages=outline["num_preimages"],
        preimages_size=outline["total_preimages_size"],
        guarantors=sorted(
            {played.index[signer] for made in fact["reported"] for signer in made["signers"]}
        ),
        assurers=sorted(played.index[each] for each in fact["assurers"]),
        cores={core: each for core, each in enumerate(statistics.cores) if any(each)},
        services=statistics.services,
        has_statistics=has_statistics,
        has_validators=has_statistics and (first or bytes.fromhex(parent) not in hidden),
    )
