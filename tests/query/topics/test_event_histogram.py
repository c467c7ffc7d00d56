"""``tart/query/topics/event_histogram.py``: events by time, node, type and reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.topics.event_histogram import bucket_length, event_histogram
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, node

STEP = 10 * SECOND_US


@pytest.mark.parametrize(
    ("window", "buckets", "shortest", "length"),
    [
        (HOUR_US, 60, STEP, MINUTE_US),
        (5 * MINUTE_US, 60, STEP, STEP),
        (5 * MINUTE_US, 60, MINUTE_US, MINUTE_US),
        (DAY_US, 60, STEP, 30 * MINUTE_US),
        (30 * DAY_US, 60, STEP, 12 * HOUR_US),
        (366 * DAY_US, 60, STEP, 7 * DAY_US),
        (1, 60, STEP, STEP),
    ],
)
def test_buckets_have_the_shortest_length_that_fits(window, buckets, shortest, length):
    assert bucket_length(window, buckets, shortest) == length


@given(st.integers(1, 366 * DAY_US), st.integers(1, 240))
def test_no_window_has_more_buckets_than_asked_for(window, buckets):
    assert -(-window // bucket_length(window, buckets, STEP)) <= buckets


def test_counts_are_by_bucket_group_node_type_and_reason():
    buckets = Buckets(0, 3 * STEP - 5, STEP)
    answer = event_histogram(
        buckets,
        [(0, 11, 2), (0, 41, 1), (STEP, 12, 4)],
        [(NODE_A, 3), (NODE_B, 4), (None, 9)],
        [{"type": 41, "reason": "no", "count": 1}, {"type": 41, "reason": "x", "count": 8}],
        [node()],
        failures={41},
        source="aggregates",
        top=1,
    )
    newest, middle, oldest = answer["buckets"]
    assert (newest["events"], newest["groups"], newest["partial"]) == (0, {}, True)
    assert (middle["events"], middle["groups"], middle["partial"]) == (4, {"status": 4}, False)
    assert oldest["groups"] == {"status": 2, "block_authoring": 1}
    assert (oldest["events"], oldest["failures"]) == (3, 1)
    assert (answer["total"], answer["nodes"], answer["types"]) == (7, 2, 3)
    assert answer["bucket_seconds"] == 10
    assert answer["top_nodes"] == [
        {"node_id": NODE_B, "node_name": None, "node_version": None, "events": 4}
    ]
    assert answer["top_types"] == [
        {
            "event_type": 12,
            "event_name": "FinalizedBlockChanged",
            "group": "status",
            "events": 4,
        }
    ]
    assert [each["reason"] for each in answer["top_reasons"]] == ["x"]


def test_unknown_reasons_are_null_and_types_without_a_name_count():
    answer = event_histogram(
        Buckets(0, STEP - 1, STEP),
        [(0, 250, 1)],
        [],
        None,
        [],
        failures=(),
        source="event log",
        top=5,
    )
    assert answer["top_reasons"] is None
    assert answer["top_types"][0]["event_name"] is None
    assert answer["buckets"][0]["groups"] == {"unknown": 1}
