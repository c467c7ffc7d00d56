"""Simulates a network in memory; returns the telemetry of its nodes and the truth.

Pure. The same simulation as ``tart simulate``, without waiting and without a server:
telemetry connections end at the rate ``reconnect`` and return a simulated second later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from tart.simulate.model.fault_rates import TROUBLED, Rates
from tart.simulate.model.network import DEFAULT_START, Network
from tart.simulate.model.reporter import Emission
from tart.simulate.model.schedule import MILLISECOND
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.truth import Fact, Truth
from tart.simulate.model.truth_reader import Facts
from tart.simulate.model.world import SLOT
from tart.units import SECOND_US

# The step of ``tart simulate`` with many nodes.
_STEP = 10 * MILLISECOND
_AWAY = SECOND_US

# Both versions of the telemetry protocol, in one network.
MIXED = (1, 0)


@dataclass(frozen=True, eq=False)
class Session:
    """One telemetry connection of one node.

    Attributes:
        node: Index of the node.
        ordinal: Number of the connection among the node's, from 0.
        hello: Its first frame.
        emissions: Its events.
    """

    node: int
    ordinal: int
    hello: bytes
    emissions: list[Emission] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """All bytes of the connection."""
        return self.hello + b"".join([each.frame for each in self.emissions])


@dataclass(frozen=True, eq=False)
class Played:
    """The telemetry of a simulated network, and the truth.

    Attributes:
        emissions: All events in order of time.
        sessions: The connections in the order in which they opened.
        facts: The truth.
    """

    emissions: list[Emission]
    sessions: list[Session]
    facts: Facts


def play(
    slots: int,
    *,
    nodes: int = 6,
    cores: int = 2,
    seed: int = 0,
    start: int = DEFAULT_START,
    speed: float = 1.0,
    rates: Rates | None = None,
    protocol: int | Sequence[int] = 1,
    troubles: Sequence[Trouble] = (),
    only: Collection[str] | None = None,
    **options: Any,
) -> Played:
    """Simulate a number of slots.

    Args:
        slots: Number of slots.
        nodes: See :class:`Network`, as for all further arguments.
        cores: Number of cores.
        seed: Equal seeds give equal runs.
        start: Simulated time of the beginning.
        speed: Simulated seconds per second of the timestamps.
        rates: Fault rates.
        protocol: Telemetry protocol version, or several.
        troubles: Troubles to plant.
        only: Kinds of facts that are kept; ``None``: all. Without ``happened`` and ``request``,
            which are one fact for each event, the truth costs little.
        options: Further options of the network.

    Raises:
        ValueError: An argument is out of its range.
    """
    facts: list[Fact] = []
    network = Network(
        nodes=nodes,
        cores=cores,
        seed=seed,
        start=start,
        speed=speed,
        rates=rates,
        protocol=protocol,
        truth=Truth(facts.append, only),
        troubles=troubles,
        **options,
    )
    sessions = _Sessions(network, nodes)
    emissions: list[Emission] = []
    end = network.now + slots * SLOT
    while network.now < end:
        for emission in network.advance(min(network.now + _STEP, end)):
            emissions.append(emission)
            sessions.open[emission.node].emissions.append(emission)
        sessions.update()
    network.end()
    return Played(emissions, sessions.all, Facts(facts))


def play_troubled(slots: int, *, nodes: int = 6, cores: int = 2, seed: int = 0) -> Played:
    """Simulate the network of ``tart simulate --troubled``."""
    return play(slots, nodes=nodes, cores=cores, seed=seed, rates=TROUBLED, protocol=MIXED)


class _Sessions:
    """The telemetry connections.

    Attributes:
        open: Open connections by node.
        all: All connections in the order in which they opened.
    """

    def __init__(self, network: Network, nodes: int) -> None:
        self.open: dict[int, Session] = {}
        self.all: list[Session] = []
        self._network = network
        self._ordinals = [0] * nodes
        self._back: dict[int, int] = {}
        for node in range(nodes):
            self._connect(node)

    def _connect(self, node: int) -> None:
        session = Session(node, self._ordinals[node], self._network.connect(node))
        self._ordinals[node] += 1
        self.open[node] = session
        self.all.append(session)

    def update(self) -> None:
        """Close connections of leaving nodes, and reopen those that were closed long enough."""
        now = self._network.now
        for node in self._network.leaving():
            if self.open.pop(node, None):
                self._network.disconnect(node, "hung up")
                self._back[node] = now + _AWAY
        returning = [node for node, when in self._back.items() if when <= now]
        for node in returning:
            if self._network.is_away(node):
                continue
            del self._back[node]
            self._connect(node)
