"""Names and JSON types that dashboards for jamtart read of blocks, metrics and analytics.

The system holds the events of a simulated network, so that no list is empty.
"""

from __future__ import annotations

import pytest

from tart.gateway.api.contract import ROUTES
from tests.gateway.json_schema import SCHEMAS, violations

NUMBER = (int, float)
# Where nothing is known, as of a network of which no node is connected, it is null.
MAYBE = (int, float, type(None))
TEXT = str
FLAG = bool

NODE = {"node_id": TEXT}
SHAPES = {
    "/api/stats": {
        **{"total_blocks_authored": int, "best_block": int, "finalized_block": int},
        **{"best_block_known": FLAG, "finalized_block_known": FLAG},
    },
    "/api/blocks": {
        "totals": dict.fromkeys(
            (
                *("authoring_started", "authoring_failed", "authored", "importing", "verified"),
                *("verification_failed", "execution_failed", "executed"),
                *("best_block_changes", "finalized_block_changes"),
            ),
            int,
        ),
        "chain": {"best_slot": MAYBE, "finalized_slot": MAYBE},
        "authoring_by_node": [{**NODE, "blocks_authored": int}],
        "recent_authored": [{**NODE, "timestamp": TEXT, "slot": MAYBE, "hash": TEXT}],
    },
    "/api/metrics/timeseries?metric=blocks&duration=1&interval=1": {
        **{"metric": TEXT, "interval_minutes": int, "duration_hours": NUMBER},
        "data": [{"timestamp": TEXT, "blocks": int, "authoring_nodes": int, "max_slot": MAYBE}],
    },
    "/api/metrics/timeseries?metric=events&duration=1&interval=1": {
        "data": [
            {
                **{"timestamp": TEXT, "total_events": int, "active_nodes": int},
                **{"event_types": int, "events_per_second": NUMBER},
            }
        ]
    },
    "/api/metrics/timeseries?metric=throughput&duration=1&interval=1": {
        "data": [
            {
                **{"timestamp": TEXT, "best_blocks": int, "finalized_blocks": int},
                **{"authored_blocks": int, "block_announcements": int},
                **{"work_package_events": int, "guarantee_events": int},
            }
        ]
    },
    "/api/metrics/timeseries/grouped?metric=events&group_by=node": {
        **{"metric": TEXT, "group_by": TEXT, "interval_minutes": int, "duration_hours": NUMBER},
        "data": [{"timestamp": TEXT, **NODE, "events": int, "event_types": int}],
    },
    "/api/metrics/timeseries/grouped?metric=events&group_by=event_type": {
        "data": [{"timestamp": TEXT, "event_type": int, "events": int, "nodes": int}]
    },
    "/api/metrics/timeseries/grouped?metric=guarantees&group_by=core": {
        "data": [{"timestamp": TEXT, "core": int, "core_index": int, "guarantees": int}]
    },
    "/api/metrics/timeseries/grouped?metric=failures&group_by=category": {
        "data": [{"timestamp": TEXT, "category": TEXT, "failures": int, "nodes": int}]
    },
    "/api/metrics/realtime": {
        **{"window_seconds": int, "timestamp": TEXT},
        "totals": {
            **{"events": int, "best_blocks": int, "finalized_blocks": int},
            **{"authored_blocks": int, "announcements": int, "active_nodes": int},
            "latest_slot": MAYBE,
        },
        "rates": {"events_per_second": MAYBE, "blocks_per_second": MAYBE},
        "data": list,
    },
    "/api/metrics/live": {
        **{"timestamp": TEXT, "latest_slot": MAYBE, "finalized_slot": MAYBE, "active_nodes": int},
        "last_10s": {
            **{"events": int, "blocks": int, "finalized": int},
            **{"events_per_second": MAYBE, "blocks_per_second": MAYBE},
        },
        "last_1m": {
            **{"events": int, "blocks": int},
            **{"events_per_second": MAYBE, "blocks_per_second": MAYBE},
        },
    },
    "/api/analytics/failure-rates": {
        "overall": {"total_events": int, "failed_events": int, "failure_rate": NUMBER},
        "by_category": [{"category": TEXT, "attempts": int, "failures": int, "rate": NUMBER}],
        "by_node": [
            {
                **{**NODE, "total_events": int, "failures": int},
                **{"failure_rate": NUMBER, "top_failure_type": int},
            }
        ],
        "recent_failures": [
            {"event_type": int, "event_name": TEXT, **NODE, "timestamp": TEXT, "reason": TEXT}
        ],
        "timestamp": TEXT,
    },
    "/api/analytics/block-propagation": {
        "last_hour": {
            **{f"{name}_propagation_ms": NUMBER for name in ("avg", "p50", "p95", "p99")},
            "sample_count": int,
        },
        "by_node": [
            {**NODE, "blocks_announced": int, "blocks_received": int, "blocks_originated": int}
        ],
        "timestamp": TEXT,
    },
    "/api/analytics/network-health": {
        **{"overall_health": TEXT, "health_score": NUMBER, "recommendations": list},
        "components": [
            {"name": TEXT, "status": TEXT, "score": int, "metrics": dict, "issues": list}
        ],
        "alerts": [
            {
                **{"severity": TEXT, "message": TEXT, "component": TEXT},
                **{"timestamp": TEXT, "acknowledged": FLAG},
            }
        ],
    },
    "/api/analytics/sync-status/timeline?duration=1": {
        "timeline": [
            {
                **{"timestamp": TEXT, "total_nodes": int, "synced_nodes": int},
                **{"behind_nodes": int, "sync_percentage": MAYBE, "network_slot": MAYBE},
            }
        ],
        "current_status": [
            {**NODE, "slot": int, "slots_behind": int, "is_synced": FLAG, "last_update": TEXT}
        ],
        **{"duration_hours": NUMBER, "timestamp": TEXT},
    },
    "/api/analytics/connections/timeline?duration=1": {
        "timeline": [
            {
                **{"timestamp": TEXT, "connections": int, "disconnections": int},
                **{"active_nodes": int, "net_change": int},
            }
        ],
        "by_node": [
            {
                **{**NODE, "first_seen": TEXT, "last_seen": TEXT, "uptime_hours": NUMBER},
                **{"days_active": int, "total_events": int, "events_per_hour": NUMBER},
            }
        ],
        "health_stats": {
            **{"total_nodes_seen": int, "currently_active": int, "active_last_hour": int},
        },
        **{"duration_hours": NUMBER, "timestamp": TEXT},
    },
}
CATEGORIES = {"block_authoring", "work_package", "ticket_generation", "guarantee"}
PARTS = ("Node Connectivity", "Block Production", "Data Availability", "Work Packages")


def wrong(value, shape, where="$"):
    """Return the paths in ``value`` that do not have the shape."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        missing = [f"{where}: no {name}" for name in shape if name not in value]
        return missing + [
            each
            for name in shape.keys() & value.keys()
            for each in wrong(value[name], shape[name], f"{where}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{where}: {value!r} is no list of something"]
        return [
            each for at, one in enumerate(value) for each in wrong(one, shape[0], f"{where}[{at}]")
        ]
    fits = isinstance(value, shape) and (shape is FLAG or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r} is not a {shape}"]


@pytest.mark.parametrize("path", SHAPES)
def test_names_and_types_are_those_of_jamtart(truth, path):
    response = truth.system.http.get(path)
    assert response.status_code == 200
    assert wrong(response.json(), SHAPES[path]) == []


@pytest.mark.parametrize("path", SHAPES)
def test_answers_follow_their_json_schema(truth, path):
    (route,) = [route for route in ROUTES if route.path == path.partition("?")[0]]
    assert violations(truth.system.http.get(path).json(), SCHEMAS[route.answer.__name__]) == []


def test_slot_answer_has_the_names_and_types_of_jamtart(truth):
    slot = truth.facts.of("block")[5]["slot"]
    body = truth.system.get(f"/api/slots/{slot}", include_events="true")
    counted = ("blocks_authored", "blocks_announced", "blocks_transferred", "total_events")
    counted += ("authoring_attempts", "authoring_failures", "nodes_involved", "slot")
    event = {"event_id": int, "event_type": int, "timestamp": TEXT, "data": dict}
    shape = {
        **dict.fromkeys(counted, int),
        **{"first_event": TEXT, "last_event": TEXT},
        "events_by_node": [{**NODE, "events": [event]}],
    }
    assert wrong(body, shape) == []
    assert violations(body, SCHEMAS["Slot"]) == []


def test_categories_and_components_have_the_names_of_jamtart(truth):
    failures = truth.system.get("/api/analytics/failure-rates")["by_category"]
    assert {each["category"] for each in failures} >= CATEGORIES
    health = truth.system.get("/api/analytics/network-health")
    assert [each["name"] for each in health["components"]] == [*PARTS, "Event Throughput"]
    assert health["overall_health"] in ("healthy", "degraded", "unhealthy")


def test_an_empty_list_is_a_violation():
    assert wrong([], [int])
    assert wrong({"x": True}, {"x": int})
    assert wrong({"x": None}, {"x": MAYBE}) == []
