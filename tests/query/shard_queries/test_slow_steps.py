"""``tart/query/shard_queries/slow_steps.py``: the longest durations of all shards."""

from __future__ import annotations

from tart.query.core.windows import Window
from tart.query.shard_queries.slow_steps import SlowestSteps, SlowStepRow


def row(directory: int, seq: int, duration: int) -> SlowStepRow:
    return SlowStepRow(directory, seq, 0, 0, 0, 0, None, None, duration)


def test_the_longest_of_all_shards_come_first_up_to_the_limit() -> None:
    query = SlowestSteps(Window(), node="aa" * 32, parent=43, kind=47, limit=3)
    one, two = [row(0, 1, 50), row(0, 2, 10)], [row(1, 1, 50), row(1, 2, 70)]
    expected = [row(1, 2, 70), row(0, 1, 50), row(1, 1, 50)]
    assert query.merge([(0, one), (1, two)]) == expected
    assert query.merge([(1, two), (0, one)]) == expected
