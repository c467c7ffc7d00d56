"""``TelemetryEmitter``: sends telemetry of a node that runs on asyncio."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import Self

from tart.client._generated.events import Events
from tart.client.connection import Callbacks, ServerConnection
from tart.client.core.emitter_core import DEFAULT_BUFFER, Dropped, EmitterCore, EventId, Statistics
from tart.errors import StartupError
from tart.protocol.node_information import NodeInformation
from tart.units import JCE_UNIX_SECONDS

log = logging.getLogger("tart.client")

_JCE_NANOSECONDS = JCE_UNIX_SECONDS * 1_000_000_000

# Bounds of the first wait and of any, in seconds.
DEFAULT_BACKOFF = (0.5, 30.0)
CLOSE_SECONDS = 5.0


def now() -> int:
    """Return microseconds of the JAM Common Era; 0 if the machine's clock is before it."""
    return max(time.time_ns() - _JCE_NANOSECONDS, 0) // 1000


def server_address(address: str) -> tuple[str, int]:
    """Parse ``HOST:PORT`` as nodes get it (JIP-3, ``--telemetry``); IPv6 hosts in brackets.

    Raises:
        StartupError: The text is not an address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise StartupError(f"telemetry server {address!r}: expected HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


class Emitter(Events):
    """Base of the asyncio and the threaded emitter; see ``TelemetryEmitter``.

    Args:
        server: ``HOST:PORT`` of the telemetry server.
        information: The node information, from ``node_information``.
        enabled: Whether telemetry is on at the start.
        buffer_bytes: Size of the buffer of events that wait for the server; the default holds
            10,000 events of 100 bytes, which a busy node emits in a second or two.
        backoff: Bounds in seconds of the first wait before connecting again, and of any.
        strict: Raise ``EncodeError`` for arguments that do not fit; for a node's tests.
        on_connected: See ``Callbacks``.
        on_disconnected: See ``Callbacks``.
        on_dropped: See ``Callbacks``.
        clock: Returns microseconds of the JAM Common Era.

    Raises:
        StartupError: ``server`` is not an address.
    """

    def __init__(
        self,
        server: str,
        information: NodeInformation,
        *,
        enabled: bool = True,
        buffer_bytes: int = DEFAULT_BUFFER,
        backoff: tuple[float, float] = DEFAULT_BACKOFF,
        strict: bool = False,
        on_connected: Callable[[], object] | None = None,
        on_disconnected: Callable[[str, int], object] | None = None,
        on_dropped: Callable[[Dropped], object] | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        self._core = EmitterCore(information, clock, buffer_bytes=buffer_bytes, strict=strict)
        self._core.enabled = enabled
        self._version = self._core.version
        self._lock = Lock()
        callbacks = Callbacks(on_connected, on_disconnected, on_dropped)
        self._connection = ServerConnection(
            self._core, self._lock, server_address(server), callbacks, backoff
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def enabled(self) -> bool:
        """Turns telemetry on and off. Off: waiting events are sent, then the connection closes."""
        return self._core.enabled

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        with self._lock:
            self._core.enabled = wanted and not self._closed
        self._call_soon(self._connection.update)

    def statistics(self) -> Statistics:
        """Return counters of sent, dropped, lost and refused events."""
        with self._lock:
            return self._core.statistics()

    def _emit(self, event_type: int, *values: object) -> EventId:
        with self._lock:
            event_id = self._core.emit(event_type, values)
        if self._connection.idle:
            # Once for all events until the loop runs it.
            self._connection.idle = False
            self._call_soon(self._connection.flush)
        return event_id

    def _run_on(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        self._loop = loop
        self._running = loop.create_task(self._connection.run())
        return self._running

    def _stop(self) -> None:
        """Accept no more events; waiting ones are still sent."""
        with self._lock:
            self._closed = True
            self._core.enabled = False
        self._call_soon(self._connection.stop)

    def _call_soon(self, call: Callable[[], None]) -> None:
        """Schedule a call on the loop, if it still runs."""
        if self._loop is not None:
            try:
                self._schedule(self._loop, call)
            except RuntimeError:
                log.debug("the loop of the telemetry emitter is closed")

    def _schedule(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        raise NotImplementedError


class TelemetryEmitter(Emitter):
    """Sends a node's events to a telemetry server (JIP-3), on the host's asyncio loop.

    It has a method for each event, see ``Events``: the method takes the event's fields,
    adds a timestamp and returns the event's id at once. It never waits and never raises: an
    event that does not fit into the buffer, refers to an unsent event or has an invalid
    argument is counted (``statistics``). Use it on the loop's thread only; ``ThreadedEmitter``
    works on any thread. Arguments are those of ``Emitter``.

    Example:
        >>> async def node(information):
        ...     async with TelemetryEmitter("127.0.0.1:9000", information) as emitter:
        ...         connecting = emitter.connecting_in({"ipv6": "::1", "port": 40_000})
        ...         emitter.connected_in(connecting, bytes(32))
    """

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def start(self) -> None:
        """Start connecting, on the running loop. Events emitted before are sent first."""
        self._run_on(asyncio.get_running_loop())

    async def close(self, within: float = CLOSE_SECONDS) -> None:
        """Send the waiting events, then close.

        Args:
            within: Time limit in seconds; events that are not sent by then are lost.
        """
        self._stop()
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=within)
            self._connection.abort()
            self._running.cancel()
            await asyncio.wait({self._running})

    def _schedule(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        loop.call_soon(call)
