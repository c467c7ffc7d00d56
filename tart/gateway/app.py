"""The gateway process: its parts put together, started and stopped in order.

Start: registry, shards, HTTP; ready once the socket accepts and every shard has said
Welcome. Stop: accept no more, close the streams, let running requests end, disconnect
from the shards, write the registry. ``Gateway`` is the same in the forked process and
in tests; ``process`` adds what belongs to a process.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import ssl
import time
from collections.abc import Coroutine
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.handlers import ErrorHandler
from sanic.server.async_server import AsyncioServer

from tart import __version__, json_encoding
from tart.access.networks import same_origin
from tart.access.roles import Role
from tart.background_tasks import Background
from tart.config.schema import Config
from tart.errors import AccessError, Busy, QueryTimeout, ShardUnavailable, TartError
from tart.gateway.api import docs, openapi
from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import Cache, Route
from tart.gateway.api.routes.streams import EVENT_STREAM
from tart.gateway.fanout.merge_thread import Apart, QuestionsApart
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import Coverage, Questions, coverage, now_text
from tart.gateway.fanout.shards import Answers, Shards, requested_at
from tart.gateway.handlers.access import HANDLERS as ACCESS_HANDLERS
from tart.gateway.handlers.table import HANDLERS, Values
from tart.gateway.http import responses
from tart.gateway.http.auth import Authenticator, Caller, Visitor
from tart.gateway.http.connection_limits import Connection, Connections, upgrade
from tart.gateway.http.response_cache import ResponseCache
from tart.gateway.http.responses import Answer
from tart.gateway.live.sse import EventStreams
from tart.gateway.live.streams import Streams
from tart.gateway.live.websocket import PushIntervals, WebSocketClients
from tart.gateway.observability import health, metrics
from tart.gateway.observability.gateway_metrics import figures
from tart.gateway.observability.host_stats import disk, memory, rss_bytes
from tart.ipc.messages import LiveEvents, Missed

log = logging.getLogger(__name__)

BACKLOG = 1024
REFRESH_SECONDS = 60.0
DRAIN_SECONDS = 5.0
# Of api.cache_seconds, for answers that are shared and as good as live.
BRIEF = 0.25
# With one of these somebody stands between the client and us.
_PROXY_HEADERS = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-real-ip",
)
_WORD = str.maketrans("/<>:", "____")
# Sanic knows its apps by name; more than one in a process happens in tests.
_names = (f"tart-{number}" for number in itertools.count())

App = Sanic[Any, Any]
Asked = Request[Any, Any]


class Gateway:
    """All parts of the gateway.

    Args:
        count: how many shards there are.
        config: all settings; parts are handed their own sections.
        intervals: how often subscribers are told figures; tests hurry.
        touch_up: let Sanic rewrite itself for speed, which works once in a process.
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
        self._touch_up = touch_up
        paths = [config.run_path / f"{index:02d}.sock" for index in range(count)]
        self.background = Background()
        self.shards = Shards(paths, self, self.background)
        self.registry = NodeRegistry(config.control_path, background=self.background)
        self.questions = Questions(self.shards, self.registry, config.api)
        self.questions.kept = config.aggregates
        self.streams = Streams(self.shards)
        self.websocket_clients = WebSocketClients(
            self.questions, self.streams, config.api, intervals or PushIntervals(), self.background
        )
        self.event_streams = EventStreams(self.questions, self.streams, config.api)
        self.response_cache = ResponseCache(self._ask_apart, config.api.cache_seconds)
        self.brief_cache = ResponseCache(self._ask, BRIEF * config.api.cache_seconds, stale=0.0)
        self.traffic = metrics.Traffic()
        self._totals = metrics.Totals()
        self._started = time.monotonic()
        self.authenticator = Authenticator(config.control_path, config.api, self.background)
        self.connections = Connections(config.api.max_connections)
        self._app = self._build()
        self._apart: Apart | None = None
        self._questions_apart: QuestionsApart | None = None
        self._server: AsyncioServer | None = None
        self._refresher: asyncio.Task[None] | None = None
        self._refresh = asyncio.Event()
        self._openapi = json_encoding.dumps(openapi.document(__version__))
        self._docs = docs.page(__version__).encode()

    # --- Life ------------------------------------------------------------------------

    async def start(self, listening: socket.socket, secured: ssl.SSLContext | None = None) -> None:
        """Accept on a bound socket, over TLS if so; shards are connected to meanwhile."""
        await self.registry.start()
        await self.authenticator.start()
        self.shards.start()
        self._apart = Apart()
        self._questions_apart = QuestionsApart(self.questions, asyncio.get_running_loop())
        self._refresher = asyncio.create_task(self._keep_registry())
        handshake = {"ssl_handshake_timeout": self.config.api.request_seconds} if secured else {}
        server = await self._app.create_server(
            sock=listening,
            ssl=secured,
            backlog=BACKLOG,
            access_log=False,
            protocol=Connection,
            asyncio_server_kwargs={"start_serving": False, **handshake},
        )
        assert server is not None
        await server.startup()  # type: ignore[no-untyped-call]
        await server.start_serving()  # type: ignore[no-untyped-call]
        self._server = server

    async def stop(self) -> None:
        """Stop in order; what takes too long is cut off."""
        if self._server is not None:
            await self._drain(self._server)
        if self._refresher is not None:
            self._refresher.cancel()
            await asyncio.gather(self._refresher, return_exceptions=True)
        await self.websocket_clients.stop()
        await self.event_streams.stop()
        await self.response_cache.stop()
        await self.brief_cache.stop()
        if self._apart is not None:
            apart, self._apart = self._apart, None
            await apart.stop()
        await self.shards.stop()
        await self.registry.stop()
        await self.authenticator.stop()
        Sanic.unregister_app(self._app)

    async def _drain(self, server: AsyncioServer) -> None:
        closed = server.close()  # type: ignore[no-untyped-call]
        ends = time.monotonic() + DRAIN_SECONDS
        while server.connections and time.monotonic() < ends:
            for connection in list(server.connections):
                connection.close_if_idle()
            await asyncio.sleep(0.02)
        for connection in list(server.connections):
            connection.abort()
        await asyncio.gather(closed, return_exceptions=True)

    # --- What shards say unasked -----------------------------------------------------

    def welcomed(self, shard: int) -> None:
        """See ``shards.Pushes``."""
        self._refresh.set()

    def live_events(self, message: LiveEvents) -> None:
        """See ``shards.Pushes``."""
        self.streams.publish(message)

    def missed(self, message: Missed) -> None:
        """See ``shards.Pushes``."""
        self.streams.missed(message)

    def node_changed(self, shard: int, node: dict[str, Any]) -> None:
        """See ``shards.Pushes``."""
        self.registry.record(shard, [node])

    async def _keep_registry(self) -> None:
        """Ask for all nodes when a shard comes, and now and then for what was not pushed."""
        while True:
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._refresh.wait()
            except TimeoutError:
                pass
            self._refresh.clear()
            try:
                answers = await self.shards.scatter(
                    "nodes", {"bytes": "hex"}, self.config.api.deadline_seconds
                )
            except TartError as error:
                log.warning("nodes could not be read: %s", error)
                continue
            for shard, nodes in answers.values:
                with self.background.guard("nodes"):
                    self.registry.record(shard, nodes)

    # --- HTTP ------------------------------------------------------------------------

    def _build(self) -> App:
        app: App = Sanic(next(_names), configure_logging=False, error_handler=_Errors(self))
        api = self.config.api
        app.ctx.connections = self.connections
        app.config.update(
            AUTO_EXTEND=False,
            MOTD=False,
            TOUCHUP=self._touch_up,
            ACCESS_LOG=False,
            FALLBACK_ERROR_FORMAT="json",
            REQUEST_MAX_SIZE=api.max_body_bytes,
            WEBSOCKET_MAX_SIZE=api.max_body_bytes,
            REQUEST_TIMEOUT=api.request_seconds,
            RESPONSE_TIMEOUT=max(60.0, api.deadline_seconds * 2),
        )
        methods: dict[str, tuple[str, ...]] = {}
        for route in ROUTES:
            path = route.path.replace("{", "<").replace("}", ":str>")
            taken = responses.methods_of(route)
            app.add_route(self._handler(route), path, methods=taken, name=route.name)
            methods[path] = (*methods.get(path, ()), *taken)
        for path, taken in methods.items():
            app.add_route(
                self._options((*taken, "OPTIONS")),
                path,
                methods=("OPTIONS",),
                name=f"options_{taken[0]}_{path}".translate(_WORD),
            )
        app.enable_websocket()
        return app

    def _options(self, methods: tuple[str, ...]) -> Any:
        async def handle(request: Asked, **_: str) -> HTTPResponse:
            return responses.options(request, self.config.api, methods)

        return handle

    def _handler(self, route: Route) -> Any:
        async def handle(request: Asked, **path: str) -> HTTPResponse | None:
            began = time.monotonic()
            response = await self._respond(route, request, path)
            if response is None:
                self.traffic.add(route.path, route.success)
            else:
                self.traffic.add(route.path, response.status, time.monotonic() - began)
            return response

        if route.name == "websocket":
            handle.is_websocket = True  # type: ignore[attr-defined]
        return handle

    async def _respond(
        self, route: Route, request: Asked, path: dict[str, str]
    ) -> HTTPResponse | None:
        try:
            caller = self._admit(route, request)
            requested_at.set(None)
            values = route.read(request.query_string, path)
            if "bytes" in values:
                values["bytes"] = values["bytes"] or self.config.api.bytes
            if route.name == "websocket":
                await self._while_valid(caller, self._converse(request, values))
                return None
            if route.media_type == EVENT_STREAM:
                with self.websocket_clients.reserve_slot():
                    sent = self.event_streams.serve(route, request, values)
                    await self._while_valid(caller, sent)
                return None
            if route.body_name is not None:
                members = SCHEMAS[route.body_name]["properties"]
                values["body"] = responses.body_of(request, members)
                values["accept"] = request.headers.get("accept")
            requested_at.set(time.monotonic())
            answer = await self._answer(route, values, caller)
            if answer.stream is not None:
                # However long it takes, whoever comes meanwhile has a turn.
                requested_at.set(None)
                sent = responses.stream(request, route, answer, self.config.api)
                await self._while_valid(caller, sent)
                return None
            return await responses.respond(request, route, answer, self.config.api)
        except Exception as error:
            # The boundary of a request: whatever broke, the client gets the one error shape.
            response = responses.failed(request, error, self.config.api)
            if isinstance(error, QueryTimeout | Busy | ShardUnavailable):
                response.headers["X-Tart-Shards"] = f"0/{self.shards.total}"
            return response

    def _admit(self, route: Route, request: Asked) -> Caller:
        """Who asks, if it may; else the refusal is noted and raised."""
        now = time.monotonic()
        visitor = _visitor(route, request, foreign=not self._is_ours(request))
        try:
            caller = self.authenticator.authorize(visitor, route.role, now)
        except AccessError as error:
            self.authenticator.denied_to(visitor, error, f"{request.method} {request.path}", now)
            raise
        if caller.role is not Role.ANYONE:
            protocol: Any = request.protocol
            protocol.let_in = True
        return caller

    async def _while_valid(self, caller: Caller, sending: Coroutine[Any, Any, None]) -> None:
        """Send for as long as the key may be used."""
        task = asyncio.create_task(sending)
        # Its error is ours to raise, unless we are cancelled at that moment.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        revoked = asyncio.create_task(self.authenticator.revoked(caller))
        try:
            await asyncio.wait((task, revoked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            revoked.cancel()
            if not task.done():
                task.cancel()
        await task

    async def _answer(self, route: Route, values: Values, caller: Caller) -> Answer:
        if route.name == "sql":
            self.authenticator.note(
                caller.key, caller.address, "sql", str(values["body"].get("map")), 0
            )
        if route.name in ACCESS_HANDLERS:
            return await ACCESS_HANDLERS[route.name](self.authenticator, values, caller)
        if route.name in HANDLERS and route.cache is Cache.AGGREGATED:
            return await self.response_cache.answer(route, values)
        if route.name in HANDLERS and route.brief:
            return await self.brief_cache.answer(route, values)
        if route.name in HANDLERS:
            return await self._ask(route, values)
        match route.name:
            case "health":
                return Answer({"status": "ok", "service": "tart-backend", "version": __version__})
            case "detailed_health":
                return await self._health()
            case "metrics":
                return await self._metrics()
            case "openapi":
                return Answer(self._openapi)
            case "docs":
                return Answer(self._docs)
            case name:
                raise AssertionError(f"no handler for route {name}")

    async def _ask(self, route: Route, values: Values) -> Answer:
        return await HANDLERS[route.name](self.questions, values)

    async def _ask_apart(self, route: Route, values: Values) -> Answer:
        assert self._apart is not None
        assert self._questions_apart is not None
        return await self._apart.run(HANDLERS[route.name](self._questions_apart, values))

    async def _converse(self, request: Asked, values: Values) -> None:
        if request.headers.get("upgrade", "").lower() != "websocket":
            raise responses.UpgradeRequired("this route speaks WebSocket only")
        # Browsers let any page open a WebSocket anywhere; only we can refuse.
        if not self._is_ours(request):
            origin = request.headers.get("origin")
            raise responses.ForeignOrigin(f"pages of {origin} may not read this")

        with self.websocket_clients.reserve_slot():
            await upgrade(
                self._app, request, lambda socket: self.websocket_clients.serve(socket, values)
            )

    def _is_ours(self, request: Asked) -> bool:
        """Whether no page asks, or one that may."""
        origin = request.headers.get("origin")
        if not origin or same_origin(origin, request.headers.get("host", "")):
            return True
        return responses.origin_allowed(origin, self.config.api)

    # --- What only the whole gateway can say -----------------------------------------

    async def _statistics(self) -> tuple[Answers, float]:
        began = time.monotonic()
        try:
            answers = await self.questions.statistics()
        except (QueryTimeout, ShardUnavailable):
            answers = Answers([], self.shards.total)
        return answers, time.monotonic() - began

    async def _health(self) -> Answer:
        answers, seconds = await self._statistics()
        measured = health.Measured(
            statistics=dict(answers.values),
            total=answers.total,
            response_seconds=seconds,
            pending_limit=self.config.storage.pending_bytes,
            broadcaster=self.streams.statistics(),
            shed_recently=self.streams.shed_recently,
            rss_bytes=rss_bytes(),
            memory=memory(),
            disk=disk(self.config.data_path),
            recovering={at: each.progress for at, each in self.shards.recovering.items()},
            failing=self.background.recent(),
        )
        uptime = int(time.monotonic() - self._started)
        body = health.report(measured, now_text(), __version__, uptime)
        status = 503 if body["status"] == health.UNHEALTHY else 200
        return Answer(body, coverage(answers), status)

    async def _metrics(self) -> Answer:
        answers, _ = await self._statistics()
        statistics = dict(answers.values)
        every = self.shards.every
        scrape = metrics.Scrape(
            statistics=statistics,
            up={shard.index: shard.index in statistics for shard in every},
            restarts={shard.index: shard.statistics.restarts for shard in every},
            failures={shard.index: shard.statistics.failures for shard in every},
            broadcaster=self.streams.statistics(),
            gateway=figures(self, time.monotonic() - self._started),
            background=self.background.failures,
            cache_outcomes=self.response_cache.outcomes + self.brief_cache.outcomes,
            traffic=self.traffic,
            totals=self._totals,
            version=__version__,
        )
        seen = Coverage(frozenset(statistics), answers.total)
        return Answer(metrics.text(scrape), seen)


def _visitor(route: Route, request: Asked, *, foreign: bool) -> Visitor:
    """What a request says of who asks."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    key = text.strip() if scheme.lower() == "bearer" else None
    if key is None and route.token:
        key = request.args.get("token")
    return Visitor(
        address=request.ip,
        host=request.headers.get("host", ""),
        key=key,
        forwarded=any(name in request.headers for name in _PROXY_HEADERS),
        foreign=foreign and request.method not in responses.READ_METHODS,
    )


class _Errors(ErrorHandler):
    """What Sanic refuses before a handler is reached, in our one error shape."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._gateway = gateway

    def response(self, request: Asked, exception: Exception) -> HTTPResponse:
        """Sanic: make the response of an error."""
        response = responses.failed(request, exception, self._gateway.config.api)
        # Of a client that left nobody is refused anything.
        if not isinstance(exception, asyncio.CancelledError):
            self._gateway.traffic.add("other", response.status, 0.0)
        return response

    @staticmethod
    def log(request: Asked, exception: Exception) -> None:
        """Sanic: an error in a WebSocket conversation."""
        log.error("%s failed", request.path, exc_info=exception)
