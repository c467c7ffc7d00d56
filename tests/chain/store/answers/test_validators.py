"""``tart/chain/store/answers/validators.py``: figures of validators by epoch and by bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.chain.core.changes import SetStatus
from tart.chain.store.files import VALIDATOR_COLUMNS
from tart.errors import BadQuery
from tart.query.chain_queries import chain
from tests.cases import examples
from tests.chain.store.running import (
    EPOCH_PERIOD,
    Model,
    block_hash,
    line,
    make_block,
    open_model,
    open_store,
    put,
    windows,
)


def expected_figures(model, first, last):
    """Return the sums of what blocks add, by epoch and validator."""
    expected = {}
    for change in model.within(first, last):
        epoch = change.block.epoch
        for validator in range(6):
            expected.setdefault((epoch, validator), [0] * 6)
        for validator, record in change.validators.items():
            known = expected[epoch, validator]
            expected[epoch, validator] = [a + b for a, b in zip(known, record, strict=True)]
    return expected


@pytest.mark.slow
@examples(0.4)
@given(st.integers(0, 1 << 16), windows, st.integers(0, 60))
def test_figures_over_any_range_equal_those_of_a_model(
    tmp_path_factory, seed, window, changes_of_first_day
):
    model = Model(seed)
    first, length, step = window
    last = first + length
    expected = expected_figures(model, first, last)
    whole = {
        epoch
        for epoch in model.records
        if first <= epoch * EPOCH_PERIOD and (epoch + 1) * EPOCH_PERIOD - 1 <= last
    }
    with open_model(tmp_path_factory.mktemp("chain") / "c", model, changes_of_first_day) as store:
        answer = store.answer(chain.Validators(first, last))
        assert {
            (each.epoch, each.validator): [getattr(each, name) for name in VALIDATOR_COLUMNS]
            for each in answer
        } == expected
        assert {each.epoch for each in answer if each.exact} == whole
        series = store.answer(chain.ValidatorSeries(first, last, step))
        for validator in range(6):
            assert sum(each.assurances for each in series if each.validator == validator) == sum(
                values[5] for (_, index), values in expected.items() if index == validator
            )
        together = store.answer(chain.ValidatorSeries(first, last, step, together=True))
        assert {each.validator for each in together} <= {None}
        assert [each.step for each in together] == sorted({each.step for each in series})
        assert sum(each.assurances for each in together) == sum(
            values[5] for values in expected.values()
        )


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


def test_blocks_of_an_unknown_epoch_come_last(tmp_path):
    with open_store(tmp_path / "c") as store:
        # Without the length of an epoch no record can be wholly in the range.
        store.write([put(make_block(10, None, epoch=None)), *line(range(11, 14), block_hash(10))])
        answer = store.answer(chain.Validators(0, 99))
        assert [(each.epoch, each.validator) for each in answer] == [
            *((epoch, validator) for epoch in (0, 1, None) for validator in range(6))
        ]
        assert not any(each.exact for each in answer)


def test_a_series_has_the_validators_that_were_asked_for(tmp_path):
    with open_store(tmp_path / "c") as store:
        store.write(line(range(10, 20)))
        answer = store.answer(chain.ValidatorSeries(10, 19, 5, [3]))
        assert [(each.step, each.validator, each.blocks) for each in answer] == [
            (10, 3, 0),
            (15, 3, 1),
        ][1:]
        # Nobody of them did anything.
        assert store.answer(chain.ValidatorSeries(10, 19, 5, [400], together=True)) == []


def test_an_answer_with_too_many_rows_is_refused(tmp_path):
    with open_store(tmp_path / "c", max_rows=5) as store:
        store.write(line(range(10, 20)))
        for query in (chain.Validators(0, 99), chain.ValidatorSeries(0, 99, 1)):
            with pytest.raises(BadQuery, match="more than 5 rows"):
                store.answer(query)
