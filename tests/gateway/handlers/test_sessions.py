"""``tart/gateway/handlers/sessions.py``: connections and conformance over several shards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.query.core.event_ids import event_api_id
from tart.query.core.rfc3339 import rfc3339
from tart.units import HOUR_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, node
from tests.gateway.running import Running, eventually, running_gateway

LATER = "2026-11-20T13:30:00Z"


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    """Run one test against a gateway of its own, of two shards and two nodes."""

    async def run() -> None:
        async with running_gateway(directory) as running:
            running.shards[0].nodes = [node()]
            running.shards[1].nodes = [node(NODE_B)]
            await test(running)

    asyncio.run(run())


def session(directory: int, number: int, at: int, of: str = NODE_A) -> dict[str, Any]:
    """A row as a shard gives it."""
    return {
        **{"id": event_api_id(directory, number), "session": number, "node": of},
        **{"address": "192.0.2.1:4", "started_at": rfc3339(at), "ended_at": None},
        **{"outcome": "open", "reason": None, "protocol_version": 1, "params_layout": "gp-0.7"},
        **{"last_at": None, "last_event_id": None, "next_event_id": 0, "events": 0, "bytes": 9},
        **{"dropped": 0, "undecodable": 0, "shed": 0, "deviations": "{}"},
    }


def listing(rows: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Any]:
    """A shard's answer of rows, newest first, below a place."""

    def answer(parameters: dict[str, Any]) -> Any:
        positions = parameters["cursor"]["positions"]
        before = {int(directory): number for directory, number in positions.items()}
        found = [
            row
            for row in reversed(rows)
            if row["session"] < before.get(row["id"] & 0xFF, 1 << 40)
            and parameters["node"] in (None, row["node"])
        ]
        return found[: parameters["limit"]]

    return answer


def asked(gateway: Running, name: str) -> list[dict[str, Any]]:
    """Return the parameters of every query of that name to the first shard."""
    return [each.parameters for each in gateway.shards[0].requests if each.name == name]


def test_connections_of_all_shards_come_newest_first_page_by_page(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for at, shard in enumerate(gateway.shards):
            rows = [session(at, n, NOON + (2 * n + at) * SECOND_US, NODE_A) for n in range(3)]
            shard.answers["sessions"] = listing(rows)
        found, query = [], "limit=4"
        while True:
            page = await gateway.json(f"/api/sessions?{query}")
            found += page["sessions"]
            if not page["has_more"]:
                assert "next_cursor" not in page
                break
            query = f"limit=4&cursor={page['next_cursor']}"
        assert [each["session"] for each in found] == [
            event_api_id(directory, number) for number in (2, 1, 0) for directory in (1, 0)
        ]

    with_gateway(tmp_path, check)


def test_the_window_of_sessions_is_sent_to_the_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await gateway.json(f"/api/sessions?start=2026-11-20T12:00:00Z&end={LATER}")
        (parameters,) = asked(gateway, "sessions")
        end = NOON + HOUR_US + HOUR_US // 2
        assert parameters["cursor"]["window"] == {"start_us": NOON, "end_us": end}

    with_gateway(tmp_path, check)


def test_sessions_of_a_node_are_requested_by_its_id(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["sessions"] = listing([session(0, 0, NOON, NODE_B)])
        assert (await gateway.json(f"/api/nodes/{NODE_A}/sessions"))["sessions"] == []
        (found,) = (await gateway.json(f"/api/nodes/{NODE_B.upper()}/sessions"))["sessions"]
        assert found["node_id"] == NODE_B

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("route", ["sessions", "conformance"])
def test_an_unknown_node_is_not_found(tmp_path: Path, route: str) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json(f"/api/nodes/{'cc' * 32}/{route}", 404)
        assert body["error"]["code"] == "not_found"

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("route", ["/api/sessions", "/api/conformance"])
def test_a_missing_shard_shows_in_the_answer(tmp_path: Path, route: str) -> None:
    async def check(gateway: Running) -> None:
        await gateway.shards[1].stop()
        await eventually(lambda: not gateway.gateway.shards.every[1].up)
        response = await gateway.get(route)
        assert response.json()["shards"] == {"answered": 1, "total": 2}
        assert response.headers["x-tart-shards"] == "1/2"

    with_gateway(tmp_path, check)


def find(gateway: Running) -> None:
    """The same rule broken by one node on both shards, and by another on one."""

    def counted(rows: list[list[Any]]) -> Callable[[dict[str, Any]], Any]:
        return lambda parameters: rows if parameters["table"] == "conformance" else []

    one, two = gateway.shards
    one.answers["aggregate_sum"] = counted(
        [[NODE_A, "truncated", 2, NOON, NOON + SECOND_US], [NODE_B, "truncated", 1, NOON, NOON]]
    )
    two.answers["aggregate_sum"] = counted([[NODE_A, "truncated", 3, NOON - SECOND_US, NOON]])
    for at, shard in enumerate(gateway.shards):
        row = {
            **{"at": NOON + at, "frame": "0a", "node": NODE_A, "session": 256, "event_id": 3},
            **{"type": 11, "rule": "truncated", "byte_offset": 9, "field": "slot", "size": 1},
            **{"expectation": "4 bytes", "id": event_api_id(at, 7)},
        }
        shard.answers["examples"] = lambda _, row=row: [row]  # type: ignore[misc]


def test_findings_of_all_shards_are_one(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        find(gateway)
        body = await gateway.json(f"/api/nodes/{NODE_A}/conformance")
        mine = [each for each in body["findings"] if each["examples"]]
        (found,) = mine
        assert found["first_at"] == rfc3339(NOON - SECOND_US)
        assert found["last_at"] == rfc3339(NOON + SECOND_US)
        assert [each["id"] for each in found["examples"]] == [event_api_id(at, 7) for at in (1, 0)]
        assert (body["verdict"], body["node_id"]) == ("error", NODE_A)

    with_gateway(tmp_path, check)


def test_each_rule_has_the_number_of_nodes_that_broke_it(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        find(gateway)
        body = await gateway.json("/api/conformance")
        (rule,) = body["rules"]
        assert (rule["code"], rule["count"], rule["nodes"]) == ("truncated", 6, 2)
        counts = {each["node_id"]: each["findings"][0]["count"] for each in body["nodes"]}
        assert counts == {NODE_A: 5, NODE_B: 1}
        assert (await gateway.get(rule["docs"])).status_code == 200

    with_gateway(tmp_path, check)


def test_a_window_of_findings_begins_with_a_whole_hour(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json(f"/api/conformance?start=2026-11-20T12:59:59Z&end={LATER}")
        assert body["window"]["start"] == rfc3339(NOON)
        assert body["window"]["end"] == rfc3339(NOON + HOUR_US)
        starts = {
            each["window"]["start_us"]
            for name in ("aggregate_sum", "protocol_versions", "examples")
            for each in asked(gateway, name)
        }
        assert starts == {NOON}

    with_gateway(tmp_path, check)
