"""``tart/query/shard_queries/sessions.py``: connections of several shards as one."""

from __future__ import annotations

from tart.query.core.version_spans import VersionSpan
from tart.query.core.windows import Window
from tart.query.shard_queries.sessions import (
    ConnectionBucket,
    ConnectionCounts,
    Connections,
    Examples,
    VersionSpans,
)


def test_connections_add_up_by_bucket_in_order_of_time():
    one = ConnectionCounts(2, [ConnectionBucket(60, 1, 0, 2), ConnectionBucket(180, 0, 1, 0)])
    other = ConnectionCounts(1, [ConnectionBucket(0, 5, 5, 0), ConnectionBucket(60, 1, 1, 1)])
    assert Connections(Window(), 60).merge([(0, one), (1, other)]) == {
        "open": 3,
        "buckets": [[0, 5, 5, 0], [60, 2, 1, 3], [180, 0, 1, 0]],
    }


def test_examples_of_all_shards_come_newest_first():
    rows = Examples(Window(), 3).merge([(0, [{"at": 9}, {"at": 2}]), (1, [{"at": 5}])])
    assert [row["at"] for row in rows] == [9, 5, 2]


def test_spans_of_all_shards_are_joined():
    one, other = (VersionSpan("aa", "x", "1", start, start + 10) for start in (0, 15))
    assert VersionSpans(Window(), 99, 5).merge([(0, [one]), (1, [other])]) == [
        VersionSpan("aa", "x", "1", 0, 25)
    ]
