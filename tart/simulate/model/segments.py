"""Segment recovery: how a primary guarantor gets the segments a package imports.

Pure. Roots are mapped first. Then the segments come either from a guarantor of the
exporting package or, reconstructed, from the erasure shards of the assurers; what came
must verify. A way that fails is followed by the other, once.
"""

from __future__ import annotations

from typing import Any

from tart.simulate.model.exchange import SEGMENT_SHARDS, SEGMENTS, enough, exchange
from tart.simulate.model.packages import imported_segments
from tart.simulate.model.records import Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, Stage


class Segments:
    """Recovers imported segments."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def recover(self, node: Node, root: Handle, report: Report) -> Outcome:
        """A process: get the segments that ``report`` imports; whether they were got.

        Args:
            node: the primary guarantor.
            root: its submission event.
        """
        source = report.imports
        assert source is not None
        yield from self._map_roots(node, root, report, source)
        ways = [self._ask_guarantor, self._reconstruct]
        if self._stage.happens("segment_recovery"):
            ways.reverse()
        for way in ways:
            if (yield from way(node, root, report, source)):
                yield MILLISECOND
                if self._verify(node, root, report):
                    return True
        return False

    def _map_roots(self, node: Node, root: Handle, report: Report, source: Report) -> Process:
        stage = self._stage
        mapped: dict[str, Any] = {"submission_id": root, "segments_root": source.segments_root}
        if report.by_package_hash:
            named = {"work_package_hash": source.package_hash, **mapped}
            stage.emit(node, "WorkPackageHashMapped", report, **named)
            yield MILLISECOND
        mapped["erasure_root"] = source.erasure_root
        stage.emit(node, "SegmentsRootMapped", report, **mapped)
        yield MILLISECOND

    def _verify(self, node: Node, root: Handle, report: Report) -> bool:
        told: dict[str, Any] = {"submission_id": root, "segments": imported_segments(report)}
        if self._stage.happens("segment_verification"):
            reason = "segment does not match its root"
            self._stage.emit(node, "SegmentVerificationFailed", report, **told, reason=reason)
            return False
        self._stage.emit(node, "SegmentsVerified", report, **told)
        return True

    def _ask_guarantor(self, node: Node, root: Handle, report: Report, source: Report) -> Outcome:
        nodes = [self._stage.nodes[each] for each in source.guarantors]
        guarantor = self._stage.rng.choice(nodes)
        if guarantor is node:
            return True  # it still has them
        segments = imported_segments(report)
        return (
            yield from exchange(
                self._stage,
                SEGMENTS,
                node,
                guarantor,
                report,
                sending={
                    "submission_id": root,
                    "prev_guarantor": guarantor.peer_id,
                    "segments": segments,
                },
                receiving={"guarantor": node.peer_id},
                received={"num": len(segments)},
            )
        )

    def _reconstruct(self, node: Node, root: Handle, report: Report, source: Report) -> Outcome:
        """From the shards of enough assurers."""
        stage = self._stage
        holders = [each for each in stage.others(node) if source.holds(each.index)]
        asked = stage.sample(holders, stage.recovery + 1 + stage.recovery // 8)
        requests = (self._ask_assurer(node, root, each, report) for each in asked)
        if not (yield from enough(stage, requests, stage.recovery)):
            return False
        kind = stage.rng.choice(("NonTrivial", "Trivial"))
        begun = {"submission_id": root, "segments": imported_segments(report), "kind": kind}
        reconstructing = stage.emit(node, "ReconstructingSegments", report, **begun)
        yield stage.between(3 * MILLISECOND, 40 * MILLISECOND)
        told = {"reconstructing_id": reconstructing}
        if stage.happens("segment_reconstruction"):
            reason = "inconsistent shards"
            stage.emit(node, "SegmentReconstructionFailed", report, **told, reason=reason)
            return False
        stage.emit(node, "SegmentsReconstructed", report, **told)
        return True

    def _ask_assurer(self, node: Node, root: Handle, assurer: Node, report: Report) -> Outcome:
        segments = imported_segments(report)
        proofs = self._stage.rng.random() < 0.3
        return exchange(
            self._stage,
            SEGMENT_SHARDS,
            node,
            assurer,
            report,
            sending={
                "submission_id": root,
                "assurer": assurer.peer_id,
                "proofs": proofs,
                "shards": [(each, assurer.index) for each in segments],
            },
            receiving={"sender": node.peer_id, "proofs": proofs},
            received={"num": len(segments)},
        )
