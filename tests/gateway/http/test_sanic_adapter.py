"""The internals of Sanic that the adapter uses exist, and only the adapter uses them.

The bytes on the wire are tested in ``tests/e2e/test_raw_http.py``.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sanic.http import Http
from sanic.server.protocols.websocket_protocol import WebSocketProtocol
from sanic.server.websockets.impl import WebsocketImplProtocol
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

import tart
from tart.gateway.http.sanic_adapter import MAX_REPLYING, Connection, Exchange, WebSocket
from tests.gateway.raw_connection import GET, SQL, RawConnection, connected
from tests.gateway.running import Running, eventually, running_gateway, with_gateway

LIMIT = 60.0
# Parts that Sanic does not document as its interface, and those of websockets below its own
# client and server.
INSIDE = re.compile(
    r"sanic\.http\b|sanic\.server\.(protocols|websockets)|_websocket_handler"
    r"|from websockets\.(frames|protocol|server)\b"
)
ADAPTER = "gateway/http/sanic_adapter.py"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(Exchange, Http), (Connection, WebSocketProtocol), (WebSocket, WebsocketImplProtocol)],
)
def test_a_replaced_method_of_sanic_keeps_its_signature(ours: type, theirs: type) -> None:
    replaced = {name for name in vars(ours) if inspect.isfunction(vars(ours)[name])}
    called = {name for name in replaced if hasattr(theirs, name)} - {"__init__"}
    assert called
    for name in called:
        mine, its = getattr(ours, name), getattr(theirs, name)
        assert inspect.iscoroutinefunction(mine) == inspect.iscoroutinefunction(its), name
        assert list(inspect.signature(mine).parameters) == list(inspect.signature(its).parameters)


def test_sanic_s_loop_calls_the_methods_that_are_replaced() -> None:
    loop = inspect.getsource(Http.http1)
    assert "self.http1_request_header()" in loop
    assert "self.response_func = self.http1_response_header" in loop
    assert {"http1_request_header", "http1_response_header", "read"} <= vars(Exchange).keys()


def test_only_the_adapter_uses_the_internals_of_sanic() -> None:
    package = Path(tart.__file__).parent
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if name != ADAPTER and not name.startswith("client/"):
            assert INSIDE.search(path.read_text()) is None, name


@pytest.mark.parametrize("cut", [b"", b"GET / HT"])
def test_a_connection_that_is_cut_off_before_its_request_leaves_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: bytes
) -> None:
    """As when the gateway stops. Sanic's own handler would fail for lack of a request."""

    async def run() -> None:
        async with running_gateway(tmp_path) as running:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(cut)
            await writer.drain()
            app = running.gateway.server.app
            connections = app.ctx.connections
            await eventually(lambda: connections)
            for connection in list(connections):
                connection.abort()
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(run())
    assert "Traceback" not in caplog.text
    assert not [each for each in caplog.records if each.exc_info]


def connections_of(gateway: Running) -> list[Any]:
    """The connections on the gateway's side."""
    return list(gateway.gateway.server.connections)


async def partly_received(gateway: Running) -> Any:
    """Wait for the connection that has received a part of a request, and waits for the rest."""
    return await eventually(
        lambda: next(
            (each for each in connections_of(gateway) if each._receiving and each._awaits_rest),
            None,
        )
    )


def receive_slowly(connection: Any, data: bytes) -> None:
    """Deliver bytes one at a time."""
    for byte in data:
        connection.data_received(bytes([byte]))


@pytest.mark.parametrize(
    ("begin", "rest"),
    [
        (b"G", GET[1:-4] % b"/api/stats" + b"\r\nX-Slow: " + b"a" * 1000),
        (b"GET /api/stats HTTP/1.1\r\n", b""),
        (SQL + b"Content-Length: 10\r\n\r\n", b""),
        (SQL + b"Content-Length: 100000\r\n\r\n", b"{" * 1000),
        (SQL + b"Transfer-Encoding: chunked\r\n\r\n", b""),
        (SQL + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200),
        (SQL + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n", b""),
    ],
    ids=["head", "half", "no-body", "body", "no-chunk", "chunks", "expect"],
)
def test_a_request_that_is_not_received_in_time_gets_408_and_its_connection_is_closed(
    tmp_path: Path, begin: bytes, rest: bytes
) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway, begin) as client:
            if b"Expect" in begin:
                assert b" 100 " in await client.reader.readuntil(b"\r\n\r\n")
            connection = await partly_received(gateway)
            began = monotonic()
            # Bytes that come since do not extend the deadline.
            receive_slowly(connection, rest)
            await partly_received(gateway)
            assert (await gateway.get("/api/health")).status_code == 200
            connection.check_deadline(began + LIMIT + 1e-6)
            status, body = await client.answer()
            assert (status, json.loads(body)["error"]["code"]) == (408, "request_timeout")
            # Sanic then waits for the rest of the body, which has its deadline, too.
            closing = asyncio.create_task(client.wait_closed())

            def is_closed() -> bool:
                connection.check_deadline(monotonic() + 2 * LIMIT)
                return closing.done()

            await eventually(is_closed)
        await eventually(lambda: len(connections_of(gateway)) <= 1)

    with_gateway(tmp_path, check, request_seconds=LIMIT)


@pytest.mark.parametrize("rest", [b"", b"x" * 9000], ids=["nothing", "most"])
def test_the_rest_of_a_body_that_was_answered_already_has_a_deadline_too(
    tmp_path: Path, rest: bytes
) -> None:
    """Behind the body, the connection could be used again."""

    async def check(gateway: Running) -> None:
        head = b"GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
        async with connected(gateway, head) as client:
            assert (await client.answer())[0] == 404
            connection = await partly_received(gateway)
            began = monotonic()
            receive_slowly(connection, rest)
            connection.check_deadline(began + LIMIT + 1e-6)
            assert await client.wait_closed()

    with_gateway(tmp_path, check, request_seconds=LIMIT)


def test_the_time_between_two_requests_does_not_count(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway) as client:
            for _ in range(3):
                client.send(GET % b"/api/health")
                assert (await client.answer())[0] == 200
                (connection,) = connections_of(gateway)
                connection.check_deadline(monotonic() + 2 * LIMIT)

    with_gateway(tmp_path, check, request_seconds=LIMIT)


def test_a_stream_has_no_deadline_after_a_request_with_an_empty_body(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        head = GET[:-2] % b"/api/metrics/stream" + b"Content-Length: 0\r\n\r\n"
        async with connected(gateway, head) as client:
            assert b" 200 " in await client.reader.readuntil(b"\r\n\r\n")
            (connection,) = connections_of(gateway)
            for _ in range(2):
                connection.check_deadline(monotonic() + 2 * LIMIT)
                await client.reader.readuntil(b"\n\n")

    with_gateway(tmp_path, check, request_seconds=LIMIT)


def test_no_compression_is_negotiated_with_a_client_that_offers_it(tmp_path: Path) -> None:
    """Frames are written once for all clients, so none may expect an extension."""

    async def check(gateway: Running) -> None:
        async with gateway.websocket(compression="deflate") as client:
            assert client.protocol.extensions == []
            assert json.loads(await client.recv())["type"] == "connected"
            (connection,) = connections_of(gateway)
            assert connection.websocket.ws_proto.extensions == []

    with_gateway(tmp_path, check)


@pytest.mark.slow
def test_a_client_that_pings_is_not_read_until_it_reads_the_pongs(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        head = GET[:-2] % b"/api/ws?subscribe=none" + b"Upgrade: websocket\r\n"
        head += b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        head += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ping = b"\x89\xfd\x00\x00\x00\x00" + b"a" * 125
        async with connected(gateway, head) as client:
            assert b" 101 " in await client.reader.readuntil(b"\r\n\r\n")
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            (connection,) = [each for each in connections_of(gateway) if each.websocket]
            sending = asyncio.create_task(pinging(client, ping * 1000))
            transport: Any = connection.transport
            await eventually(lambda: not transport.is_reading())
            most = 0
            for _ in range(100):
                most = max(most, len(connection.websocket._replying))
                await asyncio.sleep(0)
            assert most <= MAX_REPLYING
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            # A client that reads the pongs at last is read again.
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            client.send(b"\x89\x84\x00\x00\x00\x00last")
            received = b""
            while b"\x8a\x04last" not in received:
                received = received[-6:] + await client.reader.read(65536)

    async def pinging(client: RawConnection, pings: bytes) -> None:
        while True:
            client.send(pings)
            await client.writer.drain()

    with_gateway(tmp_path, check)


def test_garbage_after_a_request_closes_only_its_own_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(gateway: Running) -> None:
        async with connected(gateway) as client:
            client.send((GET % b"/api/health") * 3 + bytes(range(256)) * 40)
            for _ in range(3):
                assert (await client.answer())[0] == 200
            assert (await client.answer())[0] in (400, 413)
            assert await client.wait_closed()
        assert (await gateway.get("/api/health")).status_code == 200

    with_gateway(tmp_path, check)
    assert "Traceback" not in caplog.text


def test_no_frame_follows_a_close_frame() -> None:
    """A client may close while live events wait for room in its connection."""

    class Io:
        """The connection; it has room or not."""

        def __init__(self) -> None:
            self.written: list[bytes] = []
            self.room = asyncio.Event()
            self.writes = True

        def write_now(self, data: bytes) -> bool:
            if self.room.is_set():
                self.written.append(data)
            return self.room.is_set()

        async def wait_room(self) -> None:
            await self.room.wait()

    async def check() -> None:
        socket = WebSocket(ServerProtocol(state=OPEN))
        io = socket.io_proto = Io()
        waiting = asyncio.create_task(socket.write(b"first"))
        await asyncio.sleep(0)
        assert not socket.write_now(b"no room")
        io.room.set()
        assert await waiting
        assert socket.write_now(b"second")
        assert io.written == [b"first", b"second"]
        io.room.clear()
        waiting = asyncio.create_task(socket.write(b"third"))
        await asyncio.sleep(0)
        socket.ws_proto.send_close(1000)
        io.room.set()
        assert not await waiting
        assert not socket.write_now(b"fourth")
        assert io.written == [b"first", b"second"]

    asyncio.run(check())
