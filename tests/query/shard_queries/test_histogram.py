"""``tart/query/shard_queries/histogram.py``: counts of several shards as one."""

from __future__ import annotations

from tart.query.core.filters import Selection
from tart.query.core.windows import Window
from tart.query.shard_queries.histogram import EventCounts, EventHistogram

QUERY = EventHistogram(Selection(start_us=5, end_us=9), 10)


def test_counts_add_up_by_bucket_type_and_node():
    one = EventCounts([(0, 11, 2), (10, 11, 1)], [("aa", 3)])
    other = EventCounts([(0, 11, 1), (0, 12, 4)], [("aa", 1), ("bb", 4)])
    merged = QUERY.merge([(0, one), (1, other)])
    assert sorted(merged.buckets) == [(0, 11, 3), (0, 12, 4), (10, 11, 1)]
    assert dict(merged.nodes) == {"aa": 4, "bb": 4}


def test_the_window_is_the_selection_s():
    assert QUERY.window_on(0) == Window(5, 9)
