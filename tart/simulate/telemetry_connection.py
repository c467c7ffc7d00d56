"""One node's telemetry connection: bytes out, within a bounded buffer.

A shell around one node of a :class:`~tart.simulate.model.network.Network`, for any loop.

- While the server reads, what the node reports is written at the end of each tick.
- While it does not, events wait here, at most ``limit`` bytes and one step of the network
  more; then the node drops events, and tells how many once there is room (Dropped).
- What waits when the connection is lost is lost with it; the next one begins anew.
- Events count as sent when they are handed to the transport.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import cast

from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission

# Written bytes that the kernel has not taken yet; beyond, we hold back.
_HIGH_WATER = 64 << 10


class Sender(asyncio.Protocol):
    """The connection, again and again, of one node.

    Args:
        network: where the node is played.
        node: its index.
        limit: bytes of events that may wait for the server.

    Attributes:
        events: events sent, by type; ``bytes_sent`` counts first messages too.
        connections: how often it was connected.
        closed: set while there is no connection.
    """

    def __init__(self, network: Network, node: int, limit: int) -> None:
        self.node = node
        self.events: Counter[str] = Counter()
        self.bytes_sent = 0
        self.connections = 0
        self.closed = asyncio.Event()
        self.closed.set()
        self._network = network
        self._limit = limit
        self._transport: asyncio.Transport | None = None
        self._closing: asyncio.Transport | None = None
        self._paused = False
        self._waiting: list[Emission] = []
        self._waiting_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes of events that wait for the server to read."""
        return self._waiting_bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session with the node information."""
        # The kernel would else buffer megabytes per node and hide that nobody reads.
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._limit)
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by type
        self._transport.set_write_buffer_limits(high=min(_HIGH_WATER, self._limit))
        self._paused = False
        self.connections += 1
        self.closed.clear()
        hello = self._network.connect(self.node)
        self.bytes_sent += len(hello)
        self._transport.write(hello)

    def connection_lost(self, error: Exception | None) -> None:
        """End the session; what waits is of no use to the next."""
        self._end("connection lost" if error is None else str(error))
        self._closing = None
        self.closed.set()

    def _end(self, reason: str) -> None:
        """End the session, unless it has ended."""
        if self._transport is not None:
            self._transport = None
            self._network.disconnect(self.node, reason, self._waiting)
            self._clear()

    def pause_writing(self) -> None:
        """The server does not read as fast as the node speaks."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        self.flush()

    def add(self, emission: Emission) -> None:
        """Take what the node reports."""
        self._waiting.append(emission)
        self._waiting_bytes += len(emission.frame)
        if self._waiting_bytes > self._limit:
            self.flush()
            self._network.congest(self.node, self._waiting_bytes > self._limit)

    def flush(self) -> None:
        """Write what waits, unless the server does not read."""
        if self._transport is None or self._paused or not self._waiting:
            return
        frames = b"".join([each.frame for each in self._waiting])
        self.events.update([each.variant for each in self._waiting])
        self.bytes_sent += len(frames)
        self._clear()
        self._network.congest(self.node, False)
        self._transport.write(frames)

    def _clear(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0

    def close(self, reason: str = "end of the run") -> None:
        """End the session now, and the connection once what was written is delivered."""
        self.flush()
        transport = self._transport
        if transport is not None:
            self._closing = transport
            self._end(reason)
            transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        transport = self._transport or self._closing
        if transport is not None:
            transport.abort()
