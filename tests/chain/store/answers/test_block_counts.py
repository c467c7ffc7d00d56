"""``tart/chain/store/answers/block_counts.py``: counts of a range, and the state of the files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.chain.core.changes import SetStatus
from tart.query.chain_queries import chain
from tests.cases import examples
from tests.chain.store.running import (
    Model,
    block_hash,
    line,
    make_block,
    open_model,
    open_store,
    put,
    windows,
)


@pytest.mark.slow
@examples(0.2)
@given(st.integers(0, 1 << 16), windows, st.integers(0, 60))
def test_counts_over_any_range_equal_those_of_a_model(
    tmp_path_factory, seed, window, changes_of_first_day
):
    model = Model(seed)
    first, last = window[0], window[0] + window[1]
    within = model.within(first, last)
    slots = [change.block.slot for change in within]
    with open_model(tmp_path_factory.mktemp("chain") / "c", model, changes_of_first_day) as store:
        store.write([SetStatus("final", tuple(change.block.hash for change in within[1:4]))])
        counts = store.answer(chain.RangeCounts(first, last))
        assert counts.blocks == counts.with_statistics == len(within)
        assert counts.final == len(within[1:4])
        assert counts.forks == sum(
            first <= each.block.slot <= last and each.block.status == "fork" for each in model.every
        )
        assert (counts.first_slot, counts.last_slot) == (
            min(slots, default=None),
            max(slots, default=None),
        )


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
