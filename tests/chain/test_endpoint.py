"""The connection to an endpoint: real WebSockets, and servers that do what none should."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import serve

from tart.chain.core.actions import Ask, Subscribe
from tart.chain.core.endpoint_session import MAX_NOISE, Answered, Failed, SessionEvent, Updated
from tart.chain.endpoint import (
    BYTES_BURST,
    MAX_TIMEOUTS,
    MESSAGES_BURST,
    Budget,
    EndpointClient,
    labels,
)
from tart.rpc.connection import MAX_MESSAGE_BYTES
from tart.simulate.rpc_server import RpcServer, serve_rpc
from tests.chain.model_chain import ModelChain, View
from tests.gateway.running import eventually

CHAIN = ModelChain()
VIEW = View(CHAIN, CHAIN.genesis, CHAIN.genesis)


class Received:
    """Records what a client reports."""

    def __init__(self) -> None:
        self.connects = 0
        self.errors: list[str] = []
        self.events: list[SessionEvent] = []

    def connected(self, index: int) -> None:
        """Count it."""
        self.connects += 1

    def lost(self, index: int, error: str) -> None:
        """Keep it."""
        self.errors.append(error)

    def received(self, index: int, event: SessionEvent) -> None:
        """Keep it."""
        self.events.append(event)


@asynccontextmanager
async def connecting(url: str, seconds: float = 30.0, grace_seconds: float = 0.0) -> Any:
    received = Received()
    client = EndpointClient(
        0,
        url,
        labels((url,))[0],
        seconds,
        received,
        jitter=lambda: 0.01,
        grace_seconds=grace_seconds,
    )
    task = asyncio.create_task(client.run())
    try:
        yield client, received
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def with_server(test: Callable[[RpcServer], Awaitable[None]]) -> None:
    async def inside() -> None:
        server = await serve_rpc(VIEW)
        try:
            await test(server)
        finally:
            await server.close()

    asyncio.run(inside())


def with_handler(
    handler: Callable[[Any], Awaitable[None]], test: Callable[[str], Awaitable[None]]
) -> None:
    async def inside() -> None:
        async with serve(handler, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            await test(f"ws://127.0.0.1:{port}")

    asyncio.run(inside())


def test_names_of_endpoints_have_no_secrets_and_are_different():
    urls = ("wss://me:pw@a:1/x?token=t", "ws://a:1/y", "wss://a:1", "ws://[::1]:9")
    assert labels(urls) == ["wss://a:1", "ws://a:1", "wss://a:1#2", "ws://[::1]:9"]
    # A port that was forgotten is seen.
    assert labels(("ws://a", "wss://me:pw@[::1]/x")) == ["ws://a:80", "wss://[::1]:443"]


def test_a_budget_refills():
    budget = Budget(10, 1, 0.0)
    assert budget.take(10, 0.0)
    assert not budget.take(1, 0.0)
    assert budget.take(4, 5.0)


def test_requests_are_answered_and_subscriptions_bring_updates():
    view = View(CHAIN, CHAIN.genesis, CHAIN.genesis)

    async def check() -> None:
        async with (
            await serve_rpc(view) as server,
            connecting(server.url) as (client, received),
        ):
            await eventually(lambda: received.connects)
            client.send(Ask(0, 5, "bestBlock", ()))
            await eventually(lambda: received.events)
            assert received.events[0].number == 5
            client.send(Subscribe(0, "subscribeBestBlock"))
            await eventually(lambda: server.subscriptions)
            view.best_hash = CHAIN.extend(CHAIN.genesis)
            server.announce()
            await eventually(lambda: any(isinstance(e, Updated) for e in received.events))

    asyncio.run(check())


def test_a_lost_connection_is_made_again_and_logged_once(caplog):
    caplog.set_level(logging.INFO, "tart")

    async def check(server: RpcServer) -> None:
        async with connecting(server.url) as (client, received):
            await eventually(lambda: received.connects == 1)
            client.send(Ask(0, 5, "bestBlock", ()))
            await eventually(lambda: received.events)
            server.faults.refuse = True
            await server.disconnect(abort=True)
            await eventually(lambda: len(received.errors) > 3)
            server.faults.refuse = False
            await eventually(lambda: received.connects == 2)

    with_server(check)
    lines = [record.getMessage() for record in caplog.records if "chain" in record.name]
    assert sum("HTTP status 503" in line for line in lines) == 1


def test_a_request_that_is_not_answered_fails_in_time():
    async def check(server: RpcServer) -> None:
        server.faults.hanging_methods = {"parent"}
        async with connecting(server.url, seconds=0.1) as (client, received):
            await eventually(lambda: received.connects)
            client.send(Ask(0, 5, "parent", ()))
            client.send(Ask(0, 6, "bestBlock", ()))
            await eventually(lambda: Failed(5, None) in received.events)
            assert any(isinstance(event, Answered) for event in received.events)

    with_server(check)


def test_an_endpoint_that_answers_nothing_is_left_and_connected_to_again():
    async def check(server: RpcServer) -> None:
        server.faults.hang = True
        async with connecting(server.url, seconds=0.1) as (client, received):
            await eventually(lambda: received.connects)
            for number in range(MAX_TIMEOUTS):
                client.send(Ask(0, number, "bestBlock", ()))
            await eventually(lambda: received.connects == 2)
            assert "did not answer within 0.1 s" in received.errors[0]

    with_server(check)


def test_a_connection_that_ends_in_the_middle_of_an_answer_is_made_again():
    async def check(server: RpcServer) -> None:
        server.faults.close_methods = {"parent"}
        async with connecting(server.url) as (client, received):
            await eventually(lambda: received.connects)
            client.send(Ask(0, 5, "parent", ()))
            await eventually(lambda: received.connects == 2)

    with_server(check)


async def _flood(connection: Any) -> None:
    for _ in range(2 * MESSAGES_BURST + 100_000):
        await connection.send("{}")


async def _garbage(connection: Any) -> None:
    for _ in range(2 * MAX_NOISE):
        await connection.send(b"\xff\x00 not JSON")
    await connection.wait_closed()


async def _huge(connection: Any) -> None:
    await connection.send("x" * (MAX_MESSAGE_BYTES + 1))
    await connection.wait_closed()


async def _much(connection: Any) -> None:
    for _ in range(3 + BYTES_BURST // MAX_MESSAGE_BYTES):
        await connection.send('"' + "x" * (MAX_MESSAGE_BYTES - 2) + '"')
    await connection.wait_closed()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (_flood, "JIP-2"),
        (_garbage, "JIP-2"),
        (_huge, "closed"),
        (_much, "more than a node"),
    ],
)
def test_what_an_endpoint_should_not_send_costs_its_connection(handler, text):
    async def check(url: str) -> None:
        async with connecting(url) as (_, received):
            await eventually(lambda: received.errors)
            assert text in received.errors[0]

    with_handler(handler, check)


def test_an_endpoint_that_is_no_websocket_is_described_without_its_url():
    async def check() -> None:
        async def answer(reader: Any, writer: Any) -> None:
            writer.write(b"220 mail.example ESMTP\r\n")
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connecting(f"ws://me:secret@127.0.0.1:{port}/token") as (_, received):
                await eventually(lambda: received.errors)
                assert "does not speak WebSocket" in received.errors[0]
                assert "secret" not in received.errors[0]

    asyncio.run(check())


def test_a_redirect_is_not_followed():
    """It would lead to any address, or to another endpoint, which would count twice then."""

    async def check() -> None:
        async with serve(no_call, "127.0.0.1", 0) as target:
            location = f"ws://127.0.0.1:{next(iter(target.sockets)).getsockname()[1]}/"

            async def answer(reader: Any, writer: Any) -> None:
                await reader.readuntil(b"\r\n\r\n")
                head = f"HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
                writer.write(head.encode())
                writer.close()

            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                async with connecting(f"ws://127.0.0.1:{port}") as (_, received):
                    await eventually(lambda: len(received.errors) > 1)
                    assert received.errors[0] == "it answers HTTP status 302, a redirect"
                    assert received.connects == 0

    async def no_call(socket: Any) -> None:
        raise AssertionError("a redirect was followed")

    asyncio.run(check())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b"x", b""])
def test_a_server_that_closes_before_it_is_asked_is_no_bug_of_tart(answer, caplog):
    async def check() -> None:
        async def close(reader: Any, writer: Any) -> None:
            writer.write(answer)
            writer.close()

        async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connecting(f"ws://127.0.0.1:{port}") as (_, received):
                await eventually(lambda: len(received.errors) > 3)
                assert not [error for error in received.errors if "bug" in error]

    asyncio.run(check())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_an_assertion_of_the_library_during_the_handshake_is_a_broken_connection(caplog):
    """It is raised if the server answers and closes before the request was sent: a race."""
    client = EndpointClient(0, "ws://a:1", "ws://a:1", 1.0, Received())
    assert client.explain(AssertionError()) == "the connection was lost"
    assert not caplog.records


def test_an_address_that_nothing_listens_on_is_tried_again(caplog):
    async def check() -> None:
        async with connecting("ws://me:secret@127.0.0.1:1/token") as (_, received):
            await eventually(lambda: len(received.errors) > 2)
            assert "refused" in received.errors[0]

    asyncio.run(check())
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert text.count("no connection to the RPC of ws://127.0.0.1:1") == 1
    assert "secret" not in text
    assert "token" not in text


def test_an_endpoint_that_may_still_start_is_not_reported(caplog):
    async def check() -> None:
        async with connecting("ws://127.0.0.1:1", grace_seconds=3600.0) as (_, received):
            await eventually(lambda: len(received.errors) > 2)

    asyncio.run(check())
    assert not caplog.records
