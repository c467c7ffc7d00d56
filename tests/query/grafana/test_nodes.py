"""``tart/query/grafana/nodes.py``: nodes, and their reports of Status."""

from __future__ import annotations

import pytest

from tart.aggregate.core.tables import GAUGES
from tart.query.core.nodes import merge_node
from tart.query.grafana import nodes
from tart.units import MINUTE_US
from tests.gateway.fake_shard import node
from tests.query.answers.checking import check

A, B = "aa" * 32, "bb" * 32
NOON = 1_795_176_000_000_000


def status(name, bucket=NOON, *, value=10, low=5, high=20, samples=2, pool="000203"):
    """A row of the table status: two reports, of ``low`` and ``high``."""
    row = {"node": name, "bucket": bucket, "seen_at": bucket + 7, "samples": samples}
    for gauge in GAUGES:
        row |= {gauge: value, f"min_{gauge}": low, f"max_{gauge}": high}
        row[f"sum_{gauge}"] = low + high * (samples - 1)
    return row | {"num_guarantees": pool}


def test_a_node_has_the_members_of_both_names_for_its_events():
    (found,) = nodes.nodes([merge_node([node()])])
    check("GrafanaNode", found)
    assert found["total_event_count"] == found["event_count"] == 3
    assert found["peer_id"] == found["node_id"]


def test_what_is_not_known_of_a_node_has_the_type_that_dashboards_read():
    unknown = ("implementation_name", "implementation_version", "node_info", "first_seen_at")
    bare = merge_node([node(**dict.fromkeys(unknown), last_seen_at=None)])
    (found,) = nodes.nodes([bare])
    check("GrafanaNode", found)
    assert (found["implementation_name"], found["node_info"]) == ("", {})


def test_reports_are_in_order_with_figures_of_the_guarantee_pool():
    found = nodes.node_stats([status(B), status(A), status(A, NOON - MINUTE_US, pool=None)])
    for row in found:
        check("GrafanaNodeStatus", row)
    assert [row["node_id"] for row in found] == [A, A, B]
    pool = ("min_guarantees", "max_guarantees", "avg_guarantees", "zero_guarantee_cores")
    assert [found[0][name] for name in pool] == [0, 0, 0, 0]
    assert [found[1][name] for name in pool] == [0, 3, 1.6667, 1]


def test_means_are_weighted_by_reports():
    rows = [status(A, samples=1, low=10, high=10), status(B, samples=3, low=20, high=30)]
    (found,) = nodes.node_stats_aggregate(rows, by_node=False)
    check("GrafanaStatusMinute", found)
    assert found["status_count"] == 4
    assert found["avg_peers"] == round((10 + 20 + 30 + 30) / 4)
    assert (found["min_shards"], found["max_shards"]) == (10, 30)
    assert "node_id" not in found


@pytest.mark.parametrize("by_node", [True, False])
def test_a_row_is_of_a_bucket_and_perhaps_of_a_node(by_node):
    rows = [status(B), status(A), status(A, NOON - MINUTE_US)]
    found = nodes.node_stats_aggregate(rows, by_node=by_node)
    keys = [(row["bucket"], row.get("node_id")) for row in found]
    assert keys == sorted(set(keys), key=str)
    assert len(keys) == (3 if by_node else 2)
