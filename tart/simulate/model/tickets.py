"""Safrole tickets: generated at the start of each epoch, sent to a proxy, then to all.

Pure. Each validator generates its tickets for the next epoch; a ticket goes to one
other validator first, its proxy, which passes it to everybody (JAMNP-S). As in a real
network only those tickets travel that could still win a slot: about three for each slot
of an epoch, however many validators there are.
"""

from __future__ import annotations

from tart.simulate.model.block import Composer
from tart.simulate.model.records import Ticket
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import SLOT, Node, Stage, linked
from tart.units import SECOND_US

_CONTENDERS_PER_SLOT = 3
_REASON = "stream reset by peer"


class Tickets:
    """The tickets' life, epoch by epoch."""

    def __init__(self, stage: Stage, composer: Composer) -> None:
        self._stage = stage
        self._composer = composer
        self._epoch_slots = stage.parameters["epoch_period"]
        self._attempts = stage.parameters["tickets_attempts_number"]
        generated = self._attempts * len(stage.nodes)
        self._contending = min(1.0, _CONTENDERS_PER_SLOT * self._epoch_slots / generated)

    def open_slot(self, slot: int) -> None:
        """At the start of an epoch, everybody generates tickets for the next."""
        if slot % self._epoch_slots:
            return
        for node in self._stage.nodes:
            process = self._generate(node, slot // self._epoch_slots + 1)
            self._stage.start(process, self._stage.between(0, 2 * SECOND_US))

    def _generate(self, node: Node, epoch: int) -> Process:
        stage = self._stage
        root = stage.emit(node, "GeneratingTickets", epoch=epoch)
        yield stage.between(SECOND_US // 2, 2 * SECOND_US)
        if stage.happens("ticket_generation"):
            reason = "ring proof could not be made"
            stage.emit(node, "TicketGenerationFailed", generating_id=root, reason=reason)
            return
        ids = [stage.hash("ticket", epoch, node.index, at) for at in range(self._attempts)]
        stage.emit(node, "TicketsGenerated", generating_id=root, ids=ids)
        for attempt, ticket in enumerate(ids):
            if stage.rng.random() < self._contending:
                process = self._travel(node, Ticket(epoch, attempt, ticket))
                stage.start(process, stage.between(SECOND_US, self._epoch_slots * SLOT // 3))

    def _travel(self, node: Node, ticket: Ticket) -> Process:
        """From its maker to the proxy, and from the proxy to all."""
        stage = self._stage
        peers = [each for each in stage.nodes if linked(node, each)]
        if not peers:
            return
        proxy = stage.rng.choice(peers)
        if not (yield from self._transfer(node, proxy, ticket, from_proxy=False)):
            return
        self._composer.tickets += 1
        yield stage.between(SECOND_US, self._epoch_slots * SLOT // 3)
        for peer in stage.others(proxy):
            if peer is not node and linked(proxy, peer):
                stage.start(self._transfer(proxy, peer, ticket, from_proxy=True))
                yield 2 * MILLISECOND

    def _transfer(self, a: Node, b: Node, ticket: Ticket, *, from_proxy: bool) -> Outcome:
        stage = self._stage
        sent, received = "Local", "Remote"
        if stage.happens("ticket_transfer"):
            for node, peer, side in ((a, b, sent), (b, a, received)):
                stage.emit(
                    node,
                    "TicketTransferFailed",
                    ticket,
                    peer=peer.peer_id,
                    sender=side,
                    from_proxy=from_proxy,
                    reason=_REASON,
                )
                yield stage.latency()
            return False
        for node, peer, side in ((a, b, sent), (b, a, received)):
            stage.emit(
                node,
                "TicketTransferred",
                ticket,
                peer=peer.peer_id,
                sender=side,
                from_proxy=from_proxy,
                **ticket._asdict(),
            )
            yield stage.latency()
        return True
