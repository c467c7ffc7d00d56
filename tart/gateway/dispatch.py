"""The dispatcher: handles a request as its route declares.

In this order: authorization, parameters and body, the audit log, the cache, the handler, the
response. The handler's error becomes the response here, whatever it is.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, is_typeddict

from sanic import HTTPResponse, Request

from tart.access.networks import same_origin
from tart.access.roles import Role
from tart.config.schema import ApiConfig
from tart.errors import AccessError, Busy, Forbidden, QueryError, QueryTimeout, ShardUnavailable
from tart.gateway.api.agent_tools import RouteCall
from tart.gateway.api.parameters import names_nodes
from tart.gateway.api.route import Kind, Route
from tart.gateway.fanout.node_resolver import NodeResolver
from tart.gateway.fanout.shards import requested_at
from tart.gateway.http import responses
from tart.gateway.http.auth import Authenticator, Caller, Credentials
from tart.gateway.http.connection_limits import SubscriberSlots
from tart.gateway.http.cookies import is_own_page, read_cookie
from tart.gateway.http.incomplete_tables import cut_off_incomplete
from tart.gateway.http.response_cache import ResponseCache
from tart.gateway.http.responses import Answer, with_text_integers
from tart.gateway.observability.metrics import Traffic
from tart.query.sql.formats import accepted_format

# A request with one of these headers came through a proxy.
_PROXY_HEADERS = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-real-ip",
)

HttpRequest = Request[Any, Any]
_LIVE = (Kind.WEBSOCKET, Kind.EVENT_STREAM)


@dataclass(frozen=True)
class Call:
    """A request that was authorized.

    Attributes:
        values: Of the route's parameters; ``body`` (an object, or a list of texts), if the route
            has one.
    """

    route: Route
    request: HttpRequest
    values: dict[str, Any]
    caller: Caller
    credentials: Credentials


# Handles a call: returns its answer, or serves a stream until it ends and returns nothing.
Handler = Callable[[Call], Awaitable[Answer | None]]


class Dispatcher:
    """Handles the requests of all routes.

    Args:
        routes: All routes.
        handlers: The handler of each route, by the route's name.
        nodes: Completes prefixes of node ids.
        shards: How many there are.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        handlers: Mapping[str, Handler],
        authenticator: Authenticator,
        config: ApiConfig,
        nodes: NodeResolver,
        shards: int,
    ) -> None:
        routes = tuple(routes)
        if handlers.keys() != {route.name for route in routes}:
            raise ValueError("each route needs a handler, and each handler a route")
        self._handlers = handlers
        self._authenticator = authenticator
        self._config = config
        self._nodes = nodes
        self._shards = shards
        self._caches = {
            policy: ResponseCache(policy.fresh * config.cache_seconds, stale=policy.stale)
            for policy in {route.cache for route in routes}
            if policy.fresh
        }
        self.slots = SubscriberSlots(config.max_subscribers)
        self.traffic = Traffic()

    @property
    def cache_outcomes(self) -> Counter[str]:
        """Requests to the response caches, by outcome."""
        return sum((cache.outcomes for cache in self._caches.values()), Counter[str]())

    @property
    def cache_bytes(self) -> int:
        """Bytes of stored responses."""
        return sum(cache.size for cache in self._caches.values())

    async def stop(self) -> None:
        """Cancel the computation of answers for the caches."""
        for cache in self._caches.values():
            await cache.stop()

    async def dispatch(
        self, route: Route, request: HttpRequest, path: dict[str, str]
    ) -> HTTPResponse | None:
        """Handle a request; ``None`` if its response was sent in pieces."""
        began = time.monotonic()
        response = await self._respond(route, request, path)
        if response is None:
            self.traffic.add(route.path, 101 if _is_websocket(route, request) else route.success)
        else:
            self.traffic.add(route.path, response.status, time.monotonic() - began)
        return response

    async def _respond(
        self, route: Route, request: HttpRequest, path: dict[str, str]
    ) -> HTTPResponse | None:
        try:
            credentials = self._credentials(route, request)
            caller = self._authorize(route, request, credentials)
            call = Call(route, request, {}, caller, credentials)
            requested_at.set(None)
            self._read(call, path)
            if route.kind in _LIVE:
                await self._resolve_nodes(call)
                await self._stream(call)
                return None
            requested_at.set(time.monotonic())
            await self._resolve_nodes(call)
            answer = await cut_off_incomplete(await self._answer(call))
            if answer.stream is not None:
                # However long the stream takes, its further queries do not go before others.
                requested_at.set(None)
                sent = responses.stream(request, route, answer, self._config)
                await self._while_authorized(call.caller, sent)
                return None
            return await responses.respond(request, route, answer, self._config)
        except Exception as error:
            # The boundary of a request: the client gets every error in the common shape.
            if isinstance(error, QueryError) and error.parameter is not None:
                error.parameter = route.written_name(request.query_string, error.parameter)
            response = responses.failed(request, error, self._config)
            if isinstance(error, QueryTimeout | Busy | ShardUnavailable):
                response.headers["X-Tart-Shards"] = f"0/{self._shards}"
            return response

    def _credentials(self, route: Route, request: HttpRequest) -> Credentials:
        headers = request.headers
        scheme, _, text = headers.get("authorization", "").partition(" ")
        key = text.strip() if scheme.lower() == "bearer" else None
        if key is None and route.token:
            key = request.args.get("token")
        foreign = not self._is_origin_allowed(request)
        return Credentials(
            address=request.ip,
            host=headers.get("host", ""),
            key=key,
            token=read_cookie(headers.get("cookie", ""), self._authenticator.cookie_name),
            forwarded=any(name in headers for name in _PROXY_HEADERS),
            foreign=foreign and request.method not in responses.READ_METHODS,
            own_page=is_own_page(headers),
        )

    def _authorize(self, route: Route, request: HttpRequest, credentials: Credentials) -> Caller:
        """Return the caller; write a refusal to the audit log and raise it."""
        now = time.monotonic()
        try:
            caller = self._authenticator.authorize(credentials, route.role, now)
        except AccessError as error:
            action = f"{request.method} {request.path}"
            self._authenticator.record_denied(credentials, error, action, now)
            raise
        if caller.role is not Role.ANYONE:
            protocol: Any = request.protocol
            protocol.recently_authorized = True
        return caller

    def _read(self, call: Call, path: dict[str, str]) -> None:
        """Read parameters and body into the call's values."""
        route, request, values = call.route, call.request, call.values
        values |= self._complete(route.read(request.query_string, path))
        if route.body is not None:
            if is_typeddict(route.body):
                members = route.body.__annotations__
                # A request that only says "do it" needs no body.
                is_needed = bool(members or request.body)
                values["body"] = responses.body_of(request, members) if is_needed else {}
            else:
                values["body"] = responses.texts_of(request)
        _complete_format(route, values, request.headers.get("accept"))

    def _complete(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values with the defaults of the settings."""
        if "bytes" in values:
            values["bytes"] = values["bytes"] or self._config.bytes
        if "int64" in values:
            values["int64"] = values["int64"] or self._config.int64
        return values

    async def _resolve_nodes(self, call: Call) -> None:
        """Replace prefixes of node ids by the whole ids, in parameters and in a live filter."""
        values, live = call.values, call.route.kind in _LIVE
        for parameter in call.route.parameters:
            if names_nodes(parameter) and (written := values[parameter.name]) is not None:
                values[parameter.name] = await self._nodes.resolve_all(
                    written, parameter.name, may_come=live
                )
        if live and values.get("filter") is not None:
            values["filter"] = await self._nodes.resolve_filter(values["filter"])

    async def _stream(self, call: Call) -> None:
        """Serve a WebSocket or an event stream until it ends or the key is revoked."""
        name = call.route.name
        if _is_websocket(call.route, call.request):
            self._check_upgrade(call.request)
            name = call.route.upgrade or name
        with self.slots.reserve():
            await self._while_authorized(call.caller, self._handlers[name](call))

    async def _answer(self, call: Call) -> Answer:
        route = call.route
        if route.audited:
            body = call.values["body"]
            self._authenticator.record(
                call.caller.key,
                call.caller.address,
                route.name,
                str(next((body[name] for name in route.audited if body.get(name)), None)),
                0,
            )
        cache = self._caches.get(route.cache)
        if cache is None:
            return await self._compute(call)
        key = route.name, repr(sorted(call.values.items()))
        return await cache.get(key, lambda: self._compute(call))

    async def call_route(self, caller: Call, called: RouteCall) -> Answer:
        """Return the answer of another route for the sender of a request.

        Raises:
            Forbidden: The sender's role does not permit the route.
            BadQuery: A parameter is not valid.
        """
        route = called.route
        if caller.caller.role < route.role:
            raise Forbidden(f"this needs a key with the role {route.role}")
        values = self._complete(route.read(called.query, called.path))
        if called.body is not None:
            values["body"] = called.body
        _complete_format(route, values, None)
        call = Call(route, caller.request, values, caller.caller, caller.credentials)
        await self._resolve_nodes(call)
        return await self._answer(call)

    async def _compute(self, call: Call) -> Answer:
        answer = await self._handlers[call.route.name](call)
        assert answer is not None
        if call.values.get("int64") == "string" and call.route.answer is not None:
            return with_text_integers(answer, call.route.answer)
        return answer

    async def _while_authorized(self, caller: Caller, sending: Awaitable[Any]) -> None:
        """Send for as long as the key is valid."""
        task = asyncio.ensure_future(sending)
        # Retrieve the error also if this request is cancelled and does not raise it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        revoked = asyncio.create_task(self._authenticator.wait_revoked(caller))
        try:
            await asyncio.wait((task, revoked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            revoked.cancel()
            if not task.done():
                task.cancel()
        await task

    def _check_upgrade(self, request: HttpRequest) -> None:
        if request.headers.get("upgrade", "").lower() != "websocket":
            raise responses.UpgradeRequired("this route speaks WebSocket only")
        # A browser lets a page open a WebSocket to any host; only the server can refuse.
        if not self._is_origin_allowed(request):
            origin = request.headers.get("origin")
            raise responses.ForeignOrigin(f"pages of {origin} may not read this")

    def _is_origin_allowed(self, request: HttpRequest) -> bool:
        """Return whether the request is from no page, or from one that may read."""
        origin = request.headers.get("origin")
        if not origin or same_origin(origin, request.headers.get("host", "")):
            return True
        return responses.origin_allowed(origin, self._config)


def _complete_format(route: Route, values: dict[str, Any], accept: str | None) -> None:
    """Set the format of the answer, if the route has several and the request names none.

    Args:
        route: The route.
        values: Of its parameters.
        accept: The Accept header.
    """
    if route.formats and values["format"] is None:
        values["format"] = accepted_format(accept, route.formats, route.path)


def _is_websocket(route: Route, request: HttpRequest) -> bool:
    """Return whether a request is to be served as a WebSocket."""
    if route.kind is Kind.WEBSOCKET:
        return True
    wants = request.headers.get("upgrade", "").lower() == "websocket"
    return bool(route.upgrade) and wants and request.method == "GET"
