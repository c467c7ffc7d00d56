"""The summarised live channel through its three doors, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.live.streams import Subscriber
from tart.gateway.live.websocket import Client, PushIntervals
from tart.ipc.messages import Failure
from tart.query.core.query import Rendering
from tests.gateway.fake_shard import NODE_A, NODE_B, claims, event, node
from tests.gateway.live.test_sse import reading
from tests.gateway.live.test_websocket import ask, hear
from tests.gateway.running import Running, eventually, running_gateway

HURRIED = PushIntervals(summary=0.02)
SUBSCRIBE = {"type": "SubscribeSummary"}


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    async def run() -> None:
        async with running_gateway(directory, intervals=HURRIED, **api) as running:
            # The one evaluation of the rules reads states, too.
            await eventually(lambda: running.gateway.alert_feed.firing is not None)
            # Until its state is not the newest any more.
            await asyncio.sleep(HURRIED.summary)
            await test(running)

    asyncio.run(run())


def test_the_three_doors_have_the_same_data(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        first, second = gateway.shards
        first.nodes, second.nodes = [node(NODE_A)], [node(NODE_B, best=None)]
        first.chain = [claims(NODE_A, 9, 5)]
        polled = await gateway.json("/api/summary")
        assert (polled["since"], sorted(polled["added"])) == (None, [NODE_A, NODE_B])
        assert (polled["best_block"], polled["finalized_block"]) == (9, 5)
        assert polled["best_block"] == (await gateway.json("/api/stats"))["best_block"]
        assert (polled["nodes_connected"], polled["nodes_known"]) == (2, 2)
        assert (polled["shards_answered"], polled["shards_total"]) == (2, 2)
        async with gateway.websocket("?subscribe=none") as client:
            answer = await ask(client, "summary_subscribed", SUBSCRIBE)
            assert answer["interval_ms"] == 1000
            heard = await hear(client, "summary")
            assert heard["since"] is None
            async with reading(gateway, "/api/summary/stream") as stream:
                number, sent = await stream.next("summary")
                assert number == str(sent["sequence"])
                changed = ("sequence", "timestamp", "last_second", "last_10s", "nodes")
                for body in (heard, sent):
                    for name in polled.keys() - changed:
                        assert body[name] == polled[name], name
                    for name in ("best_slot", "event_count", "is_connected"):
                        assert body["nodes"][name] == polled["nodes"][name]
                first.nodes[0]["event_count"] = 8
                while True:
                    _, sent = await stream.next("summary")
                    if 8 in sent["nodes"]["event_count"]:
                        break
                assert sent["nodes"]["number"] == [polled["added"].index(NODE_A)]
            while 8 not in (await hear(client, "summary"))["nodes"]["event_count"]:
                pass
            await ask(client, "summary_unsubscribed", {"type": "UnsubscribeSummary"})
        await eventually(lambda: gateway.gateway.summaries.readers == 0)

    with_gateway(tmp_path, check)


def test_a_client_goes_on_where_it_was_or_gets_all_nodes(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        first = await gateway.json("/api/summary")
        await asyncio.sleep(0.03)
        gateway.shards[0].nodes = [node(event_count=9)]
        known = first["sequence"]
        later = await gateway.json(f"/api/summary?since={known}")
        assert (later["since"], later["added"], later["nodes"]["event_count"]) == (known, [], [9])
        assert (await gateway.json("/api/summary?since=5"))["since"] is None
        async with reading(
            gateway, "/api/summary/stream", **{"last-event-id": str(later["sequence"])}
        ) as stream:
            _, sent = await stream.next("summary")
            assert (sent["since"], sent["added"]) == (later["sequence"], [])
        async with gateway.websocket("?subscribe=none") as client:
            await client.send(json.dumps({**SUBSCRIBE, "since": sent["sequence"]}))
            assert (await hear(client, "summary"))["since"] is not None
            # Asking again without it gets all nodes: that closes a gap.
            await client.send(json.dumps(SUBSCRIBE))
            while (await hear(client, "summary"))["since"] is not None:
                pass
        error = await gateway.json("/api/summary?since=x", 400)
        assert error["error"]["param"] == "since"

    with_gateway(tmp_path, check)


def test_wrong_members_are_named(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket("?subscribe=none") as client:
            for wrong in (
                {"since": -1},
                {"since": True},
                {"interval_ms": "1"},
                {"intervall_ms": 1},
            ):
                error = await ask(client, "error", {**SUBSCRIBE, **wrong})
                assert [error["param"]] == list(wrong)

    with_gateway(tmp_path, check)


def test_a_shard_that_hangs_makes_states_partial_and_one_that_dies_ends_its_nodes(
    tmp_path: Path,
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes, gateway.shards[1].nodes = [node(NODE_A)], [node(NODE_B)]
        async with gateway.websocket("?subscribe=none") as client:
            await client.send(json.dumps(SUBSCRIBE))
            whole = await hear(client, "summary")
            assert (whole["shards_answered"], whole["shards_total"]) == (2, 2)
            gateway.shards[1].answers["summary"] = lambda _: None
            while (heard := await hear(client, "summary"))["shards_answered"] == 2:
                pass
            assert (heard["shards_answered"], heard["nodes_connected"]) == (1, 2)
            await gateway.shards[1].stop()
            while (heard := await hear(client, "summary"))["nodes_connected"] == 2:
                pass
            assert heard["shards_answered"] == 1
            gateway.shards[0].answers["summary"] = lambda _: Failure(0, "internal", "x")
            while (heard := await hear(client, "summary"))["shards_answered"]:
                pass
            assert heard["last_second"] is None
            error = await gateway.json("/api/summary", 503)
            assert error["error"]["code"] == "no_shard"

    with_gateway(tmp_path, check)


def test_a_fault_of_the_summary_costs_events_nothing_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        summaries = gateway.gateway.summaries
        async with gateway.websocket() as client:
            await eventually(lambda: gateway.shards[0].subscriptions)
            await client.send(json.dumps(SUBSCRIBE))
            await hear(client, "summary")

            def fail(answers: Any) -> None:
                raise RuntimeError("injected")

            with monkeypatch.context() as patch:
                patch.setattr(summaries._state, "update", fail)
                failures = gateway.gateway.background.failures
                await eventually(lambda: failures["summary"])
            gateway.shards[0].publish(event(0, 5))
            assert (await hear(client, "event"))["event_id"] == 5
            # The next state begins with all nodes.
            while (heard := await hear(client, "summary"))["since"] is not None:
                pass
            assert heard["added"] == [NODE_A]

    with_gateway(tmp_path, check)


def test_a_client_that_reads_nothing_skips_states_and_then_has_the_newest(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        summaries = gateway.gateway.summaries
        subscriber = Subscriber(10)
        client = Client(
            gateway.gateway.websocket_clients, subscriber, Rendering("hex", "number"), None
        )
        pushing = asyncio.create_task(client.push_summaries())
        await client.subscribe_summary({"type": "SubscribeSummary"})
        await eventually(lambda: summaries.skipped > 3)
        (frame,) = subscriber.take(1 << 20)
        assert f'"sequence":{summaries.sequence},'.encode() in frame
        assert b'"since":null' in frame
        gateway.shards[0].nodes[0]["event_count"] = 99
        missed = summaries.sequence
        await eventually(lambda: summaries.sequence > missed + 3)
        # One message, with all changes since the one before.
        (frame,) = subscriber.take(1 << 20)
        assert f'"since":{missed},'.encode() in frame
        assert b'"event_count":[99]' in frame
        pushing.cancel()
        text = (await gateway.get("/metrics")).text
        assert "tart_live_states_skipped_total 0" not in text
        assert "tart_live_states_total" in text

    with_gateway(tmp_path, check)


def test_clients_share_one_encoding_and_no_query_is_sent_without_readers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].nodes = [node()]
        summaries = gateway.gateway.summaries
        async with (
            gateway.websocket("?subscribe=none") as one,
            gateway.websocket("?subscribe=none") as other,
        ):
            for client in (one, other):
                await client.send(json.dumps(SUBSCRIBE))
                await hear(client, "summary")
            assert summaries.readers == 2
            assert summaries.encode(None) is summaries.encode(None)
        await eventually(lambda: summaries.readers == 0)
        await eventually(lambda: summaries._task is not None and summaries._task.done())
        states = summaries.states
        await asyncio.sleep(0.1)
        assert summaries.states == states

    with_gateway(tmp_path, check)


def test_a_closed_client_is_no_reader(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.websocket("?subscribe=none") as client:
            await client.send(json.dumps(SUBSCRIBE))
            await hear(client, "summary")
            assert gateway.gateway.summaries.readers == 1
        await eventually(lambda: gateway.gateway.summaries.readers == 0)

    with_gateway(tmp_path, check)
