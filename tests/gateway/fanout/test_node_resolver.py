"""Prefixes of node ids on every route that takes one, against a gateway with fake shards."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import names_nodes
from tart.gateway.api.route import Kind
from tests.gateway.fake_shard import NODE_A, NOON, event, node
from tests.gateway.running import Running, path_of, running_gateway

pytestmark = pytest.mark.anyio

SIMILAR = NODE_A[:60] + "0000"
TYPED = NODE_A[:59] + "1" + NODE_A[60:]
TAKING = [
    (route, parameter)
    for route in ROUTES
    for parameter in route.parameters
    if names_nodes(parameter)
]
BY_PATH = [route for route, parameter in TAKING if parameter.where == "path"]
BY_QUERY = {
    route.name: parameter.name
    for route, parameter in TAKING
    if parameter.where == "query" and route.kind is Kind.ANSWER
}
ROUTE = {route.name: route for route in ROUTES}
WINDOW = "start=2026-11-20T11:00:00Z&end=2026-11-20T12:00:00Z"


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: Any) -> AsyncIterator[Running]:
    """Two nodes whose ids differ in the last digits, one with an event."""
    async with running_gateway(tmp_path_factory.mktemp("resolver")) as running:
        running.shards[0].nodes = [node()]
        running.shards[1].nodes = [node(SIMILAR)]
        for shard in running.shards:
            running.gateway.registry.record(shard.index, shard.nodes)
        running.shards[0].append(event(0, 0, at=NOON))
        yield running


def url(name: str, text: str) -> str:
    """A request to a route about a node; the fixed parts are those of ``path_of``."""
    route = ROUTE[name]
    if name not in BY_QUERY:
        return route.path.replace("{id}", text)
    window = f"&{WINDOW}" if "/grafana/" in route.path else ""
    return f"{path_of(route)}?{BY_QUERY[name]}={text}{window}"


@pytest.mark.parametrize("route", [*(route.name for route in BY_PATH), *BY_QUERY])
async def test_every_route_takes_a_prefix_and_refuses_others(gateway: Running, route: str) -> None:
    whole = await gateway.get(url(route, NODE_A))
    for text in (NODE_A[:61], f"0x{NODE_A[:61].upper()}"):
        short = await gateway.get(url(route, text))
        assert short.status_code == whole.status_code != 400
    name = BY_QUERY.get(route, "id")
    ambiguous = await gateway.json(url(route, NODE_A[:4]), 409)
    assert ambiguous["error"]["param"] == name
    assert [each["node_id"] for each in ambiguous["error"]["candidates"]] == sorted(
        [NODE_A, SIMILAR]
    )
    for text in (TYPED, TYPED[:60]):
        unknown = await gateway.json(url(route, text), 404)
        assert unknown["error"]["param"] == name
        assert f"did you mean {NODE_A}?" in unknown["error"]["message"]
    short_text = await gateway.json(url(route, NODE_A[:3]), 400)
    assert short_text["error"]["param"] == name


async def test_a_prefix_selects_the_events_of_its_node(gateway: Running) -> None:
    for path in ("/api/events", "/api/events/search"):
        assert len((await gateway.json(f"{path}?node_id={NODE_A[:61]}"))["events"]) == 1
        assert (await gateway.json(f"{path}?node_id={SIMILAR[:61]}"))["events"] == []


async def test_a_live_filter_takes_a_prefix_and_names_the_whole_id(gateway: Running) -> None:
    async with gateway.websocket("?subscribe=none") as socket:
        for _ in range(2):
            await socket.recv()
        for text, answer in ((NODE_A[:61], NODE_A), ("12" * 32, "12" * 32)):
            document = {"type": "Any", "filters": [{"type": "Node", "node_id": text}]}
            await socket.send(json.dumps({"type": "Subscribe", "filter": document}))
            reply = json.loads(await socket.recv())
            assert reply["data"]["filter"]["filters"][0]["node_id"] == answer
        for text, code in (
            (NODE_A[:4], "ambiguous"),
            ("1234", "not_found"),
            ("1", "bad_parameter"),
        ):
            document = {"type": "Node", "node_id": text}
            await socket.send(json.dumps({"type": "Subscribe", "filter": document}))
            reply = json.loads(await socket.recv())
            assert (reply["type"], reply["data"]["code"]) == ("error", code)
            assert reply["data"]["param"] == "filter.node_id"


async def test_a_node_that_connected_a_moment_ago_is_found(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as running:
        assert (await running.get(f"/api/nodes/{NODE_A[:8]}")).status_code == 404
        running.shards[1].nodes = [node()]
        assert (await running.json(f"/api/nodes/{NODE_A[:8]}"))["node_id"] == NODE_A
