"""The telemetry port: a thin shell round ``protocol.connection``.

Each connection feeds what it reads to the intake. Reading stops on all of them while the
intake says so. A node that breaks the protocol loses its connection and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import cast

from tart.config import TelemetryConfig
from tart.shard.intake import Intake
from tart.shard.nodes import Session

log = logging.getLogger(__name__)

BACKLOG = 1024
# After this long without traffic the kernel asks whether the peer is still there.
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 5))


def listening_socket(host: str, port: int) -> socket.socket:
    """One of the sockets that share the telemetry port; the kernel spreads connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    listening.setblocking(False)
    return listening


class Listener:
    """All node connections of one shard."""

    def __init__(self, config: TelemetryConfig, intake: Intake) -> None:
        self._config = config
        self._intake = intake
        self._connections: set[NodeConnection] = set()
        self._server: asyncio.Server | None = None
        self._all_over = asyncio.Event()
        self._all_over.set()
        self._stopping = False
        self.total = 0
        self.rejected = 0
        intake.reading_changed = self._set_reading

    @property
    def connections(self) -> int:
        """How many are open, those without node information included."""
        return len(self._connections)

    async def start(self, listening: socket.socket) -> None:
        """Accept connections on a bound socket."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: NodeConnection(self), sock=listening, backlog=BACKLOG
        )

    async def stop(self) -> None:
        """Accept no more, close every connection and wait until they are over."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close("server stopping")
        await self._all_over.wait()
        if self._server is not None:
            await self._server.wait_closed()

    def admit(self, connection: NodeConnection, address: str) -> Session | None:
        """Begin a session, or ``None`` when there are too many or none are taken any more."""
        if self._stopping:
            return None
        if len(self._connections) >= self._config.max_connections:
            self.rejected += 1
            log.warning("connection from %s refused: %d are open", address, self.connections)
            return None
        self.total += 1
        self._connections.add(connection)
        self._all_over.clear()
        return self._intake.begin(address, self._config.max_frame_bytes)

    def received(self, session: Session, data: bytes) -> None:
        """Bytes of a session."""
        self._intake.receive(session, data)

    def over(self, connection: NodeConnection, session: Session, reason: str | None) -> None:
        """A session's connection is closed."""
        self._connections.discard(connection)
        self._intake.end(session, reason)
        if not self._connections:
            self._all_over.set()

    @property
    def reading_allowed(self) -> bool:
        """Whether a new connection may be read from."""
        return self._intake.reading_allowed

    @property
    def handshake_seconds(self) -> float:
        """How long a connection may stay without node information."""
        return self._config.handshake_seconds

    def _set_reading(self, allowed: bool) -> None:
        log.warning("reading %s", "resumed" if allowed else "paused: the writer is behind")
        for connection in self._connections:
            connection.set_reading(allowed)


class NodeConnection(asyncio.Protocol):
    """One node's TCP connection."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._reason: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a node connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._session = self._listener.admit(self, _address(transport))
        if self._session is None:
            self._transport.close()
            return
        _keep_alive(transport.get_extra_info("socket"))
        if not self._listener.reading_allowed:
            self._transport.pause_reading()
        self._await_node_information()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        session = self._session
        if session is None or self._reason is not None:
            return
        self._listener.received(session, data)
        if self._deadline is not None and session.node is not None:
            self._deadline.cancel()
            self._deadline = None
        error = session.connection.error
        if error is not None:
            log.warning("connection from %s closed: %s", session.address, error)
            self.close(str(error))
        elif not self._listener.reading_allowed:
            # uvloop starts to read after connection_made, whatever was said there.
            self.set_reading(False)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._session is not None:
            reason = self._reason or (str(exc) if exc else "closed by the node")
            self._listener.over(self, self._session, reason)

    def close(self, reason: str) -> None:
        """Close it; ``reason`` is recorded with the session."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _await_node_information(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(
            self._listener.handshake_seconds, self._silent
        )

    def _silent(self) -> None:
        """The deadline of the handshake; one that we do not read from gets another."""
        if self._listener.reading_allowed:
            self.close("no node information in time")
        else:
            self._await_node_information()

    def set_reading(self, allowed: bool) -> None:
        """Stop or go on reading."""
        if self._transport is None or self._transport.is_closing():
            return
        if allowed:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()


def _address(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    if peer is None:
        return "gone"  # reset before it was accepted
    host, port = peer[:2]
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _keep_alive(connected: socket.socket) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        connected.setsockopt(socket.IPPROTO_TCP, option, value)
