"""Preimages: announced among neighbours, fetched, and dropped once they are on chain.

Pure. A preimage appears at one node, which announces it to its neighbours; they fetch it
and announce it to theirs. A node forgets an announced preimage that it cannot get, and
discards one that it has, each for a reason; no pool keeps one for more than a few slots.
"""

from __future__ import annotations

from typing import Any

from tart.protocol.events import EventKind
from tart.simulate.model.exchange import PREIMAGE, exchange
from tart.simulate.model.packages import SERVICES
from tart.simulate.model.records import Block, Preimage
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World, linked
from tart.units import SECOND_US

_POOL_SLOTS = 12


class Preimages:
    """Brings preimages to the nodes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open_slot(self, slot: int) -> None:
        """Let a new preimage appear sometimes; remove old ones from the pools."""
        world = self._world
        self._expire(slot)
        if world.happens("preimage"):
            world.start(self._bring(slot), world.between(0, 3 * SECOND_US))

    def follow(self, node: Node, block: Block) -> None:
        """Remove the preimages that this block provides."""
        for preimage in block.preimages:
            if node.preimages.pop(preimage.hash, None):
                self._discard(node, preimage, "ProvidedOnChain")
            elif node.announced.pop(preimage.hash, None):
                self._forget(node, preimage, "ProvidedOnChain")

    def _expire(self, slot: int) -> None:
        for node in self._world.nodes:
            for old in [p for p in node.preimages.values() if p.slot < slot - _POOL_SLOTS]:
                del node.preimages[old.hash]
                self._discard(node, old, "TooManyPreimages")

    def _discard(self, node: Node, preimage: Preimage, reason: str) -> None:
        self._world.emit(
            node,
            EventKind.PREIMAGE_DISCARDED,
            preimage,
            hash=preimage.hash,
            length=preimage.length,
            reason=reason,
        )

    def _forget(self, node: Node, preimage: Preimage, reason: str) -> None:
        described = _described(preimage)
        self._world.emit(
            node, EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN, preimage, **described, reason=reason
        )

    def _bring(self, slot: int) -> Process:
        rng = self._world.rng
        preimage = Preimage(
            slot, rng.choice(SERVICES), self._world.hash("preimage", slot), rng.randint(40, 60_000)
        )
        node = rng.choice(self._world.nodes)
        node.preimages[preimage.hash] = preimage
        yield from self._announce(node, preimage)

    def _announce(self, node: Node, preimage: Preimage, source: Node | None = None) -> Process:
        """Announce a preimage to all neighbours except its source."""
        world = self._world
        for peer in node.neighbours:
            if peer is source or not linked(node, peer):
                continue
            yield MILLISECOND
            if world.happens("preimage_announcement"):
                yield from self._fail_announcement(node, peer, preimage)
            else:
                described = _described(preimage)
                world.emit(
                    node,
                    EventKind.PREIMAGE_ANNOUNCED,
                    preimage,
                    peer=peer.peer_id,
                    announcer="Local",
                    **described,
                )
                world.start(self._receive_announcement(peer, node, preimage), world.latency())

    def _fail_announcement(self, node: Node, peer: Node, preimage: Preimage) -> Process:
        world, failed = self._world, EventKind.PREIMAGE_ANNOUNCEMENT_FAILED
        reason = "stream reset by peer"
        world.emit(node, failed, preimage, peer=peer.peer_id, announcer="Local", reason=reason)
        yield world.latency()
        world.emit(peer, failed, preimage, peer=node.peer_id, announcer="Remote", reason=reason)

    def _receive_announcement(self, node: Node, source: Node, preimage: Preimage) -> Process:
        world = self._world
        world.emit(
            node,
            EventKind.PREIMAGE_ANNOUNCED,
            preimage,
            peer=source.peer_id,
            announcer="Remote",
            **_described(preimage),
        )
        if preimage.hash in node.preimages or preimage.hash in node.announced:
            return
        node.announced[preimage.hash] = preimage
        yield world.between(10 * MILLISECOND, SECOND_US)
        if world.happens("preimage_unwanted"):
            self._give_up(node, preimage, "NotRequestedOnChain")
        elif not (yield from self._request(node, source, preimage)):
            self._give_up(node, preimage, "FailedToAcquire")
        elif node.announced.pop(preimage.hash, None):
            node.preimages[preimage.hash] = preimage
            yield from self._announce(node, preimage, source)

    def _give_up(self, node: Node, preimage: Preimage, reason: str) -> None:
        if node.announced.pop(preimage.hash, None):
            self._forget(node, preimage, reason)

    def _request(self, node: Node, source: Node, preimage: Preimage) -> Outcome:
        return exchange(
            self._world,
            PREIMAGE,
            node,
            source,
            preimage,
            sending={"recipient": source.peer_id, "hash": preimage.hash},
            receiving={"sender": node.peer_id},
            received={"hash": preimage.hash},
            answers=({"length": preimage.length},),
        )


def _described(preimage: Preimage) -> dict[str, Any]:
    return {
        "service": preimage.service,
        "hash": preimage.hash,
        "length": preimage.length,
    }
