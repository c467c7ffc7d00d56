"""``tart/query/reconcile/reports.py``: the block of each report that guarantors name."""

from __future__ import annotations

from dataclasses import replace

from tart.query.reconcile.reports import find_reports, guarantor_sets, most_common, validity_slots
from tests.query.reconcile.world import (
    EPOCH,
    FIRST,
    NODES,
    World,
    core_totals,
    guarantors_of,
    invented,
    package,
    report_of,
)

SLOT = FIRST + 9


def located(world, claims=None):
    cores = [core_totals(slot) for slot in world.slots]
    return find_reports(world.view, world.packages if claims is None else claims, cores)


def test_a_report_is_in_the_first_block_with_its_bundle():
    world = World(20)
    reports = located(world)
    report = reports.reports[report_of(SLOT)]
    assert (report.slot, report.core, report.refine_gas, report.exports) == (
        SLOT + 1,
        SLOT % 2,
        10 + SLOT,
        1,
    )
    assert reports.reports[report_of(world.last)].slot is None
    assert SLOT + 1 in reports.slots_of(NODES[guarantors_of(SLOT)[0]])
    assert reports.slots_of("ab" * 32) == frozenset()


def test_a_report_of_another_size_core_or_time_is_in_no_block():
    world = World(40)
    right = package(SLOT, NODES[0], built=True)
    late = replace(right, started_us=right.started_us + 30 * world.view.slot_us)
    early = replace(right, started_us=right.started_us - 30 * world.view.slot_us)
    for wrong in (invented(SLOT, NODES[0]), replace(right, core=5), late, early):
        assert located(world, [wrong]).reports[wrong.report].slot is None
    for unknown in (replace(right, core=None), replace(right, bundle_size=None)):
        assert located(world, [unknown]).reports[unknown.report].slot is None


def test_two_reports_of_one_size_are_in_two_blocks():
    world = World(20)
    one = package(SLOT, NODES[0], built=True)
    again = replace(one, report="ab" * 32, started_us=one.started_us + 1)
    found = located(world, [one, again]).reports
    assert (found[one.report].slot, found["ab" * 32].slot) == (SLOT + 1, None)


def test_guarantees_on_chain_show_who_guaranteed_them():
    world = World(40)
    sets = guarantor_sets(world.view, located(world)).sets
    builder = NODES[guarantors_of(SLOT)[0]]
    assert frozenset(guarantors_of(SLOT)) in sets[SLOT // EPOCH][builder]
    world.change(SLOT + 1, guarantors=[])
    sets = guarantor_sets(world.view, located(world)).sets
    assert frozenset(guarantors_of(SLOT)) not in sets[SLOT // EPOCH][builder]


def test_a_guarantee_is_valid_for_two_rotations():
    assert validity_slots(World(20).view) == 10
    assert most_common([None, 2, 1, 1, None]) == 1
    assert most_common([None]) is None
