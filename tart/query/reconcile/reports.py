"""Reports: which block of the chain has the report that guarantors say to have signed.

Pure. The chain shows of a report its core, the size of its bundle, its exports and the gas of its
refinement, in the block that guarantees it. A report that guarantors name is in the first block,
not too late, in which the core has a bundle of that size.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tart.query.chain_queries.chain import CoreTotals
from tart.query.reconcile.chain_view import ChainView
from tart.query.reconcile.claims import PackageClaim
from tart.query.reconcile.matching import GuarantorSets

T = TypeVar("T", bound=Hashable)
# Slots after those in which a guarantee is valid: the clocks of nodes and of slots differ.
_SLACK_SLOTS = 2


@dataclass(frozen=True)
class ClaimedReport:
    """A report, and the guarantors that say to have signed it.

    Attributes:
        claims: Of each guarantor.
        started_us: The first of them, Unix microseconds.
        slot: Of the block that guarantees it; ``None`` if the chain does not have it.
    """

    hash: str
    core: int | None
    bundle_size: int | None
    claims: Sequence[PackageClaim]
    started_us: int
    slot: int | None = None

    @property
    def refine_gas(self) -> int | None:
        """The gas that most guarantors say its refinement used."""
        return most_common(claim.refine_gas for claim in self.claims)

    @property
    def exports(self) -> int | None:
        """The exported segments of its package."""
        return most_common(claim.exports for claim in self.claims)


class Reports:
    """The reports of a range of slots.

    Attributes:
        reports: By hash.
        cores: By slot and core, what the chain has.
    """

    def __init__(
        self,
        reports: Mapping[str, ClaimedReport],
        cores: Mapping[tuple[int, int], CoreTotals],
    ) -> None:
        self.reports = reports
        self.cores = cores
        slots: defaultdict[str, set[int]] = defaultdict(set)
        for report in reports.values():
            if report.slot is not None:
                for claim in report.claims:
                    slots[claim.node].add(report.slot)
        self._slots = {node: frozenset(some) for node, some in slots.items()}

    def slots_of(self, node: str) -> frozenset[int]:
        """Return the slots of blocks with a report that a node says to have signed."""
        return self._slots.get(node, frozenset())


def validity_slots(view: ChainView) -> int:
    """Return after how many slots a guarantee is too old to come on chain.

    Its slot is in the rotation of the block or in the one before (Gray Paper, "Guarantees").
    """
    return 2 * view.rotation_slots + _SLACK_SLOTS


def find_reports(
    view: ChainView, claims: Iterable[PackageClaim], cores: Iterable[CoreTotals]
) -> Reports:
    """Return the reports that guarantors name, each with its slot on chain.

    Args:
        view: The chain.
        claims: Of guarantors.
        cores: One row for each slot and core.
    """
    by_report: defaultdict[str, list[PackageClaim]] = defaultdict(list)
    for claim in claims:
        by_report[claim.report].append(claim)
    known = {(row.step, row.core): row for row in cores if row.core is not None and row.bundle_size}
    slots: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for (step, of_core), row in sorted(known.items()):
        slots[of_core, row.bundle_size].append(step)
    used: set[tuple[int, int]] = set()
    reports = {}
    ordered = sorted(by_report, key=lambda report: (_start(by_report[report]), report))
    for report in ordered:
        some = by_report[report]
        core = most_common(claim.core for claim in some)
        size = most_common(claim.bundle_size for claim in some)
        slot = None
        if core is not None and size is not None:
            slot = _first_free(view, slots.get((core, size), ()), core, _start(some), used)
        if slot is not None and core is not None:
            used.add((slot, core))
        reports[report] = ClaimedReport(report, core, size, some, _start(some), slot)
    return Reports(reports, known)


def guarantor_sets(view: ChainView, reports: Reports) -> GuarantorSets:
    """Return the guarantors of the guarantees that nodes built and the chain has."""
    sets: defaultdict[int, defaultdict[str, list[frozenset[int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for report in reports.reports.values():
        block = None if report.slot is None else view.on_chain(report.slot)
        if block is None or block.guarantors is None:
            continue
        of_block = frozenset(block.guarantors)
        for claim in report.claims:
            guarantors = frozenset(claim.guarantors)
            if claim.built and guarantors and guarantors <= of_block:
                sets[view.epoch(block)][claim.node].append(guarantors)
    return GuarantorSets(sets)


def _start(claims: Iterable[PackageClaim]) -> int:
    return min(claim.started_us for claim in claims)


def most_common(values: Iterable[T | None]) -> T | None:
    """Return the most frequent value, ``None`` excluded; of equals the first."""
    counts = Counter(value for value in values if value is not None)
    return counts.most_common(1)[0][0] if counts else None


def _first_free(
    view: ChainView, slots: Sequence[int], core: int, start_us: int, used: set[tuple[int, int]]
) -> int | None:
    """Return the first slot that begins after a report was begun and has no other report."""
    low = bisect_left(slots, start_us, key=view.slot_time_us)
    for slot in slots[low:]:
        if view.slot_time_us(slot) > start_us + validity_slots(view) * view.slot_us:
            return None
        if (slot, core) not in used:
            return slot
    return None
