"""Segment recovery: how a primary guarantor gets the segments a package imports.

Pure. Roots are mapped first. Then the segments come either from a guarantor of the
exporting package or are reconstructed from the erasure shards of the assurers; then they are
verified. If one way fails, the other is tried once.
"""

from __future__ import annotations

from typing import Any

from tart.protocol.events import EventKind
from tart.simulate.model.exchange import SEGMENT_SHARDS, SEGMENTS, enough, exchange
from tart.simulate.model.packages import imported_segments
from tart.simulate.model.records import Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.world import Node, World


class Segments:
    """Recovers imported segments."""

    def __init__(self, world: World) -> None:
        self._world = world

    def recover(self, node: Node, root: Handle, report: Report) -> Outcome:
        """Get the segments that ``report`` imports, a process that returns whether it succeeded.

        Args:
            node: The primary guarantor.
            root: Its submission event.
            report: The report of the importing package.
        """
        source = report.imported_from
        assert source is not None
        yield from self._map_roots(node, root, report, source)
        ways = [self._ask_guarantor, self._reconstruct]
        if self._world.happens("segment_recovery"):
            ways.reverse()
        for way in ways:
            if (yield from way(node, root, report, source)):
                yield MILLISECOND
                if self._verify(node, root, report):
                    return True
        return False

    def _map_roots(self, node: Node, root: Handle, report: Report, source: Report) -> Process:
        world = self._world
        mapped: dict[str, Any] = {"submission_id": root, "segments_root": source.segments_root}
        if report.by_package_hash:
            named = {"work_package_hash": source.package_hash, **mapped}
            world.emit(node, EventKind.WORK_PACKAGE_HASH_MAPPED, report, **named)
            yield MILLISECOND
        mapped["erasure_root"] = source.erasure_root
        world.emit(node, EventKind.SEGMENTS_ROOT_MAPPED, report, **mapped)
        yield MILLISECOND

    def _verify(self, node: Node, root: Handle, report: Report) -> bool:
        fields: dict[str, Any] = {"submission_id": root, "segments": imported_segments(report)}
        if self._world.happens("segment_verification"):
            reason = "segment does not match its root"
            self._world.emit(
                node, EventKind.SEGMENT_VERIFICATION_FAILED, report, **fields, reason=reason
            )
            return False
        self._world.emit(node, EventKind.SEGMENTS_VERIFIED, report, **fields)
        return True

    def _ask_guarantor(self, node: Node, root: Handle, report: Report, source: Report) -> Outcome:
        nodes = [self._world.nodes[each] for each in source.guarantors]
        guarantor = self._world.rng.choice(nodes)
        if guarantor is node:
            return True  # the node still has them itself
        segments = imported_segments(report)
        return (
            yield from exchange(
                self._world,
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
        """Reconstruct the segments from the shards of enough assurers."""
        world = self._world
        holders = [each for each in world.others(node) if source.holds(each.index)]
        assurers = world.sample(holders, world.recovery + 1 + world.recovery // 8)
        requests = (self._ask_assurer(node, root, each, report) for each in assurers)
        if not (yield from enough(world, requests, world.recovery)):
            return False
        kind = world.rng.choice(("NonTrivial", "Trivial"))
        begun = {"submission_id": root, "segments": imported_segments(report), "kind": kind}
        reconstructing = world.emit(node, EventKind.RECONSTRUCTING_SEGMENTS, report, **begun)
        yield world.between(3 * MILLISECOND, 40 * MILLISECOND)
        fields = {"reconstructing_id": reconstructing}
        if world.happens("segment_reconstruction"):
            reason = "inconsistent shards"
            world.emit(
                node, EventKind.SEGMENT_RECONSTRUCTION_FAILED, report, **fields, reason=reason
            )
            return False
        world.emit(node, EventKind.SEGMENTS_RECONSTRUCTED, report, **fields)
        return True

    def _ask_assurer(self, node: Node, root: Handle, assurer: Node, report: Report) -> Outcome:
        segments = imported_segments(report)
        proofs = self._world.rng.random() < 0.3
        return exchange(
            self._world,
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
