"""Health and metrics over HTTP, with and without shards; the rules are ``observability``'s."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.gateway.fake_chain import FakeChain
from tests.gateway.running import Running, eventually, running_gateway


def test_without_an_answering_shard_health_is_503_and_metrics_go_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, shards=1, deadline_seconds=0.2) as gateway:
            assert (await gateway.json("/api/health/detailed"))["status"] == "Healthy"
            await gateway.shards[0].stop()
            body = await gateway.json("/api/health/detailed", 503)
            assert body["components"]["shard_00"]["message"] == "does not answer"
            metrics = await gateway.get("/metrics")
            assert metrics.status_code == 200
            assert 'tart_shard_up{shard="0"} 0.0' in metrics.text
            assert metrics.headers["x-tart-shards"] == "0/1"
            assert (await gateway.json("/api/health"))["status"] == "ok"

    asyncio.run(run())


def test_the_contract_is_served_as_openapi_and_as_a_page(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, shards=1) as gateway:
            assert (await gateway.json("/api/openapi.json"))["openapi"] == "3.1.0"
            page = await gateway.get("/api/docs")
            assert page.headers["content-type"] == "text/html; charset=utf-8"

    asyncio.run(run())


def test_the_server_is_described_with_and_without_its_shards(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            body = await gateway.json("/api/server")
            assert [each["state"] for each in body["shard_list"]] == ["up", "up"]
            assert body["shard_list"][0]["figures"]["rows"] == 2
            assert body["gateway"]["descriptors"]["open"] > 0
            # Names of hosts and paths are for admins; without keys nobody is one.
            assert (body["host"]["name"], body["disk"]["path"]) == (None, None)
            await gateway.shards[1].stop()
            body = await gateway.json("/api/server")
            assert [each["state"] for each in body["shard_list"]] == ["up", "down"]
            assert body["shards"] == {"answered": 1, "total": 2}
            assert body["host"]["cpus"] > 0
            history = gateway.gateway.host.history
            await eventually(lambda: history.newest is not None)
            (process,) = (await gateway.json("/api/server"))["host"]["processes"]
            assert process["descriptors_open"] > 0
            assert (await gateway.json("/api/server/history"))["times"] == []
            await gateway.json("/api/server/history?duration=soon", 400)

    asyncio.run(run())


def test_the_log_has_the_lines_of_all_processes_each_once_newest_first(tmp_path: Path) -> None:
    def line(time: str, process: str) -> dict[str, str]:
        return {
            "time": time,
            "level": "warning",
            "process": process,
            "logger": "tart",
            "message": "x",
        }

    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            inherited = line("2026-11-20T12:00:01.000000Z", "supervisor")
            for shard in gateway.shards:
                own = line(f"2026-11-20T12:00:0{2 + shard.index}.000000Z", f"shard {shard.index}")
                shard.answers["log_lines"] = lambda _, own=own: [inherited, own]  # type: ignore[misc]
            await gateway.json("/api/server/log", 403)
            log = (await gateway.gateway.status.server_log()).body
            assert log["since"].endswith("Z")
            lines = log["lines"]
            processes = [each["process"] for each in lines if "11-20T12:00" in each["time"]]
            assert processes == ["shard 1", "shard 0", "supervisor"]

    asyncio.run(run())


@pytest.mark.anyio
async def test_the_log_has_the_lines_of_the_chain_process_while_it_is_there(
    gateway: Running, chain: FakeChain
) -> None:
    line = {
        "time": "2026-11-20T12:00:01.000000Z",
        "level": "warning",
        "process": "chain",
        "logger": "tart.chain",
        "message": "no connection to the RPC",
    }
    chain.answers["chain_log"] = lambda _: [line]
    status = gateway.gateway.status
    assert line in (await status.server_log()).body["lines"]
    await chain.stop()
    assert line not in (await status.server_log()).body["lines"]
