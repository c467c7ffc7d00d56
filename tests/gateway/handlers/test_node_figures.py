"""``tart/gateway/handlers/node_figures.py``: queries to the shards and the answers."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tart.query.core.windows import time_us
from tart.units import HOUR_US, MINUTE_US
from tests.gateway.broken_off import broken_off
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, node
from tests.gateway.running import Running, running_gateway

pytestmark = pytest.mark.anyio

STEP = "step=Importing_to_BlockExecuted"
WINDOW = "start=2026-11-20T11:00:00Z&end=2026-11-20T12:00:00Z"
PATHS = (
    f"/api/nodes/summary?{WINDOW}",
    f"/api/implementations?{WINDOW}",
    f"/api/nodes/{NODE_A}/latencies?{WINDOW}",
    f"/api/nodes/{NODE_A}/latencies/slowest?{STEP}&{WINDOW}",
    f"/api/network/links?{WINDOW}",
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway with two fake shards and a node on each."""
    async with running_gateway(tmp_path) as running:
        running.shards[0].nodes = [node()]
        running.shards[1].nodes = [node(NODE_B)]
        yield running


def sent(gateway: Running, name: str, table: str | None = None) -> list[dict[str, Any]]:
    """Return the parameters of the queries of a name to the first shard."""
    return [
        request.parameters
        for request in gateway.shards[0].requests
        if request.name == name and (table is None or request.parameters["table"] == table)
    ]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_its_window_and_the_number_of_shards(
    gateway: Running, path: str
) -> None:
    body = await gateway.json(path)
    assert body["window"]["start"] == "2026-11-20T11:00:00.000000Z"
    assert body["window"]["end"] == "2026-11-20T12:00:00.000000Z"
    await gateway.shards[1].stop()
    body = await gateway.json(path.replace("11:00:00", "10:00:00"))
    assert body["shards"] == {"answered": 1, "total": 2}


async def test_implementations_are_answered_as_csv(gateway: Running) -> None:
    path = f"/api/implementations?{WINDOW}"
    gateway.shards[0].answers["version_spans"] = lambda query: [
        [NODE_A, "=fake", "1", NOON - HOUR_US, NOON]
    ]
    body = await gateway.json(path)
    response = await gateway.get(f"{path}&format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Accept" in response.headers["vary"].split(", ")
    assert response.headers["etag"]
    rows = list(csv.DictReader(response.text.splitlines()))
    assert len(rows) == len(body["implementations"]) > 0
    for row, item in zip(rows, body["implementations"], strict=True):
        assert row["nodes"] == str(item["nodes"])
        assert json.loads(row["series"]) == item["series"]
        assert row["spread.reached"] == str(item["spread"]["reached"])
        # A spreadsheet would run it.
        assert row["name"] == (f"'{item['name']}" if item["name"] == "=fake" else item["name"])
    accepted = await gateway.get(path, headers={"accept": "text/csv"})
    assert accepted.text == response.text
    preferred = await gateway.get(path, headers={"accept": "application/json, text/csv;q=0.5"})
    assert preferred.json()["implementations"] == body["implementations"]


async def test_csv_that_lacks_a_shard_does_not_end_like_a_whole_one(gateway: Running) -> None:
    await gateway.shards[1].stop()
    path = f"/api/implementations?{WINDOW}&format=csv"
    # The second request is not answered by what the first one was sent.
    for _ in range(2):
        received = await broken_off(gateway, "GET", path)
        assert received.decode().splitlines()[-1].startswith('"# incomplete: shard 1 of 2')


async def test_csv_is_refused_for_two_windows_and_other_formats_by_name(gateway: Running) -> None:
    for parameters, name in (
        ("format=csv&compare=1h", "compare"),
        ("format=parquet", "format"),
        ("format=xml", "format"),
    ):
        body = await gateway.json(f"/api/implementations?{WINDOW}&{parameters}", 400)
        assert body["error"]["param"] == name


async def test_nodes_of_all_shards_are_columns_in_order_of_their_ids(gateway: Running) -> None:
    body = await gateway.json("/api/nodes/summary")
    assert body["nodes"]["node_id"] == sorted([NODE_A, NODE_B])
    assert (body["total"], body["connected"]) == (2, 2)


async def test_the_columns_of_one_node_are_found_by_a_prefix(gateway: Running) -> None:
    body = await gateway.json(f"/api/nodes/summary?node_id={NODE_B[:6]}")
    assert (body["nodes"]["node_id"], body["total"]) == ([NODE_B], 2)
    await gateway.json(f"/api/nodes/summary?node_id={'cc' * 32}", 404)


async def test_breaches_are_read_from_the_hour_and_counted_from_the_windows_start(
    gateway: Running,
) -> None:
    def rows(parameters: dict[str, Any]) -> list[Any]:
        if parameters["table"] != "conformance":
            return []
        before, within = NOON - 20 * MINUTE_US, NOON - 5 * MINUTE_US
        return [
            [NODE_A, "events_dropped", 1, before, before],
            [NODE_A, "unknown_event_type", 1, before, within],
        ]

    gateway.shards[0].answers["aggregate_sum"] = rows
    window = "start=2026-11-20T11:50:00Z&end=2026-11-20T12:00:00Z"
    body = await gateway.json(f"/api/nodes/summary?{window}")
    index = body["nodes"]["node_id"].index(NODE_A)
    assert body["nodes"]["finding"][index] == "unknown_event_type"
    counted = (body["nodes"][name][index] for name in ("errors", "warnings", "infos"))
    assert sum(counted) == 1
    (query,) = sent(gateway, "aggregate_sum", "conformance")
    assert query["window"]["start_us"] == NOON - HOUR_US


async def test_latencies_are_of_the_node_and_of_all_nodes(gateway: Running) -> None:
    await gateway.json(f"/api/nodes/{NODE_A[:8]}/latencies")
    own, network = sent(gateway, "aggregate_sum", "latency")
    assert own["where"] == {"node": [NODE_A]}
    assert network["where"] is None
    assert own["step_us"] == network["step_us"] == MINUTE_US


@pytest.mark.parametrize("name", ["latencies", f"latencies/slowest?{STEP}"])
async def test_an_unknown_node_is_404_and_a_malformed_id_400(gateway: Running, name: str) -> None:
    body = await gateway.json(f"/api/nodes/{'cc' * 32}/{name}", 404)
    assert body["error"]["param"] == "id"
    await gateway.json(f"/api/nodes/xyz/{name}", 400)


async def test_examples_are_searched_in_the_last_day_of_a_window(gateway: Running) -> None:
    path = f"/api/nodes/{NODE_A}/latencies/slowest?{STEP}"
    body = await gateway.json(f"{path}&start=2026-11-01T00:00:00Z&end=2026-11-20T12:00:00Z")
    searched = [time_us(body[name], "") for name in ("searched_from", "searched_until")]
    (query,) = sent(gateway, "slowest_steps")
    assert (query["parent"], query["kind"]) == (43, 47)
    assert [query["window"][name] for name in ("start_us", "end_us")] == searched
    assert searched[1] - searched[0] == 24 * HOUR_US
    body = await gateway.json(f"{path}x", 400)
    assert "did you mean Importing_to_BlockExecuted" in body["error"]["message"]


async def test_links_of_one_node_are_those_that_it_or_its_peers_report(gateway: Running) -> None:
    await gateway.json(f"/api/network/links?node_id={NODE_A}&kind=tickets")
    own, other = sent(gateway, "aggregate_by_node", "links")
    assert own["where"] == {"type": [84], "node": [NODE_A]}
    assert other["where"] == {"type": [84], "peer": [NODE_A]}
