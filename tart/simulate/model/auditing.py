"""Bundle recovery: auditors get the bundles of reports that became available.

Pure. A bundle comes from a guarantor or, reconstructed, from erasure shards of enough
assurers; a guarantor that fails is made up for by shards.

JIP-3 does not specify auditing events yet, so there is nothing an audit's Event ID could
point at. Here it is the event that began the block which made the report available:
Importing (43), or Authoring (40) where the auditor made it.
"""

from __future__ import annotations

from tart.simulate.model.availability import shard_index
from tart.simulate.model.exchange import BUNDLE, BUNDLE_SHARD, enough, exchange
from tart.simulate.model.records import Block, Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage
from tart.units import SECOND_US


class Auditing:
    """Has some nodes audit some reports."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def follow(self, node: Node, block: Block) -> None:
        """Audit a share of what became available with a block on the best chain."""
        stage = self._stage
        for report in block.available:
            if stage.happens("audit", 1 / len(stage.nodes)):
                process = self._audit(node, report, node.blocks[block.hash])
                stage.start(process, stage.between(MILLISECOND, SECOND_US))

    def _audit(self, node: Node, report: Report, audit: Handle) -> Process:
        stage = self._stage
        others = [each for each in report.guarantors if each != node.index]
        if others and not stage.happens("bundle_recovery"):
            guarantor = stage.nodes[stage.rng.choice(others)]
            if (yield from self._ask_guarantor(node, guarantor, report, audit)):
                return
        yield from self._recover(node, report, audit)

    def _ask_guarantor(self, node: Node, guarantor: Node, report: Report, audit: Handle) -> Outcome:
        return exchange(
            self._stage,
            BUNDLE,
            node,
            guarantor,
            report,
            sending={"audit_id": audit, "guarantor": guarantor.peer_id},
            receiving={"auditor": node.peer_id},
            received={"erasure_root": report.erasure_root},
        )

    def _recover(self, node: Node, report: Report, audit: Handle) -> Process:
        stage = self._stage
        holders = [each for each in stage.others(node) if report.holds(each.index)]
        # One in eight asked in addition makes up for requests that fail.
        asked = stage.sample(holders, stage.recovery + 1 + stage.recovery // 8)
        requests = (self._ask_assurer(node, each, report, audit) for each in asked)
        if not (yield from enough(stage, requests, stage.recovery)):
            return
        kind = stage.rng.choice(("NonTrivial", "Trivial"))
        stage.emit(node, "ReconstructingBundle", report, audit_id=audit, kind=kind)
        yield stage.between(10 * MILLISECOND, 80 * MILLISECOND)
        stage.emit(node, "BundleReconstructed", report, audit_id=audit)

    def _ask_assurer(self, node: Node, assurer: Node, report: Report, audit: Handle) -> Outcome:
        index = shard_index(self._stage, report, assurer)
        return exchange(
            self._stage,
            BUNDLE_SHARD,
            node,
            assurer,
            report,
            sending={"audit_id": audit, "assurer": assurer.peer_id, "shard": index},
            receiving={"auditor": node.peer_id},
            received={"erasure_root": report.erasure_root, "shard": index},
        )
