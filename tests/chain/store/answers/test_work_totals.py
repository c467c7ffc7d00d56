"""``tart/chain/store/answers/work_totals.py``: sums of cores and services."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.chain.store.files import CORE_COLUMNS, SERVICE_COLUMNS
from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tart.units import DAY_US
from tests.cases import examples
from tests.chain.store.running import (
    Clock,
    Model,
    line,
    make_block,
    open_model,
    open_store,
    put,
    windows,
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


@pytest.mark.slow
@examples(0.4)
@given(
    st.integers(0, 1 << 16),
    windows,
    st.booleans(),
    st.sampled_from((None, [0], [1, 7])),
    st.integers(0, 60),
)
def test_sums_over_any_range_equal_those_of_a_model(
    tmp_path_factory, seed, window, together, wanted, changes_of_first_day
):
    model = Model(seed)
    first, length, step = window
    with open_model(tmp_path_factory.mktemp("chain") / "c", model, changes_of_first_day) as store:
        query = chain.Cores(first, first + length, step, wanted, together=together)
        assert {
            (each.step, each.core): (each.blocks, [getattr(each, name) for name in CORE_COLUMNS])
            for each in store.answer(query)
        } == expected_sums(model, query, "cores")
        query = chain.Services(first, first + length, step, wanted, together=together)
        assert {
            (each.step, each.service): (
                each.blocks,
                [getattr(each, name) for name in SERVICE_COLUMNS],
            )
            for each in store.answer(query)
        } == expected_sums(model, query, "services")


def test_a_range_without_blocks_has_no_sums(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write([put(make_block(slot, None)) for slot in (10, 14)])
        for together in (False, True):
            assert store.answer(chain.Cores(12, 12, together=together)) == []
            assert store.answer(chain.Services(12, 12, together=together)) == []


def test_the_newest_buckets_are_enough_for_a_list_of_blocks(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "c", clock) as store:
        store.write(line(range(10, 16)))
        clock.now += DAY_US
        store.write(line(range(16, 20)))
        # The first file has none of them, or some.
        for newest in (3, 6, 50):
            answer = store.answer(chain.Cores(0, 99, 1, [1], newest=newest))
            assert [totals.step for totals in answer] == [*range(10, 20)][-newest:]
            answer = store.answer(chain.Services(0, 99, 2, newest=newest))
            assert [totals.step for totals in answer] == [*range(10, 20, 2)][-newest:]


def test_an_answer_with_too_many_buckets_is_refused(tmp_path):
    with open_store(tmp_path / "c", max_rows=5) as store:
        store.write(line(range(10, 20)))
        assert len(store.answer(chain.Cores(0, 99, 20))) == 1
        with pytest.raises(BadQuery, match="more than 5 rows"):
            store.answer(chain.Cores(0, 99, 1))
