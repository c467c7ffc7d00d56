"""Guaranteeing: a work-package from its builder to guarantees in every validator's pool.

Pure. The builder submits to one guarantor of the core, the primary; the primary shares
with the others, the secondaries; all refine; the secondaries send their signatures; with
at least one the primary builds the guarantee and sends it to all validators. Guarantees
leave the pools when they are on chain, replaced, or too old.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tart.protocol.events import EventKind
from tart.simulate.model.execution import authorization_cost, refine_costs
from tart.simulate.model.packages import Packages, guarantors_of, outline
from tart.simulate.model.records import Block, Guarantee, Report
from tart.simulate.model.reporter import Handle
from tart.simulate.model.schedule import MILLISECOND, Outcome, Process
from tart.simulate.model.segments import Segments
from tart.simulate.model.world import Node, World, linked
from tart.units import SECOND_US

# Slots after which a guarantee is not reported on chain any more.
_GUARANTEE_SLOTS = 5
_POOLED_PER_CORE = 3
_SIGNATURE_WAIT = 50 * MILLISECOND
_SIGNATURE_WAITS = 60
_SENDING_WAIT = 10 * MILLISECOND


@dataclass(eq=False, slots=True)
class _Submission:
    """One package on its way through its guarantors.

    Attributes:
        root: The primary's submission event.
        signed: Indices of the guarantors that signed, the primary first.
        open: Secondaries without an outcome yet.
        sending: Guarantees on their way to a validator.
    """

    report: Report
    primary: Node
    secondaries: list[Node]
    root: Handle
    signed: list[int] = field(default_factory=list)
    open: int = 0
    sending: int = 0


class Guaranteeing:
    """Brings packages to their guarantors and guarantees to all validators."""

    def __init__(self, world: World, packages: Packages) -> None:
        self._world = world
        self._packages = packages
        self._segments = Segments(world)

    def open_slot(self, slot: int) -> None:
        """Let builders submit a package for most cores, early in the slot."""
        world = self._world
        for core in range(world.cores):
            guarantors = guarantors_of(world, core, slot)
            # Two signatures make a guarantee.
            if len(guarantors) >= 2 and world.happens("work_package"):
                process = self._submit(slot, core, world.sample(guarantors, 3))
                world.start(process, world.between(SECOND_US // 10, SECOND_US))

    def follow(self, node: Node, block: Block) -> None:
        """Remove guarantees from the pool that this block reports or made too old."""
        pool = node.guarantees
        for guarantee in block.reported:
            pooled = pool.pop(guarantee.report.hash, None)
            if pooled:
                self._discard(node, pooled, "PackageReportedOnChain")
        for pooled in [g for g in pool.values() if g.slot < block.slot - _GUARANTEE_SLOTS]:
            del pool[pooled.report.hash]
            self._discard(node, pooled, "CannotReportOnChain")

    def _discard(self, node: Node, guarantee: Guarantee, reason: str) -> None:
        outline = guarantee.outline()
        self._world.emit(
            node, EventKind.GUARANTEE_DISCARDED, guarantee, outline=outline, reason=reason
        )

    # --- From the builder to the primary ---------------------------------------------

    def _submit(self, slot: int, core: int, guarantors: list[Node]) -> Process:
        world = self._world
        primary, secondaries = guarantors[0], guarantors[1:]
        builder, bundle = self._packages.builder(), world.rng.random() < 0.15
        submitted = {"builder": builder, "bundle": bundle}
        root = world.emit(primary, EventKind.WORK_PACKAGE_SUBMISSION, {"core": core}, **submitted)
        yield world.latency()
        if world.happens("submission", primary.conduct.failures):
            self._fail(primary, root, {"core": core}, "stream reset by builder")
            return
        report = self._packages.make(slot, core)
        report.primary = primary.index
        if world.truth is not None:
            world.truth.add_package(report, secondaries, submitted, root)
        if world.happens("duplicate"):
            world.start(self._submit_again(primary, report, submitted), SECOND_US // 2)
        submission = _Submission(report, primary, secondaries, root, [primary.index])
        if (yield from self._accept(submission, bundle)):
            yield from self._guarantee(submission)

    def _fail(self, node: Node, root: Handle, about: object, reason: str) -> None:
        failed = {"submission_or_share_id": root, "reason": reason}
        self._world.emit(node, EventKind.WORK_PACKAGE_FAILED, about, **failed)

    def _submit_again(self, node: Node, report: Report, submitted: dict[str, object]) -> Process:
        world = self._world
        root = world.emit(node, EventKind.WORK_PACKAGE_SUBMISSION, report, **submitted)
        yield world.latency()
        world.emit(
            node,
            EventKind.DUPLICATE_WORK_PACKAGE,
            report,
            submission_or_share_id=root,
            core=report.core,
            hash=report.package_hash,
        )

    def _receive(self, node: Node, root: Handle, report: Report) -> Process:
        """Receive and authorize, the same on primary and secondaries."""
        world = self._world
        world.emit(
            node,
            EventKind.WORK_PACKAGE_RECEIVED,
            report,
            submission_or_share_id=root,
            core=report.core,
            outline=outline(report, node.finalized),
        )
        yield int(node.conduct.guarantee_pace * world.between(2 * MILLISECOND, 20 * MILLISECOND))
        cost = authorization_cost(world)
        world.emit(node, EventKind.AUTHORIZED, report, submission_or_share_id=root, cost=cost)

    def _accept(self, submission: _Submission, bundle: bool) -> Outcome:
        """Return whether the primary can continue: authorized, with extrinsics and imports."""
        world, primary, root = self._world, submission.primary, submission.root
        report = submission.report
        if world.happens("authorization", primary.conduct.failures):
            self._fail(primary, root, report, "not authorized for this core")
            return False
        yield from self._receive(primary, root, report)
        yield world.latency()
        world.emit(primary, EventKind.EXTRINSIC_DATA_RECEIVED, report, submission_or_share_id=root)
        # A bundle brings its imports along.
        lacking = not bundle and report.imported_from is not None
        if lacking and not (yield from self._segments.recover(primary, root, report)):
            self._fail(primary, root, report, "imported segments unavailable")
            return False
        yield MILLISECOND
        world.emit(primary, EventKind.IMPORTS_RECEIVED, report, submission_or_share_id=root)
        return True

    # --- Among the guarantors ---------------------------------------------------------

    def _guarantee(self, submission: _Submission) -> Process:
        world, primary, report = self._world, submission.primary, submission.report
        submission.open = len(submission.secondaries)
        for secondary in submission.secondaries:
            world.start(self._share(submission, secondary), MILLISECOND)
        yield from self._refine(primary, submission.root, report)
        early = len(submission.secondaries) > 1 and world.happens("early_guarantee")
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
        world.emit(primary, EventKind.GUARANTEES_DISTRIBUTED, report, submission_id=submission.root)

    def _share(self, submission: _Submission, secondary: Node) -> Process:
        """Share with one secondary, which leads to its signature or does not."""
        world, primary, root = self._world, submission.primary, submission.root
        report = submission.report
        to = {"submission_id": root, "secondary": secondary.peer_id}
        world.emit(primary, EventKind.SHARING_WORK_PACKAGE, report, **to)
        yield world.latency()
        if not linked(primary, secondary):
            world.emit(
                primary, EventKind.WORK_PACKAGE_SHARING_FAILED, report, **to, reason="not connected"
            )
        else:
            sharing = {"primary": primary.peer_id}
            shared = world.emit(secondary, EventKind.WORK_PACKAGE_BEING_SHARED, report, **sharing)
            yield world.latency()
            if world.happens("sharing", secondary.conduct.failures):
                self._fail(secondary, shared, report, "stream reset by primary")
                yield world.latency()
                world.emit(
                    primary, EventKind.WORK_PACKAGE_SHARING_FAILED, report, **to, reason="timed out"
                )
            else:
                world.emit(primary, EventKind.BUNDLE_SENT, report, **to)
                yield world.latency()
                yield from self._second(submission, secondary, shared)
                world.emit(primary, EventKind.WORK_REPORT_SIGNATURE_RECEIVED, report, **to)
                submission.signed.append(secondary.index)
        submission.open -= 1

    def _second(self, submission: _Submission, secondary: Node, shared: Handle) -> Process:
        """Process a package at a secondary up to its signature."""
        world = self._world
        yield from self._receive(secondary, shared, submission.report)
        for variant in (EventKind.EXTRINSIC_DATA_RECEIVED, EventKind.IMPORTS_RECEIVED):
            yield MILLISECOND
            world.emit(secondary, variant, submission.report, submission_or_share_id=shared)
        yield from self._refine(secondary, shared, submission.report)
        yield MILLISECOND
        world.emit(
            secondary, EventKind.WORK_REPORT_SIGNATURE_SENT, submission.report, share_id=shared
        )
        yield world.latency()

    def _refine(self, node: Node, root: Handle, report: Report) -> Process:
        world = self._world
        pace = node.conduct.guarantee_pace
        costs = refine_costs(world, report, pace)
        yield sum(each["total"]["elapsed_ns"] for each in costs) // 1_000
        world.emit(node, EventKind.REFINED, report, submission_or_share_id=root, costs=costs)
        yield int(pace * world.between(30 * MILLISECOND, 120 * MILLISECOND))
        built = {"submission_or_share_id": root, "outline": report.outline()}
        world.emit(node, EventKind.WORK_REPORT_BUILT, report, **built)

    def _signatures(self, submission: _Submission, enough: int) -> Outcome:
        """Wait for ``enough`` signatures, or for all that can come; return whether two exist."""
        for _ in range(_SIGNATURE_WAITS):
            if len(submission.signed) >= enough or not submission.open:
                break
            yield _SIGNATURE_WAIT
        return len(submission.signed) >= 2

    # --- From the primary to all validators -------------------------------------------

    def _build(self, submission: _Submission) -> Process:
        """Build the guarantee with the signatures there are, and send it to all."""
        world, primary, report = self._world, submission.primary, submission.report
        signed = tuple(sorted(submission.signed))
        guarantee = Guarantee(report, report.slot, signed)
        report.guarantors = signed
        for index in signed:
            report.holders |= 1 << index
        built = world.emit(
            primary,
            EventKind.GUARANTEE_BUILT,
            guarantee,
            submission_id=submission.root,
            outline=guarantee.outline(),
        )
        self._pool(primary, guarantee)
        gap = SECOND_US // len(world.nodes)
        for peer in world.others(primary):
            yield world.between(MILLISECOND // 10, gap)
            submission.sending += 1
            world.start(self._send(submission, built, peer, guarantee))

    def _send(
        self, submission: _Submission, built: Handle, peer: Node, guarantee: Guarantee
    ) -> Process:
        world, primary = self._world, submission.primary
        fields = {"built_id": built, "recipient": peer.peer_id}
        sending = world.emit(primary, EventKind.SENDING_GUARANTEE, guarantee, **fields)
        yield world.latency() + world.impediments.guarantee_delay
        failures = primary.conduct.failures
        if not linked(primary, peer) or world.happens("guarantee_send", failures):
            reason = "could not open stream"
            failed = {"sending_id": sending, "reason": reason}
            world.emit(primary, EventKind.GUARANTEE_SEND_FAILED, guarantee, **failed)
            submission.sending -= 1
            return
        receiving = world.emit(
            peer, EventKind.RECEIVING_GUARANTEE, guarantee, sender=primary.peer_id
        )
        yield MILLISECOND
        world.emit(primary, EventKind.GUARANTEE_SENT, guarantee, sending_id=sending)
        submission.sending -= 1
        yield world.latency()
        if world.happens("guarantee_receive", peer.conduct.failures):
            reason = "bad guarantor signature"
            refused = {"receiving_id": receiving, "reason": reason}
            world.emit(peer, EventKind.GUARANTEE_RECEIVE_FAILED, guarantee, **refused)
            return
        received = {"receiving_id": receiving, "outline": guarantee.outline()}
        world.emit(peer, EventKind.GUARANTEE_RECEIVED, guarantee, **received)
        self._pool(peer, guarantee)

    def _pool(self, node: Node, guarantee: Guarantee) -> None:
        pool = node.guarantees
        older = pool.get(guarantee.report.hash)
        if older is not None and len(older.guarantors) >= len(guarantee.guarantors):
            self._discard(node, guarantee, "Other")
            return
        if older is not None:
            self._discard(node, older, "ReplacedByBetter")
        elif len(pool) >= _POOLED_PER_CORE * self._world.cores:
            self._discard(node, guarantee, "TooManyGuarantees")
            return
        pool[guarantee.report.hash] = guarantee
