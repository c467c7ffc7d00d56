"""A JAM network that happens only in memory, told as its nodes would tell it in JIP-3.

Pure: no clock, no sockets, no randomness but the seed's. One chain, six-second slots,
and every activity JIP-3 has events for, in one simulated time.

- The stream of events is in order of simulated time; the ids in it are those of each
  node's own connection, and every reference names an earlier event of that connection.
- Equal arguments give equal networks, and what happens does not depend on which nodes
  are connected: several processes may each play some nodes of one network.
- What is finished is forgotten; memory does not grow with the length of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tart.simulate.model.auditing import Auditing
from tart.simulate.model.availability import Availability
from tart.simulate.model.block import Composer
from tart.simulate.model.chain import Chain
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.guaranteeing import Guaranteeing
from tart.simulate.model.links import Links
from tart.simulate.model.packages import Packages
from tart.simulate.model.preimages import Preimages
from tart.simulate.model.reporter import Emission
from tart.simulate.model.schedule import Process
from tart.simulate.model.status import Status
from tart.simulate.model.tickets import Tickets
from tart.simulate.model.truth import Truth
from tart.simulate.model.world import SLOT, Stage
from tart.units import SECOND_US

# Late 2026, when nothing else is said.
DEFAULT_START = 10_000_000 * SLOT
MAX_CORES = 341
MAX_NODES = 1023

# Before the first slot the nodes find each other.
_SETTLING = 3 * SECOND_US


class Network:
    """A simulated network of ``nodes`` validators and ``cores`` cores.

    Args:
        nodes: validators, 1 to 1,023; fewer than three per core leave cores short.
        cores: 1 to 341.
        seed: equal seeds give equal runs.
        start: when it begins, microseconds of the JAM Common Era; slots are counted from it.
        speed: simulated seconds per second of the events' timestamps. At 2.0 slot numbers
            advance every three seconds and all durations told are halved.
        rates: how often what happens.
        protocol: telemetry protocol version, 0 or 1; of several the nodes take turns.
        truth: is told what really happens; without it nothing is recorded.

    Example:
        >>> network = Network(nodes=6, cores=2, seed=1)
        >>> hello = [network.connect(node) for node in range(6)]
        >>> next(network.advance(network.now + 60_000_000)).event_id
        0

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self,
        *,
        nodes: int = 6,
        cores: int = 2,
        seed: int = 0,
        start: int = DEFAULT_START,
        speed: float = 1.0,
        rates: Rates | None = None,
        protocol: int | Sequence[int] = 1,
        truth: Truth | None = None,
    ) -> None:
        _check(nodes, cores, start, speed, protocol)
        self._stage = Stage(nodes, cores, seed, start, speed, rates or Rates(), protocol, truth)
        stage, self._truth = self._stage, truth
        if truth is not None:
            truth.begin(stage, seed, speed)
        composer, packages = Composer(stage), Packages(stage)
        self._chain = chain = Chain(stage, composer)
        guaranteeing = Guaranteeing(stage, packages)
        availability, preimages = Availability(stage), Preimages(stage)
        chain.followers += [
            packages.follow,
            guaranteeing.follow,
            availability.follow,
            Auditing(stage).follow,
            preimages.follow,
        ]
        self._activities = (
            Links(stage),
            chain,
            Tickets(stage, composer),
            guaranteeing,
            availability,
            preimages,
            Status(stage),
        )
        stage.start(self._slots(start))

    @property
    def now(self) -> int:
        """Simulated time, microseconds of the JAM Common Era."""
        return self._stage.schedule.now

    def connect(self, node: int) -> bytes:
        """A node's telemetry connects: its ids restart, what was in flight is abandoned.

        Returns:
            The first frame to send, its node information.
        """
        self.disconnect(node)
        one = self._stage.nodes[node]
        hello = one.reporter.connect()
        if self._truth is not None:
            self._truth.opened(one, hello)
        return hello

    def disconnect(
        self, node: int, reason: str = "connection lost", unsent: Sequence[Emission] = ()
    ) -> None:
        """A node's telemetry lost its connection: it reports nothing until it connects.

        Args:
            reason: why, for the truth.
            unsent: the last events taken from ``advance``, if they never left.
        """
        self._forget_unsent(node)
        one = self._stage.nodes[node]
        one.reporter.disconnect()
        if self._truth is not None:
            self._truth.closed(one, reason, unsent)

    def leaving(self) -> list[int]:
        """Nodes whose telemetry loses its connection now, by the rate ``reconnect``.

        It is for the caller to disconnect them, and to connect them again a little later.
        """
        leaving = sorted(self._stage.leaving)
        self._stage.leaving.clear()
        return leaving

    def end(self) -> None:
        """Nothing more will happen: complete the truth."""
        for node in range(len(self._stage.nodes)):
            self.disconnect(node, "end of the run")
        if self._truth is not None:
            self._truth.end()

    def _forget_unsent(self, node: int) -> None:
        """What was not taken from ``advance`` yet belongs to the connection that ended."""
        out = self._stage.out
        kept = [each for each in out if each.node != node]
        out.clear()
        out.extend(kept)

    def congest(self, node: int, congested: bool) -> None:
        """While congested a node drops its events, and says so afterwards (Dropped)."""
        self._stage.nodes[node].reporter.congested = congested

    def dropped(self, node: int) -> int:
        """Events that node has dropped so far."""
        return self._stage.nodes[node].reporter.dropped

    def advance(self, until: int) -> Iterator[Emission]:
        """What the connected nodes report up to ``until``, in order of time.

        Lazy: what is done to the network between two events counts from the next step on.
        """
        out, step, truth = self._stage.out, self._stage.schedule.step, self._truth
        more = True
        while more:
            # One by one, so that a caller who stops early finds the rest the next time.
            while out:
                emission = out.popleft()
                if truth is not None:
                    truth.taken(emission)
                yield emission
            more = step(until)

    def statistics(self) -> dict[str, int]:
        """How much is held in memory; bounded however long the run."""
        nodes = self._stage.nodes
        return {
            "processes": len(self._stage.schedule),
            "blocks": len(self._chain.blocks),
            "guarantees": sum(len(each.guarantees) for each in nodes),
            "preimages": sum(len(each.preimages) + len(each.announced) for each in nodes),
        }

    def _slots(self, start: int) -> Process:
        slot = -(-(start + _SETTLING) // SLOT)
        yield slot * SLOT - start
        while True:
            for each in self._activities:
                each.open_slot(slot)
            slot += 1
            yield SLOT


def _check(nodes: int, cores: int, start: int, speed: float, protocol: int | Sequence[int]) -> None:
    if not 1 <= nodes <= MAX_NODES:
        raise ValueError(f"nodes: {nodes} is not between 1 and {MAX_NODES}")
    if not 1 <= cores <= MAX_CORES:
        raise ValueError(f"cores: {cores} is not between 1 and {MAX_CORES}")
    # Slot numbers are u32; clocks may be a little behind the first slot.
    if not SLOT <= start < SLOT << 31:
        raise ValueError(f"start: {start} is not a time of the JAM Common Era")
    if not 0 < speed < math.inf:
        raise ValueError(f"speed: {speed} is not a finite number above 0")
    versions = {protocol} if isinstance(protocol, int) else set(protocol)
    if not versions or versions - {0, 1}:
        raise ValueError(f"protocol: {protocol} is neither 0 nor 1")
