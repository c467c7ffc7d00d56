"""``tart/gateway/handlers/nodes.py``: queries to the shards and the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.units import MINUTE_US
from tests.gateway.fake_network import UNKNOWN, populate
from tests.gateway.fake_shard import (
    NODE_A,
    NODE_B,
    NOON,
    event,
    node,
    statement,
)
from tests.gateway.running import Running, running_gateway

pytestmark = pytest.mark.anyio

OF_NODE = ("status/enhanced", "peers", "timeline")
WINDOWED = (
    "/api/network/topology",
    "/api/validators/cores",
    f"/api/nodes/{NODE_A}/status/enhanced",
    f"/api/nodes/{NODE_A}/peers",
    "/api/da/stats",
    "/api/da/stats/enhanced",
    "/api/metrics/execution",
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway with two fake shards and a node on each."""
    async with running_gateway(tmp_path) as running:
        running.shards[0].nodes = [node()]
        running.shards[1].nodes = [node(NODE_B)]
        yield running


@pytest.mark.parametrize("name", OF_NODE)
async def test_activity_of_an_unknown_node_is_404_and_of_a_malformed_id_400(
    gateway: Running, name: str
) -> None:
    body = await gateway.json(f"/api/nodes/{'cc' * 32}/{name}", 404)
    assert body["error"]["param"] == "id"
    await gateway.json(f"/api/nodes/xyz/{name}", 400)


@pytest.mark.parametrize("path", WINDOWED)
async def test_a_window_begins_with_a_whole_bucket_and_is_in_the_answer(
    gateway: Running, path: str
) -> None:
    body = await gateway.json(f"{path}?start=2026-11-20T11:47:31Z&end=2026-11-20T12:00:00Z")
    assert body["window"]["end"] == "2026-11-20T12:00:00.000000Z"
    start = time_us(body["window"]["start"], "")
    assert start % MINUTE_US == 0
    assert start <= time_us("2026-11-20T11:47:31Z", "")
    bounds = [
        request.parameters["window"]
        for request in gateway.shards[0].requests
        if request.name in ("aggregate_sum", "aggregate_rows", "transfers")
    ]
    assert bounds
    # Queries end before the end of the window: whole buckets, no later one.
    assert all(each["end_us"] == NOON - 1 for each in bounds)
    assert all(each["start_us"] <= start for each in bounds)
    await gateway.json(f"{path}?start=2026-11-20T12:00:00Z&end=2026-11-20T11:00:00Z", 400)
    body = await gateway.json(f"{path}?duration=1x", 400)
    assert body["error"]["param"] == "duration"


async def test_an_answer_without_all_shards_has_their_number(gateway: Running) -> None:
    await gateway.shards[1].stop()
    body = await gateway.json("/api/da/stats")
    assert body["shards"] == {"answered": 1, "total": 2}


async def test_reports_of_a_link_on_two_shards_are_one_link(gateway: Running) -> None:
    def answering(rows: list[Any]) -> Callable[[dict[str, Any]], Any]:
        return lambda parameters: rows if parameters["table"] == "links" else []

    gateway.shards[0].answers["aggregate_sum"] = answering([[NODE_A, NODE_B, 62, 0, 5, NOON]])
    gateway.shards[1].answers["aggregate_sum"] = answering([[NODE_B, NODE_A, 62, 1, 4, NOON + 1]])
    (link,) = (await gateway.json("/api/network/topology"))["connections"]
    assert (link["sent"], link["received"], link["message_count"]) == (5, 4, 5)


async def test_a_timeline_is_paged_and_counts_all_categories(gateway: Running) -> None:
    gateway.shards[0].append(*[event(0, i, at=NOON + i) for i in range(3)])
    gateway.shards[0].append(event(0, 3, number=120, variant="SendingShardRequest", fields={}))
    gateway.shards[0].answers["aggregate_sum"] = lambda _: [[11, 3], [120, 1]]
    path = f"/api/nodes/{NODE_A}/timeline?categories=status&limit=2"
    first = await gateway.json(path)
    assert [each["event_id"] for each in first["events"]] == [2, 1]
    assert first["has_more"]
    assert first["category_counts"] == [
        {"category": "status", "count": 3},
        {"category": "shard", "count": 1},
    ]
    rest = await gateway.json(f"{path}&cursor={first['next_cursor']}")
    assert [each["event_id"] for each in rest["events"]] == [0]
    assert not rest["has_more"]
    await gateway.json(f"/api/nodes/{NODE_A}/timeline?start_time=yesterday", 400)


async def test_nodes_are_listed_connected_first_then_last_seen_first(gateway: Running) -> None:
    off = {"is_connected": False, "connections": []}
    gateway.shards[0].nodes = [
        node("01" * 32, **off, last_seen_at=rfc3339(NOON + 9)),
        node("02" * 32, last_seen_at=rfc3339(NOON + 1)),
    ]
    gateway.shards[1].nodes = [
        node("03" * 32, **off, last_seen_at=rfc3339(NOON + 20)),
        node("04" * 32, last_seen_at=rfc3339(NOON + 5)),
    ]
    body = await gateway.json("/api/nodes")
    assert [each["node_id"][:2] for each in body["nodes"]] == ["04", "02", "03", "01"]
    assert all(each["peer_id"] == each["node_id"] for each in body["nodes"])


async def test_a_node_on_two_shards_is_one_node(gateway: Running) -> None:
    gateway.shards[0].nodes = [node(is_connected=False, connections=[], event_count=10)]
    gateway.shards[1].nodes = [node(connected_at=rfc3339(NOON + 5), event_count=4)]
    (only,) = (await gateway.json("/api/nodes"))["nodes"]
    assert (only["is_connected"], only["event_count"]) == (True, 14)
    details = await gateway.json(f"/api/nodes/{NODE_A.upper()}")
    assert details["connected_at"] == rfc3339(NOON + 5)
    assert details["connection_info"]["address"] == "127.0.0.1:40000"
    assert details["connection_info"]["event_count"] == 3
    assert len(details["connections"]) == 1


async def test_a_node_that_is_gone_has_no_connection_info(gateway: Running) -> None:
    populate(*gateway.shards)
    details = await gateway.json(f"/api/nodes/{NODE_B}")
    assert "connection_info" not in details
    assert details["connections"] == []


@pytest.mark.parametrize("suffix", ["", "/events", "/status"])
async def test_an_unknown_node_is_404_and_a_malformed_id_400(gateway: Running, suffix: str) -> None:
    unknown = await gateway.json(f"/api/nodes/{UNKNOWN}{suffix}", 404)
    assert unknown["error"]["code"] == "not_found"
    assert UNKNOWN in unknown["error"]["message"]
    for malformed in ("ab", "g" * 64, f"0x{NODE_A}0", "%00", "a%20b"):
        refused = await gateway.json(f"/api/nodes/{malformed}{suffix}", 400)
        assert refused["error"]["param"] == "id"


async def test_status_is_the_latest_over_all_shards(gateway: Running) -> None:
    populate(*gateway.shards)
    best = {"timestamp": 1, "slot": 9, "hash": "0x" + "22" * 32}
    newer = statement(NOON + 60, data={"BestBlockChanged": best})
    gateway.shards[1].status = {"counts": {"11": 1}, "latest": {"11": newer}}
    body = await gateway.json(f"/api/nodes/{NODE_A}/status")
    assert body["chain_status"]["best_slot"] == 9
    assert body["chain_status"]["best_hash"] == "22" * 32
    assert body["chain_status"]["best_block_events"] == 7
    assert body["latest_status"] == {"timestamp": 1, "num_peers": 3}
    assert body["event_breakdown"][0] == {"event_type": 11, "count": 7}
    assert body["node"]["peer_id"] == NODE_A
