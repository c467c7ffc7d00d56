"""``tart/query/grafana/availability.py``: requests by node, and times of transfers."""

from __future__ import annotations

from tart.query.answers.grafana_availability import GrafanaShardLatency
from tart.query.grafana import availability

NODE, OTHER = "aa" * 32, "bb" * 32


def sample(parent, number, bin_, count, **more):
    return {"bucket": 0, "parent": parent, "type": number, "bin": bin_, "count": count, **more}


def test_sides_are_apart_and_failures_beside_them():
    rows = availability.latencies_by_time(
        availability.SHARDS,
        [sample(120, 125, 40, 3), sample(120, 125, 60, 1), sample(121, 125, 44, 2)],
        [{"bucket": 0, "count": 5}, {"bucket": 60_000_000, "count": 1}],
        GrafanaShardLatency,
    )
    assert [row["failed_count"] for row in rows] == [5, 1]
    first, second = rows
    assert (first["assurer_samples"], first["guarantor_samples"]) == (4, 2)
    assert (first["assurer_p50"], first["assurer_p100"]) == (1, 36)
    assert (second["assurer_p50"], second["assurer_samples"]) == (None, 0)


def test_steps_of_other_routes_make_no_row():
    rows = availability.latencies_by_time(
        availability.SHARDS, [sample(120, 122, 40, 3)], [], GrafanaShardLatency
    )
    assert rows == []


def test_nodes_are_ordered_by_transfers():
    rows = availability.da_stats(
        [
            {"node": NODE, "type": 125, "count": 3},
            {"node": OTHER, "type": 125, "count": 4},
            {"node": OTHER, "type": 191, "count": 9},
        ],
        [
            {"node": OTHER, "parent": 120, "bin": 0, "count": 1},
            {"node": OTHER, "parent": 121, "bin": 0, "count": 3},
        ],
        [{"node": NODE, "shard_index": index} for index in (1, 2, 2)],
    )
    assert [row["node_id"] for row in rows] == [OTHER, NODE]
    assert (rows[0]["shards_fetched"], rows[0]["shards_served"]) == (1, 3)
    assert (rows[0]["preimages_announced"], rows[0]["assurer_avg_latency_ms"]) == (9, 0.001)
    assert (rows[1]["active_shards"], rows[1]["assurer_avg_latency_ms"]) == (2, None)
