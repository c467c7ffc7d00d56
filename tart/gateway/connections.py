"""The connections of the API: how many there are, and how long a request may take to come.

Sanic measures the time since the last byte, so a client that sends one now and then is never
late; and it waits for ever for a body that never comes, once it has answered. Here a request
has ``api.request_seconds`` from its first byte to its last.

Sanic has no limit of connections either. When there are ``api.max_connections``, a newcomer
takes the place of one that nobody uses: without a request, or with one that is still being
sent. Who was let in since we last looked is passed over once (the clock algorithm of page
caches), so strangers go before a dashboard does. If all are in use the newcomer is closed.

TLS handshakes come before all this: each has as long as a request has.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from sanic.exceptions import RequestTimeout
from sanic.http.constants import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

_LOOKS_PER_DEADLINE = 4
# What was answered before the whole request came has so long to be read.
_LONGEST_LOOK_SECONDS = 2.0


class Connections:
    """All that are open.

    Attributes:
        gave_way: how many were closed for a newcomer.
        refused: how many newcomers were closed, all others being in use.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # In the order in which they are looked at.
        self._open: dict[Connection, None] = {}
        self.gave_way = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._open)

    def figures(self) -> dict[str, tuple[float, str]]:
        """What ``/metrics`` says of them: name to value and meaning."""
        return {
            "tart_api_connections": (
                len(self._open),
                "Open connections of the API, streams among them.",
            ),
            "tart_api_connections_gave_way_total": (
                self.gave_way,
                "Unused connections closed for a newcomer: there were api.max_connections.",
            ),
            "tart_api_connections_refused_total": (
                self.refused,
                "Newcomers closed: all of api.max_connections were in use.",
            ),
        }

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more, or somebody to give way."""
        if len(self._open) >= self._limit and not self._make_room():
            self.refused += 1
            return False
        self._open[connection] = None
        return True

    def left(self, connection: Connection) -> None:
        """It is closed, or was never admitted."""
        self._open.pop(connection, None)

    def _make_room(self) -> bool:
        # Twice around: the first time may find that each was let in lately.
        for _ in range(2 * len(self._open)):
            each = next(iter(self._open))
            del self._open[each]
            if not each.in_use and not each.let_in:
                self.gave_way += 1
                each.drop()
                return True
            if not each.in_use:
                each.let_in = False
            self._open[each] = None
        return False


class Connection(WebSocketProtocol):
    """Sanic's, with a deadline for requests and a place among ``Connections``.

    Attributes:
        let_in: whether somebody with the right to it asked here since that was last looked at.
    """

    # Sanic's metaclass takes the dictionary away.
    __slots__ = ("_look", "_receiving", "let_in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.let_in = False
        self._receiving = False
        self._look: asyncio.TimerHandle | None = None

    @property
    def in_use(self) -> bool:
        """Whether a whole request is being answered, or a stream goes on."""
        if self.websocket is not None:
            return True
        if self._receiving or self.http is None:
            return False
        return self.http.stage not in (Stage.IDLE, Stage.REQUEST)

    def drop(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """asyncio: somebody connected, over TLS after the handshake."""
        if self.app.ctx.connections.admit(self):
            super().connection_made(transport)  # type: ignore[no-untyped-call]
            self._look_later()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        self.app.ctx.connections.left(self)
        if self._look is None:
            return  # it was refused: Sanic does not know of it
        self._look.cancel()
        super().connection_lost(exc)  # type: ignore[no-untyped-call]

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came. They begin a request, or else do not give it more time."""
        began, waiting = self._time, self._awaits_rest
        super().data_received(data)  # type: ignore[no-untyped-call]
        if waiting:
            self._time = began

    async def receive_more(self) -> None:
        """Sanic: wait for more of a request."""
        self._receiving = True
        try:
            await super().receive_more()  # type: ignore[no-untyped-call]
        finally:
            self._receiving = False

    @property
    def _awaits_rest(self) -> bool:
        """Whether a request has begun to come, and not ended."""
        http = self.http
        if http is None:
            return False
        return http.stage is not Stage.IDLE or bool(getattr(http, "request_body", None))

    def _look_later(self) -> None:
        seconds = min(self.request_timeout / _LOOKS_PER_DEADLINE, _LONGEST_LOOK_SECONDS)
        self._look = self.loop.call_later(seconds, self._look_at_time)

    def _look_at_time(self) -> None:
        """End a request that takes too long to come, and then the wait for its rest."""
        late = self._receiving and monotonic() - self._time > self.request_timeout
        if late and self._awaits_rest and self._task is not None and self.http is not None:
            self.http.exception = RequestTimeout("the request was not sent in time")
            self._task.cancel()
        self._look_later()
