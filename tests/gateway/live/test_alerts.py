"""Alerts from two looks at the nodes."""

from __future__ import annotations

from typing import Any

from tart.gateway.live.alerts import (
    ALERT_WINDOW_US,
    BEHIND_SLOTS,
    FAILING_ATTEMPTS,
    AlertSample,
    alerts,
)
from tart.query.topics.summary import NodeSample
from tests.gateway.fake_shard import NODE_A, NODE_B

NOW_US = 1_795_176_000_000_000


def node(node_id: str = NODE_A, **changes: Any) -> NodeSample:
    """A node that is connected and well."""
    well = NodeSample(
        node_id=node_id,
        is_connected=True,
        best_slot=7,
        last_seen_ms=NOW_US // 1000,
        dropped_count=0,
        undecodable=0,
    )
    return well._replace(**changes)


def look(*nodes: NodeSample, best: int | None = 7) -> AlertSample:
    return AlertSample({each.node_id: each for each in nodes}, best)


def kinds(before: AlertSample, now: AlertSample) -> list[tuple[str, str]]:
    return [(each["type"], each["node_id"]) for each in alerts(before, now, "now")]


def test_nodes_without_problems_raise_no_alert() -> None:
    assert alerts(look(node()), look(node()), "now") == []


def test_events_dropped_since_the_last_sample_raise_an_alert_with_their_number() -> None:
    (alert,) = alerts(look(node(dropped_count=5)), look(node(dropped_count=12)), "now")
    assert alert == {
        "severity": "warning",
        "type": "dropped_events",
        "message": f"node {NODE_A[:16]} dropped 7 events",
        "node_id": NODE_A,
        "details": {"dropped_count": 7},
        "timestamp": "now",
    }


def test_events_dropped_before_the_last_sample_raise_no_alert() -> None:
    assert alerts(look(), look(node(dropped_count=5)), "now") == []


def test_a_counter_that_was_reset_raises_no_alert() -> None:
    assert alerts(look(node(undecodable=9)), look(node(undecodable=1)), "now") == []


def test_undecodable_events_raise_an_alert() -> None:
    assert kinds(look(node()), look(node(undecodable=1))) == [("undecodable_events", NODE_A)]


def test_a_connected_node_far_behind_raises_an_alert() -> None:
    best = 100
    enough = node(best_slot=best - BEHIND_SLOTS)
    behind = node(best_slot=best - BEHIND_SLOTS - 1)
    assert kinds(look(), look(enough, best=best)) == []
    assert kinds(look(), look(behind, best=best)) == [("node_behind", NODE_A)]
    # It named no block since it connected: nobody knows how far it is now.
    assert kinds(look(), look(node(best_slot=None), best=best)) == []
    assert kinds(look(), look(behind, best=None)) == []


def test_a_persisting_node_alert_keeps_its_first_time() -> None:
    behind = [node(each, best_slot=1) for each in (NODE_A, NODE_B)]
    first = alerts(look(), look(behind[0], best=100), "early")
    then = alerts(look(), look(*behind, best=101), "late", first)
    assert [each["timestamp"] for each in then] == ["early", "late"]


def failing(counts: dict[int, int]) -> list[dict[str, Any]]:
    return alerts(look(), AlertSample({}, None, NOW_US, counts), "now")


def test_a_pipeline_that_fails_too_often_raises_an_alert_with_its_counts() -> None:
    (alert,) = failing({120: FAILING_ATTEMPTS, 122: 6, 131: 10_000})
    assert alert == {
        "severity": "warning",
        "type": "high_failure_rate",
        "message": "shard_requests: 6 of 100 failed in five minutes",
        "details": {
            "pipeline": "shard_requests",
            "total_events": 100,
            "failures": 6,
            "rate": 0.06,
        },
        "timestamp": "now",
    }


def test_few_failures_and_failures_of_few_attempts_raise_no_alert() -> None:
    assert failing({120: FAILING_ATTEMPTS, 122: 5}) == []
    assert failing({120: FAILING_ATTEMPTS - 1, 122: 50}) == []
    assert failing({}) == []


def test_a_persisting_pipeline_alert_keeps_its_first_time() -> None:
    now = AlertSample({}, None, NOW_US, {40: 100, 41: 50, 80: 100, 81: 50})
    first = alerts(look(), now, "early")[:1]
    assert [each["timestamp"] for each in alerts(look(), now, "late", first)] == ["early", "late"]


def test_a_connected_node_that_sends_nothing_raises_an_alert() -> None:
    def heard(us: int, **changes: Any) -> list[dict[str, Any]]:
        speaking = node(last_seen_ms=us // 1000, **changes)
        return alerts(look(), AlertSample({NODE_A: speaking}, 7, NOW_US), "now")

    assert heard(NOW_US - ALERT_WINDOW_US) == []
    (alert,) = heard(NOW_US - ALERT_WINDOW_US - 1000)
    assert (alert["type"], alert["severity"]) == ("node_inactive", "info")
    assert heard(NOW_US - 2 * ALERT_WINDOW_US, is_connected=False) == []
