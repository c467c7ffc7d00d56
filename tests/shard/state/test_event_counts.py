"""``tart/shard/state/event_counts.py``: counts by row and event type."""

import numpy as np

from tart.shard.state.event_counts import EventCounts


def test_each_pair_counts_once_and_repeats_add_up():
    counts = EventCounts()
    rows = [counts.new_row() for _ in range(3)]
    counts.add(np.array([0, 0, 2, 0]), np.array([11, 11, 255, 0], np.uint8))
    counts.add_many(2, 255, 1000)
    assert [sum(counts.row(row)) for row in rows] == [3, 0, 1001]
    assert (counts.row(0)[11], counts.row(0)[0], counts.row(2)[255]) == (2, 1, 1001)


def test_rows_beyond_the_first_few_start_at_zero_and_keep_the_others():
    counts = EventCounts()
    counts.add_many(counts.new_row(), 7, 5)
    others = [counts.new_row() for _ in range(100)]
    assert others == list(range(1, 101))
    assert counts.row(0)[7] == 5
    assert all(counts.row(row) == [0] * 256 for row in others)
