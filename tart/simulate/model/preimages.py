"""Preimages: announced among neighbours, fetched, and dropped once they are on chain.

Pure. Somebody brings a preimage to one node; it announces it to its neighbours, who
fetch it and announce it to theirs. Who heard of one without getting it forgets it, who
has one discards it, each for a reason; no pool keeps one for more than a few slots.
"""

from __future__ import annotations

from typing import Any

from tart.simulate.model.exchange import PREIMAGE, exchange
from tart.simulate.model.packages import SERVICES
from tart.simulate.model.records import Block, Preimage
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage, linked
from tart.units import SECOND_US

_KEPT_SLOTS = 12


class Preimages:
    """Brings preimages to the nodes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def open_slot(self, slot: int) -> None:
        """Sometimes there is a new preimage; pools let go of old ones."""
        stage = self._stage
        self._expire(slot)
        if stage.happens("preimage"):
            stage.start(self._bring(slot), stage.between(0, 3 * SECOND_US))

    def follow(self, node: Node, block: Block) -> None:
        """Let go of what this block provides."""
        for each in block.preimages:
            if node.preimages.pop(each.hash, None):
                self._discarded(node, each, "ProvidedOnChain")
            elif node.announced.pop(each.hash, None):
                self._forgotten(node, each, "ProvidedOnChain")

    def _expire(self, slot: int) -> None:
        for node in self._stage.nodes:
            for each in [p for p in node.preimages.values() if p.slot < slot - _KEPT_SLOTS]:
                del node.preimages[each.hash]
                self._discarded(node, each, "TooManyPreimages")

    def _discarded(self, node: Node, preimage: Preimage, reason: str) -> None:
        self._stage.emit(
            node,
            "PreimageDiscarded",
            preimage,
            hash=preimage.hash,
            length=preimage.length,
            reason=reason,
        )

    def _forgotten(self, node: Node, preimage: Preimage, reason: str) -> None:
        told = _described(preimage)
        self._stage.emit(node, "AnnouncedPreimageForgotten", preimage, **told, reason=reason)

    def _bring(self, slot: int) -> Process:
        rng = self._stage.rng
        preimage = Preimage(
            slot, rng.choice(SERVICES), self._stage.hash("preimage", slot), rng.randint(40, 60_000)
        )
        node = rng.choice(self._stage.nodes)
        node.preimages[preimage.hash] = preimage
        yield from self._announce(node, preimage)

    def _announce(self, node: Node, preimage: Preimage, source: Node | None = None) -> Process:
        """Tell all neighbours but the one it came from."""
        stage = self._stage
        for peer in node.neighbours:
            if peer is source or not linked(node, peer):
                continue
            yield MILLISECOND
            if stage.happens("preimage_announcement"):
                yield from self._announcing_failed(node, peer, preimage)
            else:
                described = _described(preimage)
                stage.emit(
                    node,
                    "PreimageAnnounced",
                    preimage,
                    peer=peer.peer_id,
                    announcer="Local",
                    **described,
                )
                stage.start(self._hear(peer, node, preimage), stage.latency())

    def _announcing_failed(self, node: Node, peer: Node, preimage: Preimage) -> Process:
        stage, failed = self._stage, "PreimageAnnouncementFailed"
        reason = "stream reset by peer"
        stage.emit(node, failed, preimage, peer=peer.peer_id, announcer="Local", reason=reason)
        yield stage.latency()
        stage.emit(peer, failed, preimage, peer=node.peer_id, announcer="Remote", reason=reason)

    def _hear(self, node: Node, source: Node, preimage: Preimage) -> Process:
        stage = self._stage
        stage.emit(
            node,
            "PreimageAnnounced",
            preimage,
            peer=source.peer_id,
            announcer="Remote",
            **_described(preimage),
        )
        if preimage.hash in node.preimages or preimage.hash in node.announced:
            return
        node.announced[preimage.hash] = preimage
        yield stage.between(10 * MILLISECOND, SECOND_US)
        if stage.happens("preimage_unwanted"):
            self._give_up(node, preimage, "NotRequestedOnChain")
        elif not (yield from self._request(node, source, preimage)):
            self._give_up(node, preimage, "FailedToAcquire")
        elif node.announced.pop(preimage.hash, None):
            node.preimages[preimage.hash] = preimage
            yield from self._announce(node, preimage, source)

    def _give_up(self, node: Node, preimage: Preimage, reason: str) -> None:
        if node.announced.pop(preimage.hash, None):
            self._forgotten(node, preimage, reason)

    def _request(self, node: Node, source: Node, preimage: Preimage) -> Outcome:
        return exchange(
            self._stage,
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
