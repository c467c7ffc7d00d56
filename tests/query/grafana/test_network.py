"""``tart/query/grafana/network.py``: headline figures, health and failures."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.query.core import failure_rates as pipelines
from tart.query.core import merge
from tart.query.grafana import network
from tart.query.topics import network_health
from tart.query.topics.network_health import HealthInput
from tests.query.answers.checking import check
from tests.query.topics.test_realtime import NODES, answer

A, B = "aa" * 32, "bb" * 32
NODE = {"is_connected": True, "connections": [{}, {}]}
CHAIN = {"best_block": 9, "finalized_block": None, "ahead": []}


def test_headline_figures_are_of_the_window_and_of_now():
    counts = {EventKind.GUARANTEE_BUILT: 3, EventKind.WORK_PACKAGE_RECEIVED: 2}
    nodes = [NODE, {"is_connected": False, "connections": []}]
    rates = {"events_per_sec_10s": 1.5, "blocks_per_sec_10s": 0.5}
    found = network.stats(counts, [4, 7], nodes, CHAIN, rates)
    check("GrafanaStats", found)
    assert found == {
        "connected_nodes": 1,
        "slot_events": 7,
        "guarantees": 3,
        "failures": 0,
        "wp_events": 2,
        "best_slot": 9,
        "finalized_slot": 0,
        "active_nodes": 2,
        **rates,
    }
    found = network.stats({}, [], [], CHAIN, {})
    check("GrafanaStats", found)
    assert "events_per_sec_10s" not in found


def test_rates_count_events_and_authored_blocks_of_the_seconds_that_are_known():
    partials = [answer({95: {NODES[0]}}, NODES, 90)]
    seconds = merge.seconds(partials)
    rates = network.live_rates(partials, seconds, 100, 10)
    assert rates["events_per_sec_10s"] == seconds[95].events / 10
    # The first kind that is counted by second is Authored.
    authored = sum(numbers[0] for _, numbers, _ in partials[0]["details"])
    assert rates["blocks_per_sec_10s"] == authored / 10
    assert network.live_rates(partials, seconds, 90, 10) == {}


def health(counts, **figures):
    values = {"active": 4, "active_last_minute": 4, "connected": 4, "events_per_minute": 1000}
    given = HealthInput(counts=counts, **{**values, **figures})
    found = network.network_health(network_health.network_health(given, ""))
    check("GrafanaHealth", found)
    return found


def test_health_has_jamtart_s_parts_in_its_order_and_its_limits():
    found = health(
        {
            EventKind.AUTHORING: 100,
            EventKind.AUTHORED: 90,
            EventKind.WORK_PACKAGE_SUBMISSION: 10,
            EventKind.WORK_PACKAGE_FAILED: 5,
        },
        active_last_minute=3,
    )
    parts = {part["name"]: part for part in found["components"]}
    assert list(parts) == [
        "block_production",
        "work_packages",
        "data_availability",
        "connectivity",
        "event_throughput",
    ]
    shown = {name: (part["score"], part["status"]) for name, part in parts.items()}
    assert shown == {
        "block_production": (90, "degraded"),
        "work_packages": (50, "unhealthy"),
        "data_availability": (0, "unknown"),
        "connectivity": (75, "degraded"),
        "event_throughput": (100, "healthy"),
    }
    assert not parts["data_availability"]["known"]
    assert found["health_score"] == round((90 + 50 + 75 + 100) / 4, 1)
    assert found["overall_health"] == "degraded"
    alerts = {alert["component"]: alert["severity"] for alert in found["alerts"]}
    assert alerts == {
        "block_production": "warning",
        "work_packages": "error",
        "connectivity": "warning",
    }


def test_a_network_without_anything_is_unknown_where_that_is_so():
    found = health({}, active=0, active_last_minute=0, connected=0, events_per_minute=0)
    assert [part["status"] for part in found["components"]] == [*["unknown"] * 4, "unhealthy"]
    assert found["health_score"] == 0


def test_failures_are_counted_per_attempt_and_a_perfect_network_has_none():
    counts = {
        EventKind.SENDING_GUARANTEE: 10,
        EventKind.GUARANTEE_SENT: 10,
        EventKind.RECEIVING_GUARANTEE: 10,
        EventKind.GUARANTEE_RECEIVED: 10,
        EventKind.GUARANTEE_DISCARDED: 10,
    }
    found = network.failure_rates(counts, {A: counts}, [])
    check("GrafanaFailureRates", found)
    assert [row["category"] for row in found["by_category"]] == list(network.CATEGORIES)
    assert found["overall"] == {"total_events": 20, "failed_events": 0, "failure_rate": 0}
    assert found["by_node"] == []
    counts[EventKind.GUARANTEE_SEND_FAILED] = 5
    found = network.failure_rates(counts, {A: counts, B: {}}, [])
    (row,) = [row for row in found["by_category"] if row["category"] == "guarantees"]
    assert (row["attempts"], row["failures"], row["rate"]) == (20, 5, 0.25)
    (node,) = found["by_node"]
    assert (node["node_id"], node["total_events"], node["failure_rate"]) == (A, 55, 0.25)


def test_a_rate_is_at_most_one_and_recent_failures_have_a_time():
    recent = {
        "id": 1,
        "event_type": 92,
        "event_name": "WorkPackageFailed",
        "node_id": A,
        "timestamp": None,
        "received_at": "2026-11-20T12:00:00.000000Z",
        "reason": "because",
    }
    counts = {EventKind.AUTHORING: 1, EventKind.AUTHORING_FAILED: 2}
    found = network.failure_rates(counts, {}, [recent])
    check("GrafanaFailureRates", found)
    assert found["by_category"][0]["rate"] == 1
    assert found["recent_failures"][0]["timestamp"] == recent["received_at"]


@pytest.mark.parametrize("category", network.CATEGORIES)
def test_categories_are_of_known_pipelines(category):
    assert set(network.CATEGORIES[category]) <= pipelines.PIPELINES.keys()


def test_sizes_are_shown_with_rows_the_largest_table_first():
    found = network.storage({"bytes": {"log": 5}, "rows": {"nodes": 1, "log": 9, "meta": 1}})
    check("GrafanaStorage", found)
    assert found["tables"][0]["total_bytes"] == 5
    assert [row["table_name"] for row in found["row_counts"]] == ["log", "meta", "nodes"]
