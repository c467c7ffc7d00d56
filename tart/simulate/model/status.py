"""Status events of each node, every two seconds, and losses of its telemetry.

Pure. The gauges of Status are those of the simulated state at that moment. Now and then
a node's telemetry drops a few events, or loses its connection.
"""

from __future__ import annotations

import random

from tart.protocol.events import EventKind
from tart.simulate.model.fault_rates import TELEMETRY_KINDS, Chances
from tart.simulate.model.schedule import Process
from tart.simulate.model.world import Node, World
from tart.units import SECOND_US

INTERVAL = 2 * SECOND_US
_MOST_LOST = 8


class Status:
    """Status of every node, and its drops."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(world.hash("telemetry"))
        self._reconnects = Chances(world.rates, self._rng, TELEMETRY_KINDS)
        for node in world.nodes:
            world.start(self._report(node), world.between(0, INTERVAL))

    def open_slot(self, slot: int) -> None:
        """Let telemetry be lost at random times of this slot."""
        world = self._world
        for node in world.nodes:
            if world.happens("dropped"):
                world.start(self._lose(node), world.between(0, 5 * SECOND_US))
            # A process that hangs does not connect again either.
            if self._reconnects.happens("reconnect") and not node.reporter.hanging:
                world.start(self._leave(node), self._rng.randrange(5 * SECOND_US))

    def _lose(self, node: Node) -> Process:
        node.reporter.lose(self._world.rng.randint(1, _MOST_LOST))
        yield from ()

    def _leave(self, node: Node) -> Process:
        self._world.leaving.add(node.index)
        yield from ()

    def _report(self, node: Node) -> Process:
        while True:
            self._emit_status(node)
            yield INTERVAL

    def _emit_status(self, node: Node) -> None:
        guarantees = [0] * self._world.cores
        for guarantee in node.guarantees.values():
            core = guarantee.report.core
            guarantees[core] = min(255, guarantees[core] + 1)
        peers = node.linked.bit_count()
        shards = node.shards.values()
        self._world.emit(
            node,
            EventKind.STATUS,
            num_peers=peers,
            num_val_peers=peers,
            num_sync_peers=len(node.streams),
            num_guarantees=guarantees,
            num_shards=sum(number for number, _ in shards),
            shards_size=sum(size for _, size in shards),
            num_preimages=len(node.preimages),
            preimages_size=sum(each.length for each in node.preimages.values()),
        )
