"""``tart/query/grafana/event_counts.py``: rows in order, with the members of their group."""

from __future__ import annotations

from tart.query.grafana import event_counts
from tart.units import MINUTE_US

A, B = "aa" * 32, "bb" * 32
AT = [1_795_176_000_000_000 + number * MINUTE_US for number in range(2)]


def test_counts_by_type_are_ordered_by_time_and_type():
    rows = [(AT[1], 42, 3), (AT[0], 43, 2), (AT[0], 42, 1)]
    found = event_counts.counts_by_type(
        {"bucket": bucket, "type": kind, "count": count} for bucket, kind, count in rows
    )
    assert [row["count"] for row in found] == [1, 2, 3]
    assert found[0] == {
        "ts": "2026-11-20T12:00:00.000000Z",
        "count": 1,
        "event_type": 42,
        "event_type_name": "Authored",
    }


def test_counts_by_node_and_core_have_these():
    nodes = [{"bucket": AT[0], "node": node, "count": 1} for node in (B, A)]
    assert [row["node_id"] for row in event_counts.counts_by_node(nodes)] == [A, B]
    cores = [{"bucket": AT[0], "core": core, "count": 1} for core in (7, 0)]
    found = event_counts.counts_by_core(cores)
    assert [(row["core"], row["core_index"]) for row in found] == [(0, 0), (7, 7)]
    assert set(found[0]) == {"ts", "count", "core", "core_index"}
