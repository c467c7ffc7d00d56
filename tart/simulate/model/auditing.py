"""Bundle recovery: auditors get the bundles of reports that became available.

Pure. A bundle comes from a guarantor or is reconstructed from erasure shards of enough
assurers; shards also replace a guarantor that fails.

JIP-3 does not specify auditing events yet, so there is no event that an audit's Event ID could
refer to. Here it is the event that began the block which made the report available:
Importing (43), or Authoring (40) if the auditor is the author.
"""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.simulate.model.availability import shard_index
from tart.simulate.model.exchange import BUNDLE, BUNDLE_SHARD, enough, exchange
from tart.simulate.model.records import Block, Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World
from tart.units import SECOND_US


class Auditing:
    """Has some nodes audit some reports."""

    def __init__(self, world: World) -> None:
        self._world = world

    def follow(self, node: Node, block: Block) -> None:
        """Audit a share of what became available with a block on the best chain."""
        world = self._world
        for report in block.available:
            if world.happens("audit", 1 / len(world.nodes)):
                process = self._audit(node, report, node.blocks[block.hash])
                world.start(process, world.between(MILLISECOND, SECOND_US))

    def _audit(self, node: Node, report: Report, audit: Handle) -> Process:
        world = self._world
        others = [each for each in report.guarantors if each != node.index]
        if others and not world.happens("bundle_recovery"):
            guarantor = world.nodes[world.rng.choice(others)]
            if (yield from self._ask_guarantor(node, guarantor, report, audit)):
                return
        yield from self._recover(node, report, audit)

    def _ask_guarantor(self, node: Node, guarantor: Node, report: Report, audit: Handle) -> Outcome:
        return exchange(
            self._world,
            BUNDLE,
            node,
            guarantor,
            report,
            sending={"audit_id": audit, "guarantor": guarantor.peer_id},
            receiving={"auditor": node.peer_id},
            received={"erasure_root": report.erasure_root},
        )

    def _recover(self, node: Node, report: Report, audit: Handle) -> Process:
        world = self._world
        holders = [each for each in world.others(node) if report.holds(each.index)]
        # An eighth more than needed compensates for requests that fail.
        assurers = world.sample(holders, world.recovery + 1 + world.recovery // 8)
        requests = (self._ask_assurer(node, each, report, audit) for each in assurers)
        if not (yield from enough(world, requests, world.recovery)):
            return
        kind = world.rng.choice(("NonTrivial", "Trivial"))
        world.emit(node, EventKind.RECONSTRUCTING_BUNDLE, report, audit_id=audit, kind=kind)
        yield world.between(10 * MILLISECOND, 80 * MILLISECOND)
        world.emit(node, EventKind.BUNDLE_RECONSTRUCTED, report, audit_id=audit)

    def _ask_assurer(self, node: Node, assurer: Node, report: Report, audit: Handle) -> Outcome:
        index = shard_index(self._world, report, assurer)
        return exchange(
            self._world,
            BUNDLE_SHARD,
            node,
            assurer,
            report,
            sending={"audit_id": audit, "assurer": assurer.peer_id, "shard": index},
            receiving={"auditor": node.peer_id},
            received={"erasure_root": report.erasure_root, "shard": index},
        )
