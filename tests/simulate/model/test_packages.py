from __future__ import annotations

from dataclasses import replace

from tart.protocol.types import WORK_PACKAGE_OUTLINE
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.packages import Packages, guarantors_of, imported_segments, outline
from tart.simulate.model.records import Block, Report
from tart.simulate.model.world import SLOT, World


def world(validators: int = 6, cores: int = 2) -> World:
    rates = replace(Rates(), with_imports=1.0)
    return World(validators, cores, seed=0, start=100 * SLOT, speed=1.0, rates=rates, protocol=1)


def importing(one: World, by_package_hash: bool) -> Report:
    packages = Packages(one)
    source = packages.make(100, 0)
    source.exported_segments = 3
    packages.follow(one.nodes[0], Block(101, 1, bytes(32), bytes(32), 0, available=(source,)))
    made = packages.make(102, 1)
    made.by_package_hash = by_package_hash
    assert made.imported_from is source
    return made


def test_every_validator_guarantees_for_one_core():
    one = world(9, 3)
    cores = [[each.index for each in guarantors_of(one, core, 40)] for core in range(3)]
    assert sorted(index for each in cores for index in each) == list(range(9))
    assert [len(each) for each in cores] == [3, 3, 3]


def test_assignments_rotate_every_rotation_period():
    one = world()
    period = one.parameters["rotation_period"]
    for slot in range(40):
        for core in (0, 1):
            expected = [i for i in range(6) if (i + slot // period) % 2 == core]
            assert [each.index for each in guarantors_of(one, core, slot)] == expected


def test_a_package_imports_what_is_available_by_either_name():
    one = world()
    for by_package_hash, kind in ((True, "WorkPackageHash"), (False, "SegmentsRoot")):
        made = importing(one, by_package_hash)
        told = outline(made, one.base)
        WORK_PACKAGE_OUTLINE.write(told, bytearray())
        specs = told["work_items"][0]["imports"]
        assert [(*each["root_identifier"], each["export_index"]) for each in specs] == [
            (kind, 0),
            (kind, 1),
            (kind, 2),
        ]
        assert bool(told["prerequisites"]) is by_package_hash


def test_a_package_without_imports_has_none():
    one = world()
    made = Packages(one).make(100, 0)
    assert made.imported_from is None
    assert imported_segments(made) == []
    WORK_PACKAGE_OUTLINE.write(outline(made, one.base), bytearray())


def test_an_available_report_releases_its_imports():
    """Else each report would keep all before it in memory."""
    one = world()
    made = importing(one, True)
    block = Block(103, 2, bytes(32), bytes(32), 0, available=(made,))
    Packages(one).follow(one.nodes[0], block)
    assert made.imported_from is None
