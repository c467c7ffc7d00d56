"""A network simulated for a while, and its events by type, node and reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tart.protocol.connection import Connection, ReceivedEvent
from tart.protocol.events import EventKind
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission
from tart.simulate.model.world import SLOT

# The events are complete only where no telemetry is lost.
NO_DROPS = Rates(dropped=0)


@dataclass(frozen=True, eq=False)
class Played:
    """The events of one network's nodes.

    Attributes:
        hellos: The first frame of each node.
        emissions: Everything after it, in order.
    """

    network: Network
    hellos: list[bytes]
    emissions: list[Emission]
    protocol: int = 1

    @cached_property
    def by_variant(self) -> dict[str, list[Emission]]:
        found: dict[str, list[Emission]] = {}
        for each in self.emissions:
            found.setdefault(each.variant, []).append(each)
        return found

    def of(self, kind: str | EventKind) -> list[Emission]:
        """Return the events of a type, given by name or kind."""
        variant = kind.variant if isinstance(kind, EventKind) else kind
        return self.by_variant.get(variant, [])

    @cached_property
    def peer_ids(self) -> list[bytes]:
        ids = []
        for hello in self.hellos:
            connection = Connection()
            connection.receive_data(hello)
            assert connection.node is not None
            ids.append(connection.node.peer_id)
        return ids

    def node_of(self, peer_id: bytes) -> int:
        return self.peer_ids.index(peer_id)

    @cached_property
    def _by_id(self) -> dict[tuple[int, int], Emission]:
        return {(each.node, each.event_id): each for each in self.emissions}

    def origin(self, emission: Emission, field: str) -> Emission:
        """The event that this one's field refers to."""
        return self._by_id[emission.node, emission.fields[field]]

    def received(self, node: int) -> list[ReceivedEvent]:
        """Return the events that a telemetry server decodes from a node's bytes."""
        connection = Connection()
        frames = [each.frame for each in self.emissions if each.node == node]
        events = connection.receive_data(self.hellos[node] + b"".join(frames))
        assert connection.error is None
        assert connection.buffered == 0
        return events


def play(
    slots: int,
    *,
    nodes: int = 6,
    cores: int = 2,
    seed: int = 0,
    speed: float = 1.0,
    rates: Rates | None = None,
    protocol: int = 1,
) -> Played:
    """Simulate a number of slots with every node connected."""
    network = Network(
        nodes=nodes, cores=cores, seed=seed, speed=speed, rates=rates, protocol=protocol
    )
    hellos = [network.connect(node) for node in range(nodes)]
    emissions = list(network.advance(network.now + slots * SLOT))
    return Played(network, hellos, emissions, protocol)
