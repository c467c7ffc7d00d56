"""A simulated JAM network and the telemetry of its nodes.

Pure: no clock, no sockets, no randomness but the seed's. One chain, six-second slots,
and every activity that JIP-3 has events for, in one simulated time.

- Events are in order of simulated time; their ids are those of each node's own connection,
  and every reference names an earlier event of that connection.
- Equal arguments give equal networks, and the network does not depend on which nodes are
  connected: several processes may each simulate some nodes of one network.
- Finished activities are forgotten; memory does not grow with the length of the run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from tart.protocol.events import EventKind
from tart.protocol.node_information import MAX_CORES
from tart.simulate.model.auditing import Auditing
from tart.simulate.model.availability import Availability
from tart.simulate.model.block import Composer
from tart.simulate.model.chain import Chain
from tart.simulate.model.chain_view import BlockArchive, ChainView
from tart.simulate.model.differences import Difference, Plan, Upgrade
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.guaranteeing import Guaranteeing
from tart.simulate.model.lies import Lie, plant_lies
from tart.simulate.model.links import Links
from tart.simulate.model.packages import Packages
from tart.simulate.model.preimages import Preimages
from tart.simulate.model.reporter import Emission
from tart.simulate.model.schedule import Process
from tart.simulate.model.status import Status
from tart.simulate.model.tickets import Tickets
from tart.simulate.model.troubles import Trouble, plant
from tart.simulate.model.truth import Truth
from tart.simulate.model.world import IMPLEMENTATIONS, SLOT, Implementation, World
from tart.units import SECOND_US

# The default start, late in 2026.
DEFAULT_START = 10_000_000 * SLOT
MAX_NODES = 1023

# Before the first slot the nodes find each other.
_SETTLING = 3 * SECOND_US


class Network:
    """A simulated network of ``nodes`` validators and ``cores`` cores.

    Args:
        nodes: Validators, 1 to 1,023; fewer than three per core leave cores short.
        cores: 1 to 341.
        seed: Equal seeds give equal runs.
        start: When it begins, microseconds of the JAM Common Era; slots are counted from it.
        speed: Simulated seconds per second of the events' timestamps. At 2.0 slot numbers
            advance every three seconds and all durations in events are halved.
        rates: Fault rates.
        protocol: Telemetry protocol version, 0 or 1; several are assigned to the nodes in turn.
        truth: Records the truth, if given.
        troubles: Troubles to plant.
        lies: Lies to plant.
        differences: Differences between implementations to plant.
        upgrades: New versions of implementations.
        host_spread: How different the nodes' hosts are; see ``differences.Plan``.
        implementations: Names and versions, assigned to the nodes in turn.
        own_assurances: Whether an author brings its own assurance on chain, as real ones do.

    Example:
        >>> network = Network(nodes=6, cores=2, seed=1)
        >>> hello = [network.connect(node) for node in range(6)]
        >>> next(network.advance(network.now + 60_000_000)).event_id
        0

    Raises:
        ValueError: An argument is out of its range.
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
        troubles: Sequence[Trouble] = (),
        lies: Sequence[Lie] = (),
        differences: Sequence[Difference] = (),
        upgrades: Sequence[Upgrade] = (),
        host_spread: float = 0.0,
        implementations: Sequence[Implementation] = IMPLEMENTATIONS,
        own_assurances: bool = False,
    ) -> None:
        _check(nodes, cores, start, speed, protocol)
        self._world = World(
            nodes,
            cores,
            seed=seed,
            start=start,
            speed=speed,
            rates=rates or Rates(),
            protocol=protocol,
            truth=truth,
            implementations=implementations,
            own_assurances=own_assurances,
        )
        world, self._truth = self._world, truth
        plan = Plan(world, differences, upgrades, host_spread)
        plan.begin()
        if truth is not None:
            truth.begin(world, seed, speed)
            for trouble in troubles:
                truth.add_trouble(trouble.name, trouble.start, trouble.length, trouble.nodes)
            for upgrade in upgrades:
                truth.add_upgrade(
                    upgrade.implementation, upgrade.version, upgrade.start, upgrade.spread
                )
            for difference, affected in plan.planted:
                indices = [node.index for node in affected]
                truth.add_difference(difference.name, difference.effects(), indices)
        plant_lies(world, [*lies, *plan.lies])
        composer, packages = Composer(world), Packages(world)
        self._chain = chain = Chain(world, composer)
        self._archive: BlockArchive | None = None
        guaranteeing = Guaranteeing(world, packages)
        availability, preimages = Availability(world), Preimages(world)
        chain.followers += [
            packages.follow,
            guaranteeing.follow,
            availability.follow,
            Auditing(world).follow,
            preimages.follow,
        ]
        self._activities = (
            Links(world),
            chain,
            Tickets(world, composer),
            guaranteeing,
            availability,
            preimages,
            Status(world),
        )
        world.start(self._slots(start))
        plant(world, troubles)

    @property
    def now(self) -> int:
        """Simulated time, microseconds of the JAM Common Era."""
        return self._world.schedule.now

    @property
    def peer_ids(self) -> list[str]:
        """The peer ids of the nodes in hex, by index."""
        return [node.peer_id.hex() for node in self._world.nodes]

    def connect(self, node: int) -> bytes:
        """Connect a node's telemetry: ids restart, activities in progress are abandoned.

        Returns:
            The first frame to send, its node information.
        """
        self.disconnect(node)
        one = self._world.nodes[node]
        hello = one.reporter.connect()
        if self._truth is not None:
            self._truth.open_session(one, hello)
        return hello

    def disconnect(
        self, node: int, reason: str = "connection lost", unsent: Sequence[Emission] = ()
    ) -> None:
        """Disconnect a node's telemetry: it reports nothing until it connects.

        Args:
            node: Index of the node.
            reason: The reason, for the truth.
            unsent: The last events of ``advance``, if they never left.
        """
        self._discard_pending(node)
        one = self._world.nodes[node]
        one.reporter.disconnect()
        if self._truth is not None:
            self._truth.close_session(one, reason, unsent)

    def leaving(self) -> list[int]:
        """Return nodes whose telemetry loses its connection now, by the rate ``reconnect``.

        The caller disconnects them, and connects them again a little later, unless they are
        ``away``.
        """
        leaving = sorted(self._world.leaving)
        self._world.leaving.clear()
        return leaving

    def is_away(self, node: int) -> bool:
        """Return whether a node does not connect again yet, by a planted trouble."""
        return node in self._world.away

    def end(self) -> None:
        """Disconnect all nodes and complete the truth."""
        for node in range(len(self._world.nodes)):
            self.disconnect(node, "end of the run")
        if self._truth is not None:
            self._truth.end()

    def _discard_pending(self, node: int) -> None:
        """Discard events that ``advance`` has not returned; they belong to the old connection."""
        out = self._world.out
        others = [emission for emission in out if emission.node != node]
        out.clear()
        out.extend(others)

    def silence(self, node: int, kinds: Collection[EventKind]) -> None:
        """Let a node, which tells no lies, keep quiet about events of these types.

        A network without its most frequent events is played several times as fast.
        """
        self._world.nodes[node].censor = lambda kind, about, fields: kind not in kinds

    def congest(self, node: int, congested: bool) -> None:
        """Let a node drop its events while congested; it reports that afterwards (Dropped)."""
        self._world.nodes[node].reporter.congested = congested

    def dropped(self, node: int) -> int:
        """Return the number of events that a node has dropped."""
        return self._world.nodes[node].reporter.dropped

    def advance(self, until: int) -> Iterator[Emission]:
        """Return the events that connected nodes report up to ``until``, in order of time.

        Lazy: changes of the network between two events take effect from the next step on.
        """
        out, step, truth = self._world.out, self._world.schedule.step, self._truth
        more = True
        while more:
            # One by one, so that a caller that stops early gets the rest the next time.
            while out:
                emission = out.popleft()
                if truth is not None:
                    truth.add_emission(emission)
                yield emission
            more = step(until)

    def chain_of(self, node: int) -> ChainView:
        """Return the chain as a node knows it, now and at any later time; for its RPC.

        Blocks from before the first call may be unavailable.
        """
        if self._archive is None:
            self._archive = BlockArchive(self._world)
            self._chain.archives.append(self._archive.keep)
        return ChainView(self._world, self._archive, self._world.nodes[node])

    def statistics(self) -> dict[str, int]:
        """Return the sizes of the state in memory, which are bounded."""
        nodes = self._world.nodes
        return {
            "processes": len(self._world.schedule),
            "blocks": len(self._chain.blocks),
            "archived_blocks": len(self._archive or ()),
            "guarantees": sum(len(each.guarantees) for each in nodes),
            "preimages": sum(len(each.preimages) + len(each.announced) for each in nodes),
        }

    def _slots(self, start: int) -> Process:
        slot = -(-(start + _SETTLING) // SLOT)
        yield slot * SLOT - start
        while True:
            for activity in self._activities:
                activity.open_slot(slot)
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
