"""``tart/gateway/handlers/network_metrics.py``: one message to each shard, cached briefly."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.gateway.fake_shard import network_figures
from tests.gateway.running import eventually, running_gateway


def test_a_scrape_costs_one_message_per_shard(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            counts = {**network_figures()["counts"], "events": [[11, 2]]}
            for shard in gateway.shards:
                shard.network = network_figures(counts=counts)
            response = await gateway.get("/metrics/network")
            assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert (
                'tart_network_events_total{event="BestBlockChanged",group="status"} 4.0'
                in response.text
            )
            for shard in gateway.shards:
                assert [each.name for each in shard.requests].count("network") == 1

    asyncio.run(run())


def test_requests_within_a_moment_share_an_answer(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, cache_seconds=600) as gateway:
            for _ in range(3):
                await gateway.get("/metrics/network")
            assert [each.name for each in gateway.shards[0].requests].count("network") == 1

    asyncio.run(run())


def test_without_any_shard_the_page_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for shard in gateway.shards:
                await shard.stop()
            await eventually(lambda: not any(each.up for each in gateway.gateway.shards.every))
            response = await gateway.get("/metrics/network")
            assert response.status_code == 200
            assert 'tart_network_shards{state="missing"} 2.0' in response.text

    asyncio.run(run())
