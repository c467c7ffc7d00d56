"""``tart/gateway/handlers/comparisons.py``: queries to the shards and the answers.

Most tests play a simulated network into offline shards, and call the handler as the gateway does.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.api.routes.comparisons import COMPARISON_ROUTES
from tart.gateway.handlers.comparisons import compare_implementations, slice_us
from tart.gateway.handlers.windows import windowed
from tart.offline.server import OfflineServer, offline_server
from tart.query.comparison.measures import METRICS
from tart.query.core.windows import time_us
from tart.simulate.model.network import Network
from tart.testing import FakeNode
from tart.units import HOUR_US, JCE_US, MINUTE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, node
from tests.gateway.running import Running, running_gateway

pytestmark = pytest.mark.anyio

WINDOW = "start=2026-11-20T11:00:00Z&end=2026-11-20T12:00:00Z"
(ROUTE,) = COMPARISON_ROUTES
SECONDS = 180


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway with two fake shards and a node on each."""
    async with running_gateway(tmp_path) as running:
        running.shards[0].nodes = [node()]
        running.shards[1].nodes = [node(NODE_B)]
        yield running


async def test_the_answer_has_its_window_and_the_number_of_shards(gateway: Running) -> None:
    path = f"/api/implementations/compare?{WINDOW}"
    body = await gateway.json(path)
    assert body["window"]["start"] == "2026-11-20T11:00:00.000000Z"
    assert body["window"]["end"] == "2026-11-20T12:00:00.000000Z"
    assert body["comparisons"] == 0
    await gateway.shards[1].stop()
    body = await gateway.json(path.replace("11:00:00", "10:00:00"))
    assert body["shards"] == {"answered": 1, "total": 2}


async def test_only_the_tables_of_the_measures_are_read(gateway: Running) -> None:
    start = time_us("2026-11-20T11:00:00Z", "start")
    gateway.shards[0].answers["version_spans"] = lambda query: [
        [NODE_A, "fake-node", "1", start, NOON]
    ]

    async def tables(parameters: str) -> set[str]:
        gateway.shards[0].requests.clear()
        await gateway.json(f"/api/implementations/compare?{WINDOW}&{parameters}")
        return {
            request.parameters.get("table", request.name) for request in gateway.shards[0].requests
        } - {"nodes", "version_spans", "chain"}

    assert await tables("step=Importing_to_BlockVerified") == {"latency"}
    assert await tables("metric=clock_offset") == {"clocks"}
    assert await tables("metric=restarts") == {"counts"}
    assert await tables("metric=findings") == {"counts", "conformance"}
    assert await tables("metric=guarantee_delay") == {"deliveries"}
    assert await tables("metric=report_size,refine_time_per_gas") == {"packages", "refinements"}
    assert await tables("metric=assurance_delay") == {"assurances"}
    blocks = {"first_seen_blocks", "block_propagation"}
    assert await tables("metric=propagation_received") == blocks
    assert await tables("metric=all") == {
        *("counts", "conformance", "clocks", "refinements", "packages", "blocks", "deliveries"),
        # Without anchors there are no assurances to be asked for.
        "assurances",
        *blocks,
    }


async def test_a_baseline_that_is_no_group_is_refused(gateway: Running) -> None:
    start = time_us("2026-11-20T11:00:00Z", "start")
    gateway.shards[0].answers["version_spans"] = lambda query: [
        [NODE_A, "fake-node", "1", start, NOON]
    ]
    path = f"/api/implementations/compare?{WINDOW}&baseline=fake-nod"
    response = await gateway.get(path)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["param"], "did you mean fake-node?" in error["message"]) == ("baseline", True)


def test_slices_are_a_dozen_of_whole_minutes() -> None:
    assert slice_us(10 * SECOND_US) == MINUTE_US
    assert slice_us(HOUR_US) == 5 * MINUTE_US
    assert slice_us(HOUR_US + 1) == 6 * MINUTE_US


async def ask(server: OfflineServer, parameters: str) -> Mapping[str, Any]:
    """Return the answer of the handler at the server's present."""
    handler = windowed(compare_implementations, server.clock)
    answer = await handler(server.queries, ROUTE.read(parameters, {}))
    body = answer.body() if callable(answer.body) else answer.body
    assert isinstance(body, Mapping)
    return body


async def ask_csv(server: OfflineServer, parameters: str) -> str:
    """Return the answer of the handler as CSV."""
    handler = windowed(compare_implementations, server.clock)
    answer = await handler(server.queries, ROUTE.read(parameters, {}))
    assert answer.media_type == "text/csv; charset=utf-8"
    text: str = answer.body().decode()
    return text


@pytest.mark.slow
async def test_all_measures_of_a_simulated_network_are_there() -> None:
    network = Network(nodes=12, cores=4, seed=3)
    async with offline_server(JCE_US + network.now, shards=2) as server:
        connections = [server.open_session(f"[2001:db8::{i + 1:x}]:40000") for i in range(12)]
        for index, connection in enumerate(connections):
            connection.receive(network.connect(index))
        for emission in network.advance(network.now + SECONDS * SECOND_US):
            server.advance(JCE_US + emission.when)
            connections[emission.node].receive(emission.frame)
        server.advance(JCE_US + network.now + 40 * SECOND_US)
        await server.settle()
        found = await ask(server, "duration=10m&metric=all&step=all")
        assert {row["name"] for row in found["measures"]} >= {*METRICS}
        assert found["comparisons"] > 100
        assert found["nodes_changed"] == found["nodes_unknown"] == 0
        assert found["groups_left_out"] == 0
        for table in ("groups", "differences", "measures"):
            parameters = f"duration=10m&metric=all&step=all&format=csv&table={table}"
            rows = list(csv.DictReader((await ask_csv(server, parameters)).splitlines()))
            assert [row.keys() for row in rows] == [row.keys() for row in found[table]]
            name = "name" if table == "measures" else "measure"
            assert [row[name] for row in rows] == [row[name] for row in found[table]]
        values = [row["value"] for row in found["groups"]]
        parameters = "duration=10m&metric=all&step=all&format=csv"
        rows = list(csv.DictReader((await ask_csv(server, parameters)).splitlines()))
        assert [float(row["value"]) if row["value"] else None for row in rows] == values
        of_step = await ask(server, "duration=10m&step=Importing_to_BlockVerified")
        assert [row["nodes"] for row in of_step["groups"]] == [3, 3, 3, 3]
        row = next(row for row in found["groups"] if row["measure"] == "assurances_unreceived")
        assert (row["value"], row["nodes"]) == (0.0, 3)


@pytest.mark.slow
async def test_a_version_is_compared_with_the_one_that_the_same_nodes_had_before() -> None:
    """Six nodes import blocks, change to another version after half an hour, and import faster."""
    start = 1_795_000_000 * SECOND_US // HOUR_US * HOUR_US
    async with offline_server(start, shards=2) as server:
        for version, took_us in (("0.3.1", 100_000), ("0.3.2", 50_000)):
            nodes = [
                FakeNode(bytes([place]) * 32, name="alpha", implementation_version=version)
                for place in range(1, 7)
            ]
            connections = [server.open_session(f"[2001:db8::{i + 1:x}]:40000") for i in range(6)]
            for fake, connection in zip(nodes, connections, strict=True):
                connection.receive(fake.connect())
            for minute in range(30):
                server.advance(server.now_us + MINUTE_US)
                for place, (fake, connection) in enumerate(zip(nodes, connections, strict=True)):
                    begun = server.now_us - JCE_US - SECOND_US
                    block = {"slot": minute, "outline": OUTLINE}
                    root, frame = fake.event("Importing", begun, **block)
                    connection.receive(frame)
                    ended = begun + took_us + 5_000 * ((minute * 7 + place) % 9)
                    _, frame = fake.event("BlockVerified", ended, importing_id=root)
                    connection.receive(frame)
            for connection in connections:
                connection.close("restart")
            await server.settle()
        by_version = "by=version&step=Importing_to_BlockVerified"
        found = await ask(server, f"duration=1h&{by_version}")
        assert found["nodes_changed"] == 6
        assert [(row["group"], row["nodes"]) for row in found["groups"]] == [
            ("alpha 0.3.1", 6),
            ("alpha 0.3.2", 6),
        ]
        (pair,) = found["differences"]
        assert (pair["a"], pair["b"]) == ("alpha 0.3.1", "alpha 0.3.2")
        assert pair["significant"]
        assert pair["worse"] == "alpha 0.3.1"
        assert 0.5 < pair["ratio"] < 0.7
        # The slice in which they changed is left out, so that no event counts for both.
        assert sum(row["events"] for row in found["groups"]) <= 6 * 60
        reversed_ = await ask(server, f"duration=1h&{by_version}&baseline=0.3.2")
        assert reversed_["differences"][0]["ratio"] == pytest.approx(1 / pair["ratio"], rel=1e-4)
        # By implementation there is one group, and nothing to compare.
        alone = await ask(server, "duration=1h&step=Importing_to_BlockVerified")
        assert (alone["differences"], alone["nodes_changed"]) == ([], 0)


OUTLINE = {
    "size_bytes": 1,
    "hash": bytes(32),
    "num_tickets": 0,
    "num_preimages": 0,
    "total_preimages_size": 0,
    "num_guarantees": 0,
    "num_assurances": 0,
    "num_dispute_verdicts": 0,
}
