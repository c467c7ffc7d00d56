"""``tart/query/topics/failure_groups.py``: groups over nodes, versions and time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tart.query.core.failure_states import FailureGroup, FailureState
from tart.query.core.failure_templates import failure_fingerprint
from tart.query.core.rfc3339 import server_time
from tart.query.core.version_spans import VersionSpan
from tart.query.topics.failure_groups import (
    OTHER_REASONS,
    FailureInput,
    VersionHistory,
    failure_groups,
    failure_rate,
    series_step_us,
    summary,
)
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, MINUTE_US

START = 1_795_000_020_000_000
BUCKETS = Buckets(START, START + 3 * MINUTE_US - 1, MINUTE_US)
GONE = failure_fingerprint(92, "gone")


def row(minute: int, count: int, *, node: str = "a", template: str = "gone", **more: Any) -> Any:
    at = START + minute * MINUTE_US
    return {
        **{"bucket": at, "node": node, "type": 92, "template": template, "count": count},
        **{"first_at": at + 1, "last_at": at + 2},
        **more,
    }


def rows_of(*minutes: Any, **changes: Any) -> FailureInput:
    """The input of failures by minute and node."""
    rows = FailureInput(
        buckets=BUCKETS,
        by_node=list({each["node"]: each for each in minutes}.values()),
        by_bucket=minutes,
        by_minute=[],
        totals={92: sum(each["count"] for each in minutes)},
        spans=[VersionSpan("a", "x", "1.0", START - 5, START + DAY_US)],
        groups={},
    )
    return replace(rows, **changes)


def listed(rows: FailureInput, **arguments: Any) -> Any:
    return failure_groups(rows, **{"state": None, "sort": "count", "limit": 10, **arguments})


def test_counts_go_to_their_buckets() -> None:
    (group,) = listed(rows_of(row(0, 2), row(2, 3)))["failures"]
    assert (group["count"], group["series"]) == (5, [2, 0, 3])
    assert group["first_seen"] == server_time(START + 1)
    assert group["last_seen"] == server_time(START + 2 * MINUTE_US + 2)


def test_a_node_that_changed_its_version_counts_for_both() -> None:
    later = START + 2 * MINUTE_US
    spans = [
        VersionSpan("a", "x", "1.0", START - 5, later - 10),
        VersionSpan("a", "x", "1.1", later, later + DAY_US),
    ]
    assert VersionHistory(spans).changed() == ["a"]
    assert VersionHistory(spans).nodes_of("X") == ["a"]
    minutes = [row(0, 2), row(2, 3)]
    (group,) = listed(rows_of(*minutes, spans=spans, by_minute=minutes))["failures"]
    assert [(each["version"], each["count"]) for each in group["versions"]] == [
        ("1.1", 3),
        ("1.0", 2),
    ]


def test_a_node_without_connections_has_no_version() -> None:
    (group,) = listed(rows_of(row(0, 2), spans=[]))["failures"]
    assert group["versions"] == [{"name": None, "version": None, "count": 2, "nodes": 1}]


def test_the_state_comes_from_the_stored_group() -> None:
    stored = FailureGroup(GONE, 92, "gone", first_seen=START - DAY_US, last_seen=START + 1)
    groups = {GONE: replace(stored, state=FailureState.RESOLVED)}
    answer = listed(rows_of(row(0, 2), groups=groups), state="resolved")
    (group,) = answer["failures"]
    assert (group["state"], group["is_new"]) == ("resolved", False)
    assert group["first_seen"] == server_time(START - DAY_US)
    hidden = listed(rows_of(row(0, 2), groups=groups), state="open")
    assert hidden["failures"] == []
    assert hidden["totals"]["by_state"]["resolved"] == 1
    old = {GONE: replace(stored, first_seen=START + 1, is_baseline=True)}
    assert not listed(rows_of(row(0, 2), groups=old))["failures"][0]["is_new"]


def test_orders_and_limits() -> None:
    rows = rows_of(
        row(0, 9), row(1, 1, template="b", node="b"), row(2, 2, template=OTHER_REASONS, node="c")
    )
    answer = listed(rows, sort="last_seen", limit=1)
    assert [each["template"] for each in answer["failures"]] == [OTHER_REASONS]
    assert answer["has_more"]
    assert answer["totals"] == {
        **{"groups": 3, "failures": 12, "new": 3, "other_reasons": 2, "ungrouped": 0},
        "by_state": {"open": 3, "resolved": 0, "ignored": 0, "regressed": 0},
    }
    assert listed(replace(rows, totals={92: 20}))["totals"]["ungrouped"] == 8
    assert [each["template"] for each in listed(rows, sort="first_seen")["failures"]] == [
        OTHER_REASONS,
        *("b", "gone"),
    ]


def test_sentences() -> None:
    (group,) = listed(rows_of(row(0, 2000)))["failures"]
    assert summary(group) == "WorkPackageFailed: gone; 2,000 failures of 1 nodes; new"
    group |= {"state": "regressed", "regressed_version": "0.3.2"}
    assert summary(group).endswith("resolved, seen again in 0.3.2")
    group |= {"state": "ignored", "template": ""}
    assert summary(group).startswith("WorkPackageFailed: without a reason;")


def test_rates_are_by_the_attempts_of_the_pipeline() -> None:
    assert failure_rate(92, 3, {90: 4, 91: 8}) == 0.25
    assert failure_rate(113, 1, {113: 4}) == 0.25
    assert failure_rate(92, 3, {}) is None


def test_series_have_whole_minutes() -> None:
    assert series_step_us(MINUTE_US) == MINUTE_US
    assert series_step_us(DAY_US) == 24 * MINUTE_US
