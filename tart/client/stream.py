"""Live events over WebSocket, over reconnects. Needs ``tart[client]``.

After a break the stream subscribes again first and then asks for what it missed, by the
same filter, at ``/api/events/stream``: the server knows which slot, core and hash an event
is about, the client does not. So events come in order, each once, without holes as far as
the server still has them at hand (10,000 a shard); beyond that there is a ``Lagged``.
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
from tart.client.core.request import PASSING, ApiError, ApiUnreachable, refusal
from tart.client.core.resume_position import Seen

log = logging.getLogger("tart.client")

OPEN_SECONDS = 10.0
# A message holds 1,000 events at most.
MAX_MESSAGE_BYTES = 64 << 20
_REFUSED = (400, 401, 403, 404)
Missed = Callable[[str, str], AsyncGenerator[str, None]]


@dataclass(frozen=True)
class Lagged:
    """Events are missing here.

    Attributes:
        missed: how many; ``None`` where that is not known.
    """

    missed: int | None


@dataclass(frozen=True)
class Socket:
    """Where the WebSocket is and how it is opened.

    Attributes:
        url: with ``ws`` or ``wss``.
        headers: of the handshake.
        context: for ``wss``.
        proxies: use those that the environment names.
    """

    url: str
    headers: Mapping[str, str]
    context: ssl.SSLContext | None
    proxies: bool

    def open(self) -> connect:
        """A connection, as a context manager."""
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
        missed: lines of ``/api/events/stream`` by filter and position.
        backoff: bounds in seconds of the first wait before connecting again, and of any.

    Attributes:
        connections: how many there were on which the server took the filter.
    """

    def __init__(
        self,
        socket: Socket,
        wanted: dict[str, Any],
        missed: Missed,
        backoff: tuple[float, float],
    ) -> None:
        self.connections = 0
        self._socket = socket
        self._wanted = wanted
        self._missed = missed
        self._backoff = Backoff(*backoff, random.SystemRandom().uniform)
        self._seen = Seen()
        self._items = self._run()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | Lagged:
        return await anext(self._items)

    async def close(self) -> None:
        """End it; its connection is closed."""
        await self._items.aclose()

    async def _run(self) -> AsyncGenerator[Event | Lagged, None]:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with (
                    self._socket.open() as connection,
                    aclosing(self._conversation(connection)) as items,
                ):
                    async for item in items:
                        yield item
            except InvalidStatus as error:
                response = error.response
                if response.status_code in _REFUSED:
                    raise refusal(response.status_code, bytes(response.body or b"")) from None
                log.debug("no event stream: %s", error)
            except (OSError, WebSocketException, ApiUnreachable, TimeoutError) as error:
                log.debug("the event stream broke off: %r", error)
            self._backoff.ended(loop.time() - began)
            await asyncio.sleep(self._backoff.delay())

    async def _conversation(
        self, connection: ClientConnection
    ) -> AsyncGenerator[Event | Lagged, None]:
        """Everything of one connection."""
        request = {"type": "Subscribe", "filter": self._wanted, "batch": True}
        await connection.send(json.dumps(request))
        async for text in connection:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            if kind == "connected":
                self._greeted(data)
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
                for each in data:
                    if event := self._new(each):
                        yield event

    def _greeted(self, data: Mapping[str, Any]) -> None:
        """The newest event there was before: where to go on if none comes before a break."""
        if samples := data["recent_event_samples"]:
            self._seen.begin(samples[-1]["id"])

    def _new(self, data: dict[str, Any]) -> Event | None:
        """An event as the routes have it, if it has not come before."""
        fields = data.pop("event")
        event = cast(Event, {**data, "data": fields})
        return event if self._seen.new(event["id"], event["received_at"]) else None

    async def _catch_up(self) -> AsyncGenerator[Event | Lagged, None]:
        """What came between the last connection and this one, if there was one."""
        if self.connections == 1:
            return
        position = self._seen.position
        if position is None:
            yield Lagged(None)
            return
        try:
            async with (
                aclosing(self._missed(json.dumps(self._wanted), position)) as lines,
                aclosing(_server_sent(lines)) as items,
            ):
                async for kind, data in items:
                    if kind == "lagged":
                        yield Lagged(data["missed"])
                    elif event := self._new(data):
                        yield event
        except ApiError as error:
            if error.status in PASSING:
                raise ApiUnreachable(str(error)) from error
            if error.status != 404:
                raise
            # The event to go on from is not kept, or not yet.
            yield Lagged(None)


async def _server_sent(lines: AsyncIterator[str]) -> AsyncGenerator[tuple[str, Any], None]:
    """Server-sent events up to the first comment without words: behind it live ones begin."""
    kind = ""
    async for line in lines:
        if line == ":":
            return
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
