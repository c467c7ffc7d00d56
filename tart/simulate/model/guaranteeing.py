"""Guaranteeing: a work-package from its builder to guarantees in every validator's pool.

Pure. The builder submits to one guarantor of the core, the primary; the primary shares
with the others, the secondaries; all refine; the secondaries send their signatures; with
at least one the primary builds the guarantee and sends it to all validators. Guarantees
leave the pools when they are on chain, replaced, or too old.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tart.simulate.model.execution import authorization_cost, refine_costs
from tart.simulate.model.packages import Packages, guarantors_of, outline
from tart.simulate.model.records import Block, Guarantee, Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.segments import Segments
from tart.simulate.model.world import Node, Stage, linked
from tart.units import SECOND_US

# A guarantee is not reported on chain after so many slots.
_GUARANTEE_SLOTS = 5
_POOLED_PER_CORE = 3
_SIGNATURE_WAIT = 50 * MILLISECOND
_SIGNATURE_WAITS = 60
_SENDING_WAIT = 10 * MILLISECOND


@dataclass(eq=False, slots=True)
class _Submission:
    """One package on its way through its guarantors.

    Attributes:
        root: the primary's submission event.
        signed: indices of those who signed, the primary first.
        open: secondaries not heard of yet.
        sending: guarantees on their way to somebody.
    """

    report: Report
    primary: Node
    secondaries: list[Node]
    root: Handle
    signed: list[int] = field(default_factory=list)
    open: int = 0
    sending: int = 0


class Guaranteeing:
    """Brings packages to their guarantors and guarantees to everybody."""

    def __init__(self, stage: Stage, packages: Packages) -> None:
        self._stage = stage
        self._packages = packages
        self._segments = Segments(stage)

    def open_slot(self, slot: int) -> None:
        """For most cores a builder submits a package, early in the slot."""
        stage = self._stage
        for core in range(stage.cores):
            guarantors = guarantors_of(stage, core, slot)
            # Two signatures make a guarantee.
            if len(guarantors) >= 2 and stage.happens("work_package"):
                process = self._submit(slot, core, stage.sample(guarantors, 3))
                stage.start(process, stage.between(SECOND_US // 10, SECOND_US))

    def follow(self, node: Node, block: Block) -> None:
        """Take out of the pool what this block reports or made too old."""
        pool = node.guarantees
        for each in block.reported:
            pooled = pool.pop(each.report.hash, None)
            if pooled:
                self._discard(node, pooled, "PackageReportedOnChain")
        for pooled in [g for g in pool.values() if g.slot < block.slot - _GUARANTEE_SLOTS]:
            del pool[pooled.report.hash]
            self._discard(node, pooled, "CannotReportOnChain")

    def _discard(self, node: Node, guarantee: Guarantee, reason: str) -> None:
        outline = guarantee.outline()
        self._stage.emit(node, "GuaranteeDiscarded", guarantee, outline=outline, reason=reason)

    # --- From the builder to the primary ---------------------------------------------

    def _submit(self, slot: int, core: int, guarantors: list[Node]) -> Process:
        stage = self._stage
        primary, secondaries = guarantors[0], guarantors[1:]
        builder, bundle = self._packages.builder(), stage.rng.random() < 0.15
        submitted = {"builder": builder, "bundle": bundle}
        root = stage.emit(primary, "WorkPackageSubmission", {"core": core}, **submitted)
        yield stage.latency()
        if stage.happens("submission"):
            self._fail(primary, root, {"core": core}, "stream reset by builder")
            return
        report = self._packages.make(slot, core)
        report.primary = primary.index
        if stage.truth is not None:
            stage.truth.package(report, secondaries, submitted, root)
        if stage.happens("duplicate"):
            stage.start(self._submit_again(primary, report, submitted), SECOND_US // 2)
        submission = _Submission(report, primary, secondaries, root, [primary.index])
        if (yield from self._accept(submission, bundle)):
            yield from self._guarantee(submission)

    def _fail(self, node: Node, root: Handle, about: object, reason: str) -> None:
        told = {"submission_or_share_id": root, "reason": reason}
        self._stage.emit(node, "WorkPackageFailed", about, **told)

    def _submit_again(self, node: Node, report: Report, submitted: dict[str, object]) -> Process:
        stage = self._stage
        root = stage.emit(node, "WorkPackageSubmission", report, **submitted)
        yield stage.latency()
        stage.emit(
            node,
            "DuplicateWorkPackage",
            report,
            submission_or_share_id=root,
            core=report.core,
            hash=report.package_hash,
        )

    def _receive(self, node: Node, root: Handle, report: Report) -> Process:
        """Receive and authorize, the same on primary and secondaries."""
        stage = self._stage
        stage.emit(
            node,
            "WorkPackageReceived",
            report,
            submission_or_share_id=root,
            core=report.core,
            outline=outline(report, node.finalized),
        )
        yield stage.between(2 * MILLISECOND, 20 * MILLISECOND)
        cost = authorization_cost(stage)
        stage.emit(node, "Authorized", report, submission_or_share_id=root, cost=cost)

    def _accept(self, submission: _Submission, bundle: bool) -> Outcome:
        """Whether the primary can go on: authorized, with extrinsics and imports at hand."""
        stage, primary, root = self._stage, submission.primary, submission.root
        report = submission.report
        if stage.happens("authorization"):
            self._fail(primary, root, report, "not authorized for this core")
            return False
        yield from self._receive(primary, root, report)
        yield stage.latency()
        stage.emit(primary, "ExtrinsicDataReceived", report, submission_or_share_id=root)
        # A bundle brings its imports along.
        lacking = not bundle and report.imports is not None
        if lacking and not (yield from self._segments.recover(primary, root, report)):
            self._fail(primary, root, report, "imported segments unavailable")
            return False
        yield MILLISECOND
        stage.emit(primary, "ImportsReceived", report, submission_or_share_id=root)
        return True

    # --- Among the guarantors ---------------------------------------------------------

    def _guarantee(self, submission: _Submission) -> Process:
        stage, primary, report = self._stage, submission.primary, submission.report
        submission.open = len(submission.secondaries)
        for secondary in submission.secondaries:
            stage.start(self._share(submission, secondary), MILLISECOND)
        yield from self._refine(primary, submission.root, report)
        early = len(submission.secondaries) > 1 and stage.happens("early_guarantee")
        if early and (yield from self._signatures(submission, enough=2)):
            yield from self._build(submission)
        enough = yield from self._signatures(submission, enough=3)
        if enough and len(submission.signed) > len(report.guarantors):
            yield from self._build(submission)
        if not enough:
            self._fail(primary, submission.root, report, "not enough signatures")
            return
        # JIP-3: the last event of the primary's pipeline.
        while submission.sending:
            yield _SENDING_WAIT
        yield MILLISECOND
        stage.emit(primary, "GuaranteesDistributed", report, submission_id=submission.root)

    def _share(self, submission: _Submission, secondary: Node) -> Process:
        """Share with one secondary, which leads to its signature or does not."""
        stage, primary, root = self._stage, submission.primary, submission.root
        report = submission.report
        to = {"submission_id": root, "secondary": secondary.peer_id}
        stage.emit(primary, "SharingWorkPackage", report, **to)
        yield stage.latency()
        if not linked(primary, secondary):
            stage.emit(primary, "WorkPackageSharingFailed", report, **to, reason="not connected")
        else:
            told = {"primary": primary.peer_id}
            shared = stage.emit(secondary, "WorkPackageBeingShared", report, **told)
            yield stage.latency()
            if stage.happens("sharing"):
                self._fail(secondary, shared, report, "stream reset by primary")
                yield stage.latency()
                stage.emit(primary, "WorkPackageSharingFailed", report, **to, reason="timed out")
            else:
                stage.emit(primary, "BundleSent", report, **to)
                yield stage.latency()
                yield from self._second(submission, secondary, shared)
                stage.emit(primary, "WorkReportSignatureReceived", report, **to)
                submission.signed.append(secondary.index)
        submission.open -= 1

    def _second(self, submission: _Submission, secondary: Node, shared: Handle) -> Process:
        """What a secondary does with a package shared with it."""
        stage = self._stage
        yield from self._receive(secondary, shared, submission.report)
        for variant in ("ExtrinsicDataReceived", "ImportsReceived"):
            yield MILLISECOND
            stage.emit(secondary, variant, submission.report, submission_or_share_id=shared)
        yield from self._refine(secondary, shared, submission.report)
        yield MILLISECOND
        stage.emit(secondary, "WorkReportSignatureSent", submission.report, share_id=shared)
        yield stage.latency()

    def _refine(self, node: Node, root: Handle, report: Report) -> Process:
        stage = self._stage
        costs = refine_costs(stage, report)
        yield sum(each["total"]["elapsed_ns"] for each in costs) // 1_000
        stage.emit(node, "Refined", report, submission_or_share_id=root, costs=costs)
        yield stage.between(30 * MILLISECOND, 120 * MILLISECOND)
        built = {"submission_or_share_id": root, "outline": report.outline()}
        stage.emit(node, "WorkReportBuilt", report, **built)

    def _signatures(self, submission: _Submission, enough: int) -> Outcome:
        """Wait for so many signatures, or until no more can come; whether there are two."""
        for _ in range(_SIGNATURE_WAITS):
            if len(submission.signed) >= enough or not submission.open:
                break
            yield _SIGNATURE_WAIT
        return len(submission.signed) >= 2

    # --- From the primary to everybody ------------------------------------------------

    def _build(self, submission: _Submission) -> Process:
        """Build the guarantee with the signatures there are, and send it to all."""
        stage, primary, report = self._stage, submission.primary, submission.report
        signed = tuple(sorted(submission.signed))
        guarantee = Guarantee(report, report.slot, signed)
        report.guarantors = signed
        for index in signed:
            report.holders |= 1 << index
        built = stage.emit(
            primary,
            "GuaranteeBuilt",
            guarantee,
            submission_id=submission.root,
            outline=guarantee.outline(),
        )
        self._pool(primary, guarantee)
        gap = SECOND_US // len(stage.nodes)
        for peer in stage.others(primary):
            yield stage.between(MILLISECOND // 10, gap)
            submission.sending += 1
            stage.start(self._send(submission, built, peer, guarantee))

    def _send(
        self, submission: _Submission, built: Handle, peer: Node, guarantee: Guarantee
    ) -> Process:
        stage, primary = self._stage, submission.primary
        told = {"built_id": built, "recipient": peer.peer_id}
        sending = stage.emit(primary, "SendingGuarantee", guarantee, **told)
        yield stage.latency()
        if not linked(primary, peer) or stage.happens("guarantee_send"):
            reason = "could not open stream"
            failed = {"sending_id": sending, "reason": reason}
            stage.emit(primary, "GuaranteeSendFailed", guarantee, **failed)
            submission.sending -= 1
            return
        receiving = stage.emit(peer, "ReceivingGuarantee", guarantee, sender=primary.peer_id)
        yield MILLISECOND
        stage.emit(primary, "GuaranteeSent", guarantee, sending_id=sending)
        submission.sending -= 1
        yield stage.latency()
        if stage.happens("guarantee_receive"):
            reason = "bad guarantor signature"
            refused = {"receiving_id": receiving, "reason": reason}
            stage.emit(peer, "GuaranteeReceiveFailed", guarantee, **refused)
            return
        received = {"receiving_id": receiving, "outline": guarantee.outline()}
        stage.emit(peer, "GuaranteeReceived", guarantee, **received)
        self._pool(peer, guarantee)

    def _pool(self, node: Node, guarantee: Guarantee) -> None:
        pool = node.guarantees
        older = pool.get(guarantee.report.hash)
        if older is not None and len(older.guarantors) >= len(guarantee.guarantors):
            self._discard(node, guarantee, "Other")
            return
        if older is not None:
            self._discard(node, older, "ReplacedByBetter")
        elif len(pool) >= _POOLED_PER_CORE * self._stage.cores:
            self._discard(node, guarantee, "TooManyGuarantees")
            return
        pool[guarantee.report.hash] = guarantee
