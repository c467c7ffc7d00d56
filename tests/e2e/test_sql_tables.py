"""The SQL tables of a running server: figures as the routes that show the same, SQL in print."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import pytest

from tart.query.sql.tables import TABLES
from tart.query.sql.views import is_event_view
from tests.e2e.printed_sql import FAILED, PRINTED
from tests.e2e.truth import SEVERAL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DAY = "24h"
SYSTEMS = [SEVERAL, pytest.param("1 shard", marks=pytest.mark.soak)]


@pytest.fixture(scope="module", params=SYSTEMS)
def truth(request, truths):
    """A running tart that was told a network: its rows are on several shards."""
    return truths(request.param)


def query(truth, sql):
    """The rows of a statement, as dicts."""
    response = truth.system.http.post("/api/sql", json={"query": sql})
    assert response.status_code == 200, (sql, response.text)
    answer = response.json()
    assert "shards" not in answer
    names = [column["name"] for column in answer["columns"]]
    return [dict(zip(names, row, strict=True)) for row in answer["rows"]]


def seconds(text):
    return text and datetime.fromisoformat(text)


@pytest.mark.parametrize("name", PRINTED)
def test_sql_in_print_runs_as_it_stands(truth, name):
    for sql, names in PRINTED[name]:
        # The network may have been told longer ago, where others use the same server.
        rows = query(truth, sql) or query(truth, sql.replace("'5 minutes'", "'1 day'"))
        assert rows, sql
        assert not names or list(rows[0]) == names, sql


def test_shares_of_errors_are_those_of_the_events(truth):
    events = query(truth, "SELECT node_id, event_type, count(*) AS n FROM events GROUP BY ALL")
    total, failed = Counter(), Counter()
    for row in events:
        total[row["node_id"]] += row["n"]
        failed[row["node_id"]] += row["n"] * (f" {row['event_type']}," in f" {FAILED[15:-1]},")
    ((sql, _), *_) = PRINTED["error share by node"]
    rows = query(truth, sql)
    assert {row["node_id"]: (row["errors"], row["total"]) for row in rows} == {
        node: (failed[node], total[node]) for node in total if failed[node]
    }


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.part])
def test_each_example_of_a_table_runs(truth, name):
    query(truth, TABLES[name].example)


@pytest.mark.parametrize(
    "names",
    [
        ("events", "undecodable", "session_log", "guarantees", "authored", "status"),
        pytest.param([*filter(is_event_view, TABLES)], marks=pytest.mark.soak),
    ],
    ids=["some", "all"],
)
def test_examples_of_views_run(truth, names):
    for name in names:
        query(truth, TABLES[name].example)


def test_nodes_are_those_of_the_api(truth):
    nodes = {node["node_id"]: node for node in truth.system.get("/api/nodes")["nodes"]}
    rows = {row["node_id"]: row for row in query(truth, "SELECT * FROM nodes")}
    assert rows.keys() == nodes.keys()
    same = ("implementation_name", "implementation_version", "address", "is_connected",
            "event_count", "dropped_count", "dropped_messages", "undecodable", "synced",
            "node_info")  # fmt: skip
    for node_id, node in nodes.items():
        row = rows[node_id]
        for name in same:
            assert row[name] == node[name], (node_id, name)
        for name in ("connected_at", "disconnected_at", "first_seen_at", "last_seen_at"):
            assert seconds(row[name]) == seconds(node[name]), (node_id, name)
        for name in ("best", "finalized"):
            slot = node[name] and node[name]["slot"]
            assert row[f"{name}_slot"] == slot, (node_id, name)


def test_sessions_are_those_of_the_api(truth):
    sessions = {row["session"]: row for row in
                truth.system.get("/api/sessions", limit=1000)["sessions"]}  # fmt: skip
    rows = query(truth, "SELECT * FROM sessions")
    assert len(rows) == len(sessions)
    for row in rows:
        session = sessions[row["session"]]
        for name in ("node_id", "address", "outcome", "reason", "event_count", "bytes",
                     "dropped_count", "undecodable", "last_event_id", "deviations"):  # fmt: skip
            assert row[name] == session[name], name
        assert seconds(row["started_at"]) == seconds(session["started_at"])


def test_hours_add_up_to_the_events(truth):
    hours = query(truth, "SELECT node_id, event_type, sum(event_count) AS n "
                  "FROM event_stats_hourly GROUP BY ALL ORDER BY ALL")  # fmt: skip
    events = query(truth, "SELECT node_id, event_type, count(*) AS n FROM events "
                   "GROUP BY ALL ORDER BY ALL")  # fmt: skip
    assert hours == events


def test_blocks_are_those_of_the_api(truth):
    totals = truth.system.get("/api/blocks", duration=DAY)["totals"]
    ((count),) = query(truth, "SELECT count(author) AS authored, count(*) AS n, "
                       "count(DISTINCT hash) AS hashes FROM blocks")  # fmt: skip
    assert count["authored"] == totals["blocks_authored"]
    assert count["n"] == count["hashes"] >= count["authored"]
    recent = truth.system.get("/api/blocks", duration=DAY)["recent_authored"]
    rows = {row["hash"][2:]: row for row in query(truth, "SELECT * FROM blocks")}
    for block in recent:
        row = rows[block["hash"]]
        for name in ("slot", "size_bytes", "num_tickets", "num_assurances"):
            assert row[name] == block[name], name


def test_work_packages_are_those_of_the_api(truth):
    answer = truth.system.get("/api/workpackages/active", duration=DAY, limit=1000)
    packages = {each["hash"]: each for each in answer["work_packages"]}
    rows = {row["hash"][2:]: row for row in query(truth, "SELECT * FROM work_packages")}
    assert rows.keys() == packages.keys()
    for name, package in packages.items():
        row = rows[name]
        assert row["core"] == package["core_index"]
        assert row["stage"] == package["current_stage"]
        assert row["failure_reason"] == package["failure_reason"]
        for same in ("node_id", "nodes_involved", "submitted_to", "is_active"):
            assert row[same] == package[same], same
        for ours, theirs in (("submitted_at", "submitted_at"), ("last_update", "last_update")):
            assert seconds(row[ours]) == seconds(package[theirs]), ours


def test_guarantees_are_those_of_the_api(truth):
    rows = query(truth, "SELECT node_id, count(*) AS n FROM guarantees GROUP BY node_id")
    totals = truth.system.get("/api/guarantees", duration=DAY)
    assert {row["node_id"]: row["n"] for row in rows} == {
        each["node_id"]: each["guarantees_built"] for each in totals["by_node"]
    }


def test_latencies_are_those_of_the_api(truth):
    steps = {each["step"]: each for each in
             truth.system.get("/api/metrics/latency", duration=DAY)["steps"]}  # fmt: skip
    counts = query(truth, "SELECT step, sum(count) AS n FROM latency_histogram GROUP BY step")
    assert {row["step"]: row["n"] for row in counts} == {
        name: step["count"] for name, step in steps.items()
    }
    rows = query(truth, "SELECT * FROM latency")
    whole = [row for row in rows if row["count"] == steps[row["step"]]["count"]]
    assert whole
    for row in whole:
        for name in ("mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms"):
            assert row[name] == pytest.approx(steps[row["step"]][name], abs=0.0011)


def test_failures_are_those_of_the_api(truth):
    answer = truth.system.get("/api/analytics/failure-rates", duration=DAY)
    rows = query(truth, "SELECT event_type, reason, sum(count) AS n FROM failures GROUP BY ALL")
    assert {(row["event_type"], row["reason"]): row["n"] for row in rows} == {
        (each["event_type"], each["reason"]): each["count"] for each in answer["by_reason"]
    }
    by_category = query(truth, "SELECT category, sum(count) AS n FROM failures GROUP BY category")
    assert {row["category"]: row["n"] for row in by_category} == {
        each["category"]: each["failures"] for each in answer["by_category"] if each["failures"]
    }


def test_breaches_are_those_of_the_api(truth):
    rules = truth.system.get("/api/conformance", duration=DAY)["rules"]
    counted = {rule["code"]: rule["count"] for rule in rules}
    rows = query(truth, "SELECT rule, sum(count) AS n FROM conformance GROUP BY rule")
    assert rows
    for row in rows:
        assert row["n"] == counted[row["rule"]], row["rule"]
    judged = {"clock_not_jce", "clock_offset", "status_missing", "events_shed"}
    assert counted.keys() - {row["rule"] for row in rows} <= judged


def test_data_is_the_json_of_the_api(truth):
    rows = query(truth, "SELECT id, data, node_name, event_name FROM events "
                 "WHERE event_type IN (42, 90) ORDER BY id LIMIT 5")  # fmt: skip
    for row in rows:
        event = truth.system.get(f"/api/events/{row['id']}")
        event = event.get("event", event)
        assert row["data"] == json.loads(json.dumps(event["data"]))
        assert row["node_name"] == event["node_name"]
        assert list(event["data"]) == [row["event_name"]]
