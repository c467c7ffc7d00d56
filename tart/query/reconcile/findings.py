"""Findings: differences between telemetry and chain that only a node can explain.

Pure. A finding is made where nothing else explains the difference: the node's telemetry of that
time is complete, the block is final and its neighbours are known, and the node's index is known by
evidence. Everything else remains a difference of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tart.query.answers.reconcile import FindingKind
from tart.query.chain_queries.chain import ChainBlock
from tart.query.reconcile.assurances import AssuranceMatrices, missing_assurances
from tart.query.reconcile.attendance import Attendance
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import AuthoredBlock, Claims, PackageClaim
from tart.query.reconcile.matching import Matching
from tart.query.reconcile.reports import ClaimedReport, Reports, validity_slots
from tart.units import MINUTE_US

# Other nodes that would have seen a block or a guarantee if there were one.
_LEAST_WITNESSES = 2
# Of an assurance: one in ten may be lost on its way to a node, and several be lost by chance.
_LEAST_RECEIVERS = 4
# Blocks at most this many slots from an author's own show whether it was connected.
_CONNECTED_SLOTS = 3
# More than this share of a minute's assurances failed on their way: the node was cut off.
_FAILING_SHARE = 0.25


@dataclass(frozen=True)
class Example:
    """One of the cases that a finding counts.

    Attributes:
        hash: Of the block, or of the report for guarantees.
        slot: Of the block; of a guarantee the one that the node named.
        claimed: What the node says, where that is a number.
        on_chain: What the chain has.
        subject: What is compared, such as ``num_tickets``.
    """

    hash: str
    slot: int | None
    claimed: int | None = None
    on_chain: int | None = None
    subject: str | None = None


@dataclass
class Finding:
    """Cases of one kind of one node in one epoch.

    Attributes:
        probability: Of a finding by statistics; ``None`` if it is exact.
        expected: Of these, the number of cases without a cause.
    """

    kind: FindingKind
    node: str
    validator: int | None
    epoch: int
    examples: list[Example] = field(default_factory=list)
    probability: float | None = None
    expected: float | None = None


@dataclass(frozen=True)
class SendCounts:
    """Assurances that a node sent and failed to send, by node and minute (Unix µs)."""

    sent: Mapping[tuple[str, int], int] = field(default_factory=dict)
    failed: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def is_sending(self, node: str, at_us: int) -> bool:
        """Return whether a node says to have sent nearly all assurances of that time."""
        minute = at_us - at_us % MINUTE_US
        some = [minute, minute - MINUTE_US]
        sent = sum(self.sent.get((node, each), 0) for each in some)
        failed = sum(self.failed.get((node, each), 0) for each in some)
        return sent > 0 and failed <= _FAILING_SHARE * (sent + failed)


@dataclass(frozen=True)
class Evidence:
    """Everything that is compared."""

    view: ChainView
    claims: Claims
    attendance: Attendance
    matching: Matching
    reports: Reports
    matrices: AssuranceMatrices
    sends: SendCounts
    block_gas: Mapping[int, int]


class _Collector:
    """Findings by kind, node and epoch."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self.findings: dict[tuple[FindingKind, str, int], Finding] = {}

    def add(self, kind: FindingKind, node: str, epoch: int, example: Example) -> None:
        validator = self._matching.validator_of(epoch, node)
        finding = self.findings.setdefault(
            (kind, node, epoch), Finding(kind, node, validator, epoch)
        )
        finding.examples.append(example)


def find_differences(evidence: Evidence) -> list[Finding]:
    """Return the findings, ordered by epoch, kind and node."""
    collector = _Collector(evidence.matching)
    _compare_blocks(evidence, collector)
    for block in evidence.claims.authored:
        _check_claimed_block(evidence, collector, block)
    _compare_guarantees(evidence, collector)
    for report in evidence.reports.reports.values():
        _check_claimed_report(evidence, collector, report)
    _compare_assurances(evidence, collector)
    _compare_gas(evidence, collector)
    findings = [*collector.findings.values(), *_missing(evidence)]
    return sorted(findings, key=lambda each: (each.epoch, each.kind, each.node))


# --- Blocks -------------------------------------------------------------------------------


def _compare_blocks(evidence: Evidence, collector: _Collector) -> None:
    """Find blocks on chain of which the author says nothing, or other numbers."""
    view = evidence.view
    claimed = {(block.node, block.hash): block for block in evidence.claims.authored}
    for block in view.compared:
        node = evidence.matching.node_of(view.epoch(block), block.author)
        if node is None:
            continue
        claim = claimed.get((node, block.hash))
        if claim is not None:
            _compare_outline(view, collector, block, claim)
        elif evidence.attendance.around(node, view.time_us(block)) is None:
            collector.add(
                "unreported_block", node, view.epoch(block), Example(block.hash, block.slot)
            )


def chain_outline(block: ChainBlock) -> Mapping[str, int | None]:
    """Return the members of a block's outline as the chain has them."""
    return {
        "num_tickets": block.tickets,
        "num_preimages": block.preimages,
        "num_assurances": None if block.assurers is None else len(block.assurers),
        "num_guarantees": block.reports,
    }


def _compare_outline(
    view: ChainView, collector: _Collector, block: ChainBlock, claim: AuthoredBlock
) -> None:
    for name, on_chain in chain_outline(block).items():
        claimed = None if claim.outline is None else claim.outline.get(name)
        if claimed is not None and on_chain is not None and claimed != on_chain:
            collector.add(
                "outline_differs",
                claim.node,
                view.epoch(block),
                Example(block.hash, block.slot, claimed, on_chain, name),
            )


def suspicious_blocks(view: ChainView, authored: Iterable[AuthoredBlock]) -> list[AuthoredBlock]:
    """Return claimed blocks of the range that the chain process does not know."""
    return [
        block
        for block in authored
        if block.hash not in view.blocks and block.slot is not None and view.is_inside(block.slot)
    ]


def witness_blocks(view: ChainView, claims: Iterable[AuthoredBlock]) -> set[str]:
    """Return the hashes of blocks that show whether the authors of others were connected."""
    return {
        block.hash
        for claim in claims
        if claim.slot is not None
        for block in view.neighbours(claim.slot, _CONNECTED_SLOTS)
    }


def _check_claimed_block(evidence: Evidence, collector: _Collector, claim: AuthoredBlock) -> None:
    view, known = evidence.view, evidence.view.blocks.get(claim.hash)
    if known is not None:
        node = evidence.matching.node_of(view.epoch(known), known.author)
        own = evidence.matching.validator_of(view.epoch(known), claim.node)
        if node is not None and own is not None and node != claim.node:
            example = Example(claim.hash, known.slot)
            collector.add("foreign_block", claim.node, view.epoch(known), example)
        return
    if claim.slot is None or not view.is_inside(claim.slot):
        return
    if claim.hash not in evidence.claims.examined or not view.is_certain(claim.slot):
        return
    if set(evidence.claims.sights.get(claim.hash, ())) - {claim.node}:
        return
    if evidence.attendance.around(claim.node, claim.at_us) is not None:
        return
    if not has_witnesses(evidence.attendance, claim.node, claim.at_us):
        return
    if is_connected(evidence, claim):
        epoch = view.epoch_of(claim.slot)
        collector.add("unknown_block", claim.node, epoch, Example(claim.hash, claim.slot))


def has_witnesses(attendance: Attendance, node: str, at_us: int) -> bool:
    """Return whether enough other nodes would have said what they saw at a time."""
    others = _other_nodes(attendance, node, at_us)
    return sum(others.values()) >= max(_LEAST_WITNESSES, len(others) // 2)


def _other_nodes(attendance: Attendance, node: str, at_us: int) -> dict[str, bool]:
    """Return the other nodes, each with whether its telemetry of a time is complete."""
    others = (each for each in attendance.nodes if each != node)
    return {each: attendance.around(each, at_us) is None for each in others}


def is_connected(evidence: Evidence, claim: AuthoredBlock) -> bool:
    """Return whether an author got the blocks beside its own at once, and sent its assurances.

    A node that is cut off from the network makes blocks that no other node sees.
    """
    assert claim.slot is not None
    view = evidence.view
    if not evidence.sends.is_sending(claim.node, claim.at_us):
        return False
    before = after = None
    for block in view.neighbours(claim.slot, _CONNECTED_SLOTS):
        author = evidence.matching.node_of(view.epoch(block), block.author)
        if author == claim.node or abs(block.slot - claim.slot) > _CONNECTED_SLOTS:
            continue
        seen_us = evidence.claims.sights.get(block.hash, {}).get(claim.node)
        is_prompt = seen_us is not None and seen_us - view.time_us(block) <= view.slot_us // 2
        if block.slot < claim.slot:
            before = is_prompt
        elif block.slot > claim.slot and after is None:
            after = is_prompt
    return bool(before and after)


# --- Guarantees ---------------------------------------------------------------------------


def _compare_guarantees(evidence: Evidence, collector: _Collector) -> None:
    """Find blocks with a guarantee of a node that says nothing of it."""
    view, attendance = evidence.view, evidence.attendance
    for block in view.compared:
        for validator in block.guarantors or ():
            epoch = view.epoch(block)
            node = evidence.matching.node_of(epoch, validator)
            if node is None or block.slot in evidence.reports.slots_of(node):
                continue
            since_us = view.earliest_us(block, validity_slots(view))
            if attendance.gap(node, since_us, view.time_us(block)) is None and _has_cores(
                evidence, block
            ):
                example = Example(block.hash, block.slot)
                collector.add("unreported_guarantee", node, epoch, example)


def _has_cores(evidence: Evidence, block: ChainBlock) -> bool:
    """Return whether the reports of a block are known, core by core."""
    return evidence.claims.is_complete and block.reports is not None


def suspicious_reports(reports: Reports) -> list[ClaimedReport]:
    """Return reports with a guarantee that nodes say to have built and the chain does not have."""
    return [
        report
        for report in reports.reports.values()
        if report.slot is None and any(claim.built for claim in report.claims)
    ]


def _check_claimed_report(evidence: Evidence, collector: _Collector, report: ClaimedReport) -> None:
    """Find a guarantee that its builder alone knows."""
    view = evidence.view
    builders = [claim for claim in report.claims if claim.built]
    if report.slot is not None or len(report.claims) != 1 or not builders:
        return
    (claim,) = builders
    slot = claim.slot
    if slot is None or not view.is_inside(slot) or report.hash not in evidence.claims.examined:
        return
    if evidence.claims.received.get(report.hash, 0):
        return
    last_slot = slot + validity_slots(view)
    if view.finalized_slot is None or last_slot > view.finalized_slot:
        return
    if evidence.attendance.gap(claim.node, claim.started_us, claim.ended_us) is not None:
        return
    if not has_witnesses(evidence.attendance, claim.node, claim.ended_us):
        return
    if _is_denied(evidence, claim, slot):
        epoch = view.epoch_of(slot)
        collector.add("unknown_guarantee", claim.node, epoch, Example(report.hash, slot))


def _is_denied(evidence: Evidence, claim: PackageClaim, slot: int) -> bool:
    """Return whether others must know of a guarantee: receivers, or those who signed it."""
    if claim.sent > 0:
        return True
    epoch = evidence.view.epoch_of(slot)
    for validator in claim.guarantors:
        node = evidence.matching.node_of(epoch, validator)
        if node is None or node == claim.node:
            continue
        if evidence.attendance.gap(node, claim.started_us, claim.ended_us) is None:
            return True
    return False


# --- Assurances ---------------------------------------------------------------------------


def _columns_by_epoch(view: ChainView) -> dict[int, Any]:
    epochs = np.array([view.epoch(block) for block in view.compared])
    return {int(epoch): epochs == epoch for epoch in np.unique(epochs)}


def _compare_assurances(evidence: Evidence, collector: _Collector) -> None:
    """Find assurances on chain of which the node says nothing, and those that no node received."""
    view, matrices = evidence.view, evidence.matrices
    times = np.array([view.time_us(block) for block in view.compared])
    none = np.zeros(len(view.compared), bool)
    for epoch, columns in _columns_by_epoch(view).items():
        for match in evidence.matching.epochs[epoch].nodes.values():
            complete = evidence.attendance.complete_at(match.node, times) & columns
            on_chain = _row(matrices.on_chain, match.validator, none)
            claimed = matrices.claimed.get(match.node, none)
            for column in np.flatnonzero(complete & on_chain & ~claimed).tolist():
                block = view.compared[column]
                example = Example(block.hash, block.slot)
                collector.add("unreported_assurance", match.node, epoch, example)
            for column in _not_received(evidence, match.node, complete & ~on_chain):
                block = view.compared[column]
                example = Example(block.hash, block.slot)
                collector.add("unknown_assurance", match.node, epoch, example)


def _row(matrix: Any, validator: int, none: Any) -> Any:
    return matrix[validator] if validator < len(matrix) else none


def _not_received(evidence: Evidence, node: str, columns: Any) -> list[int]:
    """Return the blocks whose parents a node says to have assured without any receiver."""
    view, matrices = evidence.view, evidence.matrices
    if node not in matrices.claimed:
        return []
    chosen = columns & matrices.in_time[node] & ~matrices.received[node] & matrices.followed
    return [
        column
        for column in np.flatnonzero(chosen).tolist()
        if evidence.sends.is_sending(node, view.time_us(view.compared[column]) - view.slot_us)
        and has_receivers(evidence, node, column)
    ]


def has_receivers(evidence: Evidence, node: str, column: int) -> bool:
    """Return whether enough other nodes would have said that they received an assurance.

    These are the nodes that assured the same block: nodes beyond a partition of the network do not.
    """
    claimed = evidence.matrices.claimed
    at_us = evidence.view.time_us(evidence.view.compared[column])
    others = _other_nodes(evidence.attendance, node, at_us)
    receivers = sum(
        is_complete and each in claimed and bool(claimed[each][column])
        for each, is_complete in others.items()
    )
    return receivers >= _LEAST_RECEIVERS and 2 * receivers > len(others)


def _missing(evidence: Evidence) -> list[Finding]:
    """Return the validators of which more assurances are missing than chance explains."""
    view, matrices = evidence.view, evidence.matrices
    authors = np.array([-1 if each.author is None else each.author for each in view.compared])
    findings = []
    epochs = _columns_by_epoch(view)
    tests = sum(len(evidence.matching.epochs[epoch].nodes) for epoch in epochs)
    for epoch, columns in epochs.items():
        eligible = {
            match.validator: matrices.in_time[match.node] & columns & (authors != match.validator)
            for match in evidence.matching.epochs[epoch].nodes.values()
            if match.node in matrices.in_time and match.validator < len(matrices.on_chain)
        }
        missing_by_validator = missing_assurances(eligible, matrices.on_chain, tests)
        for validator, missing in missing_by_validator.items():
            node = evidence.matching.node_of(epoch, validator)
            if node is not None and missing.is_improbable:
                blocks = [view.compared[column] for column in missing.columns]
                examples = [Example(block.hash, block.slot) for block in blocks]
                findings.append(
                    Finding(
                        "missing_assurance",
                        node,
                        validator,
                        epoch,
                        examples,
                        missing.probability,
                        missing.expected,
                    )
                )
    return findings


# --- Gas ----------------------------------------------------------------------------------


def _compare_gas(evidence: Evidence, collector: _Collector) -> None:
    """Find nodes that tell another gas than the chain has, and than most nodes tell."""
    view = evidence.view
    for block in view.compared:
        on_chain = evidence.block_gas.get(block.slot)
        amounts = evidence.claims.gas.get(block.hash, ())
        if on_chain is None or not amounts:
            continue
        agreeing = sum(each.tellers for each in amounts if each.gas == on_chain)
        if 2 * agreeing <= sum(each.tellers for each in amounts):
            continue
        for amount in amounts:
            for node in amount.nodes if amount.gas != on_chain else ():
                if node is not None:
                    example = Example(
                        block.hash, block.slot, amount.gas, on_chain, "accumulate_gas"
                    )
                    collector.add("gas_differs", node, view.epoch(block), example)
    for report in evidence.reports.reports.values():
        _compare_refinement(evidence, collector, report)


def _compare_refinement(evidence: Evidence, collector: _Collector, report: ClaimedReport) -> None:
    view = evidence.view
    block = None if report.slot is None else view.on_chain(report.slot)
    if block is None or report.core is None or block.hash not in view.compared_hashes:
        return
    on_chain = evidence.reports.cores[block.slot, report.core].gas_used
    known = [claim for claim in report.claims if claim.refine_gas is not None]
    # Some implementations may count the authorization, too.
    different = [
        claim
        for claim in known
        if on_chain not in (claim.refine_gas, (claim.refine_gas or 0) + (claim.auth_gas or 0))
    ]
    if 2 * len(different) >= len(known):
        return
    for claim in different:
        example = Example(report.hash, block.slot, claim.refine_gas, on_chain, "refine_gas")
        collector.add("gas_differs", claim.node, view.epoch(block), example)
