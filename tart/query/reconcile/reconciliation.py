"""The reconciliation: telemetry of a window matched and compared with the chain.

Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tart.query.chain_queries.chain import CoreTotals, ServiceTotals
from tart.query.reconcile.assurances import AssuranceMatrices, assurance_matrices
from tart.query.reconcile.attendance import Attendance, AttendanceRows
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import Claims
from tart.query.reconcile.findings import Evidence, Finding, SendCounts, find_differences
from tart.query.reconcile.matching import Matching, match_nodes
from tart.query.reconcile.reports import Reports, find_reports, guarantor_sets


@dataclass(frozen=True)
class Inputs:
    """Everything that is read of a window.

    Attributes:
        view: The chain.
        claims: Of nodes.
        attendance: Rows about their connections.
        cores: One row for each slot and core.
        services: One row for each slot and service.
        sends: Of assurances.
        unexamined: Claims that were too many to search for witnesses of.
    """

    view: ChainView
    claims: Claims
    attendance: AttendanceRows
    cores: Sequence[CoreTotals]
    services: Sequence[ServiceTotals]
    sends: SendCounts
    unexamined: int = 0


@dataclass(frozen=True)
class Reconciliation:
    """Compared telemetry and chain.

    Attributes:
        findings: See ``find_differences``.
    """

    inputs: Inputs
    evidence: Evidence
    findings: Sequence[Finding]

    @property
    def attendance(self) -> Attendance:
        """The times in which telemetry is complete."""
        return self.evidence.attendance

    @property
    def matching(self) -> Matching:
        """The index of each node."""
        return self.evidence.matching

    @property
    def reports(self) -> Reports:
        """The reports that guarantors name."""
        return self.evidence.reports

    @property
    def matrices(self) -> AssuranceMatrices:
        """Assurances of nodes and of the chain."""
        return self.evidence.matrices

    def without_telemetry(self, epoch: int) -> list[int]:
        """Return the indices that are active on chain in an epoch and have no known node."""
        matches = self.matching.epochs[epoch].validators
        return [each for each in active_validators(self.inputs.view, epoch) if each not in matches]


def reconcile(inputs: Inputs) -> Reconciliation:
    """Compare telemetry with the chain."""
    view, claims = inputs.view, inputs.claims
    attendance = Attendance.of_rows(inputs.attendance)
    reports = find_reports(view, claims.packages, inputs.cores)
    matrices = assurance_matrices(view.compared, claims.assurers)
    active = active_nodes(view, claims, matrices)
    matching = match_nodes(view, claims.authored, guarantor_sets(view, reports), active)
    block_gas: Counter[int] = Counter({block.slot: 0 for block in view.compared})
    for row in inputs.services:
        block_gas[row.step] += row.accumulate_gas
    evidence = Evidence(
        view=view,
        claims=claims,
        attendance=attendance,
        matching=matching,
        reports=reports,
        matrices=matrices,
        sends=inputs.sends,
        block_gas=block_gas,
    )
    return Reconciliation(inputs, evidence, find_differences(evidence))


def active_nodes(
    view: ChainView, claims: Claims, matrices: AssuranceMatrices
) -> dict[int, set[str]]:
    """Return the nodes that claim work of a validator, by epoch."""
    active: defaultdict[int, set[str]] = defaultdict(set)
    epochs = np.array([view.epoch(block) for block in view.compared], int)
    for node, bits in matrices.claimed.items():
        for epoch in np.unique(epochs[bits]):
            active[int(epoch)].add(node)
    for claim in claims.packages:
        if claim.slot is not None:
            active[view.epoch_of(claim.slot)].add(claim.node)
    for block in claims.authored:
        if block.slot is not None:
            active[view.epoch_of(block.slot)].add(block.node)
    return dict(active)


def active_validators(view: ChainView, epoch: int) -> list[int]:
    """Return the indices of validators that did anything in an epoch's compared blocks."""
    active: set[int] = set()
    for block in view.compared:
        if view.epoch(block) == epoch and block.author is not None:
            active |= {block.author, *(block.guarantors or ()), *(block.assurers or ())}
    return sorted(active)
