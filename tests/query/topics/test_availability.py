"""``tart/query/topics/availability.py``: what is stored, and how requests end."""

from tart.query.topics.availability import Requests, enhanced, stats

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


def test_totals_are_of_the_nodes_that_told():
    found = stats([status(A), status(B, 5)], {191: 2, 199: 1})
    assert [each["node_id"] for each in found["by_node"]] == [B, A]
    assert found["aggregate"]["total_shards"] == 8
    assert found["aggregate"]["average_shards_per_node"] == 4
    activity = {"announced": 2, "forgotten": 0, "transferred": 0, "discarded": 1}
    assert found["preimage_activity"] == activity


def test_of_nobody_there_is_no_average():
    found = stats([], {})
    assert found["aggregate"]["total_shards"] == 0
    assert found["aggregate"]["average_shards_per_node"] is None


def test_sides_are_apart():
    requests = Requests([ended(120, 125, 3), ended(120, 122), ended(121, 125)])
    assert (requests.success(120), requests.success(121)) == (0.75, 1.0)
    assert requests.ended(121, 122) == 0
    # The middle of bin 40: 2^(40.5 / 4) µs.
    assert requests.mean_ms(121) == 1.117


def test_what_nobody_tried_is_not_known():
    found = enhanced([status(A)], {}, [], [], [], [])
    (node,) = found["by_node"]
    names = ("avg_read_latency_ms", "avg_write_latency_ms", "transfer_success_rate")
    assert [node[name] for name in names] == [None] * 3
    assert found["availability_rate"] is None
    assert found["node_health"][0]["status"] == "unknown"
    assert found["aggregate"]["nodes_reporting"] == 0


def test_a_node_that_told_no_status_is_there_all_the_same():
    found = enhanced([], {(B, 120): 4}, [ended(120, 125)], [], [], [])
    assert [each["node_id"] for each in found["by_node"]] == [A, B]
    assert found["by_node"][0]["num_shards"] is None
    assert found["node_health"][0]["last_activity"] is None
    assert found["aggregate"]["nodes_reporting"] == 1


def test_health_goes_by_what_it_served():
    words = {}
    for served, lost in ((9, 1), (5, 5), (1, 9)):
        rows = [ended(121, 125, served), ended(121, 122, lost), ended(120, 122, 50)]
        reasons = [{"node": A, "reason": "gone", "count": 2}]
        (health,) = enhanced([], {}, rows, [], reasons, [])["node_health"]
        words[served] = health["status"]
        issues = [f"{lost} of the requests for its shards failed", "2: gone"]
        assert health["issues"] == issues
    assert words == {9: "healthy", 5: "degraded", 1: "unhealthy"}


def test_indices_count_those_who_ask_once():
    rows = [
        {"shard_index": 1, "type": 120, "node": A, "count": 2},
        {"shard_index": 1, "type": 120, "node": B, "count": 1},
        {"shard_index": 1, "type": 124, "node": None, "count": 4},
    ]
    (found,) = enhanced([], {}, [], rows, [], [])["shard_distribution"]
    expected = {"requests_sent": 3, "requests_received": 4, "nodes": 2}
    assert found == {"shard_index": 1, "count": 7, **expected}
