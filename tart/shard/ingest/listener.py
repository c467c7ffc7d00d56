"""The telemetry port: a thin shell round ``protocol.connection``.

Each connection feeds what it reads to the ingest. Reading stops on all of them while the
ingest says so, and on one of them while its node is faster than it may be: what is not
read waits in the kernel, then in the node, so a pause loses nothing. A node that breaks
the protocol or a limit loses its connection and nothing else.

``data_received`` runs for every read; everything that can wait is looked at now and then
(``Listener._sweep``) or only when something is amiss.
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
from tart.config.schema import TelemetryConfig
from tart.errors import PeerRefused
from tart.rlimits import raise_limit_for_connections
from tart.shard.ingest.pipeline import Ingest
from tart.shard.state.limits import RATE, Admission, CloseReason, IdleTimer, RefusalReason
from tart.shard.state.nodes import Node, Session

log = logging.getLogger(__name__)

BACKLOG = 1024
# How a peer is asked whether it is still there, once it was silent for keepalive_seconds.
_KEEPALIVE = ((socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 5))
# Idle connections are found so much too late at most.
_SWEEPS_PER_DEADLINE = 10
# A shorter pause is below the resolution of the loop's clock.
SHORTEST_PAUSE = 0.005
_REASONS = {
    "disk": "the disk is nearly full",
    "memory": "storage.memory_limit does not suffice",
    "buffer": "the writer is behind",
}


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
    """All node connections of one shard.

    Attributes:
        receive: takes a session's bytes and says how many events they completed.
        reading_allowed: whether connections may be read from.
        total: connections taken.
        rejected, closed: connections not taken, and those that are over, by reason.
        pauses: times reading stopped, of one connection or of all, by reason.
        unfinished: bytes of frames that are not complete, over all connections.
    """

    def __init__(self, config: TelemetryConfig, ingest: Ingest) -> None:
        self._config = config
        self._ingest = ingest
        self._connections: set[NodeConnection] = set()
        self.receive = ingest.receive
        self.reading_allowed = ingest.reading_allowed
        self._server: asyncio.Server | None = None
        self._all_over = asyncio.Event()
        self._all_over.set()
        self._stopping = False
        self._admission = Admission(config.max_connections, config.max_connections_per_address)
        self._networks = Networks(config.allow, config.deny)
        ingest.only = frozenset(map(_peer_id, config.peer_ids))
        self._sweep_timer: asyncio.TimerHandle | None = None
        self.total = 0
        self.rejected: Counter[str] = Counter({str(reason): 0 for reason in RefusalReason})
        self.closed: Counter[str] = Counter({str(reason): 0 for reason in CloseReason})
        self.pauses: Counter[str] = Counter()
        self.unfinished = 0
        ingest.reading_changed = self._set_reading
        if config.shed:
            ingest.admit = self._admit_events

    @property
    def connections(self) -> int:
        """How many are open, those without node information included."""
        return len(self._connections)

    async def start(self, listening: socket.socket) -> None:
        """Accept connections on a bound socket."""
        loop = asyncio.get_running_loop()
        raise_limit_for_connections(self._config.max_connections, "telemetry.max_connections")
        self._sweep_later()
        self._server = await loop.create_server(
            lambda: NodeConnection(self), sock=listening, backlog=BACKLOG
        )

    async def stop(self) -> None:
        """Accept no more, close every connection and wait until they are over."""
        self._stopping = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close(CloseReason.STOPPING, "server stopping")
        await self._all_over.wait()
        if self._server is not None:
            await self._server.wait_closed()

    def admit(self, connection: NodeConnection, address: str) -> Session | None:
        """Begin a session, or ``None`` when there are too many or none are taken any more."""
        if self._stopping:
            return None
        host = _host(address)
        refused = self._admission.refusal(host)
        if self._networks and not self._networks.admit(host):
            refused = RefusalReason.NETWORK
        if refused is not None:
            self._reject(address, refused)
            return None
        self._admission.add(host)
        self.total += 1
        self._connections.add(connection)
        self._all_over.clear()
        return self._ingest.begin(address, self._config.max_frame_bytes)

    def holds(self, connection: NodeConnection, unfinished: int) -> None:
        """So many bytes of an unfinished frame are kept of a connection now.

        When all together are too many the one with most of them is closed, whoever was the
        last to send: a node in need of a few bytes does not pay for those that fill us up.
        """
        self.unfinished += unfinished - connection.unfinished
        connection.unfinished = unfinished
        if self.unfinished > self._config.partial_frame_bytes:
            largest = max(self._connections, key=lambda each: each.unfinished)
            reason = (
                f"{largest.unfinished} bytes of an unfinished frame, the most of any when all "
                f"together exceeded {self._config.partial_frame_bytes}"
            )
            log.warning("connection from %s closed: %s", largest.address, reason)
            largest.close(CloseReason.BUFFERED, reason)
            self.unfinished -= largest.unfinished
            largest.unfinished = 0

    def limit_of(self, node: Node) -> TokenBucket:
        """How fast a node may send; its connections share it."""
        if node.bucket is None:
            node.bucket = TokenBucket(self._config.events_per_second, self._config.burst_events)
        return node.bucket

    def over(
        self, connection: NodeConnection, session: Session, cause: CloseReason, reason: str
    ) -> None:
        """A session's connection is closed."""
        self._connections.discard(connection)
        self._admission.remove(_host(session.address))
        self.unfinished -= connection.unfinished
        self.closed[cause] += 1
        self._ingest.end(session, reason)
        if not self._connections:
            self._all_over.set()

    @property
    def paused_for(self) -> str:
        """Why none may be read from."""
        return self._ingest.paused_for

    @property
    def config(self) -> TelemetryConfig:
        """The limits."""
        return self._config

    def _reject(self, address: str, reason: RefusalReason) -> None:
        self.rejected[reason] += 1
        count = self.rejected[reason]
        # Ever rarer: whoever knocks without end shall not fill the log.
        if count.bit_count() == 1:
            log.warning(
                "connection from %s refused: %s; %d are open, %d were refused so",
                *(address, reason, self.connections, count),
            )

    def _admit_events(self, session: Session, count: int) -> int:
        assert session.node is not None
        return self.limit_of(session.node).take_up_to(count, monotonic())

    def _sweep_later(self) -> None:
        delay = self._config.idle_seconds / _SWEEPS_PER_DEADLINE
        self._sweep_timer = asyncio.get_running_loop().call_later(delay, self._sweep)

    def _sweep(self) -> None:
        """Close who has been silent for too long."""
        now = monotonic()
        for connection in list(self._connections):
            connection.close_if_idle(now)
        self._sweep_later()

    def _set_reading(self, allowed: bool) -> None:
        self.reading_allowed = allowed
        reason = _REASONS.get(self._ingest.paused_for)
        log.warning("reading %s", "resumed" if allowed else f"paused: {reason}")
        if not allowed:
            self.pauses[self._ingest.paused_for] += 1
        for connection in list(self._connections):
            connection.set_reading(allowed, self._ingest.paused_for)


class NodeConnection(asyncio.Protocol):
    """One node's TCP connection.

    Attributes:
        unfinished: bytes kept of a frame that is not complete, as ``Listener.holds`` was told.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._receive = listener.receive
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._limit: TokenBucket | None = None
        self._throttled: asyncio.TimerHandle | None = None
        self._stopped = False
        self._paused_at: float | None = None
        self._silence = IdleTimer()
        self._closed: tuple[CloseReason, str] | None = None
        self.unfinished = 0

    @property
    def address(self) -> str:
        """Of the node, as people write it."""
        return "" if self._session is None else self._session.address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a node connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._session = self._listener.admit(self, _address(transport))
        if self._session is None:
            self._transport.close()
            return
        _keep_alive(transport.get_extra_info("socket"), self._listener.config.keepalive_seconds)
        if not self._listener.reading_allowed:
            self._transport.pause_reading()
        self._await_node_information()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        session = self._session
        if session is None or self._closed is not None:
            return
        events = self._receive(session, data)
        if self._deadline is not None and session.node is not None:
            self._identified(session.node)
        if events and self._limit is not None:
            seconds = self._limit.charge(events, monotonic())
            if seconds:
                self._throttle(max(seconds, SHORTEST_PAUSE))
        connection = session.connection
        unfinished = connection.buffered
        if unfinished != self.unfinished:
            self._listener.holds(self, unfinished)
        if connection.error is not None:
            refused = isinstance(connection.error, PeerRefused)
            log.warning("connection from %s closed: %s", session.address, connection.error)
            self.close(CloseReason.PEER if refused else CloseReason.PROTOCOL, str(connection.error))
        elif not self._listener.reading_allowed:
            # uvloop starts to read after connection_made, whatever was said there.
            self.set_reading(False, self._listener.paused_for)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._throttled is not None:
            self._throttled.cancel()
        self._count_pause(False)
        if self._session is not None:
            gone = (CloseReason.NODE, str(exc) if exc else "closed by the node")
            self._listener.over(self, self._session, *(self._closed or gone))

    def close(self, cause: CloseReason, reason: str) -> None:
        """Close it; ``reason`` is recorded with the session."""
        self._closed = self._closed or (cause, reason)
        if self._transport is not None:
            self._transport.abort()

    def _await_node_information(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(
            self._listener.config.handshake_seconds, self._silent
        )

    def _silent(self) -> None:
        """The deadline of the handshake; one that we do not read from gets another."""
        if self._listener.reading_allowed:
            self.close(CloseReason.HANDSHAKE, "no node information in time")
        else:
            self._await_node_information()

    def _identified(self, node: Node) -> None:
        """Node information has come: the deadline is met, the node's limits apply."""
        assert self._deadline is not None
        self._deadline.cancel()
        self._deadline = None
        if not self._listener.config.shed:
            self._limit = self._listener.limit_of(node)

    def close_if_idle(self, now: float) -> None:
        """Close it if nothing has come for too long although we listened."""
        session = self._session
        if session is None or session.node is None:
            return  # the handshake has its own deadline
        if self._paused_at is not None:
            self._silence.reset(now)
        deadline = self._listener.config.idle_seconds
        if self._silence.seconds(session.bytes, now) >= deadline:
            log.info("connection from %s closed: idle", session.address)
            self.close(CloseReason.IDLE, f"nothing came for {deadline:g} s")

    def set_reading(self, allowed: bool, reason: str) -> None:
        """The shard stops, for that reason, or goes on reading."""
        if self._stopped == allowed:
            self._stopped = not allowed
            if not allowed:
                self._note_pause(reason)
        self._read_or_not()

    def _throttle(self, seconds: float) -> None:
        """The node is faster than it may be: read nothing for so long."""
        if self._throttled is None:
            loop = asyncio.get_running_loop()
            self._throttled = loop.call_later(seconds, self._throttled_enough)
            self._listener.pauses[RATE] += 1
            self._note_pause(RATE)
            self._read_or_not()

    def _throttled_enough(self) -> None:
        self._throttled = None
        self._read_or_not()

    def _read_or_not(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        paused = self._stopped or self._throttled is not None
        self._count_pause(paused)
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _note_pause(self, reason: str) -> None:
        if self._session is not None and self._session.node is not None:
            self._session.node.pauses[reason] += 1

    def _count_pause(self, paused: bool) -> None:
        """Count how long the node was not read, from the begin of a pause to its end."""
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
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host(address: str) -> str:
    """An address without its port."""
    return address.rpartition(":")[0]


def _peer_id(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _keep_alive(connected: socket.socket, seconds: int) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
    for option, value in _KEEPALIVE:
        connected.setsockopt(socket.IPPROTO_TCP, option, value)
