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
from tart.client.core.request import ApiError, ApiUnreachable, Call, refusal, seconds_asked
from tart.client.stream import EventStream, Socket

Result = TypeVar("Result")

DEFAULT_RETRIES = 4
# Bounds of the first wait and of any, in seconds.
DEFAULT_BACKOFF = (0.25, 8.0)
DEFAULT_TIMEOUT = 30.0


class _Settings:
    """What both clients are made of; see ``TartClient``."""

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
            "headers": _bearer(key),
            "timeout": timeout,
            "verify": verify,
            "trust_env": proxies,
        }

        self._open()

    def _open(self) -> None:
        raise NotImplementedError

    def _attempts(self) -> _Attempts:
        return _Attempts(self._retries, self._bounds)


class _Attempts:
    """The attempts of one call: how long to wait before the next, if there is one."""

    def __init__(self, retries: int, bounds: tuple[float, float]) -> None:
        self._left = retries
        self._most = bounds[1]
        self._backoff = Backoff(*bounds, random.SystemRandom().uniform)

    def wait(self, call: Call[Any], error: ApiError | httpx.TransportError, asked: float) -> float:
        """Seconds; raises if there is to be no other attempt."""
        again = call.passes(error) if isinstance(error, ApiError) else call.idempotent
        if not again or not self._left or asked > self._most:
            if isinstance(error, ApiError):
                raise error
            raise _unreachable(error) from error
        self._left -= 1
        return max(self._backoff.delay(), asked)


class TartClient(_Settings, Api):
    """The HTTP API for programs without asyncio; safe to share between threads.

    Args:
        url: where the server is, such as ``http://127.0.0.1:8080``.
        key: of the API, if it wants one.
        timeout: seconds to wait for the server to go on.
        retries: how often a question is asked again that may be asked twice.
        backoff: bounds in seconds of the first wait before that, and of any. Where the
            server asks for a longer one than the latter, the call fails.
        verify: how certificates are verified; a context for an authority of one's own.
        proxies: use the proxies that the environment names.

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
        """Close its connections."""
        self._http.close()

    def _ask(self, call: Call[Result]) -> Result:
        attempts = self._attempts()
        while True:
            try:
                response = self._http.request(**_request(call))
            except httpx.TransportError as error:
                time.sleep(attempts.wait(call, error, 0.0))
                continue
            try:
                return call.result(response.status_code, response.content)
            except ApiError as error:
                asked = seconds_asked(response.headers.get("retry-after"))
                time.sleep(attempts.wait(call, error, asked))

    def _stream(self, call: Call[bytes]) -> Iterator[bytes]:
        try:
            with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise refusal(response.status_code, response.read())
                yield from response.iter_bytes()
        except httpx.RemoteProtocolError as error:
            raise ApiUnreachable(f"the answer broke off: {error}") from error
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _pages(self, call: Call[Any], member: str) -> Iterator[Any]:
        while True:
            page = self._ask(call)
            yield from page[member]
            if not page["has_more"]:
                return
            call = call.at(page["next_cursor"])


class AsyncTartClient(_Settings, AsyncApi):
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
        """Close its connections; streams end by themselves."""
        await self._http.aclose()

    def follow(self, wanted: Mapping[str, Any] | None = None) -> EventStream:
        """Live events over WebSocket, for ``async for``, over reconnects.

        Args:
            wanted: a filter such as ``{"type": "Core", "core": 3}``; ``/api/docs`` lists
                them. All events without one.

        Returns:
            An iterator of events, and of ``Lagged`` where some are missing. It ends only
            when its consumer leaves it, or by ``ApiError`` if the server refuses.
        """
        verify = self._options["verify"]
        secure = self._url.startswith("https:")
        context = verify if isinstance(verify, ssl.SSLContext) else _context(verify)
        socket = Socket(
            url=f"ws{self._url.removeprefix('http')}/api/ws?subscribe=none&bytes=hex",
            headers=_bearer(self._key),
            context=context if secure else None,
            proxies=self._options["trust_env"],
        )
        return EventStream(socket, dict(wanted or {"type": "All"}), self._missed, self._bounds)

    async def _missed(self, wanted: str, position: str) -> AsyncGenerator[str, None]:
        """Lines of the event stream from a position on; see ``stream``."""
        call = Call[bytes](
            "GET",
            "/api/events/stream",
            query={"filter": wanted, "last_event_id": position, "bytes": "hex"},
        )
        try:
            async with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise refusal(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    yield line
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    async def _ask(self, call: Call[Result]) -> Result:
        attempts = self._attempts()
        while True:
            try:
                response = await self._http.request(**_request(call))
            except httpx.TransportError as error:
                await asyncio.sleep(attempts.wait(call, error, 0.0))
                continue
            try:
                return call.result(response.status_code, response.content)
            except ApiError as error:
                asked = seconds_asked(response.headers.get("retry-after"))
                await asyncio.sleep(attempts.wait(call, error, asked))

    async def _stream(self, call: Call[bytes]) -> AsyncIterator[bytes]:
        try:
            async with self._http.stream(**_request(call)) as response:
                if response.status_code != 200:
                    raise refusal(response.status_code, await response.aread())
                async for chunk in response.aiter_bytes():
                    yield chunk
        except httpx.RemoteProtocolError as error:
            raise ApiUnreachable(f"the answer broke off: {error}") from error
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    async def _pages(self, call: Call[Any], member: str) -> AsyncIterator[Any]:
        while True:
            page = await self._ask(call)
            for each in page[member]:
                yield each
            if not page["has_more"]:
                return
            call = call.at(page["next_cursor"])


def _request(call: Call[Any]) -> dict[str, Any]:
    """The arguments of httpx."""
    return {
        "method": call.method,
        "url": call.url,
        "params": call.parameters,
        "json": call.content,
    }


def _unreachable(error: httpx.TransportError) -> ApiUnreachable:
    return ApiUnreachable(f"no answer: {error or type(error).__name__}")


def _bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
