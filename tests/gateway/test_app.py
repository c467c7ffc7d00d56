"""The whole gateway: that it ends in order, and that nothing is left over."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.gateway.running import eventually, running_gateway

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


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


@pytest.mark.parametrize(
    ("path", "question"),
    [
        # The WebSocket's greeting, two questions at once, one after another, and a stream's.
        (b"/api/ws", "chain"),
        (b"/api/stats", "chain"),
        (b"/api/events?offset=9", "events"),
        (b"/api/events/export", "export"),
        (b"/api/events/stream?last_event_id=1", "event"),
    ],
)
def test_a_client_that_leaves_while_shards_are_asked_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: bytes, question: str
) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for shard in gateway.shards:
                shard.answers[question] = lambda _: None
            before = len(asyncio.all_tasks())
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(HANDSHAKE % path)
            asked = await eventually(
                lambda: [each.id for each in gateway.shards[0].requests if each.name == question]
            )
            writer.transport.abort()
            await eventually(lambda: set(asked) <= set(gateway.shards[0].cancelled))
            await eventually(lambda: len(asyncio.all_tasks()) == before)
            assert not any(shard.pending for shard in gateway.gateway.shards.every)
            assert not gateway.gateway.streams.subscribers

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
