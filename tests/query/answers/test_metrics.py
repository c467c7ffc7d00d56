"""``tart/query/answers/metrics.py``: figures have the members and values that it declares."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.query.core import merge
from tart.query.topics import latency, realtime, time_series
from tart.query.topics.top_nodes import top_nodes
from tests.gateway.json_schema import SCHEMAS
from tests.query.answers.checking import check
from tests.query.topics.test_realtime import NODES, answer
from tests.query.topics.test_time_series import BUCKETS, SPREAD, A, named

HEADER = {"metric": "x", "interval_minutes": 5, "duration_hours": 1.0}


def test_series_of_every_metric():
    counts = {(start, EventKind.BEST_BLOCK_CHANGED): 5 for start in BUCKETS.starts}
    first = named(BUCKETS.start_us, EventKind.BEST_BLOCK_CHANGED)
    for rows in (
        time_series.blocks(BUCKETS, [first], [], counts, {}),
        time_series.events(BUCKETS, counts, {}),
        time_series.throughput(BUCKETS, [], {}),
    ):
        check("Timeseries", {**HEADER, "data": rows})
        assert all(row.keys() <= SCHEMAS["SeriesBucket"]["properties"].keys() for row in rows)


def test_series_of_every_group():
    bucket = {"bucket": BUCKETS.start_us, "node": A, "count": 1}
    failed = [{**bucket, "type": EventKind.CONNECT_IN_FAILED}]
    for rows in (
        time_series.events_by_node(BUCKETS, SPREAD),
        time_series.events_by_type(BUCKETS, SPREAD),
        time_series.failures_by_category(BUCKETS, failed),
        time_series.guarantees_by_core(BUCKETS, [{**bucket, "core": 1}]),
    ):
        assert rows
        check("GroupedTimeseries", {**HEADER, "group_by": "x", "data": rows})
        assert all(row.keys() <= SCHEMAS["GroupBucket"]["properties"].keys() for row in rows)


@pytest.mark.parametrize("since", [0, 100])
def test_the_last_seconds(since):
    partials = [answer({95: {NODES[0]}}, NODES, since)]
    seconds = merge.seconds([partials[0]])
    check("Realtime", realtime.realtime(seconds, partials, 100, 10, None))


def test_latencies_of_every_group():
    rows = [
        {
            "parent": EventKind.IMPORTING,
            "type": EventKind.BLOCK_VERIFIED,
            "bin": 40,
            "count": 1,
            "node": A,
        }
    ]
    for steps in (
        latency.latency_by_step(rows),
        latency.latency_by_step(rows, {A: "x 1"}),
        latency.latency_by_step(rows, {}),
        latency.latency_by_core([("built", 1, 30, 2), ("built", None, 30, 2)]),
    ):
        check("Latency", {"group_by": "x", "steps": steps})


@pytest.mark.parametrize("types", [None, [EventKind.BLOCK_ANNOUNCED, 250]])
def test_top_nodes(types):
    check("TopNodes", top_nodes([{"node": A, "count": 1}], [], types, 5, 0))
