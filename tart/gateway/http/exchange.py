"""Requests and responses of a connection, as they go over the wire.

Sanic's own reading of requests is lenient, and its answers to HEAD and to HTTP/1.0 say what is
not so. Here requests are read by ``http1`` and heads of responses written; Sanic's loop calls
both. A request that cannot be read is answered with its error, in order behind those before it,
and ends the connection.

Here and in ``connections`` alone stands what we know of Sanic's inside.
"""

from __future__ import annotations

import logging
from typing import Any

from sanic.compat import Header
from sanic.exceptions import BadRequest, PayloadTooLarge
from sanic.helpers import has_message_body
from sanic.http import Http
from sanic.http.constants import Stage
from sanic.http.http1 import HTTP_CONTINUE

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


class Exchange(Http):
    """Requests and responses of one connection, one after another.

    Sanic's loop calls the methods that stand here without an underscore, and keeps what they
    leave in its attributes.
    """

    # Sanic's metaclass takes the dictionary away.
    __slots__ = ("_body",)
    # What Sanic does not declare as it uses it.
    protocol: Any
    request: Any
    request_body: Any
    request_max_size: Any
    response_func: Any

    async def http1_request_header(self) -> None:
        """Sanic: wait for a whole head and make the request of it."""
        received = self.recv_buffer
        try:
            length = await self._whole_head(received)
            raw = bytes(received[:length])
            head = read_head(raw)
            if (head.length or 0) > self.request_max_size:
                raise Unreadable(f"the body may have {self.request_max_size} bytes", 413)
        except Unreadable as error:
            raise self._refused(error) from None
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
        """Sanic: the next piece of the body, ``None`` behind the last."""
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
            # What follows cannot be told from another request.
            self.request_body = None
            self.keep_alive = False
            raise self._refused(error) from None
        return piece

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:
        """Sanic: send the head of the response, and what there is of its body."""
        response: Any = self.response
        # Of a whole response, not of a stream, Sanic has put the body there.
        if not data and response.body:
            data, end_stream = response.body, True
        headers = response.headers
        chunked = False
        headers.setdefault("content-type", response.content_type)
        if not has_message_body(response.status):  # type: ignore[no-untyped-call]
            data, end_stream = b"", True
            headers.pop("content-type", None)
        elif end_stream and not (self.head_only and not data):
            # A stream that HEAD asks for has no data, and no length that anybody knew.
            headers["content-length"] = len(data)
        elif self.request.version == "1.0":
            # It knows no chunks: the body ends with the connection.
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
            self.response_func = self._send_as_it_is
            await self._send(head + data)
        if end_stream:
            self.response_func = None
        self.stage = Stage.IDLE if end_stream else Stage.RESPONSE

    async def _send_as_it_is(self, data: bytes, end_stream: bool) -> None:
        if data:
            await self._send(data)
        if end_stream:
            self.response_func = None
            self.stage = Stage.IDLE

    async def _whole_head(self, received: bytearray) -> int:
        """Its length, once all of it has come."""
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

    def _refused(self, error: Unreadable) -> Exception:
        """The error as Sanic knows it, where it must; noted."""
        self.protocol.app.ctx.connections.unreadable += 1
        self.protocol.lingers = True
        log.info(
            "a request from %s cannot be read and its connection is closed: %s",
            self.protocol.conn_info.client_ip,
            error,
        )
        # Behind a response it looks for the rest of the body, and expects these alone.
        match error.status:
            case 400:
                return BadRequest(str(error))
            case 413:
                return PayloadTooLarge(str(error))
            case _:
                return error
