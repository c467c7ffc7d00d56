"""``tart/gateway/api/schemas/analytics.py``: what the figures give has the shape they promise."""

from __future__ import annotations

import pytest

from tart.gateway.api.schemas.analytics import ANALYTICS_SCHEMAS
from tart.query.topics import failures, network_health, timelines
from tart.query.topics.assurances import assurances
from tart.query.topics.network_health import HealthInput
from tests.gateway.api.schemas.test_metrics import ENDS, NOW
from tests.gateway.json_schema import violations
from tests.query.topics.test_assurances import ROWS
from tests.query.topics.test_failures import event, row
from tests.query.topics.test_propagation import BLOCKS, START, X, shown, sight
from tests.query.topics.test_timelines import EVERY, LAST, node

A = "aa" * 32
LENGTH = {"duration_hours": 1.0, "interval_minutes": 5, **ENDS}


def check(name, body):
    assert violations(body, ANALYTICS_SCHEMAS[name]) == []
    assert body.keys() <= ANALYTICS_SCHEMAS[name]["properties"].keys()


@pytest.mark.parametrize("rows", [[], [row(), row(number=113)]])
def test_failures(rows):
    failed = {**event(41, "x", NOW), "timestamp": None}
    body = failures.rates({120: 3, 113: 2}, rows, {A: {120: 1}}, [failed] if rows else [])
    check("FailureRates", {**body, **ENDS})


@pytest.mark.parametrize("sights", [[], [sight(X, A, START, 42), sight(X, "bb" * 32, START + 5)]])
def test_propagation(sights):
    check("BlockPropagation", {**shown(*sights, blocks=BLOCKS), **ENDS})


@pytest.mark.parametrize(
    "seen", [HealthInput({}, 0, 0, 0, 0), HealthInput({40: 30, 41: 9}, 3, 0, 1, 5)]
)
def test_health(seen):
    check("NetworkHealth", {**network_health.health(seen, NOW), **ENDS})


@pytest.mark.parametrize("slots", [{}, {(LAST,): {A: 5}}])
def test_sync(slots):
    timeline = timelines.sync_timeline(EVERY, slots, [])
    now = timelines.sync_now([node(A, 5, connected=True)], slots)
    check("SyncTimeline", {"timeline": timeline, "current_status": now, **LENGTH})


def test_connections():
    sessions = {"open": 0, "buckets": [[LAST, 0, 1, 0]]}
    body = {
        "timeline": timelines.connection_timeline(EVERY, {**sessions, "open": 2}, {}, {}),
        "by_node": timelines.connections_by_node([node(A)], [], {A: 1}, {}),
        "health_stats": timelines.health_stats([node(A)], LAST),
    }
    check("ConnectionTimeline", {**body, **LENGTH})


@pytest.mark.parametrize("seconds", [6, None])
def test_assurances(seconds):
    check("Assurances", {**assurances(ROWS, {A: 7}, seconds, 10), **ENDS})
    check("Assurances", {**assurances([], {}, seconds, 10), **ENDS})
