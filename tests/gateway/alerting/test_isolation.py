"""Faults by injection: a stage of alerting that fails, hangs or is slow costs only itself.

A whole gateway over fake shards evaluates two rules every few milliseconds. While one stage is at
fault, other answers, live events and the other rule go on, and the fault is counted and named.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.alerting.evaluator import Timing
from tests.gateway.alerting.test_service import (
    BEHIND,
    put_behind,
    state,
    until,
    with_gateway,
)
from tests.gateway.fake_shard import event
from tests.gateway.live.test_websocket import ask, hear
from tests.gateway.running import PATIENCE_SECONDS, Running, eventually
from tests.running import free_port

pytestmark = pytest.mark.slow


async def fail(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("injected")


async def hang(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


FAULTS = (fail, hang)


async def others_go_on(gateway: Running) -> None:
    """Answers and live events come while a stage is at fault."""
    for path in ("/api/stats", "/api/nodes", "/api/alerts", "/api/alerts/rules", "/metrics"):
        assert (await gateway.get(path)).status_code == 200, path
    async with gateway.websocket("?subscribe=none") as client:
        await ask(client, "subscribed", {"type": "Subscribe", "filter": {"type": "All"}})
        await eventually(lambda: all(shard.subscriptions for shard in gateway.shards))
        gateway.shards[0].publish(event(0, 7))
        assert (await hear(client, "event"))["event_id"] == 7


def count(gateway: Running, task: str) -> int:
    """The failures of a background task."""
    return gateway.gateway.background.failures[task]


def test_measurements(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        put_behind(gateway, 99)
        await until(gateway, lambda body: state(body) == "firing")
        evaluator = gateway.gateway.alerting.evaluator
        evaluator._timing = Timing(interval_seconds=0.02, lag_seconds=0.0, budget_seconds=0.05)
        measure = evaluator._measure
        for fault in FAULTS:
            put_behind(gateway, 99)
            await until(gateway, lambda body: state(body) == "firing")
            before = count(gateway, "alerts.measure")
            evaluator._measure = fault
            body = await until(gateway, lambda body: body["problems"])
            assert "cannot be evaluated: it was not measured" in body["problems"][0]
            # Nothing follows from what is not known.
            assert state(body) == "firing"
            await others_go_on(gateway)
            assert count(gateway, "alerts.measure") > before
            evaluator._measure = measure
            put_behind(gateway, 0)
            await until(gateway, lambda body: not body["problems"] and not state(body))

    with_gateway(tmp_path, check)


def test_one_figure_costs_its_own_rule(tmp_path: Path) -> None:
    failures = '[[rule]]\nalert = "New"\nfigure = "failure_groups_new"\nabove = 0\n'

    async def check(gateway: Running) -> None:
        measurements = gateway.gateway.measurements
        measurements._budget_seconds = 0.1
        for fault in FAULTS:
            measurements.provide("failure_groups_new", fault)
            put_behind(gateway, 99)
            body = await until(gateway, lambda body: state(body) == "firing" and body["problems"])
            (problem,) = body["problems"]
            assert problem.startswith("rule New cannot be evaluated: ")
            rules = {
                rule["alert"]: rule["state"]
                for rule in (await gateway.json("/api/alerts/rules"))["rules"]
                if rule["enabled"]
            }
            assert rules == {"Behind": "firing", "New": "failing"}
            put_behind(gateway, 0)
            await until(gateway, lambda body: not state(body))
        metrics = (await gateway.get("/metrics")).text
        failures = dict(re.findall(r'evaluation_failures_total{rule="(\w+)"} (\S+)', metrics))
        assert float(failures["New"]) > float(failures["Behind"])

    with_gateway(tmp_path, check, BEHIND + failures)


def test_the_store(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await until(gateway, lambda body: body["evaluated_at"])
        store = gateway.gateway.alerting.store
        use = store._owned.use
        for fault, behind in zip(FAULTS, (99, 0), strict=True):
            store._call_seconds = 0.05
            store._owned.use = fault  # type: ignore[method-assign]
            put_behind(gateway, behind)
            await until(gateway, lambda body: "alerts are not evaluated: " in str(body["problems"]))
            health = await gateway.json("/api/health/detailed")
            assert health["components"]["alerting"]["status"] == "Degraded"
            await others_go_on(gateway)
            for path in ("history", "silences"):
                response = await gateway.get(f"/api/alerts/{path}")
                assert response.status_code in (500, 503), path
            store._owned.use, store._call_seconds = use, 20.0  # type: ignore[method-assign]
            wanted = "firing" if behind else None
            await until(gateway, lambda body: state(body) == wanted and not body["problems"])  # noqa: B023

    with_gateway(tmp_path, check)


def test_publishing(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await until(gateway, lambda body: body["evaluated_at"])
        feed = gateway.gateway.alert_feed
        publish = feed.publish

        def refuse(*_: Any) -> None:
            raise ZeroDivisionError("injected")

        feed.publish = refuse  # type: ignore[method-assign]
        put_behind(gateway, 99)
        body = await until(gateway, lambda body: state(body) == "firing")
        assert count(gateway, "alerts.publish") > 0
        await others_go_on(gateway)
        feed.publish = publish  # type: ignore[method-assign]
        async with gateway.websocket("?subscribe=none") as client:
            await ask(client, "alerts_subscribed", {"type": "SubscribeAlerts"})
            # At once the state of before, then that of the next evaluation.
            while not (told := await hear(client, "alerts_changed"))["alerts"]:
                pass
            assert told["alerts"][0]["id"] == body["alerts"][0]["id"]

    with_gateway(tmp_path, check)


def test_a_client_of_the_stream_that_reads_nothing(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        _, stalled = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1 << 10)
        stalled.write(b"GET /api/alerts/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with gateway.client.stream("GET", "/api/alerts/stream") as reading:
            lines = reading.aiter_lines()
            for behind in (99, 0):
                put_behind(gateway, behind)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while await firing(lines) is not bool(behind):
                        pass
        stalled.transport.abort()

    with_gateway(tmp_path, check)


async def firing(lines: Any) -> bool:
    """Whether something fires by the next answer of a stream."""
    async for line in lines:
        if line.startswith("data: "):
            return bool(json.loads(line[6:])["counts"]["firing"])
    raise AssertionError("the stream ended")


def test_a_handler(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for fault in FAULTS:
            gateway.gateway.alerting.history = fault  # type: ignore[method-assign]
            asking = asyncio.ensure_future(gateway.get("/api/alerts/history"))
            put_behind(gateway, 99)
            await until(gateway, lambda body: state(body) == "firing")
            await others_go_on(gateway)
            asking.cancel()

    with_gateway(tmp_path, check)


def test_a_channel_costs_its_own_messages(tmp_path: Path) -> None:
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        received.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def check(gateway: Running) -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        workers = gateway.gateway.alerting.delivery._workers
        for name, fault in (("fails", fail), ("hangs", hang)):
            workers[name].sender.send = fault  # type: ignore[method-assign]
        put_behind(gateway, 99)
        await until(gateway, lambda body: state(body) == "firing")
        await eventually(lambda: received)
        assert json.loads(received[0])["groupKey"] == "Behind"
        await others_go_on(gateway)
        server.close()
        await server.wait_closed()

    port = free_port()
    channel = '[[channel]]\nname = "{}"\ntype = "webhook"\nurl = "http://127.0.0.1:{}/"\n'
    channels = "".join(channel.format(name, port) for name in ("fails", "hangs", "works"))
    rules = BEHIND.replace("disable", 'group_wait = "0s"\ndisable')
    with_gateway(tmp_path, check, rules + channels)
