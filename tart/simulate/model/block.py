"""Composes blocks: the author's extrinsics and the state of the reports on chain.

Pure. A block starts from its parent's pending reports: those whose shards two thirds of
the validators hold become available, those that waited too long time out, and the cores
thus free take guarantees from the author's pool. Every item comes on chain once.
"""

from __future__ import annotations

from collections.abc import Iterator

from tart.simulate.model.chain_statistics import initial_statistics, statistics_after
from tart.simulate.model.records import Block, Guarantee, Preimage
from tart.simulate.model.world import Node, World

# A guarantee or preimage is out of all pools by then.
_REMEMBERED = 20
_PREIMAGES_PER_BLOCK = 8


class Composer:
    """Makes blocks.

    Attributes:
        blocks: Those of the world.
        tickets: Tickets that reached their proxies and are not in a block yet.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.blocks = world.blocks
        self.tickets = 0
        self._epoch_slots = world.parameters["epoch_period"]
        world.base.statistics = initial_statistics(len(world.nodes), world.cores)

    def compose(self, node: Node, parent: Block, slot: int) -> Block:
        """Make a node's block on ``parent`` and add it to ``blocks``."""
        known = list(self._ancestors(parent))
        flaw = "seal" if self._world.happens("invalid_seal") else ""
        if not flaw and self._world.happens("invalid_execution"):
            flaw = "execution"
        block = Block(
            slot=slot,
            number=parent.number + 1,
            hash=self._world.hash("header", slot, node.index),
            parent=parent.hash,
            author=node.index,
            preimages=_new_preimages(node, slot, known),
            assurances=_new_assurances(node, parent),
            tickets=self._take_tickets(),
            flaw=flaw,
        )
        self._update_reports(node, parent, block, known)
        block.statistics = statistics_after(block, parent, self._epoch_slots, self._world.cores)
        items = (item for report in block.available for item in report.items)
        block.accumulated = {**parent.accumulated, **{each.service: slot for each in items}}
        self.blocks[block.hash] = block
        return block

    def _ancestors(self, block: Block | None) -> Iterator[Block]:
        for _ in range(_REMEMBERED):
            if block is None:
                return
            yield block
            block = self.blocks.get(block.parent)

    def _take_tickets(self) -> int:
        taken = min(self.tickets, self._world.parameters["max_tickets_per_block"])
        self.tickets -= taken
        return taken

    def _update_reports(self, node: Node, parent: Block, block: Block, known: list[Block]) -> None:
        """Move reports from pending to available, and from the pool to pending."""
        needed = 2 * len(self._world.nodes)
        timeout = self._world.parameters["availability_timeout"]
        available = []
        for core, (report, since) in parent.pending.items():
            if 3 * report.holders.bit_count() > needed:
                available.append(report)
            elif block.slot - since < timeout:
                block.pending[core] = (report, since)
        block.available = tuple(available)
        block.reported = tuple(_reportable(node, block, known))
        for guarantee in block.reported:
            block.pending[guarantee.report.core] = (guarantee.report, block.slot)


def _reportable(node: Node, block: Block, known: list[Block]) -> Iterator[Guarantee]:
    """Return guarantees of the author's pool for free cores, one for each."""
    reported = {each.report for ancestor in known for each in ancestor.reported}
    taken = set(block.pending)
    for guarantee in node.guarantees.values():
        report = guarantee.report
        if report.core not in taken and report not in reported:
            taken.add(report.core)
            yield guarantee


def _new_assurances(node: Node, parent: Block) -> dict[int, int]:
    """Return the assurances of the parent that the author received, with the cores they mark."""
    received, statements = node.assurances.get(parent.hash, 0), parent.statements
    return {each: statements[each] for each in sorted(statements) if received >> each & 1}


def _new_preimages(node: Node, slot: int, known: list[Block]) -> tuple[Preimage, ...]:
    """Return preimages of the author's pool that have had a slot to spread."""
    provided = {each for ancestor in known for each in ancestor.preimages}
    ready = (each for each in node.preimages.values() if each.slot < slot and each not in provided)
    return tuple(each for each, _ in zip(ready, range(_PREIMAGES_PER_BLOCK), strict=False))
