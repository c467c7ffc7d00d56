"""The telemetry port: a thin shell round ``protocol.connection``.

Each connection hands the bytes that it reads to ``Ingest``. Reading stops on all connections
while ``Backpressure`` does not allow it, and on one connection while its node exceeds its rate:
unread bytes wait in the kernel, then in the node, so a pause loses nothing. A node that breaks
the protocol or a limit loses its connection and nothing else.

``data_received`` runs for every read; limits apply when the bytes of many reads are split into
frames (``NodeConnection.frames_split``), other checks run periodically (``Listener._sweep``).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from time import monotonic
from typing import cast

from tart.access.networks import Networks
from tart.access.rate_limiter import TokenBucket
from tart.config.addresses import join_address
from tart.config.schema import TelemetryConfig
from tart.errors import PeerRefused
from tart.rlimits import raise_limit_for_connections
from tart.shard.ingest.pipeline import Ingest
from tart.shard.state.backpressure import Backpressure, PauseReason
from tart.shard.state.limits import RATE, Admission, CloseReason, IdleTimer, RefusalReason
from tart.shard.state.nodes import Node, Session

log = logging.getLogger(__name__)

BACKLOG = 1024
# The kernel probes a peer that was silent for ``keepalive_seconds``.
_KEEPALIVE = ((socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 5))
# Idle connections are closed at most a tenth of the deadline late.
_SWEEPS_PER_DEADLINE = 10
# A shorter pause is below the resolution of the loop's clock.
SHORTEST_PAUSE = 0.005
_CAUSES = {
    PauseReason.DISK: "the disk is nearly full",
    PauseReason.MEMORY: "storage.memory_limit does not suffice",
    PauseReason.BUFFER: "the writer is behind",
}


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that shares the telemetry port; the kernel distributes connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    listening.setblocking(False)
    return listening


class Listener:
    """All telemetry connections of one shard.

    Attributes:
        config: The limits of connections.
        ingest: Takes the connections' bytes.
        backpressure: Stops and resumes reading.
        total: Connections accepted.
        rejected: Connections refused, by reason.
        closed: Accepted connections that ended, by reason.
        pauses: Times reading stopped, of one connection or of all, by reason.
        unfinished: Bytes of incomplete frames, over all connections.
    """

    def __init__(self, config: TelemetryConfig, ingest: Ingest, backpressure: Backpressure) -> None:
        self.config = config
        self.ingest = ingest
        self.backpressure = backpressure
        self.total = 0
        self.rejected: Counter[str] = Counter({str(reason): 0 for reason in RefusalReason})
        self.closed: Counter[str] = Counter({str(reason): 0 for reason in CloseReason})
        self.pauses: Counter[str] = Counter()
        self.unfinished = 0
        self._connections: set[NodeConnection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._admission = Admission(config.max_connections, config.max_connections_per_address)
        self._networks = Networks(config.allow, config.deny)
        self._server: asyncio.Server | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._stopping = False
        backpressure.subscribe(self._reading_changed)

    @property
    def connections(self) -> int:
        """The number of open connections, including those without node information."""
        return len(self._connections)

    async def start(self, listening: socket.socket) -> None:
        """Accept connections on a bound socket."""
        loop = asyncio.get_running_loop()
        raise_limit_for_connections(self.config.max_connections, "telemetry.max_connections")
        self._sweep_later()
        self._server = await loop.create_server(
            lambda: NodeConnection(self), sock=listening, backlog=BACKLOG
        )

    async def stop(self) -> None:
        """Accept no more, close every connection and wait until all are closed."""
        self._stopping = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close(CloseReason.STOPPING, "server stopping")
        await self._all_closed.wait()
        if self._server is not None:
            await self._server.wait_closed()

    def admit(self, connection: NodeConnection, address: str) -> Session | None:
        """Begin a session; return ``None`` if the connection is refused."""
        if self._stopping:
            return None
        host = _host(address)
        refusal = self._admission.refusal(host)
        if self._networks and not self._networks.admit(host):
            refusal = RefusalReason.NETWORK
        if refusal is not None:
            self._reject(address, refusal)
            return None
        self._admission.add(host)
        self.total += 1
        self._connections.add(connection)
        self._all_closed.clear()
        return self.ingest.open_session(address)

    def set_unfinished(self, connection: NodeConnection, unfinished: int) -> None:
        """Record how many bytes of an incomplete frame a connection buffers.

        Beyond the limit for all together, the connection that buffers most is closed, whichever
        sent last: a node that needs a few bytes does not pay for those that exhaust the limit.
        """
        self.unfinished += unfinished - connection.unfinished
        connection.unfinished = unfinished
        if self.unfinished > self.config.partial_frame_bytes:
            largest = max(self._connections, key=lambda each: each.unfinished)
            reason = (
                f"{largest.unfinished} bytes of an unfinished frame, the most of any when all "
                f"together exceeded {self.config.partial_frame_bytes}"
            )
            log.warning("connection from %s closed: %s", largest.address, reason)
            largest.close(CloseReason.BUFFERED, reason)
            self.unfinished -= largest.unfinished
            largest.unfinished = 0

    def remove(
        self, connection: NodeConnection, session: Session, cause: CloseReason, reason: str
    ) -> None:
        """Record that the connection of a session is closed."""
        self._connections.discard(connection)
        self._admission.remove(_host(session.address))
        self.unfinished -= connection.unfinished
        self.closed[cause] += 1
        self.ingest.close_session(session, reason)
        if not self._connections:
            self._all_closed.set()

    def _reject(self, address: str, reason: RefusalReason) -> None:
        self.rejected[reason] += 1
        count = self.rejected[reason]
        # Log only the 1st, 2nd, 4th, 8th ... refusal: repeated attempts do not fill the log.
        if count.bit_count() == 1:
            log.warning(
                "connection from %s refused: %s; connections open=%d refused=%d",
                address,
                reason,
                self.connections,
                count,
            )

    def _sweep_later(self) -> None:
        delay = self.config.idle_seconds / _SWEEPS_PER_DEADLINE
        self._sweep_timer = asyncio.get_running_loop().call_later(delay, self._sweep)

    def _sweep(self) -> None:
        """Close idle connections."""
        now = monotonic()
        for connection in list(self._connections):
            connection.close_if_idle(now)
        self._sweep_later()

    def _reading_changed(self) -> None:
        reason = self.backpressure.reason
        if reason is None:
            log.warning("reading resumed")
        else:
            self.pauses[reason.value] += 1
            log.warning("reading paused: %s; nodes wait until it resumes", _CAUSES[reason])
        for connection in list(self._connections):
            connection.apply_backpressure()


class NodeConnection(asyncio.Protocol):
    """The TCP connection of one node.

    Attributes:
        unfinished: Bytes buffered of an incomplete frame, as counted by the listener.
    """

    def __init__(self, listener: Listener) -> None:
        self.unfinished = 0
        self._listener = listener
        self._backpressure = listener.backpressure
        self._receive = listener.ingest.receive
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._handshake_timer: asyncio.TimerHandle | None = None
        self._bucket: TokenBucket | None = None
        self._rate_timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._paused_at: float | None = None
        self._idle_timer = IdleTimer()
        self._closed: tuple[CloseReason, str] | None = None

    @property
    def address(self) -> str:
        """The node's address and port."""
        return "" if self._session is None else self._session.address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session, or close the connection (called by asyncio)."""
        self._transport = cast(asyncio.Transport, transport)
        self._session = self._listener.admit(self, _address(transport))
        if self._session is None:
            self._transport.close()
            return
        self._session.on_split = self.frames_split
        _keep_alive(transport.get_extra_info("socket"), self._listener.config.keepalive_seconds)
        if not self._backpressure.reading_allowed:
            self._transport.pause_reading()
        self._await_handshake()

    def data_received(self, data: bytes) -> None:
        """Hand bytes to ``Ingest`` (called by asyncio)."""
        session = self._session
        if session is None or self._closed is not None:
            return
        self._receive(session, data)
        if not self._backpressure.reading_allowed:
            # uvloop starts reading after connection_made, even if reading was paused there.
            self.apply_backpressure()

    def frames_split(self, events: int) -> None:
        """Apply the limits after bytes were split into frames (called by ``Ingest``)."""
        session = self._session
        if session is None or self._closed is not None:
            return
        if self._handshake_timer is not None and session.node is not None:
            self._end_handshake(session.node)
        if events and self._bucket is not None:
            seconds = self._bucket.charge(events, monotonic())
            if seconds:
                self._throttle(max(seconds, SHORTEST_PAUSE))
        connection = session.connection
        if connection.frames.resumes or self.unfinished:
            unfinished = connection.buffered
            if unfinished != self.unfinished:
                self._listener.set_unfinished(self, unfinished)
        if connection.error is not None:
            refused = isinstance(connection.error, PeerRefused)
            log.warning("connection from %s closed: %s", session.address, connection.error)
            self.close(CloseReason.PEER if refused else CloseReason.PROTOCOL, str(connection.error))

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session (called by asyncio)."""
        if self._session is not None:
            # The last bytes may break the protocol, which then is the cause.
            self._listener.ingest.split_received()
            self._session.on_split = None
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        if self._rate_timer is not None:
            self._rate_timer.cancel()
        self._measure_pause(False)
        if self._session is not None:
            by_node = (CloseReason.NODE, str(exc) if exc else "closed by the node")
            cause, reason = self._closed or by_node
            self._listener.remove(self, self._session, cause, reason)

    def close(self, cause: CloseReason, reason: str) -> None:
        """Close the connection; ``reason`` is recorded with the session."""
        self._closed = self._closed or (cause, reason)
        if self._transport is not None:
            self._transport.abort()

    def close_if_idle(self, now: float) -> None:
        """Close the connection if no bytes came for too long while it was read."""
        session = self._session
        if session is None or session.node is None:
            return  # the handshake has its own deadline
        if self._paused_at is not None:
            self._idle_timer.reset(now)
        deadline = self._listener.config.idle_seconds
        if self._idle_timer.seconds(session.bytes, now) >= deadline:
            log.info("connection from %s closed: idle for %g s", session.address, deadline)
            self.close(CloseReason.IDLE, f"nothing came for {deadline:g} s")

    def apply_backpressure(self) -> None:
        """Stop or resume reading as ``Backpressure`` says."""
        stopped = not self._backpressure.reading_allowed
        if stopped != self._stopped:
            self._stopped = stopped
            if self._backpressure.reason is not None:
                self._count_pause(self._backpressure.reason.value)
        self._pause_or_resume()

    def _await_handshake(self) -> None:
        self._handshake_timer = asyncio.get_running_loop().call_later(
            self._listener.config.handshake_seconds, self._handshake_timed_out
        )

    def _handshake_timed_out(self) -> None:
        """Close the connection; one that was not read gets another deadline."""
        if self._backpressure.reading_allowed:
            self.close(CloseReason.HANDSHAKE, "no node information in time")
        else:
            self._await_handshake()

    def _end_handshake(self, node: Node) -> None:
        """Stop the handshake's timer; apply the node's rate limit from now on."""
        assert self._handshake_timer is not None
        self._handshake_timer.cancel()
        self._handshake_timer = None
        if not self._listener.config.shed:
            self._bucket = node.bucket

    def _throttle(self, seconds: float) -> None:
        """Pause reading because the node exceeds its rate."""
        if self._rate_timer is None:
            loop = asyncio.get_running_loop()
            self._rate_timer = loop.call_later(seconds, self._end_throttle)
            self._listener.pauses[RATE] += 1
            self._count_pause(RATE)
            self._pause_or_resume()

    def _end_throttle(self) -> None:
        self._rate_timer = None
        self._pause_or_resume()

    def _pause_or_resume(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        paused = self._stopped or self._rate_timer is not None
        self._measure_pause(paused)
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _count_pause(self, reason: str) -> None:
        if self._session is not None and self._session.node is not None:
            self._session.node.pauses[reason] += 1

    def _measure_pause(self, paused: bool) -> None:
        """Add the length of a pause that ends to the node's total."""
        now = monotonic()
        if paused and self._paused_at is None:
            self._paused_at = now
        elif not paused and self._paused_at is not None:
            if self._session is not None and self._session.node is not None:
                self._session.node.paused_seconds += now - self._paused_at
            self._paused_at = None


def _address(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    if peer is None:
        return "gone"  # reset before it was accepted
    host, port = peer[:2]
    return join_address(host.removeprefix("::ffff:"), port)


def _host(address: str) -> str:
    """Return an address without its port."""
    return address.rpartition(":")[0]


def _keep_alive(connected: socket.socket, seconds: int) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
    for option, value in _KEEPALIVE:
        connected.setsockopt(socket.IPPROTO_TCP, option, value)
