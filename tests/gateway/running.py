"""A whole gateway for a test: real sockets, real control.sqlite, shards that are fakes."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import sanic_routing.router
from websockets.asyncio.client import connect

from tart.config.schema import Config
from tart.gateway.api.route import Route
from tart.gateway.app import Gateway
from tart.gateway.live.websocket import PushIntervals
from tart.gateway.process import listen
from tart.query.core.event_ids import event_api_id
from tests.gateway.fake_shard import NODE_A, FakeShard, node

PATIENCE_SECONDS = 60.0
# Periodic queries of the gateway's own do not come between those of a test's requests.
QUIET = PushIntervals(failures=3600.0)
QUIET_SECONDS = 3600.0
# No state of the summary is for two requests, as no answer is; not for streams of it.
QUIET_AND_UNSHARED = replace(QUIET, summary=1e-6)

# From the routes Sanic writes a function, which it parses and compiles: a third of the start of a
# gateway. All gateways of a process have the same text of it.
vars(sanic_routing.router).update(
    ast=SimpleNamespace(**vars(ast) | {"parse": cache(ast.parse), "unparse": cache(ast.unparse)}),
    compile=cache(compile),
)


def path_of(route: Route) -> str:
    """A route's path with an id that can be one."""
    of_event = route.path.startswith("/api/events/")
    path = route.path.replace("{id}", str(event_api_id(1, 3)) if of_event else NODE_A)
    path = path.replace("{hash}", "cc" * 32).replace("{core_index}", "1")
    path = path.replace("{code}", "truncated").replace("{slot}", "7")
    path = path.replace("{wp_hash}", "cc" * 32)
    path = path.replace("{session}", "256").replace("{fingerprint}", "0123456789abcdef")
    for name in ("core_id", "service_id", "validator_idx"):
        path = path.replace(f"{{{name}}}", "1")
    return path


def url_of(route: Route) -> str:
    """A route's path with the parameters that it requires: a window of an hour until now."""
    now = datetime.now(UTC)
    times = {"start": now - timedelta(hours=1), "end": now}
    required = {
        each.name: times[each.name].isoformat() for each in route.parameters if each.required
    }
    return path_of(route) + (f"?{urlencode(required)}" if required else "")


@dataclass
class Running:
    """A gateway that answers, its shards, and a client."""

    gateway: Gateway
    shards: list[FakeShard]
    client: httpx.AsyncClient
    port: int

    def know(self, *node_ids: str) -> None:
        """Make the gateway know nodes that its shards have not reported."""
        self.gateway.registry.record(0, [node(each) for each in node_ids])

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        """A GET."""
        return await self.client.get(path, **arguments)

    async def json(self, path: str, status: int = 200) -> Any:
        """The JSON of a GET that must have that status."""
        response = await self.client.get(path)
        assert response.status_code == status, response.text
        return response.json()

    def websocket(self, query: str = "", **arguments: Any) -> connect:
        """A WebSocket client, as a context manager."""
        url = f"ws://127.0.0.1:{self.port}/api/ws{query}"
        return connect(url, proxy=None, **{"open_timeout": 100, **arguments})

    async def all_there(self) -> None:
        """Wait until the gateway can ask every shard."""
        await asyncio.wait_for(self.gateway.shards.wait_all_welcomed(), PATIENCE_SECONDS)

    async def settle(self) -> None:
        """Wait until the gateway's own queries at its start are answered, and forget them.

        It reads all nodes and evaluates alerts. What ``FakeShard.requests`` has from then on is
        of the test's requests, as long as ``QUIET`` lasts.
        """
        shards = self.gateway.shards

        def has_settled() -> bool:
            return (
                self.gateway.alert_feed.firing is not None
                and self.gateway.failure_watch.report.scanned_at is not None
                and all(any(each.name == "nodes" for each in fake.requests) for fake in self.shards)
                and not shards.welcomed.is_set()
                and not any(shard.pending for shard in shards.every)
            )

        await eventually(has_settled)
        for fake in self.shards:
            fake.requests.clear()


Test = Callable[[Running], Coroutine[Any, Any, None]]
Run = Callable[[Test], None]


def config_for(directory: Path, evaluation_seconds: float = QUIET_SECONDS, **api: Any) -> Config:
    """Settings of a test: everything inside ``directory``, some of ``[api]`` changed."""
    config = Config(base_dir=directory)
    server = replace(config.server, data_dir="d", run_dir="r")
    # Each request is answered from what the fakes have then, unless that is what is tested.
    api = {"cache_seconds": 1e-6, **api}
    alerts = replace(config.alerts, evaluation_seconds=evaluation_seconds, lag_seconds=0.0)
    return replace(config, server=server, api=replace(config.api, **api), alerts=alerts)


@asynccontextmanager
async def running_gateway(
    directory: Path,
    shards: int = 2,
    intervals: PushIntervals | None = None,
    prepare: Callable[[list[FakeShard]], None] | None = None,
    **api: Any,
) -> AsyncIterator[Running]:
    """A gateway with fake shards; ``api`` changes settings of that section.

    Rules are those of ``alerts.toml`` in the directory. They are evaluated once, unless
    ``evaluation_seconds`` says otherwise.
    Without ``intervals`` it is ``QUIET`` and settled: its shards' ``requests`` are the test's.
    """
    config = config_for(directory, **api)
    fakes = [FakeShard(i, config.run_path / f"{i:02d}.sock", pid=100 + i) for i in range(shards)]
    if prepare:
        prepare(fakes)
    for fake in fakes:
        await fake.start()
    gateway = Gateway(shards, config, intervals or QUIET)
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    await gateway.start(listening)
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(
            base_url=base, trust_env=False, timeout=30, verify=False
        ) as client:
            running = Running(gateway, fakes, client, port)
            await running.all_there()
            if intervals is None:
                await running.settle()
            yield running
    finally:
        await gateway.stop()
        for fake in fakes:
            await fake.stop()
        listening.close()


def with_gateway(
    directory: Path,
    test: Callable[[Running], Coroutine[Any, Any, None]],
    shards: int = 2,
    **api: Any,
) -> None:
    """Run one test against a gateway of its own."""

    async def run() -> None:
        async with running_gateway(directory, shards, **api) as running:
            await test(running)

    asyncio.run(run())


@contextmanager
def shared_gateway(directory: Path, **api: Any) -> Iterator[Run]:
    """Start one gateway for many tests that change nothing of it; gives what runs each of them."""
    with asyncio.Runner() as runner:
        gateway = running_gateway(directory, **api)
        running = runner.run(gateway.__aenter__())
        try:
            yield lambda test: runner.run(test(running))
        finally:
            runner.run(gateway.__aexit__(None, None, None))


async def eventually(condition: Callable[[], Any]) -> Any:
    """What ``condition`` gives once it is true; it must become so within the patience."""
    ends = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not (found := condition()):
        assert asyncio.get_running_loop().time() < ends, "this did not come true in time"
        await asyncio.sleep(0.005)
    return found
