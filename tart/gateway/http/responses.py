"""HTTP responses: JSON, ETag, gzip, CORS, HEAD, OPTIONS, and errors.

Every response of the gateway is made here, errors included, so that all have the same headers and
all errors the same shape. HEAD needs nothing: the server sends the headers of the GET and leaves
the body out.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson
from sanic import HTTPResponse, Request
from sanic.exceptions import SanicException

from tart import json_encoding
from tart.config.schema import ApiConfig
from tart.errors import (
    Ambiguous,
    BadQuery,
    Busy,
    Incomplete,
    QueryError,
    TartError,
    TooManyRequests,
)
from tart.gateway.api import docs_script
from tart.gateway.api.route import JSON, Cache, CachePolicy, Kind, Route
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import Coverage
from tart.gateway.http.sanic_adapter import WEBSOCKET_VERSION, BadHandshake
from tart.ipc.messages import SampledEvents
from tart.query.answers.common import Comparison
from tart.query.answers.int64 import plan_of, text_converter
from tart.query.core.rfc3339 import rfc3339
from tart.suggestions import reject_unknown

log = logging.getLogger(__name__)

READ_METHODS = ("GET", "HEAD")
GZIP_FROM_BYTES = 1024
# Larger bodies are compressed on a thread, for they would delay all other requests.
GZIP_INLINE_BYTES = 64 << 10
GZIP_LEVEL = 3
PREFLIGHT_SECONDS = 600
# Codes of errors that Sanic raises; the phrases of HTTP differ between versions of Python.
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
# The pages need their inline style, and the documentation its own script, which asks this server.
_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src {docs_script.SOURCE}; "
    "connect-src 'self'; frame-ancestors 'none'"
)


class UpgradeRequired(TartError):
    """A request without an upgrade to a route that serves WebSockets only."""

    status = 426
    code = "upgrade_required"


class UnsupportedBody(TartError):
    """A body that is not declared as JSON."""

    status = 415
    code = "unsupported_body"


class ForeignOrigin(TartError):
    """A WebSocket opened by a page of an origin that the settings do not allow."""

    status = 403
    code = "foreign_origin"


def members_of(seen: Coverage) -> dict[str, Any]:
    """Return the members that tell what an answer lacks; none if it is complete."""
    members: dict[str, Any] = {}
    if len(seen.shards) != seen.total:
        members["shards"] = {"answered": len(seen.shards), "total": seen.total}
    if seen.unreadable:
        members["unreadable"] = [
            {
                "file": each.file,
                "rows": each.rows,
                "since": None if each.first_at is None else rfc3339(each.first_at),
                "until": None if each.last_at is None else rfc3339(each.last_at),
            }
            for each in sorted(seen.unreadable, key=lambda each: (each.file, each.first_at or 0))
        ]
    if (sampled := sampled_of(seen)) is not None:
        members["sampled"] = {
            "events": sampled.events,
            "since": rfc3339(sampled.first_at),
            "until": rfc3339(sampled.last_at),
        }
    return members


def sampled_of(seen: Coverage) -> SampledEvents | None:
    """Return the events that an answer may lack because the event log was sampled.

    Of several queries to one shard, the one with the longest window counts: their windows overlap.
    """
    by_shard: dict[int, SampledEvents] = {}
    for shard, part in seen.sampled:
        if shard not in by_shard or part.events > by_shard[shard].events:
            by_shard[shard] = part
    if not by_shard:
        return None
    parts = by_shard.values()
    return SampledEvents(
        sum(part.events for part in parts),
        min(part.first_at for part in parts),
        max(part.last_at for part in parts),
    )


def lacks_of(seen: Coverage) -> list[str]:
    """Return what an answer lacks as sentences, a limited number; none if it is complete."""
    lacks = []
    if missing := sorted(set(range(seen.total)) - seen.shards):
        which = f"shard{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
        lacks.append(f"{which} of {seen.total} did not answer, so its events are missing")
    damaged = sorted(seen.unreadable, key=lambda each: (each.file, each.first_at or 0))
    for unreadable in damaged[:_MAX_REASONS]:
        rows = "rows" if unreadable.rows is None else f"{unreadable.rows} rows"
        lacks.append(f"{rows} of {unreadable.file} are damaged and cannot be read")
    if damaged[_MAX_REASONS:]:
        lacks.append(f"and so are parts of {len(damaged) - _MAX_REASONS} more places")
    if (sampled := sampled_of(seen)) is not None:
        lacks.append(
            f"{sampled.events} events received from {rfc3339(sampled.first_at)} to "
            f"{rfc3339(sampled.last_at)} were not stored: the event log was sampled"
        )
    return lacks


def headers_of(seen: Coverage) -> dict[str, str]:
    """Return the headers that tell which shards answered, and what they could not read."""
    headers = {"X-Tart-Shards": f"{len(seen.shards)}/{seen.total}"}
    if seen.unreadable:
        rows = [each.rows for each in seen.unreadable]
        known = sum(each for each in rows if each is not None)
        headers["X-Tart-Unreadable"] = "unknown" if None in rows else str(known)
    if (sampled := sampled_of(seen)) is not None:
        headers["X-Tart-Sampled"] = str(sampled.events)
    return headers


@dataclass
class Answer:
    """A handler's answer to a request.

    Attributes:
        body: A JSON object or array; ``bytes`` or a ``SharedBody`` that are sent unchanged; or a
            function without arguments that returns an object, an array or bytes. The function is
            pure: it merges what the shards sent, and is called on a thread, so that a long merge
            does not hold up the event loop.
            An array has no place for what it lacks, which is in the headers only.
        media_type: The media type of ``bytes``, where it is not the route's.
        form: The format of a body that is a table (``SQL_FORMATS``), which has no members for
            what it lacks; ``http.incomplete_tables`` ends an incomplete one.
        compressed: The body in gzip's format, where it was compressed before.
        cache: The cache policy, where it is not the route's.
        stream: Chunks that are sent one by one instead of ``body``.
        earlier: The answer about an earlier window, a member of the body.
    """

    body: Any
    coverage: Coverage | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str | None = None
    form: str | None = None
    compressed: bytes | None = None
    cache: CachePolicy | None = None
    stream: AsyncIterator[bytes] | None = None
    earlier: EarlierAnswer | None = None

    def make_body(self) -> Any:
        """Return the body; the result of one that is a function."""
        return self.body() if callable(self.body) else self.body

    @property
    def complete(self) -> bool:
        """True if nothing is missing, in the answer about an earlier window neither."""
        if self.coverage is not None and not self.coverage.complete:
            return False
        return self.earlier is None or self.earlier.answer is None or self.earlier.answer.complete

    def rendered(self, body: SharedBody) -> Answer:
        """Return the answer with a body that has all of it, also what is about an earlier window.

        Of the answer about that, only the coverage remains.
        """
        earlier = self.earlier
        if earlier is not None and earlier.answer is not None:
            earlier = replace(earlier, answer=replace(earlier.answer, body=None))
        return replace(self, body=body, earlier=earlier)


@dataclass(frozen=True)
class EarlierAnswer:
    """The answer about an earlier window, beside that of a request with ``compare``.

    Attributes:
        comparison: The positions of the two windows.
        answer: ``None`` if there is none.
    """

    comparison: Comparison
    answer: Answer | None


class SharedBody:
    """A rendered body that answers several requests: tagged and compressed once.

    Args:
        data: The body.
        compressed: The body in gzip's format, where it was compressed before.
        on_growth: Called with the size of the compressed form when it is stored here.
    """

    def __init__(
        self,
        data: bytes,
        compressed: bytes | None = None,
        on_growth: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.data = data
        self._compressed = compressed
        self._on_growth = on_growth
        self._compressing: asyncio.Future[bytes] | None = None

    @cached_property
    def etag(self) -> str:
        """The tag. Weak: the compressed and the plain body have the same."""
        return f'W/"{hashlib.blake2b(self.data, digest_size=12).hexdigest()}"'

    @property
    def size(self) -> int:
        """Return the bytes of all forms that are stored."""
        return len(self.data) + len(self._compressed or b"")

    async def compressed(self) -> bytes:
        """Return the body in gzip's format; requests that come meanwhile share the work."""
        if self._compressed is None:
            if len(self.data) <= GZIP_INLINE_BYTES:
                self._store(gzip.compress(self.data, GZIP_LEVEL, mtime=0))
            else:
                if self._compressing is None:
                    self._compressing = asyncio.ensure_future(
                        asyncio.to_thread(gzip.compress, self.data, GZIP_LEVEL, mtime=0)
                    )
                # A request that is cancelled must not end the work of the others.
                compressed = await asyncio.shield(self._compressing)
                self._compressing = None
                return self._store(compressed)
        assert self._compressed is not None
        return self._compressed

    def _store(self, compressed: bytes) -> bytes:
        """Store the compressed form, unless another request has."""
        if self._compressed is None:
            self._compressed = compressed
            self._on_growth(len(compressed))
        return self._compressed


def with_text_integers(answer: Answer, answer_type: type) -> Answer:
    """Return an answer with its 64-bit integers as decimal text.

    Args:
        answer: The answer of a route.
        answer_type: The route's type of answers.
    """
    if answer.stream is not None or answer.media_type not in (None, JSON):
        return answer
    convert = text_converter(plan_of(answer_type))

    def converted() -> Any:
        body = answer.make_body()
        if isinstance(body, bytes):
            return json_encoding.dumps(convert(json_encoding.unpack(body)))
        return convert(body)

    earlier = answer.earlier
    if earlier is not None and earlier.answer is not None:
        earlier = replace(earlier, answer=with_text_integers(earlier.answer, answer_type))
    # On the merge thread: a page of events has thousands of members.
    return replace(answer, body=converted, earlier=earlier)


async def render(answer: Answer) -> bytes:
    """Return the bytes of an answer's body; call a body that is a function on the merge thread."""
    if callable(answer.body) or answer.earlier is not None:
        return await run_on_merge_thread(lambda: _render(answer))
    return _render(answer)


def _render(answer: Answer) -> bytes:
    body = _content(answer)
    if isinstance(body, SharedBody):
        return body.data
    return body if isinstance(body, bytes) else json_encoding.dumps(body)


def _content(answer: Answer) -> Any:
    """Return the body with the members about what it lacks, and about an earlier window."""
    body = answer.make_body()
    if not isinstance(body, Mapping):
        return body
    if answer.coverage is not None:
        body = {**body, **members_of(answer.coverage)}
    if answer.earlier is not None:
        earlier = answer.earlier.answer
        body = {
            **body,
            "comparison": answer.earlier.comparison,
            "earlier": None if earlier is None else _content(earlier),
        }
    return body


async def respond(
    request: Request[Any, Any], route: Route, answer: Answer, config: ApiConfig
) -> HTTPResponse:
    """Return the response with an answer."""
    # The headers of an answer take precedence: the web page has a policy of its own.
    headers = {**_common_headers(request, config), **answer.headers}
    if route.kind is Kind.PAGE and request.path.endswith("/"):
        # The links of a page are relative to its path.
        headers["Location"] = f"../{request.path.rstrip('/').rpartition('/')[2]}"
        return HTTPResponse(status=308, headers=headers)
    seen = answer.coverage
    if seen is not None:
        headers |= headers_of(seen)
    is_final = answer.complete and answer.status < 400
    if route.formats:
        headers["Vary"] += ", Accept"
    policy = (answer.cache or route.cache) if is_final else Cache.LIVE
    headers["Cache-Control"] = policy.control
    body = answer.body
    if not isinstance(body, SharedBody):
        body = SharedBody(await render(answer), answer.compressed)
    if answer.status == 200 and policy.tagged:
        headers["ETag"] = body.etag
        if _matches(request.headers.get("if-none-match"), headers["ETag"]):
            return HTTPResponse(status=304, headers=headers)
    data = body.data
    if len(data) >= GZIP_FROM_BYTES and _accepts_gzip(request.headers.get("accept-encoding")):
        headers["Content-Encoding"] = "gzip"
        data = await body.compressed()
    return HTTPResponse(data, answer.status, headers, answer.media_type or route.media_type)


async def stream(
    request: Request[Any, Any], route: Route, answer: Answer, config: ApiConfig
) -> None:
    """Send an answer in chunks, as fast as the client reads.

    An error cuts the connection off, so that the client cannot take a part for the whole. An
    ``Incomplete`` answer ends in the same way, after all that there was has been sent.
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
            "%s is incomplete, closing its connection before the end: %s",
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
    """Return the headers of an event stream, which proxies must neither store nor buffer."""
    return {
        **_common_headers(request, config),
        "Cache-Control": Cache.REVALIDATED.control,
        "X-Accel-Buffering": "no",
    }


def methods_of(route: Route) -> tuple[str, ...]:
    """Return the methods of a route, without OPTIONS, which belongs to its path."""
    return READ_METHODS if route.method == "GET" else (route.method,)


def options(
    request: Request[Any, Any], config: ApiConfig, methods: tuple[str, ...]
) -> HTTPResponse:
    """Return the response to OPTIONS: the methods, and CORS headers for an allowed origin."""
    headers = {"Allow": ", ".join(methods), **_common_headers(request, config)}
    preflight = "access-control-request-method" in request.headers
    if preflight and "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return HTTPResponse(status=204, headers=headers)


def failed(request: Request[Any, Any], error: BaseException, config: ApiConfig) -> HTTPResponse:
    """Return the response with an error."""
    status, code, message, parameter = _describe(error)
    # A request is cancelled if its client leaves, or if the gateway stops.
    if status >= 500 and not isinstance(error, TartError | asyncio.CancelledError):
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    headers = _common_headers(request, config)
    if status == 405:
        # Sanic lists them in any order.
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
    body = {"error": error_object(code, message, parameter)}
    if isinstance(error, Ambiguous):
        body["error"]["candidates"] = error.candidates
    return HTTPResponse(json_encoding.dumps(body), status, headers, JSON)


def error_object(code: str, message: str, parameter: str | None = None) -> dict[str, Any]:
    """Return the member ``error`` of an error; its message is valid Unicode."""
    error = {"code": code, "message": message.encode(errors="backslashreplace").decode()}
    return error if parameter is None else {**error, "param": parameter}


def _describe(error: BaseException) -> tuple[int, str, str, str | None]:
    """Return status, code, message and parameter of an error."""
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
    return 500, "internal", "internal error; see the server log", None


def _sentence(error: SanicException, status: HTTPStatus) -> str:
    """Return Sanic's message in one line."""
    text = str(error) or status.phrase
    return " ".join(text.split())[:300]


def _matches(wanted: str | None, etag: str) -> bool:
    """Return whether If-None-Match lists the tag, compared weakly (RFC 9110, 13.1.2)."""
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
        headers["Access-Control-Allow-Origin"] = "*" if "*" in config.cors_origins else origin
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    return headers


def origin_allowed(origin: str, config: ApiConfig) -> bool:
    """Return whether the settings let pages of an origin read."""
    return "*" in config.cors_origins or origin in config.cors_origins


def _accepts_gzip(accepted: str | None) -> bool:
    """Return whether Accept-Encoding allows gzip (RFC 9110, 12.5.3)."""
    weights = {}
    for coding in (accepted or "").lower().split(","):
        name, _, weight = coding.partition(";")
        weights[name.strip()] = weight.replace(" ", "").removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("*", "0"))
    try:
        return float(weight) > 0
    except ValueError:
        return False


def body_of(request: Request[Any, Any], members: Collection[str]) -> dict[str, Any]:
    """Return the JSON object in the body of a request.

    Args:
        request: Whose body has been received.
        members: The names of all accepted members.

    Raises:
        UnsupportedBody: The body is declared as something else.
        BadQuery: It is not an object, or has another member.
    """
    body = _json_of(request)
    if not isinstance(body, dict):
        raise BadQuery("the request body must be a JSON object")
    reject_unknown(body, members, "the request body")
    return body


def texts_of(request: Request[Any, Any]) -> list[str]:
    """Return the JSON array of strings in the body of a request.

    Raises:
        UnsupportedBody: The body is declared as something else.
        BadQuery: It is not an array of strings.
    """
    body = _json_of(request)
    if not isinstance(body, list) or not all(isinstance(item, str) for item in body):
        raise BadQuery("the request body must be a JSON array of strings")
    return body


def _json_of(request: Request[Any, Any]) -> Any:
    kind = (request.headers.get("content-type") or JSON).partition(";")[0].strip().lower()
    if kind != JSON:
        raise UnsupportedBody(f"the request body must be {JSON}, not {kind[:100]}")
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"the request body is not valid JSON: {error}") from None
