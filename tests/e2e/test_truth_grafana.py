"""jamtart's routes of 2026 about events, nodes, blocks and cores against what really happened."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.query.core.event_names import JAMTART_GROUPS
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import time_us
from tart.units import HOUR_US, MINUTE_US, SECOND_US
from tests.e2e.truth import OVER_SEVERAL_SHARDS
from tests.running import wait_for

# Their figures are those of the other routes: one system, in which shards are merged, is enough.
pytestmark = OVER_SEVERAL_SHARDS


def ask(truth, path, **parameters):
    """A route's answer about the last hours, in which everything happened."""
    now = time.time_ns() // 1000
    window = {"start": server_time(now - 5 * HOUR_US), "end": server_time(now)}
    return truth.system.get(path, **{**window, **parameters})


def test_counts_by_type_node_and_core(truth, received):
    counts = truth.facts.counts()
    rows = ask(truth, "/api/grafana/timeseries")
    by_type = Counter()
    for row in rows:
        by_type[row["event_type"]] += row["count"]
    assert by_type == counts
    assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    by_bucket = Counter(
        (each["at"] - each["at"] % MINUTE_US, each["event_type"]) for each in received.events
    )
    assert {(time_us(row["ts"], ""), row["event_type"]): row["count"] for row in rows} == by_bucket
    by_node = Counter()
    for row in ask(truth, "/api/grafana/timeseries", group_by="node_id", interval="6s"):
        by_node[row["node_id"]] += row["count"]
    assert by_node == Counter(each["node_id"] for each in received.events)


@pytest.mark.parametrize("group", ["failures", "wp_pipeline", "status"])
def test_counts_of_a_group_at_a_node(truth, group):
    node = truth.facts.of("node")[0]["node"]
    rows = ask(truth, "/api/grafana/timeseries", event_types=f"{{{group}}}", node=node)
    wanted = set(JAMTART_GROUPS[group])
    counts = truth.facts.counts(node)
    assert sum(row["count"] for row in rows) == sum(counts[number] for number in wanted)
    assert {row["event_type"] for row in rows} == {n for n in wanted if counts[n]}


def test_windows_that_meet_add_up(truth, received):
    middle = sorted(each["at"] for each in received.events)[len(received.events) // 2]
    # The present bucket of counts belongs to a window that ends within it, and to the next one.
    bucket_us = COUNT_BUCKET * SECOND_US
    wait_for(lambda: time.time_ns() // 1000 // bucket_us > middle // bucket_us, "the next bucket")
    first, last = server_time(middle - HOUR_US), server_time(middle + HOUR_US)
    for step in ("6s", "1m"):
        parts = [
            ask(truth, "/api/grafana/timeseries", start=start, end=end, interval=step)
            for start, end in ((first, server_time(middle)), (server_time(middle), last))
        ]
        total = sum(row["count"] for rows in parts for row in rows)
        assert total == len(received.events)


def test_events_by_node_have_shares_of_all(truth):
    counts = {each["node"]: truth.facts.counts(each["node"]) for each in truth.facts.of("node")}
    failed = set(JAMTART_GROUPS["failures"])
    for types, wanted in (("", None), ("failures", failed)):
        expected = {
            node: sum(each[number] for number in each if wanted is None or number in wanted)
            for node, each in counts.items()
        }
        total = sum(expected.values())
        rows = ask(truth, "/api/grafana/events-by-node", event_types=types, limit=3)
        assert len(rows) == 3
        assert [row["count"] for row in rows] == sorted(expected.values(), reverse=True)[:3]
        for row in rows:
            assert row["count"] == expected[row["node_id"]]
            assert row["share"] == pytest.approx(row["count"] / total)
            assert row["implementation_name"].startswith("sim-")


def test_events_are_paged_newest_first_with_their_number(truth, received):
    counts = truth.facts.counts()
    expected = sorted(received.of(92, 99), key=lambda each: each["at"], reverse=True)
    seen, offset = [], 0
    while True:
        found = ask(truth, "/api/grafana/events", event_types="92,99", limit=20, offset=offset)
        place = found["pagination"]
        assert place["total"] == counts[92] + counts[99]
        assert place["total_is_exact"] is not place["has_more"]
        seen += found["events"]
        offset += 20
        if not place["has_more"]:
            break
    assert [each["created_at"] for each in seen] == [each["received_at"] for each in expected]
    assert {each["id"] for each in seen} == {each["id"] for each in expected}
    assert {each["ts"] for each in seen} == {each["timestamp"] for each in expected}
    node = truth.facts.of("node")[1]["node"]
    one = ask(truth, "/api/grafana/events", node=node, event_types="Authored", limit=2000)
    assert one["pagination"]["total"] == truth.facts.counts(node)[42] == len(one["events"])


def test_discarded_guarantees_by_reason(truth):
    expected = Counter(each["data"]["reason"] for each in truth.facts.events("GuaranteeDiscarded"))
    found = Counter()
    for row in ask(truth, "/api/grafana/guarantee-discards", interval="1h"):
        found[row["reason"]] += row["count"]
    assert found == expected


def test_headline_figures(truth, received):
    counts = truth.facts.counts()
    found = ask(truth, "/api/grafana/stats")
    assert (found["guarantees"], found["failures"], found["wp_events"]) == (
        counts[105],
        counts[92],
        counts[94],
    )
    minutes = Counter(each["at"] // MINUTE_US for each in received.of(42))
    assert found["slot_events"] == max(minutes.values())
    assert (found["connected_nodes"], found["active_nodes"], found["best_slot"]) == (0, 0, 0)


def test_health_and_failures(truth):
    counts = truth.facts.counts()
    health = ask(truth, "/api/grafana/network-health")
    scores = {part["name"]: part["score"] for part in health["components"]}
    assert scores["block_production"] == round(100 * counts[42] / counts[40])
    assert scores["data_availability"] == round(
        100 * (1 - counts[122] / (counts[120] + counts[121]))
    )
    found = ask(truth, "/api/grafana/failure-rates")
    by_category = {row["category"]: row for row in found["by_category"]}
    assert by_category["work_packages"]["failures"] == counts[92] + counts[99]
    assert by_category["guarantees"]["attempts"] == counts[106] + counts[110]
    assert by_category["assurances"]["rate"] == pytest.approx(
        counts[127] / (counts[127] + counts[128]), abs=1e-4
    )
    assert found["overall"]["failed_events"] == sum(row["failures"] for row in by_category.values())
    assert sum(row["failures"] for row in found["by_node"]) == found["overall"]["failed_events"]
    assert 0 < len(found["recent_failures"]) <= 20


def test_nodes_in_sync_and_connections(truth, received):
    best = {}
    for each in received.of(11):
        slot = received.fields(each)["slot"]
        best[each["node_id"]] = max(slot, best.get(each["node_id"], 0))
    rows = ask(truth, "/api/grafana/sync-timeline", interval="1d")
    assert rows[-1]["total_nodes"] == len(best)
    assert rows[-1]["network_slot"] == sorted(best.values(), reverse=True)[-(-len(best) // 3) - 1]
    found = ask(truth, "/api/grafana/connections-timeline")
    counts = truth.facts.counts()
    timeline = found["timeline"]
    assert sum(row["connections"] for row in timeline) == counts[23] + counts[26]
    assert sum(row["disconnections"] for row in timeline) == counts[27]
    nodes = len(truth.facts.of("node"))
    assert found["health_stats"] == {"total_nodes_seen": nodes, "currently_connected": 0}


def test_nodes_and_what_they_report(truth, received):
    known = {row["node_id"]: row for row in truth.system.get("/api/grafana/nodes")}
    for each in truth.facts.of("node"):
        counts = truth.facts.counts(each["node"])
        assert known[each["node"]]["total_event_count"] == sum(counts.values())
    node = next(iter(known))
    mine = [each for each in received.of(10) if each["node_id"] == node]
    by_minute = {}
    for each in sorted(mine, key=lambda each: (each["at"], each["event_id"])):
        by_minute.setdefault(each["at"] // MINUTE_US, []).append(received.fields(each))
    rows = ask(truth, "/api/grafana/node-stats", node=node)
    assert [row["num_shards"] for row in rows] == [
        reports[-1]["num_shards"] for _, reports in sorted(by_minute.items())
    ]
    minutes = ask(truth, "/api/grafana/node-stats-aggregate", node=f"{{{node}}}")
    for row, (minute, reports) in zip(minutes, sorted(by_minute.items()), strict=True):
        assert row["node_id"] == node
        assert row["bucket"] == server_time(minute * MINUTE_US)
        assert row["status_count"] == len(reports)
        sizes = [report["shards_size"] for report in reports]
        assert (row["avg_shards_size"], row["max_shards_size"]) == (
            round(sum(sizes) / len(sizes)),
            max(sizes),
        )
    total = sum(row["status_count"] for row in ask(truth, "/api/grafana/node-stats-aggregate"))
    assert total == truth.facts.counts()[10]


def test_contents_and_numbers_of_blocks(truth):
    contents = ask(truth, "/api/grafana/blocks/contents")
    authored = truth.facts.events("Authored")
    assert len(contents) == len(authored)
    outlines = Counter(
        tuple(each["data"]["outline"][name] for name in ("size_bytes", "num_guarantees"))
        for each in authored
    )
    shown = Counter((row["extrinsic_size"], row["num_guarantees"]) for row in contents)
    assert shown == outlines
    assert [row["slot"] for row in contents] == sorted(row["slot"] for row in contents)
    found = ask(truth, "/api/grafana/blocks/summary")
    counts = truth.facts.counts()
    assert found["totals"]["authored"] == counts[42]
    assert found["totals"]["executed"] == counts[47]
    authors = {row["node_id"]: row["blocks_authored"] for row in found["authoring_by_node"]}
    assert authors == Counter(each["node"] for each in authored)


def test_convergence_of_blocks(truth, received):
    authored = {
        each["about"]["block"]: received.event(each)["at"]
        for each in truth.facts.events("Authored")
    }
    for number, variant in (
        (11, "BestBlockChanged"),
        (12, "FinalizedBlockChanged"),
        (43, "Importing"),
    ):
        first = {}
        for each in truth.facts.events(variant):
            block = each["about"]["block"]
            if block in authored:
                at = received.event(each)["at"]
                nodes = first.setdefault(block, {})
                nodes[each["node"]] = min(at, nodes.get(each["node"], at))
        rows = {
            row["block_hash"]: row
            for row in ask(truth, "/api/grafana/blocks/convergence", event_type=number)
        }
        assert rows.keys() == first.keys()
        for block, nodes in first.items():
            row, delays = rows[block], sorted(at - authored[block] for at in nodes.values())
            assert row["authored_at"] == server_time(authored[block])
            assert row["node_count"] == len(nodes)
            assert row["p100_ms"] == delays[-1] // 1000
            exact = delays[len(delays) // 2]
            # Bins are within 10 % of the delay after the first node of a shard.
            assert abs(row["p50_ms"] * 1000 - exact) <= 0.1 * (exact - delays[0]) + 1000


def test_authors_began_before_and_authored_at_once(truth, received):
    authored = {
        each["about"]["block"]: received.event(each)["at"]
        for each in truth.facts.events("Authored")
    }
    rows = ask(truth, "/api/grafana/blocks/convergence", event_type=42)
    assert {row["block_hash"] for row in rows} == set(authored)
    assert {row["p100_ms"] for row in rows} == {0}
    began = ask(truth, "/api/grafana/blocks/convergence", event_type="Authoring")
    assert {row["block_hash"] for row in began} == set(authored)
    assert max(row["p100_ms"] for row in began) <= 0
    assert min(row["p50_ms"] for row in began) > -60_000


def test_cores_and_their_guarantors(truth):
    events = truth.facts.events("WorkPackageReceived")
    received_packages = {}
    for each in events:
        received_packages.setdefault(each["data"]["core"], set()).add(each["about"]["package"])
    rows = {row["core"]: row for row in ask(truth, "/api/grafana/cores")}
    assert {core: row["work_packages"] for core, row in rows.items()} == {
        core: len(packages) for core, packages in received_packages.items()
    }
    # Their core is that of the package that the guarantor received before.
    begun = {
        (each["node"], each["session"], each["root"]["event_id"]) for each in events if each["root"]
    }
    for core in rows:
        found = ask(truth, f"/api/grafana/cores/{core}/validators")
        guarantees = Counter(
            each["node"]
            for each in truth.facts.events("GuaranteeBuilt")
            if each["about"]["core"] == core
            and (each["node"], each["session"], each["root"]["event_id"]) in begun
        )
        shown = {row["node_id"]: row["guarantee_count"] for row in found["validators"]}
        assert shown == guarantees


def test_sizes_of_what_is_stored(truth):
    found = truth.system.get("/api/grafana/db-stats")
    rows = {row["table_name"]: row["row_count"] for row in found["row_counts"]}
    assert rows["log"] == sum(truth.facts.counts().values())
    assert {row["table_name"] for row in found["tables"]} == {"log", "aggregates"}
    assert all(row["total_bytes"] > 0 for row in found["tables"])


def test_a_core_without_guarantors_is_empty(truth):
    found = ask(truth, "/api/grafana/cores/340/validators")
    assert (found["validators"], found["total_active"]) == ([], 0)


def test_a_core_s_packages_and_metrics(truth):
    everything = {row["core"]: row for row in ask(truth, "/api/grafana/cores")}
    for core, row in everything.items():
        found = ask(truth, f"/api/grafana/cores/{core}")
        counts = ("work_packages", "guarantees", "failures")
        assert [found[name] for name in counts] == [row[name] for name in counts]
        listed = {each["wp_hash"] for each in found["recent_work_packages"]}
        received = {
            each["about"]["package"]
            for each in truth.facts.events("WorkPackageReceived")
            if each["data"]["core"] == core
        }
        assert received <= listed
        found = ask(truth, f"/api/grafana/cores/{core}/metrics")
        assert found["work_packages_processed"] == row["work_packages"]
        assert 0 < found["p50_latency_ms"] <= found["p95_latency_ms"]
        assert 0 < found["processing_efficiency_pct"] < 100
        assert found["total_gas_used"] > 0
