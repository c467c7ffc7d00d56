"""The connection of an emitter to the telemetry server, with reconnects: the I/O of emitters.

A shell around one :class:`~tart.client.core.emitter_core.EmitterCore`, on one asyncio loop.

- Events are written at once while the server reads; otherwise they wait in the core, whose
  buffer is bounded. So at most twice ``buffer_bytes`` is held.
- JIP-3 servers send nothing. Received data is discarded; only the end of the stream counts.
- After any failure the connection is attempted again (``backoff``).
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

from tart.client.core.backoff import Backoff
from tart.client.core.emitter_core import Dropped, EmitterCore

log = logging.getLogger("tart.client")

CONNECT_SECONDS = 10.0
# A closing connection is aborted if the server has not read the rest by then.
CLOSE_TIMEOUT_SECONDS = 5.0
# TCP keep-alive detects a server whose machine is gone after a minute.
_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
_HIGH_WATER = 64 << 10


@dataclass(frozen=True)
class Callbacks:
    """Callbacks of the host; they run on the emitter's loop, and exceptions are logged.

    Attributes:
        on_connected: Called when a connection is established.
        on_disconnected: Called when a connection ended, with the reason and the number of
            waiting events that are lost.
        on_dropped: Called when a series of dropped events has ended.
    """

    on_connected: Callable[[], object] | None = None
    on_disconnected: Callable[[str, int], object] | None = None
    on_dropped: Callable[[Dropped], object] | None = None


class ServerConnection(asyncio.Protocol):
    """The connections of one emitter, one after the other.

    Args:
        core: The emitter's state; used under ``lock`` only.
        lock: Held to swap a buffer, never while waiting.
        address: Host and port of the server.
        callbacks: The host's callbacks.
        backoff: Bounds of the first wait before connecting again, and of any, in seconds.

    Attributes:
        idle: A connection is established and no ``flush`` is scheduled; an emitting thread
            clears it and schedules ``flush``.
    """

    def __init__(
        self,
        core: EmitterCore,
        lock: Lock,
        address: tuple[str, int],
        callbacks: Callbacks,
        backoff: tuple[float, float],
    ) -> None:
        self.idle = False
        self._core = core
        self._lock = lock
        self._address = address
        self._callbacks = callbacks
        # Not the shared generator: hosts that seed it equally would reconnect together.
        self._backoff = Backoff(*backoff, random.SystemRandom().uniform)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._stopping = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()

    # --- The sequence of connections ---------------------------------------------

    async def run(self) -> None:
        """Connect whenever there is no connection, until ``stop``."""
        while not (self._stopping and not self._core.has_data):
            if self._core.enabled or self._stopping:
                await self._attempt()
                await self._wait(self._backoff.delay())
            else:
                await self._wait(None)

    async def _attempt(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._lost.clear()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: self, *self._address)
        except Exception as error:  # name resolution failed, connection refused, time-out
            log.debug("cannot connect to %s: %r", self._address, error)
            with self._lock:
                self._core.connection_failed()
            if self._transport is None:
                return
            # The connection was established just when the attempt timed out.
            self._transport.abort()
        await self._lost.wait()
        self._backoff.record_connection(loop.time() - began)

    async def _wait(self, seconds: float | None) -> None:
        """Wait until the state changes, up to this time."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return
        self._changed.clear()

    def stop(self) -> None:
        """Send the waiting events, then end; connect for it if necessary."""
        self._stopping = True
        self.update()

    def update(self) -> None:
        """React to a change of ``enabled``, or to ``stop``."""
        self._changed.set()
        if not self._core.enabled:
            self._close()

    def abort(self) -> None:
        """Close the connection at once; written data may not arrive."""
        if self._transport:
            self._transport.abort()

    # --- One connection ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: send the node information, then the waiting events."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not inherit from it
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        _keep_alive(transport.get_extra_info("socket"))
        self._paused = False
        with self._lock:
            hello = self._core.connection_made()
        self._transport.write(hello)
        self._call(self._callbacks.on_connected)
        self.flush()
        if not self._core.enabled:
            self._close()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the waiting events are lost; the next attempt follows."""
        self.idle = False
        self._transport = None
        with self._lock:
            lost = self._core.connection_lost()
        self._report_dropped()
        reason = str(error) if error else "closed"
        log.debug("connection to %s ended: %s", self._address, reason)
        self._call(self._callbacks.on_disconnected, reason, lost)
        self._lost.set()

    def pause_writing(self) -> None:
        """asyncio: the server reads slower than the host emits."""
        self._paused = True
        self.idle = False

    def resume_writing(self) -> None:
        """asyncio: the server has caught up."""
        self._paused = False
        self.flush()

    def flush(self) -> None:
        """Write the waiting events, unless the server does not read."""
        if self._transport is None or self._paused or self._transport.is_closing():
            return
        # Before taking the data: an event emitted in between schedules another flush.
        self.idle = True
        self._write()

    def _write(self) -> None:
        with self._lock:
            data = self._core.data_to_send()
        if data and self._transport:
            self._transport.write(data)
        self._report_dropped()

    def _close(self) -> None:
        """Close the connection after the waiting events are delivered, or after the time-out."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.idle = False
        self._write()
        transport.close()
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_SECONDS, transport.abort)

    # --- The host's callbacks ----------------------------------------------------

    def _report_dropped(self) -> None:
        with self._lock:
            ended = self._core.take_dropped()
        for series in ended:
            self._call(self._callbacks.on_dropped, series)

    def _call(self, callback: Callable[..., object] | None, *arguments: Any) -> None:
        if callback:
            try:
                callback(*arguments)
            except Exception:
                log.exception("a callback of the telemetry emitter failed")


def _keep_alive(sock: socket.socket | None) -> None:
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEPALIVE:
        option = getattr(socket, name, None)  # some systems lack options
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, seconds)
