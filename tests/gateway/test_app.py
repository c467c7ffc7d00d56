"""The whole gateway: that it ends in order, and that nothing is left over."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from tart.access.roles import Role
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import EVENT_STREAM, Kind, Route
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.http.auth import Authenticator
from tart.ipc.messages import NodeChanged
from tart.query.shard_queries.catalog import QUERIES as SHARD_QUERIES
from tests.gateway.fake_shard import node, raw
from tests.gateway.running import Running, eventually, running_gateway, url_of

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_several_gateways_share_a_process_and_leave_no_tasks(tmp_path: Path) -> None:
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


def test_a_running_request_is_answered_before_the_gateway_stops(tmp_path: Path) -> None:
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


QUERIES = {
    **{"event_stream": "last_event_id=1", "events": "offset=9"},
    "lookup": f"q={'cc' * 32}",
}
BODIES = {
    "sql": b'{"map": "SELECT 1"}',
    "grafana_wp_batch": b'["%b"]' % (b"cc" * 32),
    "batch_journey": b'{"hashes": ["%b"]}' % (b"cc" * 32),
}
# A local caller without a key is no admin.
ASKING = [
    route
    for route in ROUTES
    if (route.scattered or route.media_type == EVENT_STREAM)
    and route.role < Role.ADMIN
    # Alerts are evaluated without being asked for.
    and route.name != "alert_stream"
    # Without a chain process it asks no shard.
    and route.name != "chain_reconcile"
]


def request_of(route: Route) -> bytes:
    """What a client sends that wants an answer, or a WebSocket."""
    path = url_of(route).encode()
    if query := QUERIES.get(route.name):
        path += f"?{query}".encode()
    if route.kind is Kind.WEBSOCKET:
        return HANDSHAKE % path
    if route.method == "GET":
        return b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path
    body = BODIES[route.name]
    head = b"%b %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
    return head % (route.method.encode(), path, len(body)) + body


def test_a_client_that_leaves_cancels_its_queries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            await gateway.gateway.refresher.stop()
            for shard in gateway.shards:
                shard.answers = dict.fromkeys(SHARD_QUERIES, lambda _: None)
            gateway.gateway.registry.record(0, [node()])
            for route in ASKING:
                try:
                    await two_come_and_leave(gateway, route)
                except AssertionError as error:
                    raise AssertionError(f"{route.name}: {error}") from error

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def two_come_and_leave(gateway: Running, route: Route) -> None:
    before = asyncio.all_tasks()
    for shard in gateway.shards:
        shard.requests.clear()
        shard.cancelled.clear()
    clients = [(await asyncio.open_connection("127.0.0.1", gateway.port))[1] for _ in range(2)]
    for client in clients:
        client.write(request_of(route))
    await eventually(lambda: all(each.requests for each in gateway.shards))
    connections = gateway.gateway.server.connections
    await eventually(lambda: [each.in_use for each in connections] == [True, True])
    clients[0].transport.abort()
    await eventually(lambda: len(connections) == 1)
    # As long as one of those waits who share an answer it is made.
    assert all(len(each.requests) > len(each.cancelled) for each in gateway.shards)
    clients[1].transport.abort()
    await eventually(
        lambda: all({e.id for e in each.requests} <= set(each.cancelled) for each in gateway.shards)
    )
    # Their number would also be right only while a periodic task of the gateway runs.
    await eventually(lambda: asyncio.all_tasks() <= before)
    assert not any(each.pending for each in gateway.gateway.shards.every)
    assert not gateway.gateway.streams.subscribers


def test_failed_background_work_is_reported_and_retried(tmp_path: Path, monkeypatch: Any) -> None:
    """Each loop of the gateway fails once, then does what it did before."""
    failing = {"nodes", "keys", "registry"}

    def once(owner: Any, name: str, task: str) -> None:
        method = getattr(owner, name)

        def fail(*arguments: Any, **more: Any) -> Any:
            if task in failing:
                failing.discard(task)
                raise ZeroDivisionError(task)
            return method(*arguments, **more)

        monkeypatch.setattr(owner, name, fail)

    once(NodeRegistry, "record", "nodes")
    once(NodeRegistry, "_row", "registry")
    once(Authenticator, "_refresh", "keys")

    async def check() -> None:
        # The first look at the keys belongs to the start.
        failing.discard("keys")
        async with running_gateway(tmp_path) as running:
            failing.add("keys")
            background = running.gateway.background
            await eventually(lambda: background.failures.keys() >= {"nodes", "keys"})
            running.shards[0].push(NodeChanged(raw(node())))
            await eventually(lambda: len(running.gateway.registry) > 0)
            await eventually(lambda: "registry" in background.failures)
            assert not failing
            body = (await running.get("/api/health/detailed")).json()
            part = body["components"]["system_resources"]
            assert part["status"] == "Degraded"
            assert "keys (ZeroDivisionError: keys)" in part["message"]
            text = (await running.get("/metrics")).text
            assert 'tart_gateway_background_failures_total{task="nodes"} 1.0' in text

    asyncio.run(check())
