"""Every route: its shape against the contract, and that its figures mean what they say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tart.access.roles import Role
from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.openapi import statuses
from tart.gateway.api.routes.streams import EVENT_STREAM
from tart.query.core.rfc3339 import rfc3339
from tart.units import SECOND_US
from tests.gateway.fake_packages import add_package
from tests.gateway.fake_shard import (
    BLOCK_HASH,
    NODE_A,
    NODE_B,
    NOON,
    FakeShard,
    claims,
    event,
    node,
    statement,
)
from tests.gateway.json_schema import violations
from tests.gateway.running import Running, path_of, running_gateway

UNKNOWN = "cc" * 32
JSON_ROUTES = [
    route
    for route in ROUTES
    if route.schema_name in SCHEMAS
    and route.schema_name != "Error"
    and route.method == "GET"
    and route.role is not Role.ADMIN
]


def with_gateway(
    directory: Path, test: Callable[[Running], Awaitable[None]], shards: int = 2, **api: Any
) -> None:
    """Run one test against a gateway of its own."""

    async def run() -> None:
        async with running_gateway(directory, shards, **api) as running:
            await test(running)

    asyncio.run(run())


def populate(one: FakeShard, two: FakeShard) -> None:
    """Two nodes, one on each shard, with events of every kind the routes look at."""
    one.nodes, two.nodes = [node()], [node(NODE_B, is_connected=False, connections=[])]
    one.chain = [claims(NODE_A, 7, 5)]
    one.authored, two.authored = ["01" * 32, "02" * 32], ["02" * 32, "03" * 32]
    for i in range(6):
        one.append(event(0, i, at=NOON + 10 * i))
        two.append(event(1, i, at=NOON + 10 * i + 5, node=NODE_B))
    best = {"timestamp": 1, "slot": 5, "hash": BLOCK_HASH}
    latest = statement(NOON + 50, data={"BestBlockChanged": best})
    status = statement(data={"Status": {"timestamp": 1, "num_peers": 3}})
    one.status = {"counts": {"11": 6, "10": 1}, "latest": {"11": latest, "10": status}}
    now = int(time.time())
    one.live |= {"seconds": [[now - 2, 5, ["aa"], ["bb"], 2, 1]], "active": [NODE_A]}
    two.live |= {"seconds": [[now - 3, 7, ["aa", "cc"], [], 4, 0]], "active": [NODE_A, NODE_B]}
    add_package(one)


@pytest.mark.parametrize("route", JSON_ROUTES, ids=lambda route: route.name)
@pytest.mark.parametrize("filled", [True, False], ids=["filled", "empty"])
def test_each_answer_has_the_shape_of_its_schema(tmp_path: Path, route: Any, filled: bool) -> None:
    async def check(gateway: Running) -> None:
        if filled:
            populate(*gateway.shards)
        for bytes_as in ("hex", "array"):
            path = path_of(route)
            response = await gateway.get(path, params={"bytes": bytes_as})
            if ("{id}" in route.path or "{hash}" in route.path) and not filled:
                assert response.status_code == 404
                assert violations(response.json(), SCHEMAS["Error"]) == []
                return
            assert response.status_code in (200, 503 if route.name == "detailed_health" else 200)
            assert violations(response.json(), SCHEMAS[route.schema_name]) == []
            assert "shards" not in response.json()
            assert response.headers.get("x-tart-shards") == ("2/2" if route.scattered else None)

    with_gateway(tmp_path, check)


def test_health_is_the_peers_and_asks_no_shard(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        asked = [len(shard.requests) for shard in gateway.shards]
        body = await gateway.json("/api/health")
        assert list(body) == ["status", "service", "version"]
        assert (body["status"], body["service"]) == ("ok", "tart-backend")
        assert [len(shard.requests) for shard in gateway.shards] == asked

    with_gateway(tmp_path, check)


def test_stats_count_each_block_once_and_name_who_is_ahead(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        gateway.shards[1].chain = [
            *(claims(f"{i:064x}", 6, 4) for i in range(3)),
            claims("ee" * 32, 900, None),
        ]
        body = await gateway.json("/api/stats?duration=15m")
        assert body["total_blocks_authored"] == 3
        assert (body["best_block"], body["finalized_block"]) == (7, 4)
        assert [each["node_id"] for each in body["ahead"]] == [NODE_A, "ee" * 32]
        asked = [each.parameters for each in gateway.shards[0].requests if each.name == "listed"]
        assert asked[0]["end_us"] - asked[0]["start_us"] == 900 * SECOND_US + 1

    with_gateway(tmp_path, check)


def test_blocks_beyond_what_a_shard_lists_are_asked_for_in_halves_of_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tart.gateway.fanout.queries.MAX_AUTHORED", 3)
    now = time.time_ns() // 1000
    blocks = {now - age * SECOND_US: f"{age:064x}" for age in range(1, 8)}

    def listed(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = parameters["start_us"], parameters["end_us"]
        found = [
            {"hash": each, "node": NODE_A} for at, each in blocks.items() if first <= at < last
        ]
        return found[: parameters["limit"]]

    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["listed"] = listed
        assert (await gateway.json("/api/stats?duration=1h"))["total_blocks_authored"] == 7
        asked = [each for each in gateway.shards[0].requests if each.name == "listed"]
        # However long the window is, what is empty in it is asked for a few times at most.
        assert len(asked) < 4 * (3_600).bit_length()
        assert all(each.deadline_seconds <= asked[0].deadline_seconds for each in asked)

    with_gateway(tmp_path, check)


def test_network_is_what_connected_nodes_share(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json("/api/network")
        assert body["network"] == {
            "connected_nodes": 1,
            "total_nodes": 2,
            "genesis": "0x" + "00" * 32,
        }
        assert body["topology"]["validator_count"] == 6
        assert body["implementations"] == [{"name": "fake-node", "version": "0.1.0", "count": 1}]

    with_gateway(tmp_path, check)


def test_a_network_without_nodes_is_null_and_not_zero(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json("/api/network")
        assert body["network"] == {"connected_nodes": 0, "total_nodes": 0, "genesis": None}
        assert set(body["topology"].values()) == {None}
        assert body["protocol_params"] is None
        stats = await gateway.json("/api/stats")
        assert (stats["best_block"], stats["finalized_block"]) == (None, None)
        assert stats["total_blocks_authored"] == 0

    with_gateway(tmp_path, check)


def test_nodes_are_listed_connected_first_then_last_seen_first(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
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

    with_gateway(tmp_path, check)


def test_a_node_on_two_shards_is_one_node(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node(is_connected=False, connections=[], event_count=10)]
        gateway.shards[1].nodes = [node(connected_at=rfc3339(NOON + 5), event_count=4)]
        (only,) = (await gateway.json("/api/nodes"))["nodes"]
        assert (only["is_connected"], only["event_count"]) == (True, 14)
        details = await gateway.json(f"/api/nodes/{NODE_A.upper()}")
        assert details["connected_at"] == rfc3339(NOON + 5)
        assert details["connection_info"]["address"] == "127.0.0.1:40000"
        assert details["connection_info"]["event_count"] == 3
        assert len(details["connections"]) == 1

    with_gateway(tmp_path, check)


def test_a_node_that_is_gone_has_no_connection_info(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        details = await gateway.json(f"/api/nodes/{NODE_B}")
        assert "connection_info" not in details
        assert details["connections"] == []

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("suffix", ["", "/events", "/status"])
def test_an_unknown_node_is_404_and_a_malformed_id_400(tmp_path: Path, suffix: str) -> None:
    async def check(gateway: Running) -> None:
        unknown = await gateway.json(f"/api/nodes/{UNKNOWN}{suffix}", 404)
        assert unknown["error"]["code"] == "not_found"
        assert UNKNOWN in unknown["error"]["message"]
        for malformed in ("ab", "g" * 64, "0x" + NODE_A, "%00", "a%20b"):
            refused = await gateway.json(f"/api/nodes/{malformed}{suffix}", 400)
            assert refused["error"]["param"] == "id"

    with_gateway(tmp_path, check)


def test_events_of_a_node_are_its_own(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json(f"/api/nodes/{NODE_B.upper()}/events?limit=4")
        assert {each["node_id"] for each in body["events"]} == {NODE_B}
        assert len(body["events"]) == 4
        assert body["has_more"] is True
        rest = await gateway.json(f"/api/nodes/{NODE_B}/events?cursor={body['next_cursor']}")
        assert [each["event_id"] for each in rest["events"]] == [1, 0]
        assert rest["has_more"] is False
        assert "next_cursor" not in rest

    with_gateway(tmp_path, check)


def test_a_known_node_without_events_has_an_empty_list(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        body = await gateway.json(f"/api/nodes/{NODE_A}/events")
        assert body == {"events": [], "has_more": False}

    with_gateway(tmp_path, check)


def test_status_is_the_latest_over_all_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
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

    with_gateway(tmp_path, check)


async def _ids(gateway: Running, path: str) -> list[int]:
    return [each["id"] for each in (await gateway.json(path))["events"]]


def test_events_are_merged_newest_first_and_limits_are_clamped(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json("/api/events")
        times = [each["received_at"] for each in body["events"]]
        assert times == sorted(times, reverse=True)
        assert (len(times), body["has_more"]) == (12, False)
        everything = [each["id"] for each in body["events"]]
        assert await _ids(gateway, "/api/events?limit=0") == everything[:1]
        assert await _ids(gateway, "/api/events?limit=-7") == everything[:1]
        assert await _ids(gateway, "/api/events?limit=99999999999999999999") == everything
        assert gateway.shards[0].requests[-1].parameters["limit"] == 1001
        assert await _ids(gateway, "/api/events?limit=3&offset=2") == everything[2:5]
        assert await _ids(gateway, "/api/events?limit=3&offset=-2") == everything[:3]
        assert await _ids(gateway, "/api/events?offset=100000") == []

    with_gateway(tmp_path, check)


def test_exactly_limit_events_are_not_said_to_have_more(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        assert (await gateway.json("/api/events?limit=12"))["has_more"] is False
        assert (await gateway.json("/api/events?limit=11"))["has_more"] is True

    with_gateway(tmp_path, check)


def test_pages_stay_the_same_while_events_arrive_and_a_shard_comes_late(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        one, two = gateway.shards
        populate(one, two)
        everything = await _ids(gateway, "/api/events")
        body = await gateway.json("/api/events?limit=5")
        seen = [each["id"] for each in body["events"]]
        two.answers["events"] = lambda _: None  # the second page is without this shard
        gateway.gateway.questions._deadline = 0.2
        number = 100
        while body["has_more"]:
            one.append(event(0, number, at=NOON + SECOND_US))
            two.append(event(1, number, at=NOON + SECOND_US, node=NODE_B))
            number += 1
            body = await gateway.json(f"/api/events?limit=2&cursor={body['next_cursor']}")
            if "shards" in body:
                assert body["shards"] == {"answered": 1, "total": 2}
                gateway.gateway.questions._deadline = 5.0
                two.answers.clear()
            seen += [each["id"] for each in body["events"]]
        assert sorted(seen) == sorted(everything)

    with_gateway(tmp_path, check)


def test_an_offset_beyond_a_chunk_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tart.gateway.fanout.queries.SKIP_CHUNK", 2)

    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        everything = await _ids(gateway, "/api/events")
        assert await _ids(gateway, "/api/events?offset=5&limit=4") == everything[5:9]
        assert await _ids(gateway, "/api/events?offset=12") == []
        assert await _ids(gateway, "/api/events?offset=50") == []

    with_gateway(tmp_path, check)


def _search(names: str) -> dict[str, Any]:
    return dict(each.split("=", 1) for each in names.split("&") if each)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 12),
        ("event_types=11", 12),
        ("event_types=42, 43", 1),
        (f"node_id={NODE_B.upper()}", 6),
        ("slot=3", 2),
        ("core_index=1", 1),
        (f"wp_hash={BLOCK_HASH}", 12),
        (f"hash={BLOCK_HASH[2:].upper()}", 12),
        ("wp_hash=" + "00" * 32, 0),
        ("start_time=2026-11-20T12:00:00.000050Z", 2),
        ("end_time=2026-11-20T12:00:00.000005Z", 2),
        ("start=2026-11-20T13:00:00.00005+01:00&end=2026-11-20T12:00:00.00005Z", 1),
        ("start_time=2026-11-20T13:00:00 01:00&duration=1s", 12),
        ("duration=1s", 0),
        ("event_types=11&slot=3&node_id=" + NODE_A, 1),
    ],
)
def test_search_finds_what_passes_all_conditions(tmp_path: Path, query: str, expected: int) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        if "42" in query:
            gateway.shards[0].append(event(0, 50, number=42, variant="Authored", fields={}))
        if "core" in query:
            fields = {"core": 1}
            gateway.shards[0].append(event(0, 50, number=93, variant="D", fields=fields))
        response = await gateway.get("/api/events/search", params=_search(query))
        body = response.json()
        assert (len(body["events"]), body["total"]) == (expected, expected)

    with_gateway(tmp_path, check)


def test_a_search_tells_its_total_on_the_last_page_only(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        path = "/api/events/search?event_types=11&limit=8"
        body = await gateway.json(path)
        assert (body["total"], body["has_more"], body["limit"], body["offset"]) == (
            None,
            True,
            8,
            0,
        )
        body = await gateway.json(f"{path}&cursor={body['next_cursor']}")
        assert (body["total"], body["has_more"]) == (12, False)
        assert (await gateway.json(f"{path}&offset=6"))["total"] == 12

    with_gateway(tmp_path, check)


def test_a_continued_search_keeps_the_window_of_its_first_page(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        now = int(time.time() * SECOND_US)
        gateway.shards[0].append(*[event(0, i, at=now - 1000 + i) for i in range(4)])
        path = "/api/events/search?duration=1h&limit=2"
        body = await gateway.json(path)
        first = gateway.shards[0].requests[-1].parameters
        await gateway.json(f"{path}&cursor={body['next_cursor']}")
        second = gateway.shards[0].requests[-1].parameters
        assert (second["start_us"], second["end_us"]) == (first["start_us"], first["end_us"])

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/stats?duration=1w", "duration"),
        ("/api/stats?duration=", "duration"),
        ("/api/stats?duration=1h&duration=2h", "duration"),
        ("/api/events?limit=ten", "limit"),
        ("/api/events?limit=1.5", "limit"),
        ("/api/events?limit=", "limit"),
        ("/api/events?offset=100001", "offset"),
        ("/api/events?offset=x", "offset"),
        ("/api/events?cursor=nonsense", "cursor"),
        ("/api/events?bytes=base64", "bytes"),
        ("/api/events/search?event_types=11,x", "event_types"),
        ("/api/events/search?event_types=256", "event_types"),
        ("/api/events/search?event_types=", "event_types"),
        ("/api/events/search?node_id=ab", "node_id"),
        ("/api/events/search?core_index=-1", "core_index"),
        ("/api/events/search?core_index=65536", "core_index"),
        ("/api/events/search?slot=4294967296", "slot"),
        ("/api/events/search?wp_hash=ab", "wp_hash"),
        ("/api/events/search?hash=zz", "hash"),
        (f"/api/events/search?hash={NODE_A}&wp_hash={NODE_A}", "hash"),
        ("/api/events/search?start_time=yesterday", "start_time"),
        ("/api/events/search?end=never", "end"),
        (
            "/api/events/search?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
            "end_time",
        ),
        ("/api/ws?subscribe=some", "subscribe"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(
    tmp_path: Path, path: str, parameter: str
) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json(path, 400)
        assert violations(body, SCHEMAS["Error"]) == []
        assert (body["error"]["code"], body["error"]["param"]) == ("bad_parameter", parameter)

    with_gateway(tmp_path, check)


def test_live_counts_complete_seconds_and_distinct_blocks(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        now = int(time.time())
        gateway.shards[0].live["seconds"].append([now + 5, 1000, ["zz"], [], 1, 0])
        body = await gateway.json("/api/metrics/live")
        assert body["last_10s"]["events"] == 12
        assert body["last_10s"]["blocks"] == 2
        assert body["last_10s"]["best_block_events"] == 6
        assert body["last_10s"]["events_per_second"] == 1.2
        assert body["last_1m"]["events_per_second"] == 12 / 60
        assert body["active_nodes"] == 2
        assert (body["latest_slot"], body["finalized_slot"]) == (7, 5)
        start, end = (datetime.fromisoformat(body["last_10s"][name]) for name in ("start", "end"))
        assert (end - start).total_seconds() == 10

    with_gateway(tmp_path, check)


def test_bytes_are_rendered_as_asked_or_as_set(tmp_path: Path) -> None:
    async def asked(gateway: Running) -> None:
        await gateway.json("/api/events?bytes=array")
        assert gateway.shards[0].requests[-1].parameters["bytes"] == "array"
        await gateway.json("/api/events")
        assert gateway.shards[0].requests[-1].parameters["bytes"] == "hex"

    async def configured(gateway: Running) -> None:
        await gateway.json("/api/events")
        assert gateway.shards[0].requests[-1].parameters["bytes"] == "array"

    with_gateway(tmp_path / "1", asked)
    with_gateway(tmp_path / "2", configured, bytes="array")


def test_detailed_health_is_degraded_without_one_shard_and_503_without_any(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json("/api/health/detailed")
        parts = body["components"]
        assert list(parts)[:3] == ["database", "batch_writer", "event_broadcaster"]
        assert parts["shard_01"]["status"] == "Healthy"
        assert body["summary"]["total_components"] == len(parts) == 7
        await gateway.shards[1].stop()
        gateway.gateway.questions._deadline = 0.3
        body = await gateway.json("/api/health/detailed")
        assert body["status"] == "Degraded"
        assert body["components"]["database"]["status"] == "Degraded"
        assert body["components"]["shard_01"]["status"] == "Unhealthy"
        assert body["shards"] == {"answered": 1, "total": 2}
        gateway.shards[0].answers["statistics"] = lambda _: None
        response = await gateway.get("/api/health/detailed")
        assert response.status_code == 503
        assert response.json()["status"] == "Unhealthy"
        assert response.headers["x-tart-shards"] == "0/2"
        assert violations(response.json(), SCHEMAS["DetailedHealth"]) == []

    with_gateway(tmp_path, check)


NASTY = [
    "%00",
    "%ff%fe",
    "-1",
    "1e9",
    "9" * 40,
    "null",
    "[]",
    "%F0%9F%A6%80",
    "' OR 1=1 --",
    "../../etc",
    "a" * 3000,
]


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_no_text_in_a_url_is_a_fault_of_ours(tmp_path: Path, nasty: str) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        for route in ROUTES:
            if route.method != "GET" or route.media_type == EVENT_STREAM:
                continue
            path = path_of(route)
            urls = [f"{path}?{each.name}={nasty}" for each in route.parameters]
            urls += [route.path.replace("{id}", nasty), f"{path}?{nasty}={nasty}&&=&"]
            for url in urls:
                response = await gateway.get(url)
                assert response.status_code in {*statuses(route), 404, 200}, url
                unavailable = route.name == "detailed_health" or route.schema_name == "Error"
                assert response.status_code != 503 or unavailable, url

    with_gateway(tmp_path, check)
