"""``tart/query/topics/availability.py``: stored shards and outcomes of requests."""

from tart.protocol.events import EventKind
from tart.query.topics.availability import (
    FAILED,
    RECEIVED,
    SENT,
    TRANSFERRED,
    ShardRequests,
    da_stats,
    da_stats_enhanced,
)

A, B = "aa" * 32, "bb" * 32


def status(node, shards=3, at=7):
    return {
        "node": node,
        "seen_at": at,
        "num_shards": shards,
        "shards_size": 10 * shards,
        "num_preimages": 1,
        "preimages_size": 4,
    }


def ended(parent, number, count=1, node=A, bin_=40):
    return {"node": node, "parent": parent, "type": number, "bin": bin_, "count": count}


def test_totals_are_over_the_nodes_with_a_status():
    found = da_stats(
        [status(A), status(B, 5)],
        {EventKind.PREIMAGE_ANNOUNCED: 2, EventKind.PREIMAGE_DISCARDED: 1},
    )
    assert [each["node_id"] for each in found["by_node"]] == [B, A]
    assert found["aggregate"]["total_shards"] == 8
    assert found["aggregate"]["average_shards_per_node"] == 4
    activity = {"announced": 2, "forgotten": 0, "transferred": 0, "discarded": 1}
    assert found["preimage_activity"] == activity


def test_averages_without_nodes_are_null():
    found = da_stats([], {})
    assert found["aggregate"]["total_shards"] == 0
    assert found["aggregate"]["average_shards_per_node"] is None


def test_the_two_sides_of_requests_are_counted_separately():
    requests = ShardRequests(
        [ended(SENT, TRANSFERRED, 3), ended(SENT, FAILED), ended(RECEIVED, TRANSFERRED)]
    )
    assert (requests.success_rate(SENT), requests.success_rate(RECEIVED)) == (0.75, 1.0)
    assert requests.count(RECEIVED, FAILED) == 0
    # The middle of bin 40: 2^(40.5 / 4) µs.
    assert requests.mean_ms(RECEIVED) == 1.117


def test_rates_without_requests_are_null():
    found = da_stats_enhanced([status(A)], {}, [], [], [], [])
    (node,) = found["by_node"]
    names = ("avg_read_latency_ms", "avg_write_latency_ms", "transfer_success_rate")
    assert [node[name] for name in names] == [None] * 3
    assert found["availability_rate"] is None
    assert found["node_health"][0]["status"] == "unknown"
    assert found["aggregate"]["nodes_reporting"] == 0


def test_a_node_without_a_status_is_listed():
    found = da_stats_enhanced(
        [], {(B, EventKind.SENDING_SHARD_REQUEST): 4}, [ended(SENT, TRANSFERRED)], [], [], []
    )
    assert [each["node_id"] for each in found["by_node"]] == [A, B]
    assert found["by_node"][0]["num_shards"] is None
    assert found["node_health"][0]["last_activity"] is None
    assert found["aggregate"]["nodes_reporting"] == 1


def test_health_depends_on_the_requests_a_node_served():
    words = {}
    for served, lost in ((9, 1), (5, 5), (1, 9)):
        rows = [
            ended(RECEIVED, TRANSFERRED, served),
            ended(RECEIVED, FAILED, lost),
            ended(SENT, FAILED, 50),
        ]
        reasons = [{"node": A, "reason": "gone", "count": 2}]
        (health,) = da_stats_enhanced([], {}, rows, [], reasons, [])["node_health"]
        words[served] = health["status"]
        issues = [f"{lost} of the requests for its shards failed", "2: gone"]
        assert health["issues"] == issues
    assert words == {9: "healthy", 5: "degraded", 1: "unhealthy"}


def test_a_shard_index_counts_each_requesting_node_once():
    rows = [
        {"shard_index": 1, "type": EventKind.SENDING_SHARD_REQUEST, "node": A, "count": 2},
        {"shard_index": 1, "type": EventKind.SENDING_SHARD_REQUEST, "node": B, "count": 1},
        {"shard_index": 1, "type": EventKind.SHARD_REQUEST_RECEIVED, "node": None, "count": 4},
    ]
    (found,) = da_stats_enhanced([], {}, [], rows, [], [])["shard_distribution"]
    expected = {"requests_sent": 3, "requests_received": 4, "nodes": 2}
    assert found == {"shard_index": 1, "count": 7, **expected}
