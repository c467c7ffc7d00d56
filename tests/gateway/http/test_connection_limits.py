"""The number of connections and of subscribers is limited; idle connections are evicted."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tart.gateway.http.connection_limits import (
    ConnectionLimiter,
    SubscriberSlots,
    TooManySubscribers,
)
from tests.gateway.raw_connection import GET, SQL, connected
from tests.gateway.running import Running, eventually, with_gateway


class FakeConnection:
    def __init__(self, *, in_use: bool = False, recently_authorized: bool = False) -> None:
        self.in_use = in_use
        self.recently_authorized = recently_authorized
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


def test_the_first_idle_connection_is_evicted() -> None:
    connections = [
        FakeConnection(in_use=True),
        FakeConnection(recently_authorized=True),
        FakeConnection(),
        FakeConnection(),
    ]
    limiter = ConnectionLimiter(4)
    assert all(limiter.admit(connection) for connection in connections)
    assert limiter.admit(FakeConnection())
    assert [connection.dropped for connection in connections] == [False, False, True, False]
    assert (len(limiter), limiter.evicted, limiter.refused) == (4, 1, 0)


def test_a_recently_authorized_connection_is_passed_over_once() -> None:
    first = FakeConnection(recently_authorized=True)
    limiter = ConnectionLimiter(1)
    assert limiter.admit(first)
    assert limiter.admit(FakeConnection(in_use=True))
    assert first.dropped
    assert not limiter.admit(FakeConnection())
    assert (len(limiter), limiter.evicted, limiter.refused) == (1, 1, 1)


def test_a_released_connection_makes_room() -> None:
    connection = FakeConnection(in_use=True)
    limiter = ConnectionLimiter(1)
    assert limiter.admit(connection)
    limiter.release(connection)
    assert limiter.admit(FakeConnection())
    assert limiter.evicted == 0


def test_a_slot_is_free_again_when_its_subscriber_fails() -> None:
    slots = SubscriberSlots(1)
    with pytest.raises(TooManySubscribers), slots.reserve(), slots.reserve():
        pytest.fail("there is one slot")
    with slots.reserve():
        pass


def test_a_new_connection_evicts_an_idle_one(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        connections = gateway.gateway.server.connections
        strangers = [b"", b"GET / HT", SQL + b"Content-Length: 9\r\n\r\n"]
        async with connected(gateway) as known, AsyncExitStack() as stack:
            for number, data in enumerate(strangers, 1):
                known.send(GET % b"/api/nodes")
                assert (await known.answer())[0] == 200
                stranger = await stack.enter_async_context(connected(gateway, data))
                await eventually(lambda: len(connections) == 2)
                async with connected(gateway, GET % b"/api/health") as newcomer:
                    assert (await newcomer.answer())[0] == 200
                    assert await stranger.wait_closed()
                await eventually(lambda: len(connections) == 1)
                assert (connections.evicted, connections.refused) == (number, 0)
            known.send(GET % b"/metrics")
            assert b"tart_api_connections_evicted_total 3.0" in (await known.answer())[1]

    with_gateway(tmp_path, check, max_connections=2)


def test_strangers_are_evicted_before_an_authorized_client(
    tmp_path: Path,
) -> None:
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


def test_a_new_connection_is_refused_when_all_others_are_in_use(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        connections = gateway.gateway.server.connections
        await gateway.client.aclose()
        await eventually(lambda: not len(connections))
        async with gateway.websocket() as first, gateway.websocket() as second:
            await first.recv()
            await second.recv()
            async with connected(gateway, GET % b"/api/health") as newcomer:
                assert await newcomer.wait_closed()
            assert (connections.refused, connections.evicted) == (1, 0)
            assert len(connections) == 2
            pong = await first.ping()
            await pong
        await eventually(lambda: not len(connections))
        async with connected(gateway, GET % b"/api/health") as peer:
            assert (await peer.answer())[0] == 200

    with_gateway(tmp_path, check, max_connections=2)
