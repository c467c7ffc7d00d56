"""The gateway: its parts composed, started and stopped in order.

Start: registry, keys, shards, HTTP. It is ready once the socket accepts and every shard has
answered. Stop: accept no more, let running requests end, close the streams, disconnect from the
shards, write the registry. ``Gateway`` is the same in the forked process and in tests;
``process`` adds what belongs to a process.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from tart.background_tasks import Background
from tart.config.schema import Config
from tart.errors import TartError
from tart.gateway.api.contract import ROUTES
from tart.gateway.dispatch import Call, Dispatcher, Handler
from tart.gateway.fanout.merge_thread import Apart, QueriesApart
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.shards import Shards
from tart.gateway.handlers.access import HANDLERS as ACCESS_HANDLERS
from tart.gateway.handlers.access import Handler as AccessHandler
from tart.gateway.handlers.status import StatusHandlers
from tart.gateway.handlers.table import HANDLERS
from tart.gateway.handlers.table import Handler as QueryHandler
from tart.gateway.http.auth import Authenticator
from tart.gateway.http.responses import Answer
from tart.gateway.http.sanic_adapter import upgrade
from tart.gateway.http.server import HttpServer
from tart.gateway.live.sse import EventStreams
from tart.gateway.live.streams import Streams
from tart.gateway.live.websocket import PushIntervals, WebSocketClients
from tart.gateway.observability.gateway_metrics import GatewayCounts, gateway_metrics
from tart.ipc.messages import LiveEvents, Missed
from tart.query.shard_queries.nodes import Nodes

log = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0


class Gateway:
    """All parts of the gateway.

    Args:
        count: how many shards there are.
        config: all settings; each part gets its own section.
        intervals: how often subscribers get figures.
        touch_up: let Sanic rewrite its own source for speed, which works once in a process.
    """

    def __init__(
        self,
        count: int,
        config: Config,
        intervals: PushIntervals | None = None,
        *,
        touch_up: bool = False,
    ) -> None:
        self.config = config
        paths = [config.run_path / f"{index:02d}.sock" for index in range(count)]
        self.background = Background()
        self.shards = Shards(paths, self, self.background)
        self.registry = NodeRegistry(config.control_path, background=self.background)
        self.questions = QueryClient(self.shards, self.registry, config.api)
        self.questions.retention = config.aggregates
        self.streams = Streams(self.shards)
        self.websocket_clients = WebSocketClients(
            self.questions, self.streams, config.api, intervals or PushIntervals(), self.background
        )
        self.event_streams = EventStreams(self.questions, self.streams, config.api)
        self.authenticator = Authenticator(config.control_path, config.api, self.background)
        self.dispatcher = Dispatcher(
            ROUTES, self._handlers(), self.authenticator, config.api, count
        )
        self.status = StatusHandlers(
            self.questions,
            config,
            self.background,
            live=self.streams,
            traffic=self.dispatcher.traffic,
            gateway_metrics=self._metrics,
            cache_outcomes=lambda: self.dispatcher.cache_outcomes,
        )
        self.server = HttpServer(
            ROUTES,
            self.dispatcher.dispatch,
            config.api,
            deadline_seconds=config.api.deadline_seconds,
            count_refused=lambda status: self.dispatcher.traffic.add("other", status, 0.0),
            touch_up=touch_up,
        )
        self._apart: Apart | None = None
        self._questions_apart: QueriesApart | None = None
        self._refresher: asyncio.Task[None] | None = None
        self._refresh = asyncio.Event()

    async def start(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept on a bound socket; shards are connected to meanwhile."""
        await self.registry.start()
        await self.authenticator.start()
        self.shards.start()
        self._apart = Apart()
        self._questions_apart = QueriesApart(self.questions, asyncio.get_running_loop())
        self._refresher = asyncio.create_task(self._keep_registry())
        await self.server.start(listening, tls)

    async def stop(self) -> None:
        """Stop in order; requests that take too long are cut off."""
        await self.server.drain()
        if self._refresher is not None:
            self._refresher.cancel()
            await asyncio.gather(self._refresher, return_exceptions=True)
        await self.websocket_clients.stop()
        await self.event_streams.stop()
        await self.dispatcher.stop()
        if self._apart is not None:
            apart, self._apart = self._apart, None
            await apart.stop()
        await self.shards.stop()
        await self.registry.stop()
        await self.authenticator.stop()
        self.server.close()

    def _handlers(self) -> Mapping[str, Handler]:
        """Bind the handler of each route to the part that it needs."""

        def query(handler: QueryHandler) -> Handler:
            async def handle(call: Call) -> Answer:
                if call.route.cache.stale:
                    assert self._apart is not None
                    assert self._questions_apart is not None
                    return await self._apart.run(handler(self._questions_apart, call.values))
                return await handler(self.questions, call.values)

            return handle

        def access(handler: AccessHandler) -> Handler:
            return lambda call: handler(self.authenticator, call.values, call.caller)

        return {
            **{name: query(handler) for name, handler in HANDLERS.items()},
            **{name: access(handler) for name, handler in ACCESS_HANDLERS.items()},
            "health": lambda call: self.status.health(),
            "detailed_health": lambda call: self.status.detailed_health(),
            "metrics": lambda call: self.status.metrics(),
            "openapi": lambda call: self.status.openapi(),
            "docs": lambda call: self.status.docs(),
            "metrics_stream": lambda call: self.event_streams.serve_metrics(
                call.route, call.request
            ),
            "event_stream": lambda call: self.event_streams.serve_events(
                call.route, call.request, call.values
            ),
            "websocket": lambda call: upgrade(
                self.server.app,
                call.request,
                lambda socket: self.websocket_clients.serve(socket, call.values),
            ),
        }

    def _metrics(self) -> dict[str, tuple[float, str]]:
        live = self.streams.statistics()
        counts = GatewayCounts(
            uptime_seconds=self.status.uptime_seconds,
            subscribers=len(self.streams.subscribers),
            queued_events=live["events_in_buffer"],
            lagged_events=live["dropped_events"],
            stalled=self.websocket_clients.stalled + self.event_streams.stalled,
            rejected_queries=sum(shard.statistics.refused for shard in self.shards.every),
            cache_bytes=self.dispatcher.cache_bytes,
            keys=len(self.authenticator),
            denied=self.authenticator.denied.total(),
            audit_dropped=self.authenticator.audit_dropped,
            nodes=len(self.registry),
            registry_failures=self.registry.failures,
        )
        return {**gateway_metrics(counts), **self.server.connections.metrics()}

    # --- Pushes of the shards ---------------------------------------------------------

    def welcomed(self, shard: int) -> None:
        """See ``shards.Pushes``."""
        self._refresh.set()

    def live_events(self, message: LiveEvents) -> None:
        """See ``shards.Pushes``."""
        self.streams.publish(message)

    def missed(self, message: Missed) -> None:
        """See ``shards.Pushes``."""
        self.streams.record_missed(message)

    def node_changed(self, shard: int, node: dict[str, Any]) -> None:
        """See ``shards.Pushes``."""
        self.registry.record(shard, [node])

    async def _keep_registry(self) -> None:
        """Read all nodes when a shard comes, and now and then those that were not pushed."""
        while True:
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._refresh.wait()
            except TimeoutError:
                pass
            self._refresh.clear()
            try:
                answers = await self.questions.ask_each(Nodes())
            except TartError as error:
                log.warning("nodes could not be read: %s", error)
                continue
            for shard, nodes in answers.values:
                with self.background.guard("nodes"):
                    self.registry.record(shard, nodes)
