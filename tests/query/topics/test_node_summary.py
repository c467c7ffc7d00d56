"""``tart/query/topics/node_summary.py``: columns of all nodes."""

from __future__ import annotations

from typing import Any

import pytest

from tart.query.core.rfc3339 import server_time
from tart.query.topics.conformance import ConformanceInput
from tart.query.topics.node_summary import (
    SERIES_BUCKETS,
    SummaryInput,
    lag,
    nodes_summary,
    series_step_us,
)
from tart.query.topics.time_series import Buckets
from tart.units import HOUR_US, MINUTE_US, SECOND_US

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
NOON = 1_763_640_000_000_000
BUCKETS = Buckets(NOON, NOON + 10 * MINUTE_US - 1, 5 * MINUTE_US)
NOW = BUCKETS.end_us


def node(node_id: str = A, **changes: Any) -> dict[str, Any]:
    """A merged node that is well."""
    return {
        "node_id": node_id,
        "implementation_name": "x",
        "implementation_version": "1",
        "address": "127.0.0.1:1",
        "is_connected": True,
        "connected_at": server_time(NOON),
        "disconnected_at": None,
        "last_seen_at": server_time(NOW - SECOND_US),
        "best": {"slot": 100, "hash": "0x00"},
        "finalized": {"slot": 97, "hash": "0x00"},
        "synced": True,
        "dropped_count": 0,
        "undecodable": 0,
        **changes,
    }


def summary_input(*nodes: dict[str, Any], **changes: Any) -> SummaryInput:
    """Rows about nodes, with nothing but the nodes themselves."""
    rows = {"counts": [], "connections": [], "clocks": [], "events": [], "status": []}
    conformance = ConformanceInput(**{**rows, **changes.pop("conformance", {})}, examples=[])
    given: dict[str, Any] = {"series": {}, "recent": [], "recent_seconds": 60, "status": []}
    given |= {"failures": [], "dropped": [], "dropping": [], **changes}
    return SummaryInput(buckets=BUCKETS, now=NOW, nodes=nodes, conformance=conformance, **given)


def test_every_column_has_one_element_for_each_node_in_order_of_id():
    found = nodes_summary(summary_input(node(C), node(A), node(B, implementation_name=None)))
    columns = found["nodes"]
    assert columns["node_id"] == [A, B, C]
    assert {len(column) for column in columns.values()} == {3}
    assert found["implementations"] == [
        {"name": "x", "version": "1"},
        {"name": None, "version": "1"},
    ]
    assert columns["implementation"] == [0, 1, 0]
    assert (found["total"], found["connected"], found["levels"]["well"]) == (3, 3, 3)


def test_the_columns_of_one_node_are_against_all_nodes():
    rows = summary_input(node(A), node(B, best={"slot": 90, "hash": ""}))
    found = nodes_summary(rows, B)
    assert found["nodes"]["node_id"] == [B]
    assert found["nodes"]["best_lag"] == [10]
    assert (found["total"], found["levels"]["bad"]) == (2, 1)


def test_lags_are_against_what_a_third_of_the_connected_nodes_reached():
    ahead = node(C, best={"slot": 900, "hash": ""}, finalized=None)
    found = nodes_summary(
        summary_input(
            node(A),
            node(B, best={"slot": 96, "hash": ""}),
            node("dd" * 32),
            ahead,
            node("ee" * 32, is_connected=False, best={"slot": 999, "hash": ""}),
        )
    )
    assert found["network"] == {"best_slot": 100, "finalized_slot": 97}
    assert found["nodes"]["best_lag"] == [0, 4, 0, 0, 0]
    assert found["nodes"]["finalized_lag"] == [0, 0, None, 0, 0]
    assert found["nodes"]["state"] == ["well", "behind", "well", "well", "disconnected"]


def test_events_by_bucket_are_oldest_first_and_add_up():
    series = {(NOON + 5 * MINUTE_US,): {A: 2, B: 1}, (NOON,): {A: 40}}
    recent = [{"node": A, "count": 30}]
    found = nodes_summary(summary_input(node(A), node(B), series=series, recent=recent))
    assert found["nodes"]["series"] == [[40, 2], [0, 1]]
    assert found["nodes"]["events"] == [42, 1]
    assert found["nodes"]["events_per_second"] == [0.5, 0.0]
    assert found["buckets"] == {"start": server_time(NOON), "seconds": 300, "count": 2}


def test_figures_that_nobody_reported_are_null_and_counts_zero():
    bare = node(best=None, finalized=None, synced=None, last_seen_at=None)
    columns = nodes_summary(summary_input(bare))["nodes"]
    unknown = ("best_slot", "best_lag", "peers", "validator_peers", "clock_offset_ms", "finding")
    assert [columns[name] for name in unknown] == [[None]] * len(unknown)
    assert [columns[name] for name in ("failures", "errors", "dropped_messages")] == [[0]] * 3
    assert columns["state"] == ["no_block"]


def test_peers_failures_drops_and_clocks_are_those_of_the_node():
    columns = nodes_summary(
        summary_input(
            node(A),
            node(B),
            status=[{"node": B, "num_peers": 9, "num_val_peers": 4}],
            failures=[{"node": B, "count": 3}],
            dropped=[{"node": A, "count": 2}, {"node": B, "count": 1}],
            dropping=[{"node": B, "count": 1}],
            conformance={
                "clocks": [
                    {"node": B, "bucket": NOON, "offset_us": 9_000_000},
                    {"node": B, "bucket": NOON + HOUR_US, "offset_us": 1500},
                ],
                "status": [{"node": A, "count": 1}, {"node": B, "count": 1}],
            },
        )
    )["nodes"]
    assert columns["peers"] == [None, 9]
    assert columns["validator_peers"] == [None, 4]
    assert columns["failures"] == [0, 3]
    assert columns["dropped_messages"] == [2, 1]
    assert columns["clock_offset_ms"] == [None, 1.5]
    assert columns["state"] == ["well", "dropping"]


def breach(rule: str, last_at: int) -> dict[str, Any]:
    """A row of breaches of the node A."""
    return {"node": A, "rule": rule, "count": 7, "first_at": last_at, "last_at": last_at}


def test_rules_count_once_by_severity_if_they_were_broken_in_the_window():
    rows = [
        breach("unknown_event_type", NOON + 1),
        breach("events_dropped", NOON + 2),
        breach("status_late", NOON - 1),
        breach("status_missing", BUCKETS.end_us + 1),
    ]
    columns = nodes_summary(summary_input(node(A), conformance={"counts": rows}))["nodes"]
    severities = [columns[name][0] for name in ("errors", "warnings", "infos")]
    assert sum(severities) == 2
    assert columns["finding"] == ["events_dropped"]
    assert columns["finding_at"] == [server_time(NOON + 2)]


@pytest.mark.parametrize("minutes", [1, 5, 7, 12, 20, 25, 60, 118, 360, 1440])
def test_a_window_has_about_thirty_buckets_of_parts_or_multiples_of_a_minute(minutes):
    step = series_step_us(minutes * MINUTE_US)
    assert step % (10 * SECOND_US) == 0
    assert MINUTE_US % step == 0 or step % MINUTE_US == 0
    assert -(-minutes * MINUTE_US // step) <= SERIES_BUCKETS


def test_a_lag_needs_both_slots_and_is_never_negative():
    assert [lag(5, 3), lag(3, 5), lag(None, 3), lag(3, None)] == [2, 0, None, None]
