"""WebSocket server of a simulated node's RPC (JIP-2), which also fails as it is told to.

A shell around ``tart.rpc.fake_node.FakeRpcNode``, one for each connection. Messages wait for a
client in a bounded queue; a client that does not read them is disconnected.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from types import TracebackType

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tart.rpc.fake_node import FakeRpcNode, RpcChain, RpcDialect

# The library's messages about each connection are not for the log of a simulation.
_logger = logging.getLogger(f"{__name__}.connections")
_logger.setLevel(logging.ERROR)

MAX_CONNECTIONS = 64
# Messages that wait for one client.
MAX_WAITING = 1024
# Requests are short; a client of tests sends no work packages.
MAX_REQUEST_BYTES = 1 << 20
# Close codes of RFC 6455: the server ends, and an unexpected condition.
_GOING_AWAY, _INTERNAL_ERROR = 1001, 1011


@dataclass
class RpcFaults:
    """Faults of a node; each may be changed while the server runs.

    Attributes:
        refuse: New connections are refused with status 503.
        hang: Requests are read, and nothing is sent.
        hanging_methods: The same for calls of these methods.
        close_methods: A call of these closes the connection instead of an answer.
        delay_seconds: The time before each message is sent.
        padding_bytes: Each message is longer by that.
        garbage: A text that is sent before each message.
    """

    refuse: bool = False
    hang: bool = False
    hanging_methods: set[str] = field(default_factory=set)
    close_methods: set[str] = field(default_factory=set)
    delay_seconds: float = 0.0
    padding_bytes: int = 0
    garbage: str | None = None


class _Session:
    """One connection and the messages that wait for it."""

    def __init__(self, connection: ServerConnection, node: FakeRpcNode, limit: int) -> None:
        self.connection = connection
        self.node = node
        self.waiting: asyncio.Queue[str] = asyncio.Queue(limit)


class RpcServer:
    """A running server; ``serve_rpc`` starts one.

    Args:
        chain: The chain that it answers from; read at each request.
        dialect: See ``FakeRpcNode``.
        max_connections: More at a time are refused.
        max_waiting: Messages that may wait for a client.

    Attributes:
        faults: Faults that it has now.
        connections: The number of connections that it ever had.
        refused: The number of connections that it refused.
        overflows: Clients that were disconnected as they did not read.
        received: The number of messages received, while it hangs, too.
        calls: The number of messages that call a method, by method.
    """

    def __init__(
        self,
        chain: RpcChain,
        dialect: str | RpcDialect = "plain",
        *,
        max_connections: int = MAX_CONNECTIONS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.faults = RpcFaults()
        self.connections = 0
        self.refused = 0
        self.overflows = 0
        self.received = 0
        self.calls: Counter[str] = Counter()
        self._chain = chain
        self._dialect = dialect
        self._max_connections = max_connections
        self._max_waiting = max_waiting
        self._sessions: list[_Session] = []
        self._server: Server | None = None
        self._host = ""

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Its address for ``[rpc] urls``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ws://{host}:{self.port}"

    @property
    def clients(self) -> int:
        """The number of present connections."""
        return len(self._sessions)

    @property
    def subscriptions(self) -> list[str]:
        """Methods of all open subscriptions."""
        return [method for session in self._sessions for method in session.node.subscriptions]

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: The address cannot be used.
        """
        self._host = host
        self._server = await serve(
            self._handle,
            host,
            port,
            process_request=self._admit,
            max_size=MAX_REQUEST_BYTES,
            compression=None,
            logger=_logger,
        )

    def announce(self) -> None:
        """Send the notifications of subscriptions whose head changed, to all clients."""
        for session in list(self._sessions):
            if not self.faults.hang:
                self._send(session, session.node.announce())

    async def disconnect(self, *, abort: bool = False) -> None:
        """Close all connections; ``abort`` does so without a word, as a crash does."""
        for session in list(self._sessions):
            if abort:
                session.connection.transport.abort()
            else:
                await session.connection.close(_INTERNAL_ERROR)

    async def close(self) -> None:
        """Close all connections and stop listening."""
        if self._server is not None:
            self._server.close(code=_GOING_AWAY)
            await self._server.wait_closed()

    async def __aenter__(self) -> RpcServer:
        """Return the running server."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

    # --- Connections ---

    def _admit(self, connection: ServerConnection, _: Request) -> Response | None:
        if not self.faults.refuse and len(self._sessions) < self._max_connections:
            return None
        self.refused += 1
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no connection is accepted\n")

    async def _handle(self, connection: ServerConnection) -> None:
        node = FakeRpcNode(self._chain, self._dialect)
        session = _Session(connection, node, self._max_waiting)
        self._sessions.append(session)
        self.connections += 1
        sender = asyncio.create_task(self._send_waiting(session))
        try:
            async for message in connection:
                self.received += 1
                if not self.faults.hang:
                    await self._answer(session, message)
        except ConnectionClosed:
            pass
        finally:
            self._sessions.remove(session)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender

    async def _answer(self, session: _Session, message: str | bytes) -> None:
        before = session.node.call_count
        replies = session.node.receive(message)
        newest = islice(reversed(session.node.calls), session.node.call_count - before)
        methods = {method for method, _ in newest}
        self.calls.update(methods)
        if methods & self.faults.close_methods:
            await session.connection.close(_INTERNAL_ERROR)
        elif not methods & self.faults.hanging_methods:
            self._send(session, replies)

    def _send(self, session: _Session, messages: list[str]) -> None:
        for message in messages:
            try:
                session.waiting.put_nowait(message)
            except asyncio.QueueFull:
                self.overflows += 1
                session.connection.transport.abort()
                return

    async def _send_waiting(self, session: _Session) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = await session.waiting.get()
                if self.faults.delay_seconds:
                    await asyncio.sleep(self.faults.delay_seconds)
                if self.faults.garbage is not None:
                    await session.connection.send(self.faults.garbage)
                # Spaces before a JSON value mean nothing.
                await session.connection.send(" " * self.faults.padding_bytes + message)


async def serve_rpc(
    chain: RpcChain,
    host: str = "127.0.0.1",
    port: int = 0,
    dialect: str | RpcDialect = "plain",
    *,
    max_connections: int = MAX_CONNECTIONS,
    max_waiting: int = MAX_WAITING,
) -> RpcServer:
    """Start a server of a node's RPC; ``close`` it, or use it in ``async with``.

    Args:
        chain: The chain that it answers from.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        dialect: See ``FakeRpcNode``.
        max_connections: More at a time are refused.
        max_waiting: Messages that may wait for a client.

    Raises:
        OSError: The address cannot be used.
    """
    server = RpcServer(chain, dialect, max_connections=max_connections, max_waiting=max_waiting)
    await server.start(host, port)
    return server
