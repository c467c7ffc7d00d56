"""Every message of ``/api/ws``, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tart.gateway.live.websocket import PushIntervals
from tart.ipc.messages import Failure, Missed
from tests.gateway.fake_shard import BLOCK_HASH, NODE_A, NODE_B, NOON, claims, event, node
from tests.gateway.running import PATIENCE_SECONDS, Running, eventually, running_gateway

HURRIED = PushIntervals(stats=0.05)


def with_gateway(
    directory: Path,
    test: Callable[[Running], Awaitable[None]],
    intervals: PushIntervals | None = None,
    **api: Any,
) -> None:
    async def run() -> None:
        async with running_gateway(directory, intervals=intervals, **api) as running:
            await test(running)

    asyncio.run(run())


async def hear(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that type; others are passed over."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            message = json.loads(await client.recv())
            assert list(message) == ["type", "data", "timestamp"]
            assert message["timestamp"].endswith("Z")
            if message["type"] == kind:
                data: dict[str, Any] = message["data"]
                return data


async def ask(client: ClientConnection, kind: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a type to a request."""
    await client.send(json.dumps(request))
    return await hear(client, kind)


async def subscribed_everywhere(gateway: Running, count: int = 1) -> None:
    """Wait until the shards know of so many subscriptions."""
    await eventually(lambda: all(len(s.subscriptions) == count for s in gateway.shards))


def test_the_greeting_has_the_newest_events_oldest_first(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i, at=NOON + 2 * i) for i in range(150)])
        gateway.shards[1].append(*[event(1, i, at=NOON + 2 * i + 1) for i in range(150)])
        gateway.shards[0].chain = [claims(NODE_A, 7, None)]
        async with gateway.websocket() as client:
            first = json.loads(await client.recv())
            data = first["data"]
            assert first["type"] == "connected"
            assert isinstance(data["message"], str)
            assert (data["recent_events"], data["total_nodes"]) == (200, 1)
            assert data["broadcaster_stats"]["active_subscribers"] == 1
            samples = data["recent_event_samples"]
            assert list(samples[0]) == ["id", "node_id", "event_type", "timestamp"]
            times = [each["timestamp"] for each in samples]
            assert times == sorted(times)
            assert samples[-1]["id"] == event(1, 149)["id"]
            assert json.loads(await client.recv())["type"] == "stats"

    with_gateway(tmp_path, check)


def test_the_greeting_is_sent_if_no_shard_answers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["chain"] = lambda _: Failure(0, "internal", "x")
        async with gateway.websocket() as client:
            data = await hear(client, "connected")
            assert (data["recent_events"], data["total_nodes"]) == (None, None)
            assert data["recent_event_samples"] == []
            await ask(client, "pong", {"type": "Ping"})

    with_gateway(tmp_path, check)


def test_all_events_are_sent_by_default_and_ping_counts_them(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await hear(client, "connected")
            await subscribed_everywhere(gateway)
            gateway.shards[0].publish(event(0, 5))
            gateway.shards[1].publish(event(1, 6, node=NODE_B))
            heard = [await hear(client, "event"), await hear(client, "event")]
            assert {each["event_id"] for each in heard} == {5, 6}
            assert heard[0]["event"]["BestBlockChanged"]["hash"] == BLOCK_HASH
            pong = await ask(client, "pong", {"type": "Ping"})
            assert pong["events_received"] == 2
            assert pong["uptime_ms"] >= 0

    with_gateway(tmp_path, check)


def _any(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Any", "filters": list(filters)}


def _both(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Both", "filters": list(filters)}


SLOT, CORE = {"type": "Slot", "slot": 3}, {"type": "Core", "core": 1}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"type": "All"}, [1, 2, 3, 4]),
        ({"type": "Node", "node_id": NODE_B}, [2]),
        ({"type": "EventType", "event_type": 42}, [4]),
        ({"type": "EventTypeRange", "start": 11, "end": 12}, [1, 2]),
        ({"type": "Group", "group": "guaranteeing"}, [3]),
        (SLOT, [3]),
        (CORE, [4]),
        ({"type": "Hash", "hash": BLOCK_HASH}, [1, 2]),
        (_any(SLOT, CORE), [3, 4]),
        (_both(SLOT, CORE), []),
        (_both(SLOT, {"type": "Group", "group": "guaranteeing"}), [3]),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_every_filter_is_applied(
    tmp_path: Path, wanted: dict[str, Any], expected: list[int]
) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket("?subscribe=none") as client:
            await hear(client, "connected")
            answer = await ask(client, "subscribed", {"type": "Subscribe", "filter": wanted})
            assert answer == {"filter": wanted, "message": "Subscription updated"}
            await subscribed_everywhere(gateway)
            gateway.shards[0].publish(
                event(0, 1),
                event(0, 2, node=NODE_B),
                event(0, 3, number=105, variant="GuaranteeBuilt", fields={"slot": 3}),
                event(0, 4, number=42, variant="Authored", fields={"core": 1}),
            )
            heard = [(await hear(client, "event"))["event_id"] for _ in expected]
            assert heard == expected
            pong = await ask(client, "pong", {"type": "Ping"})
            assert pong["events_received"] == len(expected)

    with_gateway(tmp_path, check)


def test_a_new_subscription_replaces_the_old_one(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await ask(client, "subscribed", {"type": "Subscribe", "filter": SLOT})
            await eventually(
                lambda: all(
                    [each.filter for each in shard.subscriptions.values()] == [SLOT]
                    for shard in gateway.shards
                )
            )
            assert gateway.shards[0].publish(event(0, 9), event(0, 3)) == 1
            assert (await hear(client, "event"))["event_id"] == 3

    with_gateway(tmp_path, check)


def test_unsubscribing_returns_to_all_events_or_with_silent_to_none(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await ask(client, "subscribed", {"type": "Subscribe", "filter": SLOT})
            answer = await ask(client, "unsubscribed", {"type": "Unsubscribe"})
            assert answer == {"message": "Reset to all events"}
            await eventually(
                lambda: (
                    [s.filter for s in gateway.shards[0].subscriptions.values()]
                    == [{"type": "All"}]
                )
            )
            await ask(client, "unsubscribed", {"type": "Unsubscribe", "silent": True})
            await subscribed_everywhere(gateway, 0)

    with_gateway(tmp_path, check)


def test_a_batched_subscription_sends_arrays_of_events(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket("?subscribe=none") as client:
            request = {"type": "Subscribe", "filter": {"type": "All"}, "batch": True}
            await ask(client, "subscribed", request)
            await subscribed_everywhere(gateway)
            gateway.shards[0].publish(*[event(0, i) for i in range(30)])
            heard: list[int] = []
            while len(heard) < 30:
                batch: Any = await hear(client, "events")
                heard += [each["event_id"] for each in batch]
            assert heard == list(range(30))

    with_gateway(tmp_path, check)


def test_recent_events_are_over_all_shards_oldest_first_and_unfiltered(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i, at=NOON + 2 * i) for i in range(4)])
        gateway.shards[1].append(*[event(1, i, at=NOON + 2 * i + 1) for i in range(4)])
        async with gateway.websocket("?subscribe=none") as client:
            answer = await ask(client, "recent_events", {"type": "GetRecentEvents", "limit": 3})
            assert answer["count"] == 3
            assert [each["event_id"] for each in answer["events"]] == [2, 3, 3]
            assert "event" in answer["events"][0]
            answer = await ask(client, "recent_events", {"type": "GetRecentEvents"})
            times = [each["received_at"] for each in answer["events"]]
            assert (len(times), times) == (8, sorted(times))
            assert gateway.shards[0].requests[-1].parameters["limit"] == 10_000
            await ask(client, "recent_events", {"type": "GetRecentEvents", "limit": 10**9})
            assert gateway.shards[0].requests[-1].parameters["limit"] == 10_000
            answer = await ask(client, "recent_events", {"type": "GetRecentEvents", "limit": 0})
            assert answer == {"count": 0, "events": []}

    with_gateway(tmp_path, check)


def test_stats_are_sent_at_once_and_periodically(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].chain = [claims(NODE_A, 7, 5)]
        gateway.shards[0].authored = ["01" * 32]
        async with gateway.websocket() as client:
            for _ in range(3):
                stats = await hear(client, "stats")
            assert stats["database"]["total_blocks_authored"] == 1
            assert stats["database"]["best_block"] == 7
            assert stats["connections"] == {"total": 1, "nodes": [NODE_A]}
            assert stats["broadcaster"]["active_subscribers"] == 1
            assert stats["websocket"] == {
                "events_received": 0,
                "current_filter": {"type": "All"},
            }

    with_gateway(tmp_path, check, HURRIED)


def test_metrics_are_sent_at_once_and_at_the_interval_until_unsubscribed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].chain = [claims(NODE_A, 7, 5)]
        async with gateway.websocket("?subscribe=none") as client:
            request = {"type": "SubscribeMetrics", "interval_ms": 1}
            answer = await ask(client, "metrics_subscribed", request)
            assert answer["interval_ms"] == 500
            metrics = await hear(client, "metrics")
            assert metrics["latest_slot"] == 7
            assert (metrics["active_work_packages"], metrics["failure_rate"]) == (0, None)
            assert metrics["throughput"] == {"events_10s": 0, "blocks_10s": 0, "finalized_10s": 0}
            await hear(client, "metrics")
            answer = await ask(client, "metrics_subscribed", {"type": "SubscribeMetrics"})
            assert answer["interval_ms"] == 1000
            await hear(client, "metrics")
            await ask(client, "metrics_unsubscribed", {"type": "UnsubscribeMetrics"})

    with_gateway(tmp_path, check)


BEHIND = """
disable = ["*"]
[[rule]]
alert = "Behind"
figure = "node_behind_slots"
by = "node"
above = 10
"""


@pytest.mark.slow
def test_alerts_are_sent_to_their_subscribers(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text(BEHIND)

    async def check(gateway: Running) -> None:
        shard = gateway.shards[0]
        # Heard of just now, whenever that is.
        speaking = {"last_seen_at": "9999-12-31T23:59:59.000000Z"}
        shard.nodes = [node(NODE_A, **speaking), node(NODE_B, **speaking)]
        shard.chain = [claims(NODE_A, 100, None), claims(NODE_B, 100, None)]
        async with gateway.websocket("?subscribe=none") as client:
            await ask(client, "alerts_subscribed", {"type": "SubscribeAlerts"})
            well = await hear(client, "alerts_changed")
            assert well["alerts"] == []
            # A is behind: B alone is a third of the network.
            shard.chain = [claims(NODE_A, 1, None), claims(NODE_B, 100, None)]
            told = await hear(client, "alert")
            (alert,) = told["alerts"]
            assert told["count"] == 1
            assert (alert["type"], alert["severity"]) == ("Behind", "warning")
            assert alert["node_id"] == NODE_A
            assert alert["details"] == {"value": 99}
            changed = await hear(client, "alerts_changed")
            assert [each["state"] for each in changed["alerts"]] == ["firing"]
            await ask(client, "alerts_unsubscribed", {"type": "UnsubscribeAlerts"})
            await ask(client, "alerts_subscribed", {"type": "SubscribeAlerts"})
            # What holds comes at once.
            assert (await hear(client, "alert"))["alerts"][0]["node_id"] == NODE_A
            summary = await gateway.json("/api/summary")
            assert summary["alerts"] == 1
            assert summary["alerts_by_severity"] == {"critical": 0, "warning": 1, "info": 0}

    with_gateway(tmp_path, check, HURRIED, evaluation_seconds=0.02)


@pytest.mark.parametrize(
    ("said", "parameter"),
    [
        ("nonsense", None),
        ("[]", None),
        ("5", None),
        (b'{"type":"Ping"}', None),
        ("{}", "type"),
        ('{"type":"ping"}', "type"),
        ('{"type":["Ping"]}', "type"),
        ('{"type":"Subscribe"}', "filter"),
        ('{"type":"Subscribe","filter":{"type":"Nothing"}}', "filter.type"),
        ('{"type":"Subscribe","filter":{"type":"All"},"batch":1}', "batch"),
        ('{"type":"Unsubscribe","silent":"yes"}', "silent"),
        ('{"type":"GetRecentEvents","limit":-1}', "limit"),
        ('{"type":"GetRecentEvents","limit":"5"}', "limit"),
        ('{"type":"SubscribeMetrics","interval_ms":"fast"}', "interval_ms"),
        ('{"type":"Subscribe","filter":{"type":"All"},"batches":true}', "batches"),
        ('{"type":"Subscribe","filters":{"type":"All"}}', "filters"),
        ('{"type":"Subscribe","filter":{"type":"Node","node":"aa"}}', "filter.node"),
        ('{"type":"Unsubscribe","filter":{"type":"All"}}', "filter"),
        ('{"type":"Ping","data":1}', "data"),
    ],
)
def test_an_invalid_message_is_answered_with_an_error(
    tmp_path: Path, said: str | bytes, parameter: str | None
) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await client.send(said)
            error = await hear(client, "error")
            assert error["message"]
            assert error.get("param") == parameter
            # And the conversation goes on.
            await ask(client, "pong", {"type": "Ping"})

    with_gateway(tmp_path, check)


def test_a_query_that_no_shard_answers_is_an_error_message(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await hear(client, "connected")
            for shard in gateway.shards:
                await shard.stop()
            error = await ask(client, "error", {"type": "GetRecentEvents"})
            assert error["code"] == "no_shard"

    with_gateway(tmp_path, check)


def test_the_encoding_of_bytes_follows_the_url(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket("?bytes=array"):
            await subscribed_everywhere(gateway)
            assert gateway.shards[0].subscriptions[1].byte_encoding == "array"

    with_gateway(tmp_path, check)


def test_subscriptions_are_renewed_after_a_shard_restarts(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await subscribed_everywhere(gateway)
            await gateway.shards[1].stop()
            await gateway.shards[1].start()
            await subscribed_everywhere(gateway)
            gateway.shards[1].publish(event(1, 77))
            assert (await hear(client, "event"))["event_id"] == 77

    with_gateway(tmp_path, check)


def test_a_client_that_leaves_is_unsubscribed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket():
            await subscribed_everywhere(gateway)
        await subscribed_everywhere(gateway, 0)
        await eventually(lambda: not gateway.gateway.streams.subscribers)
        client = await gateway.websocket()
        await subscribed_everywhere(gateway)
        client.transport.abort()  # gone without a word
        await subscribed_everywhere(gateway, 0)

    with_gateway(tmp_path, check)


def test_websockets_are_limited_by_max_subscribers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket(), gateway.websocket():
            with pytest.raises(InvalidStatus) as refused:
                await gateway.websocket()
            response = refused.value.response
            assert response.status_code == 503
            assert json.loads(response.body or b"")["error"]["code"] == "too_many_subscribers"
        await eventually(lambda: not gateway.gateway.streams.subscribers)
        async with gateway.websocket() as client:
            await hear(client, "connected")

    with_gateway(tmp_path, check, max_subscribers=2)


@pytest.mark.parametrize("allowed", [True, False])
def test_pages_of_other_origins_may_connect_only_if_the_settings_allow_them(
    tmp_path: Path, allowed: bool
) -> None:
    origin = "https://dash.example"

    async def check(gateway: Running) -> None:
        same = f"http://127.0.0.1:{gateway.port}"
        async with gateway.websocket(origin=same) as client:
            await hear(client, "connected")
        if allowed:
            async with gateway.websocket(origin=origin) as client:
                await hear(client, "connected")
            return
        with pytest.raises(InvalidStatus) as refused:
            await gateway.websocket(origin=origin)
        assert refused.value.response.status_code == 403

    with_gateway(tmp_path, check, cors_origins=(origin,) if allowed else ())


def test_clients_are_told_how_many_events_the_shards_shed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket() as client:
            await subscribed_everywhere(gateway)
            gateway.shards[0].push(Missed(1, 12))
            assert await hear(client, "lagged") == {"missed": 12}

    with_gateway(tmp_path, check)


# --- Slow clients ---------------------------------------------------------------------

FAT = {"note": "x" * 10_000}


async def slow_client(gateway: Running) -> ClientConnection:
    """A client whose socket takes little while nobody reads."""
    connecting = socket.socket()
    connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connecting.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", gateway.port))
    return await gateway.websocket(sock=connecting, max_queue=1, compression=None)


async def flood(gateway: Running, events: int) -> None:
    """Publish large events, more than sockets hold, while anybody wants them."""
    wanted = 0
    for number in range(events):
        wanted += gateway.shards[0].publish(event(0, number, fields=FAT))
        if number % 20 == 0:
            await asyncio.sleep(0)
    await eventually(lambda: gateway.gateway.streams.broadcast == wanted)


async def read_all(client: ClientConnection) -> None:
    """Read until the connection is closed."""
    while True:
        await client.recv()


@pytest.mark.slow
def test_a_lagging_client_is_told_what_it_missed_and_delays_no_other(
    tmp_path: Path,
) -> None:
    async def check(gateway: Running) -> None:
        slow = await slow_client(gateway)
        async with slow, gateway.websocket(max_size=None) as quick:
            await eventually(lambda: len(gateway.gateway.streams.subscribers) == 2)
            await hear(quick, "connected")
            await subscribed_everywhere(gateway)
            flooding = asyncio.create_task(flood(gateway, 2000))
            last = 0
            while last < 1999:  # while nobody reads the slow one
                message = json.loads(await quick.recv())
                if message["type"] == "event":
                    last = message["data"]["event_id"]
            await flooding
            received = missed = 0
            while received + missed < 2000:
                message = json.loads(await slow.recv())
                received += message["type"] == "event"
                missed += message["data"]["missed"] if message["type"] == "lagged" else 0
            assert missed > 0
            assert received + missed == 2000

    with_gateway(tmp_path, check, subscriber_queue=200)


@pytest.mark.slow
def test_a_client_that_reads_nothing_is_closed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        slow = await slow_client(gateway)
        async with slow:
            await subscribed_everywhere(gateway)
            await flood(gateway, 1500)
            await eventually(lambda: gateway.gateway.websocket_clients.stalled == 1)
            await subscribed_everywhere(gateway, 0)
            with pytest.raises(ConnectionClosed) as closed:
                await read_all(slow)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013

    with_gateway(tmp_path, check, send_stall_seconds=0.1)


@pytest.mark.slow
def test_a_client_that_reads_a_little_now_and_then_is_not_closed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        slow = await slow_client(gateway)
        async with slow:
            await subscribed_everywhere(gateway)
            await flood(gateway, 1000)
            received = 0
            while received < 1000:
                message = json.loads(await slow.recv())
                received += message["type"] == "event"
                if received % 100 == 0:
                    await asyncio.sleep(0.01)
            assert gateway.gateway.websocket_clients.stalled == 0

    with_gateway(tmp_path, check, send_stall_seconds=0.5)
