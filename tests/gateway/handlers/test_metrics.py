"""``tart/gateway/handlers/metrics.py``: queries to the shards and the answers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tart.query.shard_queries.packages import PAIRS
from tart.units import HOUR_US, MINUTE_US
from tests.gateway.fake_shard import NODE_A, NODE_B, claims, event, node
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


def queries(gateway: Running, name: str) -> list[dict[str, Any]]:
    """Return the parameters of every query of a name to the first shard."""
    return [each.parameters for each in gateway.shards[0].requests if each.name == name]


@pytest.mark.parametrize(
    ("metric", "group_by"), [("events", "core"), ("guarantees", "node"), ("failures", "node")]
)
async def test_an_unknown_grouping_is_refused_with_the_known_ones(
    gateway: Running, metric: str, group_by: str
) -> None:
    path = f"/api/metrics/timeseries/grouped?metric={metric}&group_by={group_by}"
    body = await gateway.json(path, 400)
    assert body["error"]["param"] == "group_by"
    assert "guarantees by core" in body["error"]["message"]


async def test_an_unknown_metric_is_refused(gateway: Running) -> None:
    body = await gateway.json("/api/metrics/timeseries?metric=latency", 400)
    assert body["error"]["param"] == "metric"


async def test_too_many_buckets_are_refused(gateway: Running) -> None:
    path = "/api/metrics/timeseries?start=2020-01-01T00:00:00Z&end=2020-06-01T00:00:00Z"
    body = await gateway.json(path, 400)
    assert body["error"]["param"] == "interval"


async def test_a_grouped_series_queries_newest_buckets_until_it_has_enough_rows(
    gateway: Running,
) -> None:
    def spread(parameters: dict[str, Any]) -> dict[str, Any]:
        nodes = [f"{number:064x}" for number in range(600)]
        bucket = parameters["window"]["end_us"]
        bucket -= bucket % parameters["step_us"]
        return {"nodes": nodes, "rows": [[bucket, 11, list(range(600)), [1] * 600]]}

    gateway.shards[0].answers["aggregate_by_node"] = spread
    body = await gateway.json("/api/metrics/timeseries/grouped?duration=20&interval=5")
    assert len(body["data"]) == 1000
    newer, older = (each["window"] for each in queries(gateway, "aggregate_by_node"))
    assert all(each["end_us"] - each["start_us"] < HOUR_US for each in (newer, older))
    assert newer["start_us"] == older["end_us"] + 1


async def test_realtime_queries_its_seconds_and_live_queries_none(gateway: Running) -> None:
    now = int(time.time())
    for at, shard in enumerate(gateway.shards):
        shard.live |= {
            "seconds": [[now - 2, 3, ["aa"], [], 1, 0]],
            "nodes": [[at, NODE_A], [5, NODE_B]],
            "details": [[now - 2, [0, 1, 0, 0, 2], f"{1 << at:x}"]],
        }
    body = await gateway.json("/api/metrics/realtime?seconds=10")
    assert (body["totals"]["events"], body["totals"]["active_nodes"]) == (6, 1)
    assert (body["totals"]["announcements"], body["totals"]["tickets"]) == (2, 4)
    await gateway.json("/api/metrics/live")
    assert queries(gateway, "live") == [{"seconds": 10}, {"seconds": None}]


async def test_events_of_a_slot_are_listed_on_request(gateway: Running) -> None:
    gateway.shards[0].append(event(0, 7))
    gateway.shards[1].append(event(1, 7, node=NODE_B), event(1, 8, node=NODE_B))
    body = await gateway.json("/api/slots/7")
    assert "events_by_node" not in body
    assert not queries(gateway, "events")
    body = await gateway.json("/api/slots/7?include_events=true")
    assert [each["node_id"] for each in body["events_by_node"]] == [NODE_A, NODE_B]
    assert [len(each["events"]) for each in body["events_by_node"]] == [1, 1]


async def test_the_path_nodes_top_is_not_the_path_of_a_node(gateway: Running) -> None:
    gateway.shards[0].nodes = [node()]
    gateway.shards[0].answers["aggregate_sum"] = lambda _: [[NODE_A, 5]]
    gateway.shards[1].answers["aggregate_sum"] = lambda _: [[NODE_A, 2], [NODE_B, 9]]
    body = await gateway.json("/api/nodes/top?event_type=62&limit=1")
    assert [(each["node_id"], each["events"]) for each in body["nodes"]] == [(NODE_B, 9)]
    assert body["total_events"] == 16
    (query,) = queries(gateway, "aggregate_sum")
    assert (query["where"], query["by"]) == ({"type": [62]}, ["node"])


async def test_latency_windows_before_yesterday_are_in_whole_hours(gateway: Running) -> None:
    for duration, step in (("90m", MINUTE_US), ("3d", HOUR_US)):
        await gateway.json(f"/api/metrics/latency?duration={duration}")
        assert queries(gateway, "aggregate_sum")[-1]["window"]["start_us"] % step == 0
    body = await gateway.json("/api/metrics/latency?group_by=core")
    assert queries(gateway, "step_durations")[-1]["by_core"] is True
    assert (body["group_by"], body["steps"]) == ("core", [])


async def test_latencies_by_core_are_of_the_steps_that_end_in_the_requested_types(
    gateway: Running,
) -> None:
    names = list(PAIRS)
    samples = [[number, 40, 2, 1, None] for number in range(len(names))]
    gateway.shards[0].answers["step_durations"] = lambda _: samples
    every = await gateway.json("/api/metrics/latency?group_by=core")
    assert {step["step"] for step in every["steps"]} == set(names)
    path = "/api/metrics/latency?group_by=core&event_types=Refined,WorkReportBuilt"
    some = await gateway.json(path)
    assert {step["step"] for step in some["steps"]} == {
        "authorized_to_refined",
        "refined_to_report_built",
    }


async def test_latencies_by_implementation_have_name_and_version(gateway: Running) -> None:
    gateway.shards[0].nodes = [node()]

    def summed(parameters: dict[str, Any]) -> list[list[Any]]:
        row = {"parent": 43, "type": 45, "bin": 40, "node": NODE_A}
        return [[*(row[name] for name in parameters["by"]), 2]]

    for shard in gateway.shards:
        shard.answers["aggregate_sum"] = summed
    body = await gateway.json("/api/metrics/latency?group_by=implementation&event_types=45")
    (step,) = body["steps"]
    assert (step["group"], step["count"]) == ("fake-node 0.1.0", 4)
    (step,) = (await gateway.json("/api/metrics/latency"))["steps"]
    assert "group" not in step


async def test_a_block_of_several_shards_counts_once(gateway: Running) -> None:
    gateway.shards[0].authored, gateway.shards[1].authored = ["01" * 32], ["01" * 32]
    gateway.shards[0].chain = [claims(NODE_A, 7, 5)]
    body = await gateway.json("/api/blocks?duration=24h")
    assert body["totals"]["blocks_authored"] == 1
    assert (body["chain"]["best_slot"], body["chain"]["finalized_slot"]) == (7, 5)
