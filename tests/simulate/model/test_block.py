from __future__ import annotations

from dataclasses import fields, replace

from tart.simulate.model.block import Composer
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.records import Guarantee, Preimage, Report
from tart.simulate.model.world import SLOT, World

PEACE = Rates(**{each.name: 0.0 for each in fields(Rates)})


def world(**rates: float) -> World:
    return World(
        6, 2, seed=0, start=100 * SLOT, speed=1.0, rates=replace(PEACE, **rates), protocol=1
    )


def composer(one: World) -> Composer:
    made = Composer(one)
    made.blocks[one.base.hash] = one.base
    return made


def guarantee(one: World, core: int, number: int = 0) -> Guarantee:
    names = ("package", "report", "erasure", "segments")
    hashes = [one.hash(name, core, number) for name in names]
    report = Report(100, core, *hashes, bundle_size=1, items=(), exported_segments=0)
    return Guarantee(report, 100, (0, 1))


def pooled(one: World, *guarantees: Guarantee) -> None:
    one.nodes[0].guarantees = {each.report.hash: each for each in guarantees}


def test_a_core_takes_one_guarantee_at_a_time():
    one = world()
    first, second, other = guarantee(one, 0), guarantee(one, 0, 1), guarantee(one, 1)
    pooled(one, first, second, other)
    block = composer(one).compose(one.nodes[0], one.base, 101)
    assert block.reported == (first, other)
    assert block.pending == {0: (first.report, 101), 1: (other.report, 101)}


def test_a_report_becomes_available_with_shards_at_two_thirds():
    one = world()
    make, first, other = composer(one), guarantee(one, 0), guarantee(one, 1)
    pooled(one, first, other)
    parent = make.compose(one.nodes[0], one.base, 101)
    first.report.holders, other.report.holders = 0b011111, 0b001111
    block = make.compose(one.nodes[0], parent, 102)
    assert block.available == (first.report,)
    assert block.pending == {1: (other.report, 101)}


def test_a_report_is_on_a_chain_at_most_once():
    one = world()
    make, first = composer(one), guarantee(one, 0)
    pooled(one, first)
    parent = make.compose(one.nodes[0], one.base, 101)
    first.report.holders = 0b111111
    child = make.compose(one.nodes[0], parent, 102)
    assert make.compose(one.nodes[0], child, 103).reported == ()
    assert make.compose(one.nodes[1], one.base, 102).reported == ()
    assert make.compose(one.nodes[0], one.base, 103).reported == (first,)


def test_a_report_that_stays_unavailable_times_out():
    one = world()
    make = composer(one)
    pooled(one, guarantee(one, 0))
    parent = make.compose(one.nodes[0], one.base, 101)
    assert make.compose(one.nodes[0], parent, 105).pending
    assert not make.compose(one.nodes[0], parent, 106).pending


def test_preimages_have_a_slot_to_spread_and_come_once():
    one = world()
    make = composer(one)
    old, new = Preimage(100, 1000, b"o" * 32, 5), Preimage(101, 1000, b"n" * 32, 5)
    one.nodes[0].preimages = {each.hash: each for each in (old, new)}
    parent = make.compose(one.nodes[0], one.base, 101)
    assert parent.preimages == (old,)
    assert make.compose(one.nodes[0], parent, 102).preimages == (new,)


def test_tickets_are_taken_a_few_per_block():
    one = world()
    make = composer(one)
    make.tickets = 4
    taken = [make.compose(one.nodes[0], one.base, slot).tickets for slot in (101, 102, 103)]
    assert taken == [3, 1, 0]


def test_flaws_occur_at_their_rates():
    for rates, flaw in (
        ({"invalid_seal": 1.0, "invalid_execution": 1.0}, "seal"),
        ({"invalid_execution": 1.0}, "execution"),
        ({}, ""),
    ):
        one = world(**rates)
        assert composer(one).compose(one.nodes[0], one.base, 101).flaw == flaw
