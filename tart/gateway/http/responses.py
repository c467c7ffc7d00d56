"""From an answer to bytes of HTTP: JSON, ETag, gzip, CORS, HEAD, OPTIONS, and errors.

Every response of the gateway is made here, errors included, so that each has the same
headers and each error the same shape. HEAD needs nothing: Sanic sends the headers of the
GET and leaves the body out.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import math
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from sanic import HTTPResponse, Request
from sanic.exceptions import SanicException

from tart import json_encoding
from tart.config.schema import ApiConfig
from tart.errors import (
    BadQuery,
    Busy,
    Incomplete,
    QueryError,
    TartError,
    TooManyRequests,
)
from tart.gateway.api.route import JSON, Cache, Kind, Route
from tart.gateway.fanout.queries import Coverage
from tart.gateway.http.sanic_adapter import WEBSOCKET_VERSION, BadHandshake
from tart.query.core.rfc3339 import rfc3339
from tart.suggestions import only_known

log = logging.getLogger(__name__)

READ_METHODS = ("GET", "HEAD")
GZIP_FROM_BYTES = 1024
# Compressing more than this would hold up every other request; a thread does it.
GZIP_INLINE_BYTES = 64 << 10
GZIP_LEVEL = 3
PREFLIGHT_SECONDS = 600
# Our words for what Sanic refuses; the phrases of HTTP change from one Python to the next.
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    417: "expectation_failed",
    431: "headers_too_large",
}
_MAX_REASONS = 8
_HSTS_SECONDS = 365 * 86400
_EXPOSED = "ETag, X-Tart-Shards, X-Tart-Unreadable"
# The docs page needs its own style and nothing else; JSON needs nothing at all.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class UpgradeRequired(TartError):
    """A plain request to a route that only speaks WebSocket."""

    status = 426
    code = "upgrade_required"


class UnsupportedBody(TartError):
    """A body that is not JSON, or says that it is something else."""

    status = 415
    code = "unsupported_body"


class ForeignOrigin(TartError):
    """A page of an origin that the settings do not name wants to read the stream."""

    status = 403
    code = "foreign_origin"


def members_of(seen: Coverage) -> dict[str, Any]:
    """What an answer says of where it is from, beside what was asked for; nothing if of all."""
    found: dict[str, Any] = {}
    if len(seen.shards) != seen.total:
        found["shards"] = {"answered": len(seen.shards), "total": seen.total}
    if seen.unreadable:
        found["unreadable"] = [
            {
                "file": each.file,
                "rows": each.rows,
                "since": None if each.first_at is None else rfc3339(each.first_at),
                "until": None if each.last_at is None else rfc3339(each.last_at),
            }
            for each in sorted(seen.unreadable, key=lambda each: (each.file, each.first_at or 0))
        ]
    return found


def lacks_of(seen: Coverage) -> list[str]:
    """The same as sentences, a limited number of them; none where nothing is missing."""
    found = []
    if missing := sorted(set(range(seen.total)) - seen.shards):
        which = f"shard{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
        found.append(f"{which} of {seen.total} did not answer, so its events are missing")
    damaged = sorted(seen.unreadable, key=lambda each: (each.file, each.first_at or 0))
    for each in damaged[:_MAX_REASONS]:
        rows = "rows" if each.rows is None else f"{each.rows} rows"
        found.append(f"{rows} of {each.file} are damaged and cannot be read")
    if damaged[_MAX_REASONS:]:
        found.append(f"and so are parts of {len(damaged) - _MAX_REASONS} more places")
    return found


def headers_of(seen: Coverage) -> dict[str, str]:
    """The same in short."""
    found = {"X-Tart-Shards": f"{len(seen.shards)}/{seen.total}"}
    if seen.unreadable:
        rows = [each.rows for each in seen.unreadable]
        known = sum(each for each in rows if each is not None)
        found["X-Tart-Unreadable"] = "unknown" if None in rows else str(known)
    return found


@dataclass
class Answer:
    """A handler's answer to a request.

    Attributes:
        body: a JSON object; ``bytes`` that are sent unchanged; or a function without arguments
            that returns either. The function is pure: it merges what the shards sent, and is
            called on a thread, so that a long merge does not hold up the event loop.
        media_type: the media type of ``bytes``, where it is not the route's.
        stream: chunks that are sent one by one instead of ``body``.
    """

    body: Any
    coverage: Coverage | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str | None = None
    stream: AsyncIterator[bytes] | None = None


async def render(answer: Answer) -> bytes:
    """Return the bytes of an answer's body; call a body that is a function on a thread."""
    if callable(answer.body):
        return await asyncio.to_thread(_render, answer)
    return _render(answer)


def _render(answer: Answer) -> bytes:
    body = answer.body() if callable(answer.body) else answer.body
    if isinstance(body, bytes):
        return body
    if answer.coverage is not None:
        body = {**body, **members_of(answer.coverage)}
    return json_encoding.dumps(body)


async def respond(
    request: Request[Any, Any], route: Route, answer: Answer, config: ApiConfig
) -> HTTPResponse:
    """The response to a request that was answered."""
    headers = {**answer.headers, **_common_headers(request, config)}
    if route.kind is Kind.PAGE and request.path.endswith("/"):
        # A page's links are relative to its own path.
        headers["Location"] = f"../{request.path.rstrip('/').rpartition('/')[2]}"
        return HTTPResponse(status=308, headers=headers)
    seen = answer.coverage
    if seen is not None:
        headers |= headers_of(seen)
    partial = seen is not None and not seen.complete
    headers["Cache-Control"] = (Cache.LIVE if partial else route.cache).control
    data = await render(answer)
    if answer.status == 200 and route.cache.tagged:
        # Weak: compressed or not, it means the same.
        headers["ETag"] = f'W/"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
        if _matches(request.headers.get("if-none-match"), headers["ETag"]):
            return HTTPResponse(status=304, headers=headers)
    data = await _compressed(request, data, headers)
    return HTTPResponse(data, answer.status, headers, answer.media_type or route.media_type)


async def stream(
    request: Request[Any, Any], route: Route, answer: Answer, config: ApiConfig
) -> None:
    """Send an answer bit by bit, as fast as it is taken.

    What breaks on the way cuts the connection off: a client must not take a part for all. What
    is ``Incomplete`` ends so, too, after everything that there was has been taken.
    """
    headers = {**answer.headers, **_common_headers(request, config)}
    headers["Cache-Control"] = Cache.LIVE.control
    if (seen := answer.coverage) is not None:
        headers |= headers_of(seen)
    media_type = answer.media_type or route.media_type
    response = await request.respond(status=200, headers=headers, content_type=media_type)
    assert response is not None
    assert answer.stream is not None
    try:
        if request.method != "HEAD":
            async for chunk in answer.stream:
                await response.send(chunk)
        await response.eof()
    except Incomplete as error:
        log.warning(
            "%s lacks something, so its connection is closed before the end: %s",
            request.path,
            error,
        )
        protocol: Any = request.protocol
        protocol.close(timeout=config.request_seconds)
    except Exception as error:
        log.warning("%s was cut off: %s", request.path, error)
        transport: Any = request.transport
        transport.abort()


def stream_headers(request: Request[Any, Any], config: ApiConfig) -> dict[str, str]:
    """Of server-sent events: nobody on the way is to keep or gather them."""
    return {
        **_common_headers(request, config),
        "Cache-Control": Cache.REVALIDATED.control,
        "X-Accel-Buffering": "no",
    }


def methods_of(route: Route) -> tuple[str, ...]:
    """What a route can be asked with, OPTIONS apart, which belongs to its path."""
    return READ_METHODS if route.method == "GET" else (route.method,)


def options(
    request: Request[Any, Any], config: ApiConfig, methods: tuple[str, ...]
) -> HTTPResponse:
    """What OPTIONS answers: the methods, and to a page of a known origin that it may."""
    headers = {"Allow": ", ".join(methods), **_common_headers(request, config)}
    preflight = "access-control-request-method" in request.headers
    if preflight and "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return HTTPResponse(status=204, headers=headers)


def failed(request: Request[Any, Any], error: BaseException, config: ApiConfig) -> HTTPResponse:
    """The response to a request that could not be answered, whoever raised the error."""
    status, code, message, parameter = _explained(error)
    # Cancelled is what the client left, or what the gateway's own end cuts off.
    if status >= 500 and not isinstance(error, TartError | asyncio.CancelledError):
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    headers = _common_headers(request, config)
    if status == 405:
        # Sanic knows which, in any order.
        allowed = getattr(error, "headers", {}).get("Allow", "").replace(" ", "")
        headers["Allow"] = ", ".join(sorted(allowed.split(",")))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tart"'
    if isinstance(error, TooManyRequests | Busy):
        headers["Retry-After"] = str(math.ceil(error.seconds))
    if isinstance(error, UpgradeRequired):
        headers["Upgrade"] = "websocket"
    if isinstance(error, BadHandshake):
        headers["Sec-WebSocket-Version"] = WEBSOCKET_VERSION
    headers["Cache-Control"] = Cache.LIVE.control
    return HTTPResponse(error_json(code, message, parameter), status, headers, JSON)


def error_json(code: str, message: str, parameter: str | None = None) -> bytes:
    """The one shape of an error."""
    return json_encoding.dumps({"error": error_object(code, message, parameter)})


def error_object(code: str, message: str, parameter: str | None = None) -> dict[str, str]:
    """What stands under ``error``: always a text that JSON can carry."""
    found = {"code": code, "message": message.encode(errors="backslashreplace").decode()}
    return found if parameter is None else {**found, "param": parameter}


def _explained(error: BaseException) -> tuple[int, str, str, str | None]:
    """Status, code, message and parameter of an error."""
    if isinstance(error, QueryError):
        return error.status, error.code, str(error), error.parameter
    if isinstance(error, TartError) and error.status != 500:
        return error.status, error.code, str(error), None
    if isinstance(error, SanicException) and error.status_code < 500:
        status = HTTPStatus(error.status_code)
        return status, _CODES.get(status, "refused"), _sentence(error, status), None
    cancelled = isinstance(error, asyncio.CancelledError)
    if cancelled or (isinstance(error, SanicException) and error.status_code == 503):
        return 503, "unavailable", "the request took too long or the server is stopping", None
    return 500, "internal", "the request failed by a fault of the server; see its log", None


def _sentence(error: SanicException, status: HTTPStatus) -> str:
    """Sanic's own words for what it refused, in one line."""
    text = str(error) or status.phrase
    return " ".join(text.split())[:300]


def _matches(wanted: str | None, etag: str) -> bool:
    """RFC 9110, If-None-Match: any of the listed, compared weakly."""
    if wanted is None:
        return False
    listed = [each.strip().removeprefix("W/") for each in wanted.split(",")]
    return "*" in listed or etag.removeprefix("W/") in listed


def _common_headers(request: Request[Any, Any], config: ApiConfig) -> dict[str, str]:
    headers = {
        "Vary": "Accept-Encoding, Origin" if config.cors_origins else "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin" if config.cors_origins else "same-origin",
    }
    if config.tls_certificate:
        headers["Strict-Transport-Security"] = f"max-age={_HSTS_SECONDS}"
    origin = request.headers.get("origin")
    if origin and config.cors_origins and origin_allowed(origin, config):
        everyone = "*" in config.cors_origins
        headers["Access-Control-Allow-Origin"] = "*" if everyone else origin
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    return headers


def origin_allowed(origin: str, config: ApiConfig) -> bool:
    """Whether the settings let pages of that origin read."""
    return "*" in config.cors_origins or origin in config.cors_origins


async def _compressed(request: Request[Any, Any], data: bytes, headers: dict[str, str]) -> bytes:
    if len(data) < GZIP_FROM_BYTES or not _accepts_gzip(request.headers.get("accept-encoding")):
        return data
    headers["Content-Encoding"] = "gzip"
    if len(data) <= GZIP_INLINE_BYTES:
        return gzip.compress(data, GZIP_LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, data, GZIP_LEVEL, mtime=0)


def _accepts_gzip(accepted: str | None) -> bool:
    """RFC 9110, Accept-Encoding: gzip or anything, unless with a weight of 0."""
    weights = {}
    for each in (accepted or "").lower().split(","):
        name, _, weight = each.partition(";")
        weights[name.strip()] = weight.replace(" ", "").removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("*", "0"))
    try:
        return float(weight) > 0
    except ValueError:
        return False


def body_of(request: Request[Any, Any], members: Collection[str]) -> dict[str, Any]:
    """The JSON object that was sent.

    Args:
        members: what it may have.

    Raises:
        UnsupportedBody: it says that it is no JSON.
        BadQuery: it is no object, or has another member.
    """
    kind = (request.headers.get("content-type") or JSON).partition(";")[0].strip().lower()
    if kind != JSON:
        raise UnsupportedBody(f"the body must be {JSON}, not {kind[:100]}")
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"the body is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadQuery("the body must be a JSON object")
    only_known(found, members, "the body")
    return found
