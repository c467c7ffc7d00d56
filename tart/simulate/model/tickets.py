"""Safrole tickets: generated at the start of each epoch, sent to a proxy, then to all.

Pure. Each validator generates its tickets for the next epoch; a ticket goes to one
other validator first, its proxy, which sends it to all others (JAMNP-S). As in a real
network only those tickets are sent that could still win a slot: about three for each slot
of an epoch, independent of the number of validators.
"""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.simulate.model.block import Composer
from tart.simulate.model.records import Ticket
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import SLOT, Node, World, linked
from tart.units import SECOND_US

_CONTENDERS_PER_SLOT = 3
_REASON = "stream reset by peer"


class Tickets:
    """Generates and distributes tickets, epoch by epoch."""

    def __init__(self, world: World, composer: Composer) -> None:
        self._world = world
        self._composer = composer
        self._epoch_slots = world.parameters["epoch_period"]
        self._attempts = world.parameters["tickets_attempts_number"]
        generated = self._attempts * len(world.nodes)
        self._contending = min(1.0, _CONTENDERS_PER_SLOT * self._epoch_slots / generated)

    def open_slot(self, slot: int) -> None:
        """Let all nodes generate tickets for the next epoch, at the start of an epoch."""
        if slot % self._epoch_slots:
            return
        for node in self._world.nodes:
            process = self._generate(node, slot // self._epoch_slots + 1)
            self._world.start(process, self._world.between(0, 2 * SECOND_US))

    def _generate(self, node: Node, epoch: int) -> Process:
        world = self._world
        root = world.emit(node, EventKind.GENERATING_TICKETS, epoch=epoch)
        yield world.between(SECOND_US // 2, 2 * SECOND_US)
        if world.happens("ticket_generation", node.conduct.failures):
            reason = "ring proof could not be made"
            world.emit(node, EventKind.TICKET_GENERATION_FAILED, generating_id=root, reason=reason)
            return
        ids = [world.hash("ticket", epoch, node.index, at) for at in range(self._attempts)]
        world.emit(node, EventKind.TICKETS_GENERATED, generating_id=root, ids=ids)
        for attempt, ticket in enumerate(ids):
            if world.rng.random() < self._contending:
                process = self._travel(node, Ticket(epoch, attempt, ticket))
                world.start(process, world.between(SECOND_US, self._epoch_slots * SLOT // 3))

    def _travel(self, node: Node, ticket: Ticket) -> Process:
        """Send a ticket from its generator to the proxy, and from the proxy to all."""
        world = self._world
        peers = [each for each in world.nodes if linked(node, each)]
        if not peers:
            return
        proxy = world.rng.choice(peers)
        if not (yield from self._transfer(node, proxy, ticket, from_proxy=False)):
            return
        self._composer.tickets += 1
        yield world.between(SECOND_US, self._epoch_slots * SLOT // 3)
        for peer in world.others(proxy):
            if peer is not node and linked(proxy, peer):
                world.start(self._transfer(proxy, peer, ticket, from_proxy=True))
                yield 2 * MILLISECOND

    def _transfer(self, a: Node, b: Node, ticket: Ticket, *, from_proxy: bool) -> Outcome:
        world = self._world
        sent, received = "Local", "Remote"
        if world.happens("ticket_transfer", a.conduct.failures):
            for node, peer, side in ((a, b, sent), (b, a, received)):
                world.emit(
                    node,
                    EventKind.TICKET_TRANSFER_FAILED,
                    ticket,
                    peer=peer.peer_id,
                    sender=side,
                    from_proxy=from_proxy,
                    reason=_REASON,
                )
                yield world.latency()
            return False
        for node, peer, side in ((a, b, sent), (b, a, received)):
            world.emit(
                node,
                EventKind.TICKET_TRANSFERRED,
                ticket,
                peer=peer.peer_id,
                sender=side,
                from_proxy=from_proxy,
                **ticket._asdict(),
            )
            yield world.latency()
        return True
