"""The connections of a replay: each session of a capture has its own, in order.

- A server that does not read makes the replay wait: what one connection holds is bounded,
  and so is what is read of the capture ahead.
- A session that opens after another has ended in the capture opens after the server has
  closed that one, or not within ``_PATIENCE_SECONDS``; a node that comes back does not
  overtake itself then, however fast the replay is.
- A connection that fails is told and counted, and what was still to be sent on it; the
  others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from tart.errors import StartupError
from tart.protocol.playback import Step

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
# For a server to read what it was sent and to close; some never close.
_PATIENCE_SECONDS = 30.0


class Lines:
    """All connections of a replay.

    Args:
        host: of the server; ``port`` likewise.

    Attributes:
        sessions: how many were opened.
        records: those that were sent; ``octets``: their bytes.
        failed: sessions of which not everything was sent.
        unsent: bytes of theirs.
        early: sessions that the server closed before their end.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._lines: dict[int, _Line] = {}
        self._ending: set[_Line] = set()
        self._server_closes = True
        self.sessions = self.records = self.octets = 0
        self.failed = self.unsent = self.early = 0

    async def take(self, step: Step) -> None:
        """Do what a step says, once there is room for it.

        Raises:
            StartupError: the first connection cannot be made.
        """
        line = self._lines.get(step.session)
        if line is None:
            line = self._lines[step.session] = await self._opened(step.session)
        if step.closes:
            del self._lines[step.session]
            self._end(line)
            return
        if not line.writable.is_set():
            await line.writable.wait()
        if line.gone.is_set():
            self._fail(line, len(step.data))
            return
        line.transport.write(step.data)
        self.records += 1
        self.octets += len(step.data)

    async def finish(self) -> None:
        """Wait until the server has read and closed what has ended, within patience."""
        await self._closed()
        for line in tuple(self._ending):
            if left := line.transport.get_write_buffer_size():
                line.fault = "the server does not read"
                self._fail(line, left)
        self.abort()

    def abort(self) -> None:
        """End all connections now."""
        for line in (*self._lines.values(), *self._ending):
            if not line.gone.is_set():
                line.transport.abort()

    async def _opened(self, session: int) -> _Line:
        if self._server_closes:
            await self._closed()
        line = _Line(session)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(lambda: line, *self._address)
        except OSError as error:
            reason = str(error) or "no answer"
            if not self.sessions:
                host, port = self._address
                raise StartupError(f"{host}:{port} cannot be reached: {reason}") from None
            line.connection_lost(error)
        self.sessions += 1
        return line

    async def _closed(self) -> None:
        """Wait for the server to close what has ended; to do so once in vain is enough."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._ending:
                    await next(iter(self._ending)).gone.wait()
        except TimeoutError:
            self._server_closes = False

    def _end(self, line: _Line) -> None:
        if line.gone.is_set():
            self._account(line)
            return
        self._ending.add(line)
        line.end(self._ended)

    def _ended(self, line: _Line) -> None:
        self._ending.discard(line)
        self._account(line)

    def _account(self, line: _Line) -> None:
        if line.fault is not None:
            self._fail(line, 0)
        elif line.early and not line.failed:
            self.early += 1

    def _fail(self, line: _Line, unsent: int) -> None:
        self.unsent += unsent
        if line.failed:
            return
        line.failed = True
        self.failed += 1
        why = line.fault or "the server closed the connection"
        logger.warning("session %d was not sent to its end: %s", line.session, why)


class _Line(asyncio.Protocol):
    """One connection.

    Attributes:
        writable: set while there is room; also when the connection is gone.
        gone: set when it is.
        fault: why it broke; ``early``: that the server closed it before we did.
        failed: whether it was counted as failed.
    """

    transport: asyncio.Transport

    def __init__(self, session: int) -> None:
        self.session = session
        self.writable = asyncio.Event()
        self.gone = asyncio.Event()
        self.fault: str | None = None
        self.early = False
        self.failed = False
        self._on_gone: Callable[[_Line], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: there is a connection."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by type
        self.writable.set()

    def pause_writing(self) -> None:
        """asyncio: the server does not read as fast as the capture goes."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """asyncio: it has caught up."""
        self.writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the connection is over, or could not be made."""
        self.fault = None if error is None else str(error) or "no answer"
        self.early = self._on_gone is None
        self.gone.set()
        self.writable.set()
        if self._on_gone is not None:
            self._on_gone(self)

    def end(self, on_gone: Callable[[_Line], None]) -> None:
        """Say that nothing more comes, and tell when the server has closed as well."""
        self._on_gone = on_gone
        with suppress(OSError, RuntimeError):  # it may have gone just now
            self.transport.write_eof()
