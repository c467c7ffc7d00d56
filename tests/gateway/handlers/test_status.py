"""Health and metrics over HTTP, with and without shards; the rules are ``observability``'s."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.gateway.running import running_gateway


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
