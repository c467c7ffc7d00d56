"""The registry is refreshed when a shard becomes available, and periodically."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tart.background_tasks import Background
from tart.gateway.fanout.node_refresher import NodeRefresher
from tests.gateway.fake_shard import NODE_A, NODE_B, node
from tests.gateway.running import eventually, running_gateway


def test_the_nodes_of_a_shard_that_comes_back_are_read(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, shards=1) as gateway:
            registry = gateway.gateway.registry
            gateway.shards[0].nodes = [node()]
            await gateway.shards[0].stop()
            await gateway.shards[0].start()
            await eventually(lambda: NODE_A in registry)

    asyncio.run(run())


def test_the_nodes_are_read_again_after_the_interval(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, shards=1) as gateway:
            parts = gateway.gateway
            await parts.refresher.stop()
            refresher = NodeRefresher(parts.queries, parts.registry, Background(), 0.01)
            gateway.shards[0].nodes = [node()]
            refresher.start()
            await eventually(lambda: NODE_A in parts.registry)
            gateway.shards[0].nodes = [node(), node(NODE_B)]
            await eventually(lambda: NODE_B in parts.registry)
            await refresher.stop()

    asyncio.run(run())


def test_an_unavailable_shard_does_not_end_the_refreshes(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, shards=1) as gateway:
            parts = gateway.gateway
            await parts.refresher.stop()
            await gateway.shards[0].stop()
            await eventually(lambda: not parts.shards.every[0].up)
            refresher = NodeRefresher(parts.queries, parts.registry, Background(), 0.01)
            refresher.start()
            gateway.shards[0].nodes = [node()]
            await gateway.shards[0].start()
            await eventually(lambda: NODE_A in parts.registry)
            await refresher.stop()

    asyncio.run(run())
