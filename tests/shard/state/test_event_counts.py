"""``tart/shard/state/event_counts.py``: counts by row and event type."""

import numpy as np

from tart.shard.state.event_counts import Tally


def test_each_pair_counts_once_and_repeats_add_up():
    tally = Tally()
    rows = [tally.new_row() for _ in range(3)]
    tally.add(np.array([0, 0, 2, 0]), np.array([11, 11, 255, 0], np.uint8))
    tally.add_many(2, 255, 1000)
    assert [sum(tally.of(row)) for row in rows] == [3, 0, 1001]
    assert (tally.of(0)[11], tally.of(0)[0], tally.of(2)[255]) == (2, 1, 1001)


def test_rows_beyond_the_first_few_start_at_zero_and_keep_the_others():
    tally = Tally()
    tally.add_many(tally.new_row(), 7, 5)
    others = [tally.new_row() for _ in range(100)]
    assert others == list(range(1, 101))
    assert tally.of(0)[7] == 5
    assert all(tally.of(row) == [0] * 256 for row in others)
