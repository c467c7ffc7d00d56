"""The adapter to Sanic's internals: everything that Sanic does not document is used here.

Sanic's parser of requests is lenient, and its responses to HEAD and HTTP/1.0 have wrong headers.
Here requests are read by ``http1`` and the heads of responses are written; Sanic's loop calls
both. A request that cannot be read is answered with its error, in order behind the requests
before it, and ends the connection.

Sanic measures the time since the last byte, so a client that sends a byte now and then is never
late; and after an early answer it waits without limit for the rest of a body. Here a request has
``api.request_seconds`` from its first byte to its last.

Sanic has no limit of connections; ``connection_limits`` has. TLS handshakes come before all
this: each has as long as a request has.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from sanic import Request, Sanic
from sanic.compat import Header
from sanic.exceptions import BadRequest, PayloadTooLarge, RequestTimeout
from sanic.helpers import has_message_body
from sanic.http import Http
from sanic.http.constants import Stage
from sanic.http.http1 import HTTP_CONTINUE
from sanic.server.protocols.websocket_protocol import WebSocketProtocol
from sanic.server.websockets.impl import WebsocketImplProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from tart.errors import TartError
from tart.gateway.http.connection_limits import ConnectionLimiter
from tart.gateway.http.http1 import (
    Body,
    Chunked,
    Sized,
    Unreadable,
    end_of_head,
    read_head,
    response_head,
)

log = logging.getLogger(__name__)

WEBSOCKET_VERSION = "13"
INVALID_TEXT = 1007
INTERNAL_ERROR = 1011
# Reading of a WebSocket pauses while this many replies wait for the client to read them.
MAX_REPLYING = 8
_CONTROL = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)
_UTF8 = codecs.getincrementaldecoder("utf-8")
# Protocol errors of single clients are not logged.
_quiet = logging.getLogger(f"{__name__}.websocket")
_quiet.setLevel(logging.CRITICAL)
# How often the deadline of a request is checked, and the longest time between two checks.
_CHECKS_PER_DEADLINE = 4
_LONGEST_CHECK_SECONDS = 2.0
# A connection that is closed while its client sends is read for a while, so that the client
# gets the answer.
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 16 << 20


class BadHandshake(TartError):
    """An upgrade request that is not a valid WebSocket handshake."""

    status = 400
    code = "bad_request"


class Exchange(Http):
    """The requests and responses of one connection, one after another.

    Sanic's loop calls the public methods, and reads the attributes that they set.
    """

    # Sanic's metaclass removes the instance dictionary.
    __slots__ = ("_body",)
    # Sanic declares these with other types than it uses.
    protocol: Any
    request: Any
    request_body: Any
    request_max_size: Any
    response_func: Any

    async def http1_request_header(self) -> None:
        """Sanic: wait for a whole head and make the request."""
        received = self.recv_buffer
        try:
            length = await self._whole_head(received)
            raw = bytes(received[:length])
            head = read_head(raw)
            if (head.length or 0) > self.request_max_size:
                raise Unreadable(f"the body may have {self.request_max_size} bytes", 413)
        except Unreadable as error:
            raise self._refuse(error) from None
        del received[:length]
        self.keep_alive = head.keep_alive and self.protocol.app.config.KEEP_ALIVE
        self.head_only = head.method == "HEAD"
        self.expecting_continue = head.expects_continue
        self._body: Body = (
            Chunked(self.request_max_size) if head.length is None else Sized(head.length)
        )
        self.request_body = not self._body.ended
        self.request = self.protocol.request_class(
            url_bytes=head.target,
            headers=Header(head.fields),
            head=raw,
            version=head.version,
            method=head.method,
            transport=self.protocol.transport,
            app=self.protocol.app,
        )
        self.url = head.target.decode()
        self.request.stream = self
        self.protocol.request_class._current.set(self.request)
        self.protocol.state["requests_count"] += 1

    async def read(self) -> bytes | None:
        """Sanic: return the next piece of the body, ``None`` behind the last."""
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        body, received = self._body, self.recv_buffer
        try:
            while not (piece := body.take(received)):
                if body.ended:
                    self.request_body = None
                    return None
                await self._receive_more()
        except Unreadable as error:
            # The bytes that follow cannot be distinguished from another request.
            self.request_body = None
            self.keep_alive = False
            raise self._refuse(error) from None
        return piece

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:
        """Sanic: send the head of the response, and the first part of its body."""
        response: Any = self.response
        # For a whole response, unlike a stream, Sanic passes the body here.
        if not data and response.body:
            data, end_stream = response.body, True
        headers = response.headers
        chunked = False
        headers.setdefault("content-type", response.content_type)
        if not has_message_body(response.status):  # type: ignore[no-untyped-call]
            data, end_stream = b"", True
            headers.pop("content-type", None)
        elif end_stream and not (self.head_only and not data):
            # A HEAD request for a stream has no data, and the length is not known.
            headers["content-length"] = len(data)
        elif self.request.version == "1.0":
            # HTTP/1.0 has no chunks: the body ends with the connection.
            self.keep_alive = False
        else:
            headers["transfer-encoding"] = "chunked"
            chunked = True
        headers["connection"] = "keep-alive" if self.keep_alive else "close"
        head = response_head(response.status, headers.items())
        if self.head_only:
            self.response_func = self.head_response_ignored
            await self._send(head)
        elif chunked:
            self.response_func = self.http1_response_chunked
            await self._send(head + (b"%x\r\n%b\r\n" % (len(data), data) if data else b""))
        else:
            self.response_func = self._send_plain
            await self._send(head + data)
        if end_stream:
            self.response_func = None
        self.stage = Stage.IDLE if end_stream else Stage.RESPONSE

    async def _send_plain(self, data: bytes, end_stream: bool) -> None:
        if data:
            await self._send(data)
        if end_stream:
            self.response_func = None
            self.stage = Stage.IDLE

    async def _whole_head(self, received: bytearray) -> int:
        """Wait for a whole head and return its length."""
        searched = 0
        # RFC 9112, 2.2: an empty line may stand before a request.
        empty_line = False
        while True:
            if not empty_line and received.startswith(b"\r\n"):
                empty_line = True
                del received[:2]
                searched = 0
            if length := end_of_head(received, searched, self.HEADER_MAX_SIZE):
                return length
            searched = len(received)
            await self._receive_more()

    def _refuse(self, error: Unreadable) -> Exception:
        """Count and log an error; return it in the type that Sanic expects."""
        self.protocol.app.ctx.connections.unreadable += 1
        self.protocol.lingers = True
        log.info(
            "closing the connection of %s: its request cannot be read: %s",
            self.protocol.conn_info.client_ip,
            error,
        )
        # While Sanic reads the rest of a body after a response, it handles these two only.
        match error.status:
            case 400:
                return BadRequest(str(error))
            case 413:
                return PayloadTooLarge(str(error))
            case _:
                return error


class WebSocket(WebsocketImplProtocol):
    """Sanic's WebSocket, which validates text messages before they are read.

    ``websockets`` checks the frames (RFC 6455) and Sanic assembles them. Without this, bytes that
    are not UTF-8 would fail in a task whose error is lost.
    """

    io_proto: Any
    async_data_received: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Decoder of the message that is being received, if it is text.
        self._text: codecs.IncrementalDecoder | None = None
        # Each replies to one read, and waits while the client does not read.
        self._replying: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        """asyncio, by way of ``Connection``: bytes were received."""
        protocol = self.ws_proto
        protocol.receive_data(data)
        events = protocol.events_received()
        for number, event in enumerate(events):
            if isinstance(event, Frame) and not self._is_text(event):
                # RFC 6455, 8.1. The frames before it are still answered.
                protocol.fail(INVALID_TEXT, "a text message must be UTF-8")
                events = events[:number]
                break
        to_send = protocol.data_to_send()
        if to_send or events:
            task = asyncio.create_task(self.async_data_received(to_send, events))
            self._replying.add(task)
            task.add_done_callback(self._finish_reply)
            if len(self._replying) >= MAX_REPLYING and self.io_proto.transport:
                self.io_proto.transport.pause_reading()

    def write_now(self, frames: bytes) -> bool:
        """Write whole frames at once; see ``Connection.write_now``.

        After a close frame no other frame may follow (RFC 6455, 5.5.1): then nothing is written.
        """
        return (
            self.ws_proto.state is OPEN
            and self.io_proto is not None
            and self.io_proto.write_now(frames)
        )

    async def write(self, frames: bytes) -> bool:
        """Write whole frames when there is room; ``False`` if the client has left."""
        while self.ws_proto.state is OPEN and self.io_proto is not None and self.io_proto.writes:
            if self.io_proto.write_now(frames):
                return True
            await self.io_proto.wait_room()
        return False

    def _finish_reply(self, task: asyncio.Task[None]) -> None:
        self._replying.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("closing a WebSocket: reading it failed: %s", error, exc_info=error)
            self.fail_connection(INTERNAL_ERROR)
        elif len(self._replying) == MAX_REPLYING - 1 and self.pause_frame_fut is None:
            transport = self.io_proto.transport
            if transport and not transport.is_closing():
                transport.resume_reading()

    def _is_text(self, frame: Frame) -> bool:
        """Return whether the frame is not text, or continues the text with valid UTF-8."""
        if frame.opcode is Opcode.TEXT:
            self._text = _UTF8()
        elif frame.opcode is Opcode.BINARY:
            self._text = None
        if self._text is None or frame.opcode in _CONTROL:
            return True
        try:
            self._text.decode(frame.data, frame.fin)
        except UnicodeDecodeError:
            return False
        return True


async def upgrade(
    app: Sanic[Any, Any], request: Request[Any, Any], serve: Callable[[Any], Awaitable[None]]
) -> None:
    """Upgrade a request's connection to a WebSocket, and return when ``serve`` has ended.

    Raises:
        BadHandshake: The request is not a valid handshake.
    """

    async def handle(_: Any, socket: Any) -> None:
        await serve(socket)

    await app._websocket_handler(handle, request)  # type: ignore[no-untyped-call]


class Connection(WebSocketProtocol):
    """Sanic's connection, with a deadline for requests, and counted by ``ConnectionLimiter``.

    Attributes:
        recently_authorized: Whether a request was authorized since the connection was last
            considered for eviction.
        lingers: Whether the client may still be sending when the connection is closed.
    """

    HTTP_CLASS = Exchange

    # Sanic's metaclass takes the dictionary away.
    __slots__ = ("_check", "_discarded", "_receiving", "lingers", "recently_authorized")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recently_authorized = False
        self.lingers = False
        # Bytes received since the connection began to close.
        self._discarded: int | None = None
        self._receiving = False
        self._check: asyncio.TimerHandle | None = None

    @property
    def in_use(self) -> bool:
        """True if a complete request is being answered, or a stream is open."""
        if self.websocket is not None:
            return True
        if self._receiving or self.http is None:
            return False
        return self.http.stage not in (Stage.IDLE, Stage.REQUEST)

    @property
    def writes(self) -> bool:
        """True until the connection begins to close."""
        return self.transport is not None and not self.transport.is_closing()

    def write_now(self, data: bytes) -> bool:
        """Write at once, without a task.

        Returns:
            ``False``, and nothing is written, if the connection is closing or has no room
            because its client does not read.
        """
        transport = self.transport
        if transport is None or transport.is_closing() or not self._can_write.is_set():
            return False
        transport.write(data)
        return True

    def touch(self) -> None:
        """Record that something was sent: Sanic ends responses that send nothing for too long."""
        self._time = monotonic()

    async def wait_room(self) -> None:
        """Return once there is room to write, or the connection is lost."""
        await self._can_write.wait()

    def drop(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    # Sanic's own drops the transport, and fails afterwards if no request was read yet.
    abort = drop

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client connected; with TLS, after the handshake."""
        if self._limiter.admit(self):
            super().connection_made(transport)  # type: ignore[no-untyped-call]
            self._schedule_check()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        self._limiter.release(self)
        if self._check is None:
            return  # it was refused: Sanic does not know it
        self._check.cancel()
        super().connection_lost(exc)  # type: ignore[no-untyped-call]

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes were received. Only the first of a request start its deadline."""
        if self._discarded is not None:
            self._discarded += len(data)
            if self._discarded > _LINGER_BYTES:
                self.drop()
            return
        began, continues = self._time, self._awaits_rest
        super().data_received(data)  # type: ignore[no-untyped-call]
        if continues:
            # Sanic started the time again.
            self._time = began

    def close(self, timeout: float | None = None) -> None:
        """Sanic: close, once all written bytes are sent.

        A client that is still sending would get a reset, and might lose the answer that explains
        the error (RFC 9112, 9.6). So only the sending side is closed at first, and the connection
        is read for ``_LINGER_SECONDS`` more.
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

    async def websocket_handshake(self, request: Any, subprotocols: Any = None) -> WebSocket:
        """Sanic: answer a WebSocket handshake (RFC 6455, 4.2).

        Raises:
            BadHandshake: It is not valid, or of another version.
        """
        assert self.http is not None
        # In case it fails; after a success Sanic does not wait for a response any more.
        self.http.keep_alive = False
        version = request.headers.get("sec-websocket-version", "")
        if version != WEBSOCKET_VERSION:
            raise BadHandshake(f"the WebSocket version must be 13, not {version[:20] or 'missing'}")
        protocol = ServerProtocol(max_size=self.websocket_max_size, state=OPEN, logger=_quiet)
        answer = protocol.accept(Handshake(request.path, Headers(request.headers)))
        if answer.status_code != 101:
            refusal = str(protocol.handshake_exc or answer.reason_phrase)
            raise BadHandshake(f"not a WebSocket handshake: {refusal[:200]}")
        # Live events are framed once for all clients (``websocket_frames``), without extensions
        # such as compression.
        assert not protocol.extensions
        self.http.upgrade_websocket = True
        await self.send(answer.serialize())  # type: ignore[no-untyped-call]
        self.websocket = socket = WebSocket(
            protocol,
            ping_interval=self.websocket_ping_interval,
            ping_timeout=self.websocket_ping_timeout,
            close_timeout=self.websocket_timeout,
        )
        await socket.connection_made(self, loop=self.loop)
        if early := bytes(self.recv_buffer):
            # The client did not wait for the handshake's answer.
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
        """True if a request was received in part."""
        http = self.http
        if http is None:
            return False
        return http.stage is not Stage.IDLE or bool(getattr(http, "request_body", None))

    @property
    def _limiter(self) -> ConnectionLimiter:
        limiter: ConnectionLimiter = self.app.ctx.connections
        return limiter

    def _schedule_check(self) -> None:
        seconds = min(self.request_timeout / _CHECKS_PER_DEADLINE, _LONGEST_CHECK_SECONDS)
        self._check = self.loop.call_later(seconds, self._check_again)

    def _check_again(self) -> None:
        self.check_deadline(monotonic())
        self._schedule_check()

    def check_deadline(self, now: float) -> None:
        """End a request that takes too long to be received, or the wait for its rest.

        Args:
            now: Monotonic seconds.
        """
        late = self._receiving and now - self._time > self.request_timeout
        if late and self._awaits_rest and self._task is not None and self.http is not None:
            self.http.exception = RequestTimeout("the request was not sent in time")
            self._task.cancel()
