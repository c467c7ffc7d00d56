"""The whole gateway: that it ends in order, and that nothing is left over."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.gateway.running import eventually, running_gateway


def test_several_gateways_live_in_one_process_and_leave_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        before = len(asyncio.all_tasks())
        async with (
            running_gateway(tmp_path / "1") as one,
            running_gateway(tmp_path / "2") as two,
            one.websocket(),
        ):
            assert (await one.json("/api/health"))["status"] == "ok"
            assert (await two.json("/api/health"))["status"] == "ok"
        await eventually(lambda: len(asyncio.all_tasks()) == before)

    asyncio.run(run())


def test_a_running_request_ends_before_the_gateway_does(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, deadline_seconds=0.2) as gateway:
            for shard in gateway.shards:
                shard.answers["chain"] = lambda _: None
            asking = asyncio.create_task(gateway.get("/api/stats"))
            await eventually(
                lambda: any(each.name == "chain" for each in gateway.shards[0].requests)
            )
            stopping = asyncio.create_task(gateway.gateway.stop())
            response = await asking
            assert response.status_code == 504
            await stopping

    asyncio.run(run())
