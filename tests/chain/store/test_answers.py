"""``tart/chain/store/answers.py``: answers compared with a model of the chain."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.chain.core.changes import PutReorganisation, PutService, SetStatus
from tart.chain.store import answers
from tart.errors import BadQuery, QueryTimeout
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import Reorganisation, StoredService
from tart.units import DAY_US
from tests.cases import examples
from tests.chain.store.running import (
    EPOCH_PERIOD,
    Clock,
    Model,
    block_hash,
    line,
    make_block,
    open_store,
    put,
)


def add_records(records):
    return [sum(values) for values in zip(*records, strict=True)]


def expected_sums(model, query, part):
    """Add up the records of the model as the query asks for it."""
    groups = defaultdict(list)
    blocks = defaultdict(set)
    wanted = query.cores if part == "cores" else query.services
    for change in model.within(query.first_slot, query.last_slot):
        slot = change.block.slot
        for key, record in getattr(change, part).items():
            if not any(record) or (wanted is not None and key not in wanted):
                continue
            step = query.first_slot
            if query.step_slots:
                step += (slot - step) // query.step_slots * query.step_slots
            name = None if query.together else key
            groups[step, name].append(record)
            blocks[step, name].add(slot)
    return {key: (len(blocks[key]), add_records(records)) for key, records in groups.items()}


windows = st.tuples(st.integers(995, 1065), st.integers(0, 70), st.sampled_from((0, 1, 7, 12)))


@pytest.mark.slow
@examples(0.5)
@given(
    st.integers(0, 1 << 16),
    windows,
    st.booleans(),
    st.sampled_from((None, [0], [1, 7])),
    st.integers(0, 60),
)
def test_sums_over_any_range_equal_those_of_a_model(
    tmp_path_factory, seed, window, together, wanted, days_after
):
    model = Model(seed)
    first, length, step = window
    clock = Clock()
    with open_store(tmp_path_factory.mktemp("chain") / "c", clock) as store:
        # The chain is in two files, with a boundary anywhere.
        store.write(model.changes[:days_after])
        clock.now += DAY_US
        store.write(model.changes[days_after:])
        query = chain.Cores(first, first + length, step, wanted, together=together)
        found = store.answer(query)
        assert {
            (each.step, each.core): (
                each.blocks,
                [getattr(each, name) for name in answers.CORE_COLUMNS],
            )
            for each in found
        } == expected_sums(model, query, "cores")
        services = chain.Services(first, first + length, step, wanted, together=together)
        assert {
            (each.step, each.service): (
                each.blocks,
                [getattr(each, name) for name in answers.SERVICE_COLUMNS],
            )
            for each in store.answer(services)
        } == expected_sums(model, services, "services")
        check_validators(store, model, first, first + length, step)
        check_counts(store, model, first, first + length)


def check_validators(store, model, first, last, step):
    found = store.answer(chain.Validators(first, last))
    expected = {}
    for change in model.within(first, last):
        epoch = change.block.epoch
        for validator in range(6):
            expected.setdefault((epoch, validator), [0] * 6)
        for validator, record in change.validators.items():
            known = expected[epoch, validator]
            expected[epoch, validator] = [a + b for a, b in zip(known, record, strict=True)]
    whole = {
        epoch
        for epoch in model.records
        if first <= epoch * EPOCH_PERIOD and (epoch + 1) * EPOCH_PERIOD - 1 <= last
    }
    assert {
        (each.epoch, each.validator): [getattr(each, n) for n in answers.VALIDATOR_COLUMNS]
        for each in found
    } == expected
    assert {each.epoch for each in found if each.exact} == whole
    series = store.answer(chain.ValidatorSeries(first, last, step))
    for validator in range(6):
        assert sum(each.assurances for each in series if each.validator == validator) == sum(
            values[5] for (_, index), values in expected.items() if index == validator
        )


def check_counts(store, model, first, last):
    counts = store.answer(chain.RangeCounts(first, last))
    within = model.within(first, last)
    assert counts.blocks == counts.with_statistics == len(within)
    assert counts.forks == sum(
        first <= each.block.slot <= last and each.block.status == "fork" for each in model.every
    )
    slots = [each.block.slot for each in within]
    assert (counts.first_slot, counts.last_slot) == (
        min(slots, default=None),
        max(slots, default=None),
    )


def test_a_range_without_blocks_has_no_sums(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write([put(make_block(slot, None)) for slot in (10, 14)])
        for together in (False, True):
            assert store.answer(chain.Cores(12, 12, together=together)) == []
            assert store.answer(chain.Services(12, 12, together=together)) == []


def test_the_record_of_an_epoch_is_preferred_to_the_sum_of_known_blocks(tmp_path):
    model = Model(3)
    told = {change.ended.epoch for change in model.every if change.ended is not None}
    # Half of the blocks that tell no record are not known.
    lacking = [
        change
        for index, change in enumerate(model.changes)
        if index % 2 == 0 or getattr(change, "ended", None) is not None
    ]
    epoch = min(told) + 1
    with open_store(tmp_path / "c") as store:
        store.write(model.changes[:1])
        store.write(lacking)
        first = epoch * EPOCH_PERIOD
        found = store.answer(chain.Validators(first, first + EPOCH_PERIOD - 1))
        assert [each.exact for each in found] == [True] * 6
        assert [each.assurances for each in found] == [
            record.assurances for record in model.records[epoch]
        ]
        for query in (
            chain.Validators(first + 1, first + EPOCH_PERIOD - 1),
            chain.Validators(first, first + EPOCH_PERIOD - 2),
        ):
            part = store.answer(query)
            assert part
            assert not any(each.exact for each in part)
            assert sum(each.blocks for each in part) < sum(each.blocks for each in found)
        # A block that left the chain tells nothing.
        teller = next(
            change.block.hash
            for change in model.on_chain
            if change.ended is not None and change.ended.epoch == epoch
        )
        store.write([SetStatus("fork", (teller,))])
        assert not any(
            each.exact for each in store.answer(chain.Validators(first, first + 11, [0]))
        )


def test_pages_of_blocks_know_whether_they_are_complete(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        store.write(line(range(21, 25), block_hash(19)))
        store.write(line(range(30, 35), block_hash(29)))
        store.write([put(make_block(15, block_hash(14), 1, status="fork"))])

        def page(first, last, **more):
            found = store.answer(chain.Blocks(first, last, **more))
            return [(block.slot, block.status) for block in found.blocks], found.complete

        assert page(15, 16) == ([(16, "best"), (15, "best"), (15, "fork")], True)
        assert page(15, 16, forks=False) == ([(16, "best"), (15, "best")], True)
        assert page(20, 20) == ([], True)
        assert page(18, 22)[1]
        assert page(10, 24, limit=3)[1] is False
        # Slots 25 to 29 are not known.
        assert page(24, 24)[1] is False
        assert page(26, 28) == ([], False)
        assert page(24, 30)[1] is False
        assert page(31, 99)[1]
        assert page(9, 12)[1] is False
        assert page(1, 5, limit=0) == ([], False)


def test_blocks_are_found_by_hash_with_their_records(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        found = store.answer(chain.BlocksByHash([block_hash(12), block_hash(99), "00"]))
        assert [block.slot for block in found] == [12]
        figures = store.answer(chain.BlockStatistics(block_hash(12)))
        assert figures.block == found[0]
        assert [(each.core, each.gas_used, each.popularity_blocks) for each in figures.cores] == [
            (1, 12, 1)
        ]
        assert [(each.service, each.accumulate_gas) for each in figures.services] == [(7, 12)]
        assert store.answer(chain.BlockStatistics(block_hash(99))) is None
        with pytest.raises(BadQuery, match="64 hex digits"):
            store.answer(chain.BlocksByHash(["x"]))


def test_the_state_has_the_newest_blocks_and_counts(tmp_path):
    with open_store(tmp_path / "c") as store:
        empty = store.answer(chain.State())
        assert (empty.best, empty.finalized, empty.first_slot, empty.blocks) == (
            None,
            None,
            None,
            0,
        )
        store.write(line(range(10, 20)))
        store.write([SetStatus("final", (block_hash(10), block_hash(11)))])
        store.write([put(make_block(25, block_hash(24), status="fork", reports=None))])
        state = store.answer(chain.State())
        assert (state.best.slot, state.finalized.slot, state.first_slot) == (19, 11, 10)
        assert (state.blocks, state.forks, state.missing_statistics) == (11, 1, 1)


def test_the_newest_buckets_are_enough_for_a_list_of_blocks(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        found = store.answer(chain.Cores(0, 99, 1, [1], newest=3))
        assert [each.step for each in found] == [17, 18, 19]


def test_an_answer_that_would_be_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "MAX_ROWS", 5)
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        for query in (
            chain.Cores(0, 99, 1),
            chain.Validators(0, 99),
            chain.ValidatorSeries(0, 99, 1),
        ):
            with pytest.raises(BadQuery, match="more than 5 rows"):
                store.answer(query)


def test_reorganisations_and_accounts_are_answered(tmp_path):
    def reorganisation(slot):
        return Reorganisation(
            at=slot,
            from_hash=block_hash(slot, 1),
            from_slot=slot,
            to_hash=block_hash(slot),
            to_slot=slot,
            left=[block_hash(slot, 1), block_hash(slot - 1, 1)],
            common_slot=slot - 2,
        )

    def account(service, balance):
        return StoredService(
            service=service,
            at_slot=balance,
            code_hash=block_hash(1),
            balance=balance,
            min_item_gas=1,
            min_memo_gas=2,
            octets=3,
            items=4,
            name="bootstrap",
        )

    with open_store(tmp_path / "c") as store:
        store.write([PutReorganisation(reorganisation(slot)) for slot in (10, 11, 12)])
        store.write(
            [PutService(account(7, 1)), PutService(account(0, 5)), PutService(account(7, 2))]
        )
        found = store.answer(chain.Reorganisations(11, 99))
        assert found == [reorganisation(12), reorganisation(11)]
        assert len(store.answer(chain.Reorganisations(0, 99, limit=1))) == 1
        assert store.answer(chain.State()).reorganisations == 3
    with open_store(tmp_path / "c") as store:
        assert store.answer(chain.ServiceAccounts()) == [account(0, 5), account(7, 2)]


def test_a_query_ends_at_its_deadline_and_when_nobody_waits(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        with pytest.raises(QueryTimeout):
            store.answer(chain.State(), 0.0)
        with pytest.raises(QueryTimeout):
            store.answer(chain.State(), 10.0, lambda: True)
        assert store.answer(chain.State()).blocks == 10


def test_every_query_has_an_answer():
    # The log is no matter of the store.
    expected = set(chain.CHAIN_QUERIES.values()) - {chain.ProcessLog}
    assert set(answers.ANSWERS) == expected
