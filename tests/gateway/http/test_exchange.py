"""What is used of Sanic's inside is there, and used nowhere else.

What goes over the wire is in ``tests/e2e/test_raw_http.py``.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from contextlib import suppress
from pathlib import Path

import pytest
from sanic.http import Http
from sanic.server.protocols.websocket_protocol import WebSocketProtocol
from sanic.server.websockets.impl import WebsocketImplProtocol

import tart
from tart.gateway.http.connection_limits import Connection, Socket
from tart.gateway.http.exchange import Exchange
from tests.gateway.running import eventually, running_gateway

# Where else Sanic's parts that it does not document as its interface may be named.
INSIDE = re.compile(
    r"sanic\.http\b|sanic\.server\.(protocols|websockets)|from websockets|_websocket_handler"
)
KNOWN = {"gateway/http/exchange.py", "gateway/http/connection_limits.py"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(Exchange, Http), (Connection, WebSocketProtocol), (Socket, WebsocketImplProtocol)],
)
def test_what_is_replaced_of_sanic_has_the_shape_that_it_had(ours: type, theirs: type) -> None:
    replaced = {name for name in vars(ours) if inspect.isfunction(vars(ours)[name])}
    called = {name for name in replaced if hasattr(theirs, name)} - {"__init__"}
    assert called
    for name in called:
        mine, its = getattr(ours, name), getattr(theirs, name)
        assert inspect.iscoroutinefunction(mine) == inspect.iscoroutinefunction(its), name
        assert list(inspect.signature(mine).parameters) == list(inspect.signature(its).parameters)


def test_what_sanic_s_loop_calls_is_what_is_replaced() -> None:
    loop = inspect.getsource(Http.http1)
    assert "self.http1_request_header()" in loop
    assert "self.response_func = self.http1_response_header" in loop
    assert {"http1_request_header", "http1_response_header", "read"} <= vars(Exchange).keys()


def test_nobody_else_knows_sanic_s_inside() -> None:
    package = Path(tart.__file__).parent
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if name not in KNOWN and not name.startswith("client/"):
            assert INSIDE.search(path.read_text()) is None, name


@pytest.mark.parametrize("cut", [b"", b"GET / HT"])
def test_a_connection_that_is_cut_off_before_its_request_leaves_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: bytes
) -> None:
    """As when the gateway stops: Sanic's own would name the request that there is not."""

    async def run() -> None:
        async with running_gateway(tmp_path) as running:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(cut)
            await writer.drain()
            app = running.gateway.server.app
            connections = app.ctx.connections._open
            await eventually(lambda: connections)
            for connection in list(connections):
                connection.abort()
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(run())
    assert "Traceback" not in caplog.text
    assert not [each for each in caplog.records if each.exc_info]
