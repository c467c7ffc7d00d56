"""The alert monitor: alerts that hold, those that ended, and since when, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tart.gateway.live.alert_monitor import MAX_ENDED
from tart.gateway.live.websocket import PushIntervals
from tests.gateway.fake_shard import NODE_A, NODE_B, claims, node
from tests.gateway.live.test_websocket import hear
from tests.gateway.running import Running, eventually, running_gateway

# Heard of just now, whenever that is.
SPEAKING = {"last_seen_at": "9999-12-31T23:59:59.000000Z"}
HURRIED = PushIntervals(alerts=0.02, summary=0.01)


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running_gateway(directory, intervals=HURRIED) as running:
            await test(running)

    asyncio.run(run())


async def until(gateway: Running, condition: Callable[[Any], Any]) -> Any:
    while not condition(body := await gateway.json("/api/alerts")):  # noqa: ASYNC110 - over HTTP
        await asyncio.sleep(0.005)
    return body


def test_an_alert_has_its_time_and_subject_and_is_remembered_when_it_ends(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        shard = gateway.shards[0]
        shard.nodes = [node(NODE_A, **SPEAKING), node(NODE_B, **SPEAKING)]
        well = await until(gateway, lambda body: body["evaluated_at"])
        assert (well["alerts"], well["ended"], well["ended_forgotten"]) == ([], [], 0)
        assert well["evaluated_since"] <= well["evaluated_at"]
        # A is behind: B alone is a third of the network.
        shard.chain = [claims(NODE_A, 1, None), claims(NODE_B, 100, None)]
        body = await until(gateway, lambda body: body["alerts"])
        (alert,) = body["alerts"]
        assert alert == {
            "id": f"node_behind:{NODE_A}",
            "rule": "node_behind",
            "severity": "warning",
            "state": "firing",
            "message": f"node {NODE_A[:16]} is 99 slots behind",
            "since": alert["since"],
            "ended_at": None,
            "about": {"kind": "node", "id": NODE_A},
            "details": {"slots_behind": 99},
        }
        assert alert["since"] >= well["evaluated_since"]
        summary = await gateway.json("/api/summary")
        assert summary["alerts"] == 1
        again = await until(gateway, lambda it: it["evaluated_at"] > body["evaluated_at"])
        assert again["alerts"] == [alert]
        shard.chain = [claims(NODE_A, 100, None), claims(NODE_B, 100, None)]
        body = await until(gateway, lambda body: not body["alerts"])
        (ended,) = body["ended"]
        assert (ended["state"], ended["since"]) == ("ended", alert["since"])
        assert ended["ended_at"] > alert["since"]

    with_gateway(tmp_path, check)


def test_a_new_subscriber_gets_alerts_that_have_long_held(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        shard = gateway.shards[0]
        shard.nodes = [node(NODE_A, **SPEAKING), node(NODE_B, **SPEAKING)]
        shard.chain = [claims(NODE_A, 1, None), claims(NODE_B, 100, None)]
        await until(gateway, lambda body: body["alerts"])
        async with gateway.websocket("?subscribe=none") as client:
            await client.send(json.dumps({"type": "SubscribeAlerts"}))
            assert (await hear(client, "alert"))["count"] == 1

    with_gateway(tmp_path, check)


def test_only_the_last_ended_alerts_are_listed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        shard = gateway.shards[0]
        ids = [f"{number:064x}" for number in range(MAX_ENDED + 3)]
        shard.nodes = [node(each, **SPEAKING) for each in ids]
        shard.chain = [claims(each, 1, None) for each in ids]
        leaders = [claims(f"{number:064x}", 100, None) for number in range(10_000, 10_200)]
        shard.nodes += [node(each[0], **SPEAKING) for each in leaders]
        shard.chain += leaders
        await until(gateway, lambda body: len(body["alerts"]) == len(ids))
        shard.chain = [claims(each["node_id"], 100, None) for each in shard.nodes]
        body = await until(gateway, lambda body: body["ended"])
        assert (len(body["ended"]), body["ended_forgotten"]) == (MAX_ENDED, 3)

    with_gateway(tmp_path, check)


def test_evaluation_goes_on_when_shards_fail(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await until(gateway, lambda body: body["evaluated_at"])
        for shard in gateway.shards:
            await shard.stop()
        await eventually(lambda: not any(each.up for each in gateway.gateway.shards.every))
        for shard in gateway.shards:
            await shard.start()
        then = (await gateway.json("/api/alerts"))["evaluated_at"]
        await until(gateway, lambda body: body["evaluated_at"] > then)
        assert gateway.gateway.background.failures["alerts"] == 0

    with_gateway(tmp_path, check)
