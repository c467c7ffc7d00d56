"""The connection to the telemetry server, again and again: the I/O of both emitters.

A shell around one :class:`~tart.client.core.emitter_core.EmitterCore`, on one asyncio loop.

- What waits is written at once while the server reads; while it does not, it waits in the
  core, where it is bounded. So no more than twice ``buffer_bytes`` is held.
- JIP-3 servers say nothing. What one says is thrown away; only that it closes counts.
- Whatever goes wrong is followed by another attempt (``backoff``).
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
# A connection that is to end is cut when the server has not taken the rest by then.
HANG_UP_SECONDS = 5.0
# A server whose machine vanished is noticed after a minute, as nothing comes back from it.
_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
_HIGH_WATER = 64 << 10


@dataclass(frozen=True)
class Callbacks:
    """What a host wants to hear; each is called on the emitter's loop and may raise.

    Attributes:
        on_connected: a connection is there.
        on_disconnected: it has ended: why, and how many events that waited are lost.
        on_dropped: events did not fit into the buffer; told once their series is over.
    """

    on_connected: Callable[[], object] | None = None
    on_disconnected: Callable[[str, int], object] | None = None
    on_dropped: Callable[[Dropped], object] | None = None


class Link(asyncio.Protocol):
    """One emitter's connections, one after the other.

    Args:
        core: what is sent; used under ``guard`` only.
        guard: a lock, held for as long as it takes to swap a buffer, never while waiting.

    Attributes:
        idle: a connection is there and ``flush`` has not been asked for: whoever emits
            clears it and schedules ``flush``.
    """

    def __init__(
        self,
        core: EmitterCore,
        guard: Lock,
        address: tuple[str, int],
        callbacks: Callbacks,
        backoff: tuple[float, float],
    ) -> None:
        self.idle = False
        self._core = core
        self._guard = guard
        self._address = address
        self._callbacks = callbacks
        # Not the shared generator: a host that seeds it would come back with all others.
        self._backoff = Backoff(*backoff, random.SystemRandom().uniform)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._stopping = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()

    # --- The life of the link ----------------------------------------------------

    async def run(self) -> None:
        """Connect whenever there is no connection, until ``stop``."""
        while not (self._stopping and not self._core.has_waiting):
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
        except Exception as error:  # a name that does not resolve, a refusal, too late
            log.debug("no connection to %s: %r", self._address, error)
            with self._guard:
                self._core.failed()
            if self._transport is None:
                return
            # It was made in the very moment it was given up.
            self._transport.abort()
        await self._lost.wait()
        self._backoff.ended(loop.time() - began)

    async def _wait(self, seconds: float | None) -> None:
        """Until something changes, at most so long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return
        self._changed.clear()

    def stop(self) -> None:
        """Send what waits, then end; connect for it if need be."""
        self._stopping = True
        self.changed()

    def changed(self) -> None:
        """The core was switched on or off, or is to stop."""
        self._changed.set()
        if not self._core.enabled:
            self._hang_up()

    def abort(self) -> None:
        """End the connection at once; what was written may not arrive."""
        if self._transport:
            self._transport.abort()

    # --- One connection ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are, then all that waits."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by type
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        _keep_alive(transport.get_extra_info("socket"))
        self._paused = False
        with self._guard:
            hello = self._core.connected()
        self._transport.write(hello)
        self._call(self._callbacks.on_connected)
        self.flush()
        if not self._core.enabled:
            self._hang_up()

    def connection_lost(self, error: Exception | None) -> None:
        """What waited is lost; the next attempt follows."""
        self.idle = False
        self._transport = None
        with self._guard:
            lost = self._core.disconnected()
        self._tell_dropped()
        reason = str(error) if error else "closed"
        log.debug("connection to %s ended: %s", self._address, reason)
        self._call(self._callbacks.on_disconnected, reason, lost)
        self._lost.set()

    def pause_writing(self) -> None:
        """The server does not read as fast as the host speaks."""
        self._paused = True
        self.idle = False

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        self.flush()

    def flush(self) -> None:
        """Write what waits, unless the server does not read."""
        if self._transport is None or self._paused or self._transport.is_closing():
            return
        # Before taking: an event that comes in between asks for another flush.
        self.idle = True
        self._write()

    def _write(self) -> None:
        with self._guard:
            taken = self._core.take()
        if taken and self._transport:
            self._transport.write(taken)
        self._tell_dropped()

    def _hang_up(self) -> None:
        """End the connection once what waits is delivered, or the server takes too long."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.idle = False
        self._write()
        transport.close()
        asyncio.get_running_loop().call_later(HANG_UP_SECONDS, transport.abort)

    # --- The host's callbacks ----------------------------------------------------

    def _tell_dropped(self) -> None:
        with self._guard:
            ended = self._core.ended_runs()
        for run in ended:
            self._call(self._callbacks.on_dropped, run)

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
        option = getattr(socket, name, None)  # not every system has each
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, seconds)
