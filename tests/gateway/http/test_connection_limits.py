"""A request has its time, and connections their number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.http.connection_limits import MAX_ANSWERING
from tests.gateway.running import Running, eventually, running_gateway

PATIENCE = 30.0
# A request's time, in tests that wait for its end.
SHORT = 0.3
SQL = b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    """Run one test against a gateway of its own."""

    async def run() -> None:
        async with running_gateway(directory, **api) as running:
            await asyncio.wait_for(test(running), PATIENCE)

    asyncio.run(run())


class Peer:
    """A bare connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def closed(self) -> bool:
        """Wait for the end, whatever comes before it."""
        with suppress(ConnectionError):
            await self.reader.read()
        return True


@asynccontextmanager
async def connected(gateway: Running, data: bytes = b"") -> AsyncIterator[Peer]:
    """A connection that says this, once it is accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        writer.write(data)
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def dripping(peer: Peer, data: bytes) -> None:
    """Send bytes one at a time, for as long as somebody takes them."""
    with suppress(ConnectionError):
        for byte in data:
            peer.send(bytes([byte]))
            await asyncio.sleep(SHORT / 20)


@pytest.mark.parametrize(
    ("begin", "rest"),
    [
        (b"", GET[:-4] % b"/api/stats" + b"\r\nX-Slow: " + b"a" * 8000),
        (b"GET /api/stats HTTP/1.1\r\n", b""),
        (SQL + b"Content-Length: 10\r\n\r\n", b""),
        (SQL + b"Content-Length: 100000\r\n\r\n", b"{" * 10_000),
        (SQL + b"Transfer-Encoding: chunked\r\n\r\n", b""),
        (SQL + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 2000),
        (SQL + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n", b""),
    ],
    ids=["head", "half", "no-body", "body", "no-chunk", "chunks", "expect"],
)
def test_a_request_that_does_not_come_in_time_gets_408_and_is_closed(
    tmp_path: Path, begin: bytes, rest: bytes
) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway, begin) as peer:
            sending = asyncio.create_task(dripping(peer, rest))
            # Others do not feel it.
            assert (await gateway.get("/api/health")).status_code == 200
            if b"Expect" in begin:
                assert b" 100 " in await peer.reader.readuntil(b"\r\n\r\n")
            status, body = await peer.answer()
            assert (status, json.loads(body)["error"]["code"]) == (408, "request_timeout")
            assert await peer.closed()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await eventually(lambda: len(gateway.gateway.server.connections) <= 1)

    with_gateway(tmp_path, check, request_seconds=SHORT)


@pytest.mark.parametrize("rest", [b"", b"x" * 9000])
def test_a_body_that_nobody_wants_is_not_waited_for_either(tmp_path: Path, rest: bytes) -> None:
    """It was answered without, and the connection could be used again behind the body."""

    async def check(gateway: Running) -> None:
        head = b"GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
        async with connected(gateway, head) as peer:
            sending = asyncio.create_task(dripping(peer, rest))
            assert (await peer.answer())[0] == 404
            assert await peer.closed()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    with_gateway(tmp_path, check, request_seconds=SHORT)


def test_time_spent_between_requests_is_not_theirs(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway) as peer:
            for _ in range(3):
                # Longer than a request may take.
                await asyncio.sleep(SHORT)
                peer.send(GET % b"/api/health")
                assert (await peer.answer())[0] == 200

    with_gateway(tmp_path, check, request_seconds=SHORT / 2)


def test_a_stream_may_last_also_of_one_who_announced_an_empty_body(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        head = GET[:-2] % b"/api/metrics/stream" + b"Content-Length: 0\r\n\r\n"
        async with connected(gateway, head) as peer:
            assert b" 200 " in await peer.reader.readuntil(b"\r\n\r\n")
            for _ in range(3):
                await asyncio.sleep(SHORT)
                await peer.reader.readuntil(b"\n\n")

    with_gateway(tmp_path, check, request_seconds=SHORT / 4, send_stall_seconds=10.0)


def test_a_newcomer_takes_the_place_of_a_connection_that_nobody_uses(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        connections = gateway.gateway.server.connections
        strangers = [b"", b"GET / HT", SQL + b"Content-Length: 9\r\n\r\n"]
        async with connected(gateway) as known, AsyncExitStack() as stack:
            for number, said in enumerate(strangers, 1):
                known.send(GET % b"/api/nodes")
                assert (await known.answer())[0] == 200
                stranger = await stack.enter_async_context(connected(gateway, said))
                await eventually(lambda: len(connections) == 2)
                async with connected(gateway, GET % b"/api/health") as newcomer:
                    assert (await newcomer.answer())[0] == 200
                    assert await stranger.closed()
                await eventually(lambda: len(connections) == 1)
                assert (connections.evicted, connections.refused) == (number, 0)
            known.send(GET % b"/metrics")
            assert b"tart_api_connections_evicted_total 3.0" in (await known.answer())[1]

    with_gateway(tmp_path, check, max_connections=2)


def test_strangers_go_before_who_was_let_in(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        connections = gateway.gateway.server.connections
        async with connected(gateway) as known:
            for _ in range(20):
                known.send(GET % b"/api/nodes")
                assert (await known.answer())[0] == 200
                async with connected(gateway), connected(gateway), connected(gateway) as last:
                    last.send(GET % b"/api/health")
                    assert (await last.answer())[0] == 200
        assert connections.evicted >= 20

    with_gateway(tmp_path, check, max_connections=3)


def test_when_all_are_in_use_the_newcomer_is_closed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        connections = gateway.gateway.server.connections
        await gateway.client.aclose()
        await eventually(lambda: not len(connections))
        async with gateway.websocket() as first, gateway.websocket() as second:
            await first.recv()
            await second.recv()
            async with connected(gateway, GET % b"/api/health") as newcomer:
                assert await newcomer.closed()
            assert (connections.refused, connections.evicted) == (1, 0)
            assert len(connections) == 2
            pong = await first.ping()
            await pong
        await eventually(lambda: not len(connections))
        async with connected(gateway, GET % b"/api/health") as peer:
            assert (await peer.answer())[0] == 200

    with_gateway(tmp_path, check, max_connections=2)


@pytest.mark.slow
def test_who_pings_and_takes_no_pongs_is_not_read_on_until_it_does(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        head = GET[:-2] % b"/api/ws?subscribe=none" + b"Upgrade: websocket\r\n"
        head += b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        head += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ping = b"\x89\xfd\x00\x00\x00\x00" + b"a" * 125
        async with connected(gateway, head) as peer:
            assert b" 101 " in await peer.reader.readuntil(b"\r\n\r\n")
            peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
            (connection,) = [
                each
                for each in gateway.gateway.server.connections._open
                if each.websocket is not None
            ]
            sending = asyncio.create_task(pinging(peer, ping * 1000))
            transport: Any = connection.transport
            await eventually(lambda: not transport.is_reading())
            most = 0
            for _ in range(100):
                most = max(most, len(connection.websocket._answering))
                await asyncio.sleep(0)
            assert most <= MAX_ANSWERING
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            # Whoever takes them at last is heard again.
            peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
            peer.send(b"\x89\x84\x00\x00\x00\x00last")
            heard = b""
            while b"\x8a\x04last" not in heard:
                heard = heard[-6:] + await peer.reader.read(65536)

    async def pinging(peer: Peer, pings: bytes) -> None:
        while True:
            peer.send(pings)
            await peer.writer.drain()

    with_gateway(tmp_path, check)


def test_rubbish_behind_a_request_costs_its_own_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway) as peer:
            peer.send((GET % b"/api/health") * 3 + bytes(range(256)) * 40)
            for _ in range(3):
                assert (await peer.answer())[0] == 200
            assert (await peer.answer())[0] in (400, 413)
            assert await peer.closed()
        assert (await gateway.get("/api/health")).status_code == 200

    with_gateway(tmp_path, check)
    assert "Traceback" not in caplog.text
