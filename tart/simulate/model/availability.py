"""Availability: shards to every assurer, an assurance from everybody to everybody.

Pure. Once a node has a report on its best chain it requests its shards from one of the report's
guarantors. Two seconds before the next slot every node sends all others an assurance of the
pending reports it holds shards of; these are four fifths of the events of a full network.
"""

from __future__ import annotations

import random

from tart.protocol.events import EventKind
from tart.simulate.model.exchange import SHARDS, exchange
from tart.simulate.model.records import Assurance, Block, Report
from tart.simulate.model.schedule import MILLISECOND, Process
from tart.simulate.model.world import Node, World, linked
from tart.units import SECOND_US

_ASSURING_AT = 4 * SECOND_US
_ASSURING_FOR = SECOND_US
# Slots after which stored shards are no longer counted; a real node keeps them 28 days.
_SHARD_SLOTS = 50
_REQUEST_ATTEMPTS = 4
# Of the assurances while a planted trouble delays them.
_LATE_SHARE = 0.8


class Availability:
    """Distributes shards and assurances."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(world.hash("late assurances"))
        self._losses = [
            random.Random(world.hash("lost assurances", node.index)) for node in world.nodes
        ]

    def open_slot(self, slot: int) -> None:
        """Let every node send assurances, late in the slot."""
        world = self._world
        world.start(self._forget(slot), _ASSURING_AT - SECOND_US)
        for node in world.nodes:
            process = self._assure(node)
            world.start(process, _ASSURING_AT + world.between(0, 400 * MILLISECOND))

    def follow(self, node: Node, block: Block) -> None:
        """Request the shards of the reports of a block on the best chain."""
        world = self._world
        for guarantee in block.reported:
            report = guarantee.report
            if not report.holds(node.index):
                delay = world.between(5 * MILLISECOND, 800 * MILLISECOND)
                world.start(self._fetch(node, report, block.slot), delay)

    def _forget(self, slot: int) -> Process:
        """Forget assurances of the last slot, and old shards."""
        for node in self._world.nodes:
            node.assurances.clear()
            for old in [each for each in node.shards if each < slot - _SHARD_SLOTS]:
                del node.shards[old]
        yield from ()

    def _fetch(self, node: Node, report: Report, slot: int) -> Process:
        world = self._world
        index = shard_index(world, report, node)
        for _ in range(_REQUEST_ATTEMPTS):
            guarantor = world.nodes[world.rng.choice(report.guarantors)]
            wanted = {"erasure_root": report.erasure_root, "shard": index}
            got = yield from exchange(
                world,
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
            yield world.between(100 * MILLISECOND, 300 * MILLISECOND)

    def _store(self, node: Node, report: Report, slot: int) -> None:
        report.holders |= 1 << node.index
        number, size = node.shards.get(slot, (0, 0))
        node.shards[slot] = number + 1, size + report.bundle_size // self._world.recovery

    def _assure(self, node: Node) -> Process:
        world = self._world
        anchor, cores = node.best.hash, _assured_cores(node)
        assurance = Assurance(node.index, anchor)
        withheld = self._is_withheld(node, assurance)
        if not withheld:
            self._state(node, node.best, cores)
        bitfield = list(cores.to_bytes((world.cores + 7) // 8, "little"))
        statement = {"anchor": anchor, "bitfield": bitfield}
        distributing = world.emit(
            node, EventKind.DISTRIBUTING_ASSURANCE, assurance, statement=statement
        )
        gap = 2 * _ASSURING_FOR // len(world.nodes)
        for peer in world.others(node):
            yield world.between(0, gap)
            sent = {"distributing_id": distributing, "recipient": peer.peer_id}
            if not linked(node, peer):
                world.emit(
                    node, EventKind.ASSURANCE_SEND_FAILED, assurance, **sent, reason="not connected"
                )
            elif world.happens("assurance_send", node.conduct.failures):
                reason = "stream reset by peer"
                world.emit(node, EventKind.ASSURANCE_SEND_FAILED, assurance, **sent, reason=reason)
            else:
                world.emit(node, EventKind.ASSURANCE_SENT, assurance, **sent)
                latency = self._latency()
                if not withheld:
                    world.start(self._receive(peer, node, assurance), latency)
        yield MILLISECOND
        world.emit(node, EventKind.ASSURANCE_DISTRIBUTED, assurance, distributing_id=distributing)

    def _is_withheld(self, node: Node, assurance: Assurance) -> bool:
        """Return whether an assurance reaches no node: by a planted lie, or by a difference."""
        truth = self._world.truth
        if node.withholds_assurances:
            if truth is not None:
                truth.record_lie("claims-assurances", node, assurance)
            return True
        lost = node.conduct.lost_assurances
        if not lost or self._losses[node.index].random() >= lost:
            return False
        if truth is not None:
            truth.add_lost_assurance(node, assurance)
        return True

    def _state(self, node: Node, anchor: Block, cores: int) -> None:
        """Let the children of the anchor bring a node's assurance on chain."""
        anchor.statements[node.index] = cores
        if self._world.own_assurances:
            node.assurances[anchor.hash] = node.assurances.get(anchor.hash, 0) | 1 << node.index

    def _latency(self) -> int:
        """Return the time that an assurance takes to a peer."""
        latency, delay = self._world.latency(), self._world.impediments.assurance_delay
        return latency + delay if delay and self._rng.random() < _LATE_SHARE else latency

    def _receive(self, node: Node, sender: Node, assurance: Assurance) -> Process:
        world, anchor = self._world, assurance.anchor
        if world.happens("assurance_receive", node.conduct.failures):
            failed = {"sender": sender.peer_id, "reason": "bad signature"}
            world.emit(node, EventKind.ASSURANCE_RECEIVE_FAILED, assurance, **failed)
        else:
            world.emit(
                node, EventKind.ASSURANCE_RECEIVED, assurance, sender=sender.peer_id, anchor=anchor
            )
            node.assurances[anchor] = node.assurances.get(anchor, 0) | 1 << sender.index
        yield from ()


def _assured_cores(node: Node) -> int:
    """Return the cores whose pending reports a node holds its shards of, as a set of bits."""
    cores = 0
    for core, (report, _) in node.best.pending.items():
        if report.holds(node.index):
            cores |= 1 << core
    return cores


def shard_index(world: World, report: Report, node: Node) -> int:
    """Return the index of a validator's erasure shard of a report (Gray Paper, availability)."""
    return (report.core * world.recovery + node.index) % len(world.nodes)
