"""``tart/query/grafana/timelines.py``: nodes in sync, connections."""

from __future__ import annotations

from tart.query.grafana import timelines
from tart.units import MINUTE_US
from tests.query.answers.checking import check

A, B, C, D = ("aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32)
AT = [1_795_176_000_000_000 + number * MINUTE_US for number in range(4)]


def test_a_node_keeps_its_best_block_and_falls_behind_while_it_is_there():
    slots = {
        (AT[0],): {A: 100, B: 100, C: 99, D: 100},
        (AT[1],): {A: 110, B: 110, D: None},
        (AT[2],): {A: 120, B: 120, C: 120},
    }
    active = {
        (AT[1],): dict.fromkeys((A, B, C), 1),
        (AT[2],): dict.fromkeys((A, B, C, D), 1),
    }
    found = timelines.sync_timeline(slots, active)
    for row in found:
        check("GrafanaSyncBucket", row)
    # In the first bucket D is silent; C has named no block since the one before.
    shown = [(row["total_nodes"], row["synced_nodes"], row["network_slot"]) for row in found]
    assert shown == [(3, 2, 110), (4, 3, 120)]
    assert [row["behind_nodes"] for row in found] == [1, 1]
    assert found[1]["sync_percentage"] == 75


def test_one_node_s_claim_does_not_move_the_network():
    slots = {(AT[0],): {A: 10, B: 10, C: 10, D: 1_000_000}}
    (row,) = timelines.sync_timeline(slots, {(AT[0],): dict.fromkeys((A, B, C, D), 1)})
    assert (row["network_slot"], row["synced_nodes"]) == (10, 4)


def test_nodes_without_a_best_block_do_not_count():
    (row,) = timelines.sync_timeline({}, {(AT[0],): {A: 1}})
    assert (row["total_nodes"], row["sync_percentage"], row["network_slot"]) == (0, 0, 0)


def test_connections_are_counted_by_bucket_with_their_nodes():
    counts = {
        (AT[1], 23): {A: 2},
        (AT[0], 26): {A: 1, B: 4},
        (AT[0], 27): {C: 3},
    }
    nodes = [{"is_connected": True}, {"is_connected": False}]
    found = timelines.connection_timeline(counts, nodes)
    check("GrafanaConnectionTimeline", found)
    assert [(row["connections"], row["disconnections"]) for row in found["timeline"]] == [
        (5, 3),
        (2, 0),
    ]
    assert [row["active_nodes"] for row in found["timeline"]] == [3, 1]
    assert found["health_stats"] == {"total_nodes_seen": 2, "currently_connected": 1}
