"""What each node says of its own state, every two seconds, and what it fails to say.

Pure. The gauges of Status are those of the simulated state at that moment. Now and then
a node's telemetry loses a few events, or its connection.
"""

from __future__ import annotations

import random

from tart.simulate.model.fault_rates import TELEMETRY_KINDS, Chances
from tart.simulate.model.schedule import Process
from tart.simulate.model.world import Node, Stage
from tart.units import SECOND_US

INTERVAL = 2 * SECOND_US
_MOST_LOST = 8


class Status:
    """Status of every node, and its drops."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rng = random.Random(stage.hash("telemetry"))
        self._reconnects = Chances(stage.rates, self._rng, TELEMETRY_KINDS)
        for node in stage.nodes:
            stage.start(self._tell(node), stage.between(0, INTERVAL))

    def open_slot(self, slot: int) -> None:
        """Let some telemetry be lost, some time in this slot."""
        stage = self._stage
        for node in stage.nodes:
            if stage.happens("dropped"):
                stage.start(self._lose(node), stage.between(0, 5 * SECOND_US))
            if self._reconnects.happens("reconnect"):
                stage.start(self._leave(node), self._rng.randrange(5 * SECOND_US))

    def _lose(self, node: Node) -> Process:
        node.reporter.lose(self._stage.rng.randint(1, _MOST_LOST))
        yield from ()

    def _leave(self, node: Node) -> Process:
        self._stage.leaving.add(node.index)
        yield from ()

    def _tell(self, node: Node) -> Process:
        while True:
            self._status(node)
            yield INTERVAL

    def _status(self, node: Node) -> None:
        guarantees = [0] * self._stage.cores
        for each in node.guarantees.values():
            guarantees[each.report.core] = min(255, guarantees[each.report.core] + 1)
        peers = node.linked.bit_count()
        shards = node.shards.values()
        self._stage.emit(
            node,
            "Status",
            num_peers=peers,
            num_val_peers=peers,
            num_sync_peers=len(node.streams),
            num_guarantees=guarantees,
            num_shards=sum(number for number, _ in shards),
            shards_size=sum(size for _, size in shards),
            num_preimages=len(node.preimages),
            preimages_size=sum(each.length for each in node.preimages.values()),
        )
