"""The connections of the API: how many there are, and how long a request may take to come.

Sanic measures the time since the last byte, so a client that sends one now and then is never
late; and it waits for ever for a body that never comes, once it has answered. Here a request
has ``api.request_seconds`` from its first byte to its last.

Sanic has no limit of connections either. When there are ``api.max_connections``, a newcomer
takes the place of one that nobody uses: without a request, or with one that is still being
sent. Who was let in since we last looked is passed over once (the clock algorithm of page
caches), so strangers go before a dashboard does. If all are in use the newcomer is closed.

TLS handshakes come before all this: each has as long as a request has.

Here and in ``exchange`` alone stands what we know of Sanic's inside.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from sanic import Request, Sanic
from sanic.exceptions import RequestTimeout
from sanic.http.constants import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol
from sanic.server.websockets.impl import WebsocketImplProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from tart.errors import TartError
from tart.gateway.http.exchange import Exchange

log = logging.getLogger(__name__)

WEBSOCKET_VERSION = "13"
INVALID_TEXT = 1007
INTERNAL_ERROR = 1011
# What a client said is not read on while so many answers wait for it to take them.
MAX_ANSWERING = 8
CONTROL = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)
_UTF8 = codecs.getincrementaldecoder("utf-8")
# What one client does wrong is no line of the log.
_quiet = logging.getLogger(f"{__name__}.websocket")
_quiet.setLevel(logging.CRITICAL)
_LOOKS_PER_DEADLINE = 4
# What was answered before the whole request came has so long to be read.
_LONGEST_LOOK_SECONDS = 2.0
# What is still sent to a connection that we close is read, so that the answer arrives.
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 16 << 20


class BadHandshake(TartError):
    """A request that wants to go on as WebSocket, and says it in a way that is not spoken."""

    status = 400
    code = "bad_request"


class TooManySubscribers(TartError):
    """As many WebSockets and event streams as the settings allow are open."""

    status = 503
    code = "too_many_subscribers"


class SubscriberSlots:
    """Limits WebSockets and event streams to ``api.max_subscribers``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0

    @contextmanager
    def reserve(self) -> Iterator[None]:
        """Hold a slot, from before the handshake until the client has gone."""
        if self._used >= self._limit:
            raise TooManySubscribers("as many subscribers as allowed are connected")
        self._used += 1
        try:
            yield
        finally:
            self._used -= 1


class Connections:
    """All that are open.

    Attributes:
        evicted: how many were closed for a newcomer.
        refused: how many newcomers were closed, all others being in use.
        unreadable: how many requests could not be read, and ended their connection.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # In the order in which they are looked at.
        self._open: dict[Connection, None] = {}
        self.evicted = 0
        self.refused = 0
        self.unreadable = 0

    def __len__(self) -> int:
        return len(self._open)

    def metrics(self) -> dict[str, tuple[float, str]]:
        """What ``/metrics`` says of them: name to value and meaning."""
        return {
            "tart_api_connections": (
                len(self._open),
                "Open connections of the API, streams among them.",
            ),
            "tart_api_connections_evicted_total": (
                self.evicted,
                "Unused connections closed for a newcomer: there were api.max_connections.",
            ),
            "tart_api_connections_refused_total": (
                self.refused,
                "Newcomers closed: all of api.max_connections were in use.",
            ),
            "tart_api_requests_unreadable_total": (
                self.unreadable,
                "Requests that are not HTTP/1.1 or could be taken for others: refused, and closed.",
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
            if not each.in_use and not each.recently_authorized:
                self.evicted += 1
                each.drop()
                return True
            if not each.in_use:
                each.recently_authorized = False
            self._open[each] = None
        return False


class Socket(WebsocketImplProtocol):
    """Sanic's WebSocket, which looks at texts before anybody waits for them.

    ``websockets`` checks the frames (RFC 6455), Sanic puts them together, and would stumble over
    bytes that are no UTF-8 in a task that nobody looks after.
    """

    io_proto: Any
    async_data_received: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of the message that is coming, if it is text.
        self._text: codecs.IncrementalDecoder | None = None
        # Each answers what came at once, and waits while the client takes no answers.
        self._answering: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        """asyncio, by way of ``Connection``: bytes came."""
        protocol = self.ws_proto
        protocol.receive_data(data)
        events = protocol.events_received()
        for number, event in enumerate(events):
            if isinstance(event, Frame) and not self._is_text(event):
                # RFC 6455, 8.1. What came before it is still answered.
                protocol.fail(INVALID_TEXT, "a text message must be UTF-8")
                events = events[:number]
                break
        to_send = protocol.data_to_send()
        if to_send or events:
            task = asyncio.create_task(self.async_data_received(to_send, events))
            self._answering.add(task)
            task.add_done_callback(self._answered)
            if len(self._answering) >= MAX_ANSWERING and self.io_proto.transport:
                self.io_proto.transport.pause_reading()

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a WebSocket of a client failed and is closed: %s", error, exc_info=error)
            self.fail_connection(INTERNAL_ERROR)
        elif len(self._answering) == MAX_ANSWERING - 1 and self.pause_frame_fut is None:
            transport = self.io_proto.transport
            if transport and not transport.is_closing():
                transport.resume_reading()

    def _is_text(self, frame: Frame) -> bool:
        """Whether a frame that is part of a text goes on with UTF-8."""
        if frame.opcode is Opcode.TEXT:
            self._text = _UTF8()
        elif frame.opcode is Opcode.BINARY:
            self._text = None
        if self._text is None or frame.opcode in CONTROL:
            return True
        try:
            self._text.decode(frame.data, frame.fin)
        except UnicodeDecodeError:
            return False
        return True


async def upgrade(
    app: Sanic[Any, Any], request: Request[Any, Any], serve: Callable[[Any], Awaitable[None]]
) -> None:
    """Go on as WebSocket with the client of a request, until ``serve`` has ended.

    Raises:
        BadHandshake: the request is no handshake.
    """

    async def handle(_: Any, socket: Any) -> None:
        await serve(socket)

    await app._websocket_handler(handle, request)  # type: ignore[no-untyped-call]


class Connection(WebSocketProtocol):
    """Sanic's, with a deadline for requests and a place among ``Connections``.

    Attributes:
        recently_authorized: whether a request was authorized since the connection was last
            considered for eviction.
        lingers: whether the client may still be sending when it is closed.
    """

    HTTP_CLASS = Exchange

    # Sanic's metaclass takes the dictionary away.
    __slots__ = ("_discarded", "_look", "_receiving", "lingers", "recently_authorized")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recently_authorized = False
        self.lingers = False
        # Of a connection that is being closed: bytes that came since.
        self._discarded: int | None = None
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

    # Sanic's own forgets the transport, and stumbles over that where no request was read yet.
    abort = drop

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
        if self._discarded is not None:
            self._discarded += len(data)
            if self._discarded > _LINGER_BYTES:
                self.drop()
            return
        began, waiting = self._time, self._awaits_rest
        super().data_received(data)  # type: ignore[no-untyped-call]
        if waiting:
            self._time = began

    def close(self, timeout: float | None = None) -> None:
        """Sanic: close, once what was written is sent.

        A client that is still sending would be told of a reset, and may lose the answer that says
        what is wrong (RFC 9112, 9.6). So we say that no more comes, and read on for a while.
        """
        transport: Any = self.transport
        lingers = self.lingers and self._discarded is None and self.websocket is None
        if lingers and not transport.is_closing() and transport.can_write_eof():
            self._discarded = 0
            transport.write_eof()
            transport.resume_reading()
            self.loop.call_later(_LINGER_SECONDS, self.close, timeout)
        else:
            super().close(timeout)

    async def websocket_handshake(self, request: Any, subprotocols: Any = None) -> Socket:
        """Sanic: answer the request to go on as WebSocket (RFC 6455, 4.2).

        Raises:
            BadHandshake: it is none, or of a version that is not spoken.
        """
        assert self.http is not None
        # Until it has succeeded; then Sanic waits for no response any more.
        self.http.keep_alive = False
        version = request.headers.get("sec-websocket-version", "")
        if version != WEBSOCKET_VERSION:
            raise BadHandshake(f"the WebSocket version must be 13, not {version[:20] or 'missing'}")
        protocol = ServerProtocol(max_size=self.websocket_max_size, state=OPEN, logger=_quiet)
        answer = protocol.accept(Handshake(request.path, Headers(request.headers)))
        if answer.status_code != 101:
            refusal = str(protocol.handshake_exc or answer.reason_phrase)
            raise BadHandshake(f"this is no handshake of WebSocket: {refusal[:200]}")
        self.http.upgrade_websocket = True
        await self.send(answer.serialize())  # type: ignore[no-untyped-call]
        self.websocket = socket = Socket(
            protocol,
            ping_interval=self.websocket_ping_interval,
            ping_timeout=self.websocket_ping_timeout,
            close_timeout=self.websocket_timeout,
        )
        await socket.connection_made(self, loop=self.loop)
        if early := bytes(self.recv_buffer):
            # Who does not wait for the answer is understood all the same.
            self.recv_buffer.clear()
            socket.data_received(early)
        return socket

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
