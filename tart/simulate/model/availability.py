"""Availability: shards to every assurer, an assurance from everybody to everybody.

Pure. Once a node has a report on its best chain it asks one of the report's guarantors
for its shards. Two seconds before the next slot every node assures all others which of
the pending reports it holds shards of; this is four fifths of what a full network tells.
"""

from __future__ import annotations

from tart.simulate.model.exchange import SHARDS, exchange
from tart.simulate.model.records import Assurance, Block, Report
from tart.simulate.model.schedule import MILLISECOND, Process
from tart.simulate.model.world import Node, Stage, linked
from tart.units import SECOND_US

_ASSURING_AT = 4 * SECOND_US
_ASSURING_FOR = SECOND_US
# Slots after which stored shards are no longer counted; a real node keeps them 28 days.
_SHARD_SLOTS = 50
_REQUEST_ATTEMPTS = 4


class Availability:
    """Distributes shards and assurances."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def open_slot(self, slot: int) -> None:
        """Everybody sends assurances, late in the slot."""
        stage = self._stage
        stage.start(self._forget(slot), _ASSURING_AT - SECOND_US)
        for node in stage.nodes:
            process = self._assure(node)
            stage.start(process, _ASSURING_AT + stage.between(0, 400 * MILLISECOND))

    def follow(self, node: Node, block: Block) -> None:
        """Ask for the shards of the reports of a block on the best chain."""
        stage = self._stage
        for each in block.reported:
            report = each.report
            if not report.holds(node.index):
                delay = stage.between(5 * MILLISECOND, 800 * MILLISECOND)
                stage.start(self._fetch(node, report, block.slot), delay)

    def _forget(self, slot: int) -> Process:
        """Assurances of the last slot, and shards of long ago."""
        for node in self._stage.nodes:
            node.assurances.clear()
            for old in [each for each in node.shards if each < slot - _SHARD_SLOTS]:
                del node.shards[old]
        yield from ()

    def _fetch(self, node: Node, report: Report, slot: int) -> Process:
        stage = self._stage
        index = shard_index(stage, report, node)
        for _ in range(_REQUEST_ATTEMPTS):
            guarantor = stage.nodes[stage.rng.choice(report.guarantors)]
            wanted = {"erasure_root": report.erasure_root, "shard": index}
            got = yield from exchange(
                stage,
                SHARDS,
                node,
                guarantor,
                report,
                sending={"guarantor": guarantor.peer_id, **wanted},
                receiving={"assurer": node.peer_id},
                received=wanted,
            )
            if got:
                self._store(node, report, slot)
                return
            yield stage.between(100 * MILLISECOND, 300 * MILLISECOND)

    def _store(self, node: Node, report: Report, slot: int) -> None:
        report.holders |= 1 << node.index
        number, size = node.shards.get(slot, (0, 0))
        node.shards[slot] = number + 1, size + report.bundle_size // self._stage.recovery

    def _assure(self, node: Node) -> Process:
        stage = self._stage
        anchor = node.best.hash
        assurance = Assurance(node.index, anchor)
        statement = {"anchor": anchor, "bitfield": self._bitfield(node)}
        distributing = stage.emit(node, "DistributingAssurance", assurance, statement=statement)
        gap = 2 * _ASSURING_FOR // len(stage.nodes)
        for peer in stage.others(node):
            yield stage.between(0, gap)
            sent = {"distributing_id": distributing, "recipient": peer.peer_id}
            if not linked(node, peer):
                stage.emit(node, "AssuranceSendFailed", assurance, **sent, reason="not connected")
            elif stage.happens("assurance_send"):
                reason = "stream reset by peer"
                stage.emit(node, "AssuranceSendFailed", assurance, **sent, reason=reason)
            else:
                stage.emit(node, "AssuranceSent", assurance, **sent)
                stage.start(self._receive(peer, node, assurance), stage.latency())
        yield MILLISECOND
        stage.emit(node, "AssuranceDistributed", assurance, distributing_id=distributing)

    def _bitfield(self, node: Node) -> list[int]:
        bits = [0] * ((self._stage.cores + 7) // 8)
        for core, (report, _) in node.best.pending.items():
            if report.holds(node.index):
                bits[core // 8] |= 1 << core % 8
        return bits

    def _receive(self, node: Node, sender: Node, assurance: Assurance) -> Process:
        stage, anchor = self._stage, assurance.anchor
        if stage.happens("assurance_receive"):
            told = {"sender": sender.peer_id, "reason": "bad signature"}
            stage.emit(node, "AssuranceReceiveFailed", assurance, **told)
        else:
            stage.emit(node, "AssuranceReceived", assurance, sender=sender.peer_id, anchor=anchor)
            node.assurances[anchor] = node.assurances.get(anchor, 0) + 1
        yield from ()


def shard_index(stage: Stage, report: Report, node: Node) -> int:
    """Which erasure shard of a report is that validator's (Gray Paper, availability)."""
    return (report.core * stage.recovery + node.index) % len(stage.nodes)
