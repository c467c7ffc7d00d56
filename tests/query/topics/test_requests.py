"""``tart/query/topics/requests.py``: requests on both sides, by time and by server."""

from __future__ import annotations

import pytest

from tart.protocol.events import EVENTS
from tart.query.core.log_histogram import middle_us
from tart.query.topics.requests import (
    PREIMAGE_REQUEST,
    REQUESTS,
    RequestRows,
    availability_requests,
)
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US

A, B = "aa" * 32, "bb" * 32
SHARD = REQUESTS["shard"]
BUCKETS = Buckets(0, 2 * MINUTE_US + 5, MINUTE_US)


def latency(parent, kind, number, count, **more):
    return {"parent": parent.number, "type": kind.number, "bin": number, "count": count, **more}


ROWS = RequestRows(
    counts=[{"type": 120, "count": 9}, {"type": 121, "count": 7}],
    durations=[
        latency(SHARD.sent, SHARD.transferred, 60, 3, bucket=0),
        latency(SHARD.sent, SHARD.transferred, 80, 1, bucket=MINUTE_US),
        latency(SHARD.sent, SHARD.failed, 70, 2, bucket=MINUTE_US),
        latency(SHARD.received, SHARD.transferred, 40, 5, bucket=0),
    ],
    sent=[{"bucket": 0, "type": 120, "count": 4}, {"bucket": MINUTE_US, "type": 120, "count": 5}],
    served=[
        latency(SHARD.received, SHARD.transferred, 40, 4, node=A),
        latency(SHARD.received, SHARD.transferred, 90, 1, node=B),
        latency(SHARD.received, SHARD.failed, 20, 1, node=A),
        latency(SHARD.received, SHARD.transferred, 99, 1, node=None),
    ],
    failures=[
        {"node": A, "type": 122, "reason": "gone", "count": 2, "last_at": 5},
        {"node": B, "type": 122, "reason": "gone", "count": 1, "last_at": 7},
        {"node": B, "type": 142, "reason": "other", "count": 8, "last_at": 7},
    ],
)


def shards(limit=10):
    (found,) = availability_requests(ROWS, BUCKETS, [SHARD], limit)["kinds"]
    return found


@pytest.mark.parametrize("request_", [*REQUESTS.values(), PREIMAGE_REQUEST], ids=lambda r: r.kind)
def test_failures_and_transfers_refer_to_the_requests_of_both_sides(request_):
    for kind in (request_.failed, request_.transferred):
        (field,) = [
            each for name, each in EVENTS[kind.number].fields.fields if name == "request_id"
        ]
        assert set(field.refers_to) == {request_.sent.number, request_.received.number}


def test_both_sides_have_counts_and_percentiles():
    found = shards()
    asker, server = found["requester"], found["server"]
    assert (asker["started"], asker["transferred"], asker["failed"]) == (9, 4, 2)
    assert asker["success_rate"] == 0.6667
    assert asker["p50_ms"] == pytest.approx(middle_us(60) / 1000, abs=0.001)
    assert asker["p95_ms"] == pytest.approx(middle_us(80) / 1000, abs=0.001)
    assert (server["started"], server["transferred"], server["failed"]) == (7, 5, 0)


def test_series_have_an_element_for_each_bucket():
    body = availability_requests(ROWS, BUCKETS, [SHARD], 10)
    assert (body["bucket_seconds"], len(body["times"])) == (60, 3)
    series = body["kinds"][0]["series"]
    assert series["requested"] == [4, 5, 0]
    assert (series["transferred"], series["failed"]) == ([3, 1, 0], [0, 2, 0])
    assert series["requester_p50_ms"][2] is series["server_p50_ms"][1] is None
    assert series["server_p95_ms"][0] == pytest.approx(middle_us(40) / 1000, abs=0.001)


def test_the_slowest_servers_come_first_and_their_number_is_told():
    found = shards()
    assert [row["node_id"] for row in found["servers"]] == [B, A]
    assert (found["servers"][1]["transferred"], found["servers"][1]["failed"]) == (4, 1)
    cut = shards(limit=1)
    assert (len(cut["servers"]), cut["servers_total"]) == (1, 2)


def test_reasons_are_of_the_kind_alone():
    (reason,) = shards()["failures"]
    assert (reason["reason"], reason["count"], reason["nodes"]) == ("gone", 3, 2)


def test_without_requests_figures_are_null():
    empty = RequestRows([], [], [], [], [])
    body = availability_requests(empty, BUCKETS, list(REQUESTS.values()), 10)
    assert [each["kind"] for each in body["kinds"]] == list(REQUESTS)
    side = body["kinds"][0]["requester"]
    assert (side["success_rate"], side["p50_ms"], side["started"]) == (None, None, 0)
    assert body["kinds"][0]["servers"] == []
