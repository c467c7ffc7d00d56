"""``tart/query/topics/network_health.py``: scores by component."""

import pytest

from tart.protocol.events import EventKind
from tart.query.topics.network_health import HealthInput, network_health

NOW = "2026-11-20T12:00:00.000000Z"


def shown(counts, active=4, last_minute=4, events=200):
    return network_health(HealthInput(counts, active, last_minute, 3, events), NOW)


def components(found):
    return {each["name"]: (each["status"], each["score"]) for each in found["components"]}


def test_components_without_data_have_no_score_and_silence_scores_zero():
    found = shown({}, 0, 0, 0)
    assert components(found) == {
        "Node Connectivity": ("unknown", None),
        "Block Production": ("unknown", None),
        "Data Availability": ("unknown", None),
        "Work Packages": ("unknown", None),
        "Event Throughput": ("unhealthy", 0),
    }
    assert (found["health_score"], found["overall_health"]) == (0.0, "unhealthy")
    assert found["alerts"] == []


def test_a_network_without_failures_scores_100():
    found = shown(
        {
            EventKind.AUTHORING: 10,
            EventKind.AUTHORED: 10,
            EventKind.SENDING_SHARD_REQUEST: 50,
            EventKind.WORK_PACKAGE_SUBMISSION: 5,
        }
    )
    assert {score for _, score in components(found).values()} == {100}
    assert (found["health_score"], found["overall_health"], found["alerts"]) == (
        100.0,
        "healthy",
        [],
    )


@pytest.mark.parametrize(
    ("counts", "name", "expected"),
    [
        ({EventKind.AUTHORING: 10, EventKind.AUTHORED: 8}, "Block Production", ("healthy", 80)),
        ({EventKind.AUTHORING: 10, EventKind.AUTHORED: 5}, "Block Production", ("degraded", 50)),
        ({EventKind.AUTHORING: 10, EventKind.AUTHORED: 4}, "Block Production", ("unhealthy", 40)),
        (
            {EventKind.AUTHORING: 10, EventKind.AUTHORED: 11},
            "Block Production",
            ("healthy", 100),
        ),  # one began before the window
        (
            {
                EventKind.SENDING_SHARD_REQUEST: 8,
                EventKind.RECEIVING_SHARD_REQUEST: 2,
                EventKind.SHARD_REQUEST_FAILED: 1,
            },
            "Data Availability",
            ("healthy", 90),
        ),
        (
            {EventKind.SENDING_SHARD_REQUEST: 10, EventKind.SHARD_REQUEST_FAILED: 4},
            "Data Availability",
            ("degraded", 60),
        ),
        (
            {
                EventKind.WORK_PACKAGE_SUBMISSION: 5,
                EventKind.WORK_PACKAGE_BEING_SHARED: 5,
                EventKind.WORK_PACKAGE_FAILED: 5,
            },
            "Work Packages",
            ("unhealthy", 50),
        ),
        ({EventKind.SHARD_REQUEST_FAILED: 4}, "Data Availability", ("unknown", None)),
    ],
)
def test_scores_are_shares_of_attempts(counts, name, expected):
    assert components(shown(counts))[name] == expected


@pytest.mark.parametrize(("events", "score"), [(0, 0), (1, 50), (10, 50), (11, 80), (101, 100)])
def test_throughput_has_four_scores(events, score):
    assert components(shown({}, events=events))["Event Throughput"][1] == score


def test_silence_of_known_nodes_is_a_critical_alert():
    (alert,) = shown({}, active=3, last_minute=0)["alerts"]
    assert alert == {
        **{"severity": "critical", "component": "connectivity", "acknowledged": False},
        **{"message": "no node sent an event in the last minute", "timestamp": NOW},
    }


@pytest.mark.parametrize(
    ("counts", "alerts"),
    [
        ({EventKind.AUTHORING: 20, EventKind.AUTHORING_FAILED: 2}, 1),
        ({EventKind.AUTHORING: 20, EventKind.AUTHORING_FAILED: 1}, 0),
        ({EventKind.AUTHORING: 19, EventKind.AUTHORING_FAILED: 19}, 0),
    ],
)
def test_a_pipeline_that_fails_often_raises_a_warning(counts, alerts):
    found = shown(counts)["alerts"]
    assert [each["component"] for each in found] == ["block_production"] * alerts
