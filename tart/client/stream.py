"""Live events over WebSocket, with reconnects. Needs ``tart[client]``.

After a reconnect the stream subscribes again first and then requests the events it missed, with
the same filter, from ``/api/events/stream``: the server knows which slot, core and hash an
event is about, the client does not. So events arrive in order, each once, and without gaps as
far as the server still has them in memory (10,000 a shard); beyond that there is a ``Lagged``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Self, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from tart.client._generated.answers import Event
from tart.client.core.backoff import Backoff
from tart.client.core.request import TRANSIENT, ApiError, ApiUnreachable, parse_error
from tart.client.core.resume_position import ResumePosition

log = logging.getLogger("tart.client")

OPEN_SECONDS = 10.0
# A message holds 1,000 events at most.
MAX_MESSAGE_BYTES = 64 << 20
_REFUSED = (400, 401, 403, 404)
# Filter and position to the lines of ``/api/events/stream``.
RequestMissed = Callable[[str, str], AsyncGenerator[str, None]]


@dataclass(frozen=True)
class Lagged:
    """A gap in a stream of events.

    Attributes:
        missed: Number of missing events; ``None`` if unknown.
    """

    missed: int | None


@dataclass(frozen=True)
class Socket:
    """Parameters of a WebSocket connection.

    Attributes:
        url: Address with ``ws`` or ``wss``.
        headers: Headers of the handshake.
        context: TLS context for ``wss``.
        proxies: Use the proxies that the environment names.
    """

    url: str
    headers: Mapping[str, str]
    context: ssl.SSLContext | None
    proxies: bool

    def open(self) -> connect:
        """Return a connection as a context manager."""
        return connect(
            self.url,
            additional_headers=dict(self.headers),
            ssl=self.context,
            proxy=True if self.proxies else None,
            open_timeout=OPEN_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
        )


class EventStream:
    """An asynchronous iterator of events and ``Lagged``; from ``AsyncTartClient.follow``.

    Args:
        socket: The WebSocket.
        wanted: The filter.
        request_missed: Returns lines of ``/api/events/stream`` for a filter and a position.
        backoff: Bounds in seconds of the first wait before connecting again, and of any.

    Attributes:
        connections: Connections on which the server accepted the filter.
    """

    def __init__(
        self,
        socket: Socket,
        wanted: dict[str, Any],
        request_missed: RequestMissed,
        backoff: tuple[float, float],
    ) -> None:
        self.connections = 0
        self._socket = socket
        self._wanted = wanted
        self._request_missed = request_missed
        self._backoff = Backoff(*backoff, random.SystemRandom().uniform)
        self._position = ResumePosition()
        self._items = self._run()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | Lagged:
        return await anext(self._items)

    async def close(self) -> None:
        """End the stream and close its connection."""
        await self._items.aclose()

    async def _run(self) -> AsyncGenerator[Event | Lagged, None]:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with (
                    self._socket.open() as connection,
                    aclosing(self._receive(connection)) as items,
                ):
                    async for item in items:
                        yield item
            except InvalidStatus as error:
                response = error.response
                if response.status_code in _REFUSED:
                    raise parse_error(response.status_code, bytes(response.body or b"")) from None
                log.debug("cannot open the event stream: %s", error)
            except (OSError, WebSocketException, ApiUnreachable, TimeoutError) as error:
                log.debug("the event stream was interrupted: %r", error)
            self._backoff.record_connection(loop.time() - began)
            await asyncio.sleep(self._backoff.delay())

    async def _receive(self, connection: ClientConnection) -> AsyncGenerator[Event | Lagged, None]:
        """Yield the items of one connection."""
        request = {"type": "Subscribe", "filter": self._wanted, "batch": True}
        await connection.send(json.dumps(request))
        async for text in connection:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            if kind == "connected":
                self._set_start(data)
            elif kind == "error":
                raise ApiError(400, data["code"], data["message"], data.get("param"))
            elif kind == "subscribed":
                self.connections += 1
                async with aclosing(self._catch_up()) as items:
                    async for item in items:
                        yield item
            elif kind == "lagged":
                yield Lagged(data["missed"])
            elif kind == "events":
                for item in data:
                    if event := self._new_event(item):
                        yield event

    def _set_start(self, data: Mapping[str, Any]) -> None:
        """Resume from the newest event before the stream, if it breaks before the first."""
        if samples := data["recent_event_samples"]:
            self._position.set_start(samples[-1]["id"])

    def _new_event(self, data: dict[str, Any]) -> Event | None:
        """Return an event in the form of the routes; ``None`` for a duplicate."""
        fields = data.pop("event")
        event = cast(Event, {**data, "data": fields})
        return event if self._position.add(event["id"], event["received_at"]) else None

    async def _catch_up(self) -> AsyncGenerator[Event | Lagged, None]:
        """Yield the events between the last connection and this one, if there was one."""
        if self.connections == 1:
            return
        last_event_id = self._position.last_event_id
        if last_event_id is None:
            yield Lagged(None)
            return
        try:
            async with (
                aclosing(self._request_missed(json.dumps(self._wanted), last_event_id)) as lines,
                aclosing(_parse_server_sent(lines)) as items,
            ):
                async for kind, data in items:
                    if kind == "lagged":
                        yield Lagged(data["missed"])
                    elif event := self._new_event(data):
                        yield event
        except ApiError as error:
            if error.status in TRANSIENT:
                raise ApiUnreachable(str(error)) from error
            if error.status != 404:
                raise
            # The event to resume from has expired, or is not stored yet.
            yield Lagged(None)


async def _parse_server_sent(lines: AsyncIterator[str]) -> AsyncGenerator[tuple[str, Any], None]:
    """Yield server-sent events up to the first empty comment, after which live events begin."""
    kind = ""
    async for line in lines:
        if line == ":":
            return
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
