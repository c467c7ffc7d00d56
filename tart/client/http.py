"""``TartClient`` and ``AsyncTartClient``: the HTTP API, typed. Needs ``tart[client]``."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from tart.client._generated.api import Api, AsyncApi
from tart.client.core.backoff import Backoff
from tart.client.core.request import (
    ApiError,
    ApiUnreachable,
    Call,
    parse_error,
    parse_retry_after,
)
from tart.client.stream import EventStream, Socket

Result = TypeVar("Result")

DEFAULT_RETRIES = 4
# Bounds of the first wait and of any, in seconds.
DEFAULT_BACKOFF = (0.25, 8.0)
DEFAULT_TIMEOUT = 30.0


class _Client:
    """Base of both clients; see ``TartClient``."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = DEFAULT_RETRIES,
        backoff: tuple[float, float] = DEFAULT_BACKOFF,
        verify: ssl.SSLContext | bool = True,
        proxies: bool = True,
    ) -> None:
        self._retries = retries
        self._bounds = backoff
        self._url = url.rstrip("/")
        self._key = key
        self._options: dict[str, Any] = {
            "base_url": self._url,
            "headers": _authorization(key),
            "timeout": timeout,
            "verify": verify,
            "trust_env": proxies,
        }
        self._open()

    def _open(self) -> None:
        raise NotImplementedError

    def _retry_policy(self) -> _RetryPolicy:
        return _RetryPolicy(self._retries, self._bounds)


class _RetryPolicy:
    """Decides for one call whether to retry, and after which time."""

    def __init__(self, retries: int, bounds: tuple[float, float]) -> None:
        self._remaining = retries
        self._maximum = bounds[1]
        self._backoff = Backoff(*bounds, random.SystemRandom().uniform)

    def delay(
        self, call: Call[Any], error: ApiError | httpx.TransportError, retry_after: float = 0.0
    ) -> float:
        """Return the seconds until the next attempt.

        Args:
            call: The call that failed.
            error: Its failure.
            retry_after: The delay that the server requests.

        Raises:
            ApiError: The call is not retried and the server answered with an error.
            ApiUnreachable: The call is not retried and the server did not answer.
        """
        retry = call.is_retryable(error) if isinstance(error, ApiError) else call.idempotent
        if not retry or not self._remaining or retry_after > self._maximum:
            if isinstance(error, ApiError):
                raise error
            raise _unreachable(error) from error
        self._remaining -= 1
        return max(self._backoff.delay(), retry_after)


class TartClient(_Client, Api):
    """The HTTP API for programs without asyncio; safe to share between threads.

    Args:
        url: Address of the server, such as ``http://127.0.0.1:8080``.
        key: API key, if the server requires one.
        timeout: Seconds without progress after which a request fails.
        retries: Maximum number of retries of a request that is safe to repeat.
        backoff: Bounds in seconds of the first wait before a retry, and of any. If the
            server requests a longer wait, the call fails.
        verify: Whether to verify certificates; an ``ssl.SSLContext`` for a private CA.
        proxies: Use the proxies that the environment names.

    Example:
        >>> with TartClient("http://127.0.0.1:8080") as client:
        ...     best = client.stats(duration="15m")["best_block"]
        ...     failed = list(client.iter_search(event_types=[41], duration="1h"))
    """

    def _open(self) -> None:
        self._http = httpx.Client(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client's connections."""
        self._http.close()

    def _ask(self, call: Call[Result]) -> Result:
        policy = self._retry_policy()
        while True:
            try:
                response = self._http.request(**_request(call))
            except httpx.TransportError as error:
                time.sleep(policy.delay(call, error))
                continue
            try:
                return call.parse(response.status_code, response.content)
            except ApiError as error:
                retry_after = parse_retry_after(response.headers.get("retry-after"))
                time.sleep(policy.delay(call, error, retry_after))

    def _stream(self, call: Call[bytes]) -> Iterator[bytes]:
        try:
            with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise parse_error(response.status_code, response.read())
                yield from response.iter_bytes()
        except httpx.RemoteProtocolError as error:
            raise ApiUnreachable(f"the response was cut short: {error}") from error
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _pages(self, call: Call[Any], member: str) -> Iterator[Any]:
        while True:
            page = self._ask(call)
            yield from page[member]
            if not page["has_more"]:
                return
            call = call.with_cursor(page["next_cursor"])


class AsyncTartClient(_Client, AsyncApi):
    """The HTTP API for asyncio; arguments are those of ``TartClient``.

    Example:
        >>> async def follow():
        ...     async with AsyncTartClient("http://127.0.0.1:8080") as client:
        ...         async for item in client.follow({"type": "EventType", "event_type": 42}):
        ...             print(item)
    """

    def _open(self) -> None:
        self._http = httpx.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the client's connections; streams have connections of their own."""
        await self._http.aclose()

    def follow(self, wanted: Mapping[str, Any] | None = None) -> EventStream:
        """Follow live events over WebSocket, with reconnects, for ``async for``.

        Args:
            wanted: A filter such as ``{"type": "Core", "core": 3}``; ``/api/docs`` lists
                them. Default: all events.

        Returns:
            An iterator of events, and of ``Lagged`` where events are missing. It ends only
            when its consumer leaves it, or with ``ApiError`` if the server refuses.
        """
        verify = self._options["verify"]
        secure = self._url.startswith("https:")
        context = verify if isinstance(verify, ssl.SSLContext) else _context(verify)
        socket = Socket(
            url=f"ws{self._url.removeprefix('http')}/api/ws?subscribe=none&bytes=hex&int64=number",
            headers=_authorization(self._key),
            context=context if secure else None,
            proxies=self._options["trust_env"],
        )
        filter_ = dict(wanted or {"type": "All"})
        return EventStream(socket, filter_, self._request_missed, self._bounds)

    async def _request_missed(self, wanted: str, last_event_id: str) -> AsyncGenerator[str, None]:
        """Yield lines of the event stream after an event; see ``stream``."""
        call = Call[bytes](
            "GET",
            "/api/events/stream",
            query={
                "filter": wanted,
                "last_event_id": last_event_id,
                "bytes": "hex",
                "int64": "number",
            },
        )
        try:
            async with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise parse_error(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    yield line
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    async def _ask(self, call: Call[Result]) -> Result:
        policy = self._retry_policy()
        while True:
            try:
                response = await self._http.request(**_request(call))
            except httpx.TransportError as error:
                await asyncio.sleep(policy.delay(call, error))
                continue
            try:
                return call.parse(response.status_code, response.content)
            except ApiError as error:
                retry_after = parse_retry_after(response.headers.get("retry-after"))
                await asyncio.sleep(policy.delay(call, error, retry_after))

    async def _stream(self, call: Call[bytes]) -> AsyncIterator[bytes]:
        try:
            async with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise parse_error(response.status_code, await response.aread())
                async for chunk in response.aiter_bytes():
                    yield chunk
        except httpx.RemoteProtocolError as error:
            raise ApiUnreachable(f"the response was cut short: {error}") from error
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    async def _pages(self, call: Call[Any], member: str) -> AsyncIterator[Any]:
        while True:
            page = await self._ask(call)
            for item in page[member]:
                yield item
            if not page["has_more"]:
                return
            call = call.with_cursor(page["next_cursor"])


def _request(call: Call[Any]) -> dict[str, Any]:
    """Return the arguments for httpx."""
    return {
        "method": call.method,
        "url": call.url,
        "params": call.parameters,
        "json": call.content,
    }


def _unreachable(error: httpx.TransportError) -> ApiUnreachable:
    return ApiUnreachable(f"the server does not answer: {error or type(error).__name__}")


def _authorization(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
