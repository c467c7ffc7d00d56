"""``tart/query/answers/analytics.py``: figures have the members and values that it declares."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.query.topics import timelines
from tart.query.topics.assurances import assurances
from tart.query.topics.failures import failure_rates
from tart.query.topics.network_health import HealthInput, network_health
from tests.query.answers.checking import NOW, check
from tests.query.topics.test_assurances import ROWS
from tests.query.topics.test_failures import event, row
from tests.query.topics.test_propagation import BLOCKS, START, X, shown, sighting
from tests.query.topics.test_timelines import BUCKETS, LAST, node

A = "aa" * 32
HEADER = {"duration_hours": 1.0, "interval_minutes": 5}
SENT, DISCARDED = EventKind.SENDING_SHARD_REQUEST, EventKind.GUARANTEE_DISCARDED
SEEN = [sighting(X, A, START, EventKind.AUTHORED), sighting(X, "bb" * 32, START + 5)]


@pytest.mark.parametrize("rows", [[], [row(), row(number=DISCARDED)]])
def test_failures(rows):
    failed = {**event(EventKind.AUTHORING_FAILED, "x", NOW), "timestamp": None}
    recent = [failed] if rows else []
    check("FailureRates", failure_rates({SENT: 3, DISCARDED: 2}, rows, {A: {SENT: 1}}, recent))


@pytest.mark.parametrize("sightings", [[], SEEN])
def test_propagation(sightings):
    check("BlockPropagation", shown(*sightings, blocks=BLOCKS))


@pytest.mark.parametrize(
    "figures",
    [
        HealthInput({}, 0, 0, 0, 0),
        HealthInput({EventKind.AUTHORING: 30, EventKind.AUTHORING_FAILED: 9}, 3, 0, 1, 5),
    ],
)
def test_health(figures):
    check("NetworkHealth", network_health(figures, NOW))


@pytest.mark.parametrize("slots", [{}, {(LAST,): {A: 5}}])
def test_sync(slots):
    timeline = timelines.sync_timeline(BUCKETS, slots, [])
    status = timelines.sync_status([node(A, 5, connected=True)], slots)
    check("SyncTimeline", {"timeline": timeline, "current_status": status, **HEADER})


def test_connections():
    sessions = {"open": 2, "buckets": [[LAST, 0, 1, 0]]}
    body = {
        "timeline": timelines.connection_timeline(BUCKETS, sessions, {}, {}),
        "by_node": timelines.connections_by_node([node(A)], [], {A: 1}, {}),
        "health_stats": timelines.node_counts([node(A)], LAST),
    }
    check("ConnectionTimeline", {**body, **HEADER})


@pytest.mark.parametrize("seconds", [6, None])
def test_assurances(seconds):
    check("Assurances", assurances(ROWS, {A: 7}, seconds, 10))
    check("Assurances", assurances([], {}, seconds, 10))
