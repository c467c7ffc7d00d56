"""The telemetry connection of one simulated node, with a bounded buffer.

A shell around one node of a :class:`~tart.simulate.model.network.Network`, for any loop.

- While the server reads, the node's events are written at the end of each tick.
- Otherwise events wait in the buffer, at most ``limit`` bytes and one step of the network
  more; then the node drops events, and reports their number once there is room (Dropped).
- Events that wait when the connection is lost are lost with it.
- Events count as sent when they are handed to the transport.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import cast

from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission

# Bytes in the transport's buffer above which events wait here.
_HIGH_WATER = 64 << 10


class TelemetryConnection(asyncio.Protocol):
    """The connections of one node, one after the other.

    Args:
        network: The network with the node.
        node: Index of the node.
        limit: Size of the buffer for events that wait for the server, in bytes.

    Attributes:
        events: Events sent, by type.
        bytes_sent: Bytes sent, including node information.
        connections: Number of connections.
        answers: Number of connections on which the server sent something.
        closed: Set while there is no connection.
    """

    def __init__(self, network: Network, node: int, limit: int) -> None:
        self.node = node
        self.events: Counter[str] = Counter()
        self.bytes_sent = 0
        self.connections = 0
        self.answers = 0
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
        """Bytes of waiting events."""
        return self._waiting_bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: start a session with the node information."""
        # Otherwise the kernel would buffer megabytes per node and hide a server that stalls.
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._limit)
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not inherit from it
        self._transport.set_write_buffer_limits(high=min(_HIGH_WATER, self._limit))
        self._paused = False
        self.connections += 1
        self.closed.clear()
        hello = self._network.connect(self.node)
        self.bytes_sent += len(hello)
        self._transport.write(hello)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: end the session; waiting events are discarded."""
        self._end("connection lost" if error is None else str(error))
        self._closing = None
        self.closed.set()

    def _end(self, reason: str) -> None:
        """End the session, unless it has ended."""
        if self._transport is not None:
            self._transport = None
            self._network.disconnect(self.node, reason, self._waiting)
            self._clear()

    def data_received(self, data: bytes) -> None:
        """asyncio: count it and close; a telemetry server sends nothing."""
        self.answers += 1
        if self._transport is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        """asyncio: the server reads slower than the node sends."""
        self._paused = True

    def resume_writing(self) -> None:
        """asyncio: the server has caught up."""
        self._paused = False
        self.flush()

    def add(self, emission: Emission) -> None:
        """Add an event to the buffer."""
        self._waiting.append(emission)
        self._waiting_bytes += len(emission.frame)
        if self._waiting_bytes > self._limit:
            self.flush()
            self._network.congest(self.node, self._waiting_bytes > self._limit)

    def flush(self) -> None:
        """Write the waiting events, unless the server does not read."""
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
        """End the session now, and the connection after the written data is delivered."""
        self.flush()
        transport = self._transport
        if transport is not None:
            self._closing = transport
            self._end(reason)
            transport.close()

    def abort(self) -> None:
        """Close the connection at once."""
        transport = self._transport or self._closing
        if transport is not None:
            transport.abort()
