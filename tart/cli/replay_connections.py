"""The connections of a replay: one for each session of a capture.

- A server that does not read pauses the replay: the buffer of each connection is bounded, and
  so is the part of the capture that is read ahead.
- A session that opens after another has ended in the capture opens after the server has closed
  that one, or after ``CLOSE_TIMEOUT_SECONDS``; so a node that reconnects does not overtake
  itself, however fast the replay is.
- A connection that fails is logged and counted, together with its unsent bytes; the others
  continue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from tart.config.addresses import join_address
from tart.errors import StartupError
from tart.os_errors import reason
from tart.protocol.playback import Step

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
# For a server to read what it was sent and to close; some never close.
CLOSE_TIMEOUT_SECONDS = 30.0


# JIP-3 servers send nothing; one of HTTP refuses what it cannot parse.
ANSWERED = "the server answers, as no telemetry server does: see that --target is telemetry.bind"


class ReplayConnections:
    """All connections of a replay.

    Args:
        host: The server's host.
        port: The server's telemetry port.
        close_timeout: Seconds to wait for the server to close ended connections.

    Attributes:
        sessions: Connections that were opened.
        records: Records that were sent.
        octets: Bytes that were sent.
        failed: Sessions that were not sent completely.
        unsent: Unsent bytes of failed sessions.
        first_fault: Why the first of them failed; empty if none did.
        closed_early: Sessions that the server closed before their end.
    """

    def __init__(
        self, host: str, port: int, *, close_timeout: float = CLOSE_TIMEOUT_SECONDS
    ) -> None:
        self._address = host, port
        self.close_timeout = close_timeout
        self._connections: dict[int, _Connection] = {}
        self._ending: set[_Connection] = set()
        self._server_closes = True
        self.sessions = self.records = self.octets = 0
        self.failed = self.unsent = self.closed_early = 0
        self.first_fault = ""

    async def perform(self, step: Step) -> None:
        """Perform a step, once there is room in the connection's buffer.

        Raises:
            StartupError: The first connection cannot be made.
        """
        connection = self._connections.get(step.session)
        if connection is None:
            connection = self._connections[step.session] = await self._open(step.session)
        if step.closes:
            del self._connections[step.session]
            self._end(connection)
            return
        if not connection.writable.is_set():
            await connection.writable.wait()
        if connection.closed.is_set():
            self._fail(connection, len(step.data))
            return
        connection.transport.write(step.data)
        self.records += 1
        self.octets += len(step.data)

    async def finish(self) -> None:
        """Wait until the server has read and closed the ended connections, up to the timeout."""
        await self._wait_closed()
        for connection in tuple(self._ending):
            if unsent := connection.transport.get_write_buffer_size():
                connection.fault = "the server does not read"
                self._fail(connection, unsent)
        self.abort()

    def abort(self) -> None:
        """Close all connections now."""
        for connection in (*self._connections.values(), *self._ending):
            if not connection.closed.is_set():
                connection.transport.abort()

    async def _open(self, session: int) -> _Connection:
        if self._server_closes:
            await self._wait_closed()
        connection = _Connection(session)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: connection, *self._address)
        except OSError as error:
            if not self.sessions:
                raise StartupError(
                    f"--target {join_address(*self._address)}: cannot be reached: "
                    f"{reason(error)}; start a server with 'tart serve', or name another one"
                ) from None
            connection.connection_lost(error)
        self.sessions += 1
        return connection

    async def _wait_closed(self) -> None:
        """Wait for the server to close ended connections; after one time-out never again."""
        try:
            async with asyncio.timeout(self.close_timeout):
                while self._ending:
                    await next(iter(self._ending)).closed.wait()
        except TimeoutError:
            self._server_closes = False

    def _end(self, connection: _Connection) -> None:
        if connection.closed.is_set():
            self._count(connection)
            return
        self._ending.add(connection)
        connection.end(self._on_closed)

    def _on_closed(self, connection: _Connection) -> None:
        self._ending.discard(connection)
        self._count(connection)

    def _count(self, connection: _Connection) -> None:
        if connection.fault is not None:
            self._fail(connection, 0)
        elif connection.closed_early and not connection.failed:
            self.closed_early += 1

    def _fail(self, connection: _Connection, unsent: int) -> None:
        self.unsent += unsent
        if connection.failed:
            return
        connection.failed = True
        self.failed += 1
        fault = connection.fault or "the server closed the connection"
        self.first_fault = self.first_fault or fault
        logger.warning("session %d was not sent completely: %s", connection.session, fault)


class _Connection(asyncio.Protocol):
    """One connection.

    Attributes:
        writable: Set while there is room in the buffer; also when the connection is closed.
        closed: Set once the connection is closed.
        fault: The error that closed it.
        closed_early: Whether the server closed it before the session's end.
        failed: Whether it was counted as failed.
    """

    transport: asyncio.Transport

    def __init__(self, session: int) -> None:
        self.session = session
        self.writable = asyncio.Event()
        self.closed = asyncio.Event()
        self.fault: str | None = None
        self.closed_early = False
        self.failed = False
        self._on_closed: Callable[[_Connection], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the connection is established."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's does not inherit from it
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        """asyncio: close; a telemetry server sends nothing."""
        self.fault = ANSWERED
        self.transport.abort()

    def pause_writing(self) -> None:
        """asyncio: the server reads slower than the replay sends."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """asyncio: the server has caught up."""
        self.writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the connection is closed, or could not be made."""
        self.fault = self.fault or (None if error is None else reason(error))
        self.closed_early = self._on_closed is None
        self.closed.set()
        self.writable.set()
        if self._on_closed is not None:
            self._on_closed(self)

    def end(self, on_closed: Callable[[_Connection], None]) -> None:
        """Send the end of the stream; call ``on_closed`` once the server has closed as well."""
        self._on_closed = on_closed
        with suppress(OSError, RuntimeError):  # the server may have closed just now
            self.transport.write_eof()
