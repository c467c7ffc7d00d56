"""The HTTP server: a Sanic application with the routes of the contract, started and drained."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import MethodNotAllowed, NotFound
from sanic.handlers import ErrorHandler
from sanic.server.async_server import AsyncioServer

from tart.config.schema import ApiConfig
from tart.gateway.api.nearest_route import unknown_path, wrong_method
from tart.gateway.api.route import Kind, Route
from tart.gateway.http import responses
from tart.gateway.http.connection_limits import ConnectionLimiter
from tart.gateway.http.sanic_adapter import Connection

log = logging.getLogger(__name__)

BACKLOG = 1024
DRAIN_SECONDS = 5.0
# Sanic knows its applications by name; tests have more than one in a process.
_names = (f"tart-{number}" for number in itertools.count())

App = Sanic[Any, Any]
HttpRequest = Request[Any, Any]
# Answers a request to a route; ``None`` if the response was sent already.
Handle = Callable[[Route, HttpRequest, dict[str, str]], Awaitable[HTTPResponse | None]]
# Counts a response of a request that was refused before it reached a route.
CountRefused = Callable[[int], None]


class HttpServer:
    """Serves routes over HTTP/1.1.

    Args:
        handle: Answers the requests to all routes.
        count_refused: Is told the status of each request that no route got.
        touch_up: Let Sanic rewrite its own source for speed, which works once in a process.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        handle: Handle,
        config: ApiConfig,
        *,
        deadline_seconds: float,
        count_refused: CountRefused,
        touch_up: bool = False,
    ) -> None:
        self.connections = ConnectionLimiter(config.max_connections)
        self._config = config
        self._handle = handle
        self._server: AsyncioServer | None = None
        self.app: App = Sanic(
            next(_names),
            configure_logging=False,
            error_handler=_Errors(config, count_refused, [route.path for route in routes]),
        )
        self.app.ctx.connections = self.connections
        self.app.config.update(
            AUTO_EXTEND=False,
            MOTD=False,
            TOUCHUP=touch_up,
            ACCESS_LOG=False,
            FALLBACK_ERROR_FORMAT="json",
            REQUEST_MAX_SIZE=config.max_body_bytes,
            WEBSOCKET_MAX_SIZE=config.max_body_bytes,
            REQUEST_TIMEOUT=config.request_seconds,
            RESPONSE_TIMEOUT=max(60.0, deadline_seconds * 2),
        )
        self._register(routes)

    async def start(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept connections on a bound socket."""
        handshake = {"ssl_handshake_timeout": self._config.request_seconds} if tls else {}
        server = await self.app.create_server(
            sock=listening,
            ssl=tls,
            backlog=BACKLOG,
            access_log=False,
            protocol=Connection,
            asyncio_server_kwargs={"start_serving": False, **handshake},
        )
        assert server is not None
        await server.startup()  # type: ignore[no-untyped-call]
        await server.start_serving()  # type: ignore[no-untyped-call]
        self._server = server

    async def drain(self) -> None:
        """Accept no more, let running requests end, and cut off those that take too long."""
        if self._server is None:
            return
        server = self._server
        closed = server.close()  # type: ignore[no-untyped-call]
        ends = time.monotonic() + DRAIN_SECONDS
        while server.connections and time.monotonic() < ends:
            for connection in list(server.connections):
                connection.close_if_idle()
            await asyncio.sleep(0.02)
        for connection in list(server.connections):
            connection.abort()
        await asyncio.gather(closed, return_exceptions=True)

    def close(self) -> None:
        """Free the application's name."""
        Sanic.unregister_app(self.app)

    def _register(self, routes: Sequence[Route]) -> None:
        of_path: dict[str, list[Route]] = {}
        for route in routes:
            of_path.setdefault(route.path.replace("{", "<").replace("}", ":str>"), []).append(route)
        for path, (first, *others) in of_path.items():
            accepted = (*itertools.chain(*map(responses.methods_of, (first, *others))), "OPTIONS")
            if first.kind is Kind.WEBSOCKET:
                self._add(self._options(accepted), path, ("OPTIONS",), f"options_{first.name}")
                self._add(self._handler(first), path, responses.methods_of(first), first.name)
            else:
                # One registration with the methods of the route and OPTIONS: they cost start-up.
                methods = (*responses.methods_of(first), "OPTIONS")
                self._add(self._handler(first, accepted), path, methods, first.name)
            for route in others:
                self._add(self._handler(route), path, responses.methods_of(route), route.name)
        self.app.enable_websocket()

    def _add(self, handler: Any, path: str, methods: tuple[str, ...], name: str) -> None:
        # Without a format of errors Sanic parses the source code of the handler to guess one.
        add = self.app.route(path, methods=methods, name=name, error_format="json")
        add(handler)

    def _handler(self, route: Route, accepted: tuple[str, ...] = ()) -> Any:
        """Return the handler of a route, and of OPTIONS if the methods of its path are given."""

        async def handle(request: HttpRequest, **path: str) -> HTTPResponse | None:
            if request.method == "OPTIONS":
                return responses.options(request, self._config, accepted)
            return await self._handle(route, request, path)

        if route.kind is Kind.WEBSOCKET or route.upgrade:
            handle.is_websocket = True  # type: ignore[attr-defined]
        return handle

    def _options(self, methods: tuple[str, ...]) -> Any:
        async def handle(request: HttpRequest, **_: str) -> HTTPResponse:
            return responses.options(request, self._config, methods)

        return handle


class _Errors(ErrorHandler):
    """Answers a request that Sanic refuses before it reaches a route, in the common error shape."""

    def __init__(
        self, config: ApiConfig, count_refused: CountRefused, paths: Sequence[str]
    ) -> None:
        super().__init__()
        self._config = config
        self._count_refused = count_refused
        self._paths = paths

    def response(self, request: HttpRequest, exception: Exception) -> HTTPResponse:
        """Sanic: make the response of an error."""
        response = responses.failed(request, self._with_way_out(request, exception), self._config)
        # A client that left gets no response, so none is counted.
        if not isinstance(exception, asyncio.CancelledError):
            self._count_refused(response.status)
        return response

    def _with_way_out(self, request: HttpRequest, exception: Exception) -> Exception:
        """Return the error of a request without a route with a text that says what there is."""
        path = request.path
        if isinstance(exception, NotFound):
            return NotFound(unknown_path(path, self._paths))
        if isinstance(exception, MethodNotAllowed):
            listed = str(exception.headers.get("Allow", "")).replace(" ", "")
            allowed = [method for method in listed.split(",") if method]
            text = wrong_method(request.method, path, allowed)
            return MethodNotAllowed(text, request.method, allowed)
        return exception

    @staticmethod
    def log(request: HttpRequest, exception: Exception) -> None:
        """Sanic: log an error of a WebSocket."""
        log.error("%s failed", request.path, exc_info=exception)
