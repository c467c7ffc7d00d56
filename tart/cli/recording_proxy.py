"""A listener that passes on what nodes and a server say to each other, and records it.

Bytes go both ways unchanged, whatever they are; what nodes send becomes a capture
(``protocol.recording``). Without a server they are only recorded.

- Who does not read makes the other side wait: at most a read and 64 KiB are held for each
  direction of a connection. A capture that cannot be written fast enough makes all wait.
- One side's end is passed on, and the other may go on talking for ``_HALF_SECONDS``.
- A node whose server cannot be reached, or that would be one connection too many, is
  turned away and counted.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from contextlib import suppress
from typing import cast

from tart.cli.capture_io import Output
from tart.protocol.recording import Recording, SessionRecording

logger = logging.getLogger(__name__)

Address = tuple[str, int]

_CONNECT_SECONDS = 10.0
_HALF_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
# At the end, for a server to read what was written.
_GRACE_SECONDS = 2.0


class Relay:
    """All connections.

    Args:
        target: the server; ``None``: nobody is told.
        most: connections at a time.
        stop: set when the capture cannot be written.

    Attributes:
        refused: nodes that were turned away.
    """

    output: Output

    def __init__(self, target: Address | None, most: int, stop: asyncio.Event) -> None:
        self.recording = Recording()
        self.refused = 0
        self.sides: set[_NodeSide] = set()
        self._target = target
        self._most = most
        self._stop = stop
        self._room = asyncio.Event()
        self._room.set()
        self._admitting: set[asyncio.Task[None]] = set()

    def begin(self, descriptor: int) -> None:
        """Write the capture there; before the first connection."""
        self.output = Output(descriptor, self._hold_all, self._stop.set)
        self.output.write(self.recording.header)

    @property
    def open(self) -> int:
        """Connections of now."""
        return len(self.sides)

    async def serve(self, listener: socket.socket) -> None:
        """Take connections until cancelled."""
        listener.setblocking(False)
        while True:
            await self._room.wait()
            try:
                node, _ = await asyncio.get_running_loop().sock_accept(listener)
            except OSError as error:  # reset before it was accepted, or no descriptor left
                logger.warning("a node could not be accepted: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if self.open + len(self._admitting) >= self._most:
                self._refuse(node, f"{self._most} connections are open, and no more may be")
                continue
            admitting = asyncio.ensure_future(self._admit(node))
            self._admitting.add(admitting)
            admitting.add_done_callback(self._admitting.discard)

    async def _admit(self, node: socket.socket) -> None:
        """Connect to the server, then read what the node says; it waits in the kernel."""
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
            side.hold("output", not self._room.is_set())
        except OSError as error:
            self._refuse(node, f"no connection to the server: {error}")
            if server is not None:
                server.transport.abort()
        except asyncio.CancelledError:
            node.close()
            raise

    def _refuse(self, node: socket.socket, reason: str) -> None:
        """Count a node and turn it away."""
        node.close()
        self.refused += 1
        logger.warning("a node was turned away: %s", reason)

    async def end(self) -> None:
        """Write the end of the capture, and let servers read what was passed on.

        Raises:
            StartupError: not all of the capture could be written.
        """
        for admitting in self._admitting:
            admitting.cancel()
        left = [each.finish() for each in tuple(self.sides)]
        self.output.write(self.recording.end())
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                for gone in left:
                    await gone.wait()
        for each in tuple(self.sides):
            each.abort()
        await self.output.drain(_GRACE_SECONDS)

    def _hold_all(self, full: bool) -> None:
        (self._room.clear if full else self._room.set)()
        for each in self.sides:
            each.hold("output", full)


class _Side(asyncio.Protocol):
    """One of the two connections that make a node's.

    Attributes:
        peer: the other; ``None``: nobody is told.
        ready: whether there is a transport.
        ended: whether nothing more comes from here.
    """

    transport: asyncio.Transport

    def __init__(self, peer: _Side | None = None) -> None:
        self.peer = peer
        self.ready = False
        self.ended = False
        self.gone = asyncio.Event()
        self._held: set[str] = set()
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: there is a connection."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by type
        self.ready = True

    def data_received(self, data: bytes) -> None:
        """asyncio: pass it on."""
        if self.peer is not None:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """asyncio: pass the end on; the other side may have something to say."""
        self.ended = True
        peer = self.peer
        if peer is None or peer.ended:
            self.close()
            return False
        # A side that has gone meanwhile needs to be told nothing.
        with suppress(OSError, RuntimeError):
            peer.transport.write_eof()
        self._patience = asyncio.get_running_loop().call_later(_HALF_SECONDS, self.close)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: what was written to the other side is still delivered."""
        self.ended = True
        self.gone.set()
        if self._patience is not None:
            self._patience.cancel()
        if self.peer is not None:
            self.peer.close()

    def pause_writing(self) -> None:
        """asyncio: this side does not read."""
        if self.peer is not None:
            self.peer.hold("peer", True)

    def resume_writing(self) -> None:
        """asyncio: it reads again."""
        if self.peer is not None:
            self.peer.hold("peer", False)

    def hold(self, reason: str, held: bool) -> None:
        """Do not read, as long as there is any reason not to."""
        before = bool(self._held)
        (self._held.add if held else self._held.discard)(reason)
        if bool(self._held) is not before and not self.transport.is_closing():
            (self.transport.pause_reading if held else self.transport.resume_reading)()

    def close(self) -> None:
        """End both connections, once what was written to them is delivered."""
        for each in (self, self.peer):
            if each is not None and each.ready and not each.transport.is_closing():
                each.transport.close()


class _NodeSide(_Side):
    """The side of the node: what it sends is recorded."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._session: SessionRecording | None = relay.recording.open_session()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the node is listened to from now on."""
        super().connection_made(transport)
        self._relay.sides.add(self)
        if isinstance(self.peer, _ServerSide):
            self.peer.meet()

    def data_received(self, data: bytes) -> None:
        """asyncio: record it, then pass it on."""
        session = self._session
        if session is not None:
            faultless = session.fault is None
            self._relay.output.write(session.receive_data(data, _now()))
            if faultless and session.fault is not None:
                logger.warning(
                    "a node's bytes are no messages any more, and recorded as they come: %s",
                    session.fault,
                )
        super().data_received(data)

    def eof_received(self) -> bool:
        """asyncio: the node has sent everything."""
        self._record_end()
        return super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the node is gone."""
        self._record_end()
        self._relay.sides.discard(self)
        super().connection_lost(error)

    def _record_end(self) -> None:
        if self._session is not None:
            self._relay.output.write(self._session.close(_now()))
            self._session = None

    def finish(self) -> asyncio.Event:
        """Read no more, record what is there, deliver what was written.

        Returns:
            Set when that is done.
        """
        if self._session is not None:
            self._relay.output.write(self._session.flush(_now()))
            self._session = None
        self.close()
        return (self.peer or self).gone

    def abort(self) -> None:
        """End both connections now."""
        for each in (self, self.peer):
            if each is not None:
                each.transport.abort()


class _ServerSide(_Side):
    """The side of the server; it may speak before the node's is ready."""

    peer: _NodeSide

    def __init__(self, node: _NodeSide) -> None:
        super().__init__(node)
        self._early = b""

    def meet(self) -> None:
        """The node's side is ready."""
        self.peer.transport.write(self._early)
        if self.gone.is_set():
            self.peer.close()
        elif self.ended:
            super().eof_received()

    def data_received(self, data: bytes) -> None:
        """asyncio: pass it on."""
        if self.peer.ready:
            super().data_received(data)
        else:
            self._early += data

    def eof_received(self) -> bool:
        """asyncio: pass the end on."""
        self.ended = True
        return True if not self.peer.ready else super().eof_received()


def _now() -> int:
    return time.time_ns() // 1000
