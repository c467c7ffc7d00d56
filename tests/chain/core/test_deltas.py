import random
from itertools import pairwise

import pytest

from tart.chain.core.deltas import ParentState, describe_block, is_first_of_epoch
from tart.query.chain_queries.chain import ChainBlock
from tart.rpc.model import CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tests.chain.model_chain import EPOCH, ModelChain

ZERO = (ValidatorRecord(),) * 3


def statistics(*current, previous=ZERO, cores=()):
    return Statistics(tuple(current), tuple(previous), tuple(cores), {}, "0.7")


def block(slot=5):
    return ChainBlock(hash="11" * 32, slot=slot, parent="22" * 32, status="best", seen_at=1)


BEFORE = (
    ValidatorRecord(blocks=1, tickets=2, guarantees=1, assurances=1),
    ValidatorRecord(),
    ValidatorRecord(assurances=1),
)


def after(**changes):
    """The state of BEFORE plus a block of validator 1, with changes by index."""
    gains = {1: {"blocks": 1}} | {int(key[1:]): value for key, value in changes.items()}
    return tuple(
        record._replace(**{n: getattr(record, n) + v for n, v in gains.get(i, {}).items()})
        for i, record in enumerate(BEFORE)
    )


def describe(current, parent=BEFORE, slot=5, parent_slot=4, epoch_slots=12, **options):
    return describe_block(
        block(slot), statistics(*current, **options), ParentState(parent_slot, parent), epoch_slots
    )


def test_within_an_epoch_the_parent_is_subtracted():
    put = describe(
        after(
            v1={"blocks": 1, "tickets": 3, "preimages": 1, "preimage_octets": 9, "assurances": 1},
            v2={"guarantees": 1, "assurances": 1},
        )
    )
    assert put.block.author == 1
    assert (put.block.tickets, put.block.preimages, put.block.preimage_octets) == (3, 1, 9)
    assert (put.block.guarantors, put.block.assurers) == ([2], [1, 2])
    assert put.block.irregularity is None
    assert sorted(put.validators) == [1, 2]
    assert (put.block.epoch, put.block.validators) == (0, 3)
    assert put.ended is None


def test_the_first_block_of_an_epoch_has_the_values_themselves():
    put = describe(
        (ValidatorRecord(), ValidatorRecord(blocks=1), ValidatorRecord()),
        slot=12,
        parent_slot=11,
        previous=BEFORE,
    )
    assert put.block.author == 1
    assert put.block.irregularity is None
    assert put.ended is not None
    assert put.ended.validators == BEFORE


def test_an_epoch_that_ends_otherwise_than_it_was_is_an_irregularity():
    put = describe(
        (ValidatorRecord(), ValidatorRecord(blocks=1), ValidatorRecord()),
        slot=12,
        parent_slot=11,
        previous=after(),
    )
    assert put.block.author == 1
    assert "last epoch" in put.block.irregularity


def test_without_the_length_of_epochs_the_first_block_of_one_is_the_only_one():
    first = statistics(ValidatorRecord(blocks=1), ValidatorRecord())
    later = statistics(ValidatorRecord(blocks=1), ValidatorRecord(blocks=1))
    assert is_first_of_epoch(5, first, ParentState(4, BEFORE), None)
    assert not is_first_of_epoch(5, later, ParentState(4, BEFORE), None)
    assert is_first_of_epoch(12, later, ParentState(11, BEFORE), 12)
    assert not is_first_of_epoch(5, first, ParentState(4, BEFORE), 12)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"v0": {"blocks": 1}}, "rise by 2"),
        ({"v1": {"blocks": 0}}, "rise by 0"),
        ({"v2": {"tickets": 1}}, "validator 2 gain"),
        ({"v2": {"guarantees": 2}}, "more than one of guarantees"),
        ({"v0": {"assurances": 2}, "v2": {"assurances": 3}}, "validators 0, 2 gain"),
        ({"v0": {"assurances": -1}}, "fall within an epoch"),
    ],
)
def test_whatever_the_specification_does_not_allow_is_an_irregularity(changes, text):
    put = describe(after(**changes))
    assert text in put.block.irregularity


def test_falling_figures_give_no_figures():
    put = describe(after(v0={"assurances": -1}))
    assert put.block.author is None
    assert put.block.assurers is None
    assert not put.validators


def test_a_changed_number_of_validators_within_an_epoch_gives_no_figures():
    put = describe(after()[:2])
    assert "from 3 to 2" in put.block.irregularity
    assert put.block.author is None


def test_two_authors_are_none():
    put = describe(after(v0={"blocks": 1}))
    assert put.block.author is None
    assert put.validators


def test_without_statistics_nothing_is_known():
    put = describe_block(block(25), None, ParentState(24, BEFORE), 12)
    assert put.block.epoch == 2
    assert put.block.reports is None
    assert put.block.validators is None


def test_without_those_of_the_parent_cores_and_services_are_known():
    core = CoreRecord(bundle_size=5)
    given = statistics(*after(), cores=[CoreRecord(popularity=3), core, CoreRecord()])
    given = given._replace(services={9: ServiceRecord(provided_count=1)}, previous=BEFORE)
    put = describe_block(block(), given, ParentState(4, None), 12, ended_epoch=3)
    assert put.cores == {0: CoreRecord(popularity=3), 1: core}
    assert put.block.reports == 1
    assert list(put.services) == [9]
    assert put.block.author is None
    assert put.ended is not None
    assert put.ended.epoch == 3


def test_many_validators_are_named_by_the_first_three():
    parent = (ValidatorRecord(assurances=1),) * 9
    put = describe((ValidatorRecord(),) * 9, parent=parent)
    assert "validators 0, 1, 2 and 6 more" in put.block.irregularity


@pytest.mark.parametrize("seed", range(5))
def test_sums_over_an_epoch_are_its_record(seed):
    chain = ModelChain(seed)
    head = chain.genesis
    rng = random.Random(seed)
    while chain.blocks[head].slot < 4 * EPOCH:
        head = chain.extend(head, rng.choice((1, 2)))
    totals = {}
    ended = {}
    line = chain.line(head)[::-1]
    for parent, key in pairwise(line):
        model = chain.blocks[key]
        before = chain.blocks[parent]
        put = describe_block(
            block(model.slot),
            model.statistics,
            ParentState(before.slot, before.statistics.current),
            EPOCH,
            before.slot // EPOCH,
        )
        assert put.block.irregularity is None
        if put.ended is not None:
            ended[put.ended.epoch] = put.ended.validators
        for index, gain in put.validators.items():
            key = model.slot // EPOCH, index
            old = totals.get(key, ValidatorRecord())
            totals[key] = ValidatorRecord(*(a + b for a, b in zip(old, gain, strict=True)))
    for epoch in (1, 2):
        expected = [totals.get((epoch, index), ValidatorRecord()) for index in range(6)]
        assert list(ended[epoch]) == expected
