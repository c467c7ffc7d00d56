"""A TCP proxy between nodes and a telemetry server that records what the nodes send.

Bytes are forwarded both ways unchanged, whatever they are; what nodes send becomes a capture
(``protocol.recording``). Without a server the bytes are only recorded.

- A side that does not read pauses the other: at most one read and 64 KiB are buffered for each
  direction of a connection. A capture that cannot be written fast enough pauses all nodes.
- The end of one direction is forwarded; the other may continue for ``_HALF_CLOSED_SECONDS``.
- A node is refused and counted if the server cannot be reached or too many connections are
  open.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from contextlib import suppress
from typing import cast

from tart.cli.capture_io import HIGH_BYTES, Output
from tart.os_errors import reason
from tart.protocol.recording import Recording, SessionRecording

logger = logging.getLogger(__name__)

Address = tuple[str, int]

_CONNECT_SECONDS = 10.0
_HALF_CLOSED_SECONDS = 60.0
_ACCEPT_RETRY_SECONDS = 0.1
# At the end, for a server to read what was written.
_GRACE_SECONDS = 2.0


class RecordingProxy:
    """The proxy and its connections.

    Args:
        target: The server; ``None``: record only.
        max_connections: Connections open at a time.
        stop: Set when the capture cannot be written.

    Attributes:
        refused: Nodes that were refused.
    """

    output: Output

    def __init__(self, target: Address | None, max_connections: int, stop: asyncio.Event) -> None:
        self.recording = Recording()
        self.refused = 0
        self.sides: set[_NodeSide] = set()
        self._target = target
        self._max_connections = max_connections
        self._stop = stop
        self._writable = asyncio.Event()
        self._writable.set()
        self._admitting: set[asyncio.Task[None]] = set()

    def begin(self, descriptor: int, high_bytes: int = HIGH_BYTES) -> None:
        """Write the capture to this descriptor; call before the first connection."""
        self.output = Output(descriptor, self._set_output_full, self._stop.set, high_bytes)
        self.output.write(self.recording.header)

    @property
    def open(self) -> int:
        """Number of open connections."""
        return len(self.sides)

    async def serve(self, listener: socket.socket) -> None:
        """Accept connections until cancelled."""
        listener.setblocking(False)
        while True:
            await self._writable.wait()
            try:
                node, _ = await asyncio.get_running_loop().sock_accept(listener)
            except OSError as error:  # reset before it was accepted, or no descriptor left
                logger.warning("cannot accept a connection, retrying: %s", reason(error))
                await asyncio.sleep(_ACCEPT_RETRY_SECONDS)
                continue
            if self.open + len(self._admitting) >= self._max_connections:
                self._refuse(node, f"{self._max_connections} connections are open, the maximum")
                continue
            admitting = asyncio.ensure_future(self._admit(node))
            self._admitting.add(admitting)
            admitting.add_done_callback(self._admitting.discard)

    async def _admit(self, node: socket.socket) -> None:
        """Connect to the server, then read from the node, whose bytes wait in the kernel."""
        loop, side = asyncio.get_running_loop(), _NodeSide(self)
        server: _ServerSide | None = None
        try:
            if self._target is not None:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    _, server = await loop.create_connection(
                        lambda: _ServerSide(side), *self._target
                    )
            side.peer = server
            node.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.connect_accepted_socket(lambda: side, node)
            side.set_paused("output", not self._writable.is_set())
        except OSError as error:
            self._refuse(node, f"no connection to the server: {reason(error)}")
            if server is not None:
                server.transport.abort()
        except asyncio.CancelledError:
            node.close()
            raise

    def _refuse(self, node: socket.socket, reason: str) -> None:
        """Count a node and close its connection."""
        node.close()
        self.refused += 1
        logger.warning("refused a node: %s", reason)

    async def end(self) -> None:
        """Write the end of the capture, and let servers read what was forwarded.

        Raises:
            StartupError: The capture could not be written completely.
        """
        for admitting in self._admitting:
            admitting.cancel()
        closing = [side.finish() for side in tuple(self.sides)]
        self.output.write(self.recording.end())
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                for closed in closing:
                    await closed.wait()
        for side in tuple(self.sides):
            side.abort()
        await self.output.drain(_GRACE_SECONDS)

    def _set_output_full(self, full: bool) -> None:
        (self._writable.clear if full else self._writable.set)()
        for side in self.sides:
            side.set_paused("output", full)


class _Side(asyncio.Protocol):
    """One of the two connections of a proxied node.

    Attributes:
        peer: The other connection; ``None``: record only.
        ready: Whether there is a transport.
        ended: Whether this side has sent everything.
        closed: Set once the connection is closed.
    """

    transport: asyncio.Transport

    def __init__(self, peer: _Side | None = None) -> None:
        self.peer = peer
        self.ready = False
        self.ended = False
        self.closed = asyncio.Event()
        self._pauses: set[str] = set()
        self._half_closed_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the connection is established."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's does not inherit from it
        self.ready = True

    def data_received(self, data: bytes) -> None:
        """asyncio: forward the data."""
        if self.peer is not None:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """asyncio: forward the end; the other side may still send."""
        self.ended = True
        peer = self.peer
        if peer is None or peer.ended:
            self.close()
            return False
        # The other side may have closed meanwhile.
        with suppress(OSError, RuntimeError):
            peer.transport.write_eof()
        loop = asyncio.get_running_loop()
        self._half_closed_timer = loop.call_later(_HALF_CLOSED_SECONDS, self.close)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: close the other side, which still delivers what was written to it."""
        self.ended = True
        self.closed.set()
        if self._half_closed_timer is not None:
            self._half_closed_timer.cancel()
        if self.peer is not None:
            self.peer.close()

    def pause_writing(self) -> None:
        """asyncio: this side does not read."""
        if self.peer is not None:
            self.peer.set_paused("peer", True)

    def resume_writing(self) -> None:
        """asyncio: this side reads again."""
        if self.peer is not None:
            self.peer.set_paused("peer", False)

    def set_paused(self, reason: str, paused: bool) -> None:
        """Pause reading while there is any reason to."""
        before = bool(self._pauses)
        (self._pauses.add if paused else self._pauses.discard)(reason)
        if bool(self._pauses) is not before and not self.transport.is_closing():
            (self.transport.pause_reading if paused else self.transport.resume_reading)()

    def close(self) -> None:
        """Close both connections after what was written to them is delivered."""
        for side in (self, self.peer):
            if side is not None and side.ready and not side.transport.is_closing():
                side.transport.close()


class _NodeSide(_Side):
    """The connection of a node, which is recorded."""

    def __init__(self, proxy: RecordingProxy) -> None:
        super().__init__()
        self._proxy = proxy
        self._session: SessionRecording | None = proxy.recording.open_session()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: start reading from the node."""
        super().connection_made(transport)
        self._proxy.sides.add(self)
        if isinstance(self.peer, _ServerSide):
            self.peer.flush_to_node()

    def data_received(self, data: bytes) -> None:
        """asyncio: record the data, then forward it."""
        session = self._session
        if session is not None:
            aligned = session.fault is None
            self._proxy.output.write(session.receive_data(data, _now_us()))
            if aligned and session.fault is not None:
                logger.warning(
                    "stream lost frame alignment; recording raw bytes: %s", session.fault
                )
        super().data_received(data)

    def eof_received(self) -> bool:
        """asyncio: the node has sent everything."""
        self._record_end()
        return super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the node disconnected."""
        self._record_end()
        self._proxy.sides.discard(self)
        super().connection_lost(error)

    def _record_end(self) -> None:
        if self._session is not None:
            self._proxy.output.write(self._session.close(_now_us()))
            self._session = None

    def finish(self) -> asyncio.Event:
        """Stop reading, record the remaining bytes, deliver what was written.

        Returns:
            An event that is set once everything is delivered.
        """
        if self._session is not None:
            self._proxy.output.write(self._session.flush(_now_us()))
            self._session = None
        self.close()
        return (self.peer or self).closed

    def abort(self) -> None:
        """Close both connections now."""
        for side in (self, self.peer):
            if side is not None:
                side.transport.abort()


class _ServerSide(_Side):
    """The connection to the server, which may send before the node's side is ready."""

    peer: _NodeSide

    def __init__(self, node: _NodeSide) -> None:
        super().__init__(node)
        self._early = b""

    def flush_to_node(self) -> None:
        """Forward what the server sent before the node's side was ready."""
        self.peer.transport.write(self._early)
        if self.closed.is_set():
            self.peer.close()
        elif self.ended:
            super().eof_received()

    def data_received(self, data: bytes) -> None:
        """asyncio: forward the data."""
        if self.peer.ready:
            super().data_received(data)
        else:
            self._early += data

    def eof_received(self) -> bool:
        """asyncio: forward the end."""
        self.ended = True
        return True if not self.peer.ready else super().eof_received()


def _now_us() -> int:
    return time.time_ns() // 1000
