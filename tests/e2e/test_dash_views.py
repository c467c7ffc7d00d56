"""The pages of the dashboard against a server: their values are those of the API."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from tart.client.http import AsyncTartClient
from tart.dash.core.event_tail import EventTail
from tart.dash.core.model import page_values, row_values
from tart.dash.core.views.events import collector
from tart.dash.core.views.table import BY_NAME, parse_place
from tests.dash.pages import find_figure, find_table
from tests.running import DEADLINE

pytestmark = pytest.mark.slow


@pytest.fixture
def system(truths):
    """A server that knows a whole network's events, shared with the tests of the truth."""
    return truths("1 shard").system


async def _load(url, text):
    place = parse_place(text)
    view = BY_NAME[place.view]
    async with AsyncTartClient(url, timeout=DEADLINE, proxies=False) as client:
        requests = view.requests(place)
        answers = [await getattr(client, it.method)(**it.arguments) for it in requests]
    names = (request.name for request in requests)
    return view.page(place, dict(zip(names, answers, strict=True)), datetime.now(UTC))


@pytest.fixture
def load(system):
    """Return a function that loads the page of a text such as ``slot 7``."""
    return lambda text: asyncio.run(_load(system.api, text))


def rows_of(page, table):
    rows = row_values(find_table(page, table))
    assert rows, table
    return rows


def test_blocks(system, load):
    page = load("blocks")
    answer = system.get("/api/slots", count=60)
    blocks = {block["hash"]: (slot, block) for slot in answer["slots"] for block in slot["blocks"]}
    rows = {row["hash"]: row for row in rows_of(page, "Blocks") if row["hash"]}
    assert rows.keys() == blocks.keys()
    for hash_, (slot, block) in blocks.items():
        row, author = rows[hash_], block["author"]
        assert row["slot"] == slot["slot"]
        assert row["state"] == block["chain"]
        assert row["author"] == (author and author["node_id"])
        for share in (50, 90, 99):
            assert row[f"until_{share}_ms"] == block[f"until_{share}_ms"]
        assert (row["nodes"], row["size_bytes"]) == (block["nodes"], block["size_bytes"])
        assert row["failures"] == slot["authoring_failed"] + slot["import_failed"]
    missed = [slot["slot"] for slot in answer["slots"] if slot["state"] == "missed"]
    assert find_figure(page, "Missed").value == len(missed)
    assert find_figure(page, "Best slot").value == answer["best_slot"]
    assert find_figure(page, "Finalized").value == answer["finalized_slot"]
    steps = system.get("/api/metrics/latency", duration="15m")["steps"]
    (verify,) = [it for it in steps if it["step"] == "Importing_to_BlockVerified"]
    assert find_figure(page, "Verify p95").value == verify["p95_ms"]
    halves = sorted(row["until_50_ms"] for row in rows.values() if row["until_50_ms"] is not None)
    assert find_figure(page, "Half p50").value == halves[(len(halves) - 1) // 2]


def test_slot(system, load):
    slots = system.get("/api/slots", count=60)["slots"]
    number = next(slot["slot"] for slot in slots if slot["blocks"])
    page = load(f"slot {number}")
    answer = system.get(f"/api/slots/{number}/propagation")
    rows = {(row["block"], row["node"]): row for row in rows_of(page, "Nodes")}
    for block in answer["blocks"]:
        stages = block["stages"]
        for index, place in enumerate(stages["node"]):
            row = rows[block["hash"], answer["nodes"][place]["node_id"]]
            for stage in ("verified", "executed", "best", "execution_ms"):
                assert row[stage] == stages[stage][index]
        for place in block["never"]:
            assert rows[block["hash"], answer["nodes"][place]["node_id"]]["had"] is None
    assert find_figure(page, "p90").value == answer["blocks"][0]["until_90_ms"]
    assert find_figure(page, "Failures").value == len(answer["failures"])


def test_work(system, load):
    page = load("work")
    answer = system.get("/api/workpackages/active", duration="1h", limit=100)
    rows = {row["package"]: row for row in rows_of(page, "Packages")}
    assert len(rows) == len(answer["work_packages"])
    for package in answer["work_packages"]:
        row = rows[package["hash"]]
        assert row["stage"] == package["current_stage"]
        assert row["elapsed_ms"] == package["elapsed_ms"]
        assert row["core"] == package["core_index"]
        assert row["reason"] == (package["failure_reason"] or package["discard_reason"])
    funnel = system.get("/api/workpackages/funnel", duration="1h")
    assert find_figure(page, "Packages").value == funnel["packages"]
    lost = sum(stage["lost"] for stage in funnel["stages"])
    assert find_figure(page, "Lost").value == lost
    assert [row["count"] for row in rows_of(page, "Failures")] == [
        group["count"] for group in funnel["failure_groups"]
    ]


def test_package(system, load):
    active = system.get("/api/workpackages/active", duration="1h", limit=100)["work_packages"]
    wanted = max(active, key=lambda it: len([time for time in it["stages"].values() if time]))
    page = load(f"package {wanted['hash']}")
    journey = system.get(f"/api/workpackages/{wanted['hash']}/waterfall")
    bars = {
        (row["node_id"], bar["stage"], bar["start_ms"], bar["peer_id"]): bar
        for row in journey["rows"]
        for bar in (*row["bars"], *row["shares"])
    }
    steps = [row for row in rows_of(page, "Steps") if row["node"]]
    named = {(row["node"], row["step"], row["start_ms"], row["peer"]): row for row in steps}
    assert named.keys() == bars.keys()
    for key, row in named.items():
        bar = bars[key]
        assert row["took_ms"] == pytest.approx(bar["end_ms"] - bar["start_ms"], abs=0.001)
    assert find_figure(page, "Took").value == journey["duration_ms"]
    assert find_figure(page, "Stage").value == journey["current_stage"]


def test_cores_and_one_core(system, load):
    page = load("cores")
    status = system.get("/api/cores/status", duration="1h")
    grid = system.get("/api/cores/grid", duration="1h", slots=600)
    rows = rows_of(page, "Cores")
    assert [(row["core"], row["guarantees"], row["gas_used"]) for row in rows] == [
        (core["core_index"], core["guarantees_last_hour"], int(core["gas_used"]))
        for core in status["cores"]
    ]
    losses = [index for index, entry in enumerate(grid["legend"]) if entry["is_loss"]]
    assert {row["core"]: row["lost"] for row in rows} == {
        core["core_index"]: sum(core["outcomes"][index] for index in losses)
        for core in grid["cores"]
    }
    metrics = system.get("/api/cores/0/metrics", duration="1h")
    core = load("core 0")
    assert find_figure(core, "Received").value == metrics["stats"]["wps_received"]
    assert find_figure(core, "p95").value == metrics["p95_latency_ms"]
    validators = system.get("/api/cores/0/validators", duration="1h")["validators"]
    assert {row["node"]: row["guarantees"] for row in rows_of(core, "Guarantors")} == {
        node["node_id"]: node["guarantee_count"] for node in validators
    }


def test_events_with_and_without_conditions(system, load):
    newest = system.get("/api/events", limit=500)["events"]
    assert [row["id"] for row in rows_of(load("events"), "Events")] == [it["id"] for it in newest]
    node, core = newest[0]["node_id"], 0
    conditions = {"event_types": "guaranteeing", "node_id": node, "core_index": core, "limit": 500}
    wanted = system.get("/api/events", **conditions)["events"]
    page = load(f"events type=guaranteeing node={node[:12]} core={core}")
    rows = rows_of(page, "Events")
    assert [(row["id"], row["node"], row["core"]) for row in rows] == [
        (it["id"], node, core) for it in wanted
    ]


def test_an_event_is_whole(system, load):
    (event,) = system.get("/api/events", event_types="WorkReportBuilt", limit=1)["events"]
    lines = [row["json"] for row in rows_of(load(f"event {event['id']}"), "Event") if row["json"]]
    assert json.loads("\n".join(lines)) == system.get(f"/api/events/{event['id']}", bytes="hex")


def test_the_tail_reads_each_event_once(system):
    """From the first poll on a stored past: the tail and the list are the same."""
    listed = system.get("/api/events", limit=100, bytes="hex")["events"]

    async def poll_twice():
        tail = EventTail({}, limit=100)
        async with AsyncTartClient(system.api, timeout=DEADLINE, proxies=False) as client:
            for _ in range(2):
                (request,) = tail.requests()
                answers = tail.collect({"events": await client.events(**request.arguments)})
        return answers

    answers = asyncio.run(poll_twice())
    assert [it["id"] for it in answers["events"]["events"]] == [it["id"] for it in listed]
    assert answers["tail"]["left_out"] == 0
    assert collector(parse_place("events core=0")).requests()[0].arguments["core_index"] == 0


def test_conformance_and_one_rule(system, load):
    page = load("conformance")
    # Not the answer that the page is made from.
    nodes = system.get("/api/conformance", duration="24h")["nodes"]
    counts, broken = {}, {}
    for node in nodes:
        for finding in node["findings"]:
            counts[finding["code"]] = counts.get(finding["code"], 0) + finding["count"]
            broken[finding["code"]] = broken.get(finding["code"], 0) + 1
    rows = {row["rule"]: row for row in rows_of(page, "Rules")}
    assert {code: row["count"] for code, row in rows.items()} == counts
    assert {code: row["nodes"] for code, row in rows.items()} == broken
    assert find_figure(page, "Findings").value == sum(counts.values())
    code = max(counts, key=lambda it: counts[it])
    finding = load(f"finding {code}")
    assert find_figure(finding, "Findings").value == counts[code]
    assert sum(row["count"] for row in rows_of(finding, "Nodes")) == counts[code]
    examples = system.get("/api/conformance/examples", rule=code, duration="24h", limit=30)
    assert [row["offset"] for row in rows_of(finding, "Examples")] == [
        it["offset"] for it in examples["examples"]
    ]


def test_alerts(system, load):
    page = load("alerts")
    answer = system.get("/api/alerts")
    assert {row["summary"] for row in row_values(find_table(page, "Now"))} == {
        alert["summary"] for alert in answer["alerts"]
    }
    assert find_figure(page, "Shards").value == answer["shards_answered"]


def test_pages_of_what_does_not_exist(load):
    assert "has not begun" in find_table(load("slot 4000000000"), "Nodes").note
    assert find_figure(load("core 65535"), "Received").value == 0
    assert page_values(load("events type=Dropped core=65535"))["tables"]["events"] == []
