"""``tart/query/shard_queries/blocks.py``: blocks of several shards as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.shard_queries.blocks import (
    BlockPropagation,
    FirstSeenBlock,
    FirstSeenBlocks,
    FirstSight,
    TransferredSlots,
    Transfers,
)

A = "aa" * 32
RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), min_size=1, max_size=6)


def test_a_block_of_two_shards_has_its_first_sight_and_the_nodes_of_both():
    rows = FirstSeenBlocks(Window()).merge(
        [
            (0, [FirstSeenBlock("0a", 5, 20, 2)]),
            (1, [FirstSeenBlock("0a", 5, 10, 3), FirstSeenBlock("0b", None, 30, 1)]),
        ]
    )
    assert rows == [
        {"hash": "0b", "slot": None, "first_at": 30, "nodes": 1},
        {"hash": "0a", "slot": 5, "first_at": 10, "nodes": 5},
    ]


def test_the_first_sight_of_a_node_on_two_shards_counts():
    later, first = FirstSight("0a", A, 9, 1, 62, None), FirstSight("0a", A, 5, 2, 42, 7)
    for partials in ([(0, [later]), (1, [first])], [(0, [first]), (1, [later])]):
        assert BlockPropagation(["0a"]).merge(partials) == [first._asdict()]


@given(st.lists(RANGES, min_size=1, max_size=3))
def test_transferred_slots_of_several_shards_count_once(shards):
    answers = [
        [TransferredSlots(A, first, first + more, more + 1, first) for first, more in ranges]
        for ranges in shards
    ]
    (row,) = Transfers(Window()).merge(list(enumerate(answers)))
    slots = [
        slot
        for answer in answers
        for row_ in answer
        for slot in range(row_.first_slot, row_.last_slot + 1)
    ]
    assert (row["blocks"], row["slots"]) == (len(slots), len(set(slots)))
    assert row["last_at"] == max(first for ranges in shards for first, _ in ranges)
