"""``tart/shard/queries/block_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.shard_queries.blocks import BlockPropagation, FirstSeenBlocks, Transfers
from tart.units import MINUTE_US
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NODES,
    NOW,
    both,
    rows_of,
    same,
    stored,
    without_null,
)

assert stored
WINDOWS = [Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]


@COMPARED
@given(data=st.data())
def test_memory_has_the_first_sights_of_the_statements(stored, data):
    seen = iter(range(1000))

    def sights():
        rows = without_null(data.draw(rows_of("sightings")), "hash", "timestamp", "type")
        # No two at the same time: either could be a node's first.
        rows["seen_at"] = [each + next(seen) for each in rows["seen_at"]]
        return rows

    clocks = without_null(data.draw(rows_of("clocks")), "bucket")
    clocks["bucket"] = [each // MINUTE_US * MINUTE_US for each in clocks["bucket"]]
    pair = both(stored, "sightings", [sights() for _ in range(3)], sights(), clocks=clocks)
    for query in (
        FirstSeenBlocks(data.draw(st.sampled_from(WINDOWS))),
        BlockPropagation(["ab" * 32, "00" * 32]),
        BlockPropagation(["cd" * 32]),
    ):
        assert same(*pair.ask(query))
    assert pair.memory.reads


@COMPARED
@given(data=st.data())
def test_memory_has_the_transfers_of_the_statements(stored, data):
    def rows():
        return without_null(data.draw(rows_of("transfers")), "slot", "last_at")

    pair = both(stored, "transfers", [rows() for _ in range(3)], rows())
    node = data.draw(st.sampled_from([None, NODES[0, 1], "7" * 64]))
    assert same(*pair.ask(Transfers(data.draw(st.sampled_from(WINDOWS)), node)))
    assert pair.memory.reads
