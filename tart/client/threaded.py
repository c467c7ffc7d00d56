"""``ThreadedEmitter``: the same for nodes without asyncio, with a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tart.client.emitter import CLOSE_SECONDS, Emitter


class ThreadedEmitter(Emitter):
    """A ``TelemetryEmitter`` for any thread, all of them at once; not for signal handlers.

    A daemon thread connects and sends; callbacks are called on it. Emitting takes a lock
    that nobody holds while waiting, and wakes the thread where it sleeps.
    Arguments are those of ``Emitter``.

    Example:
        >>> def node(information):
        ...     with ThreadedEmitter("127.0.0.1:9000", information) as emitter:
        ...         emitter.sync_status_changed(True)
    """

    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the thread. Events emitted before are sent first."""
        started = threading.Event()

        async def run() -> None:
            running = self._run_on(asyncio.get_running_loop())
            started.set()
            await asyncio.wait({running})

        self._thread = threading.Thread(
            target=lambda: asyncio.run(run()), name="tart-telemetry", daemon=True
        )
        self._thread.start()
        started.wait()

    def close(self, within: float = CLOSE_SECONDS) -> None:
        """Send what waits, then end; what is not gone ``within`` so many seconds is lost."""
        self._shut()
        if self._thread is not None:
            self._thread.join(within)
            self._soon(self._cut)
            # Only a name being looked up can keep it; it is a daemon, so nobody waits for it.
            self._thread.join(CLOSE_SECONDS)

    def _cut(self) -> None:
        self._link.abort()
        if self._running is not None:
            self._running.cancel()

    def _schedule(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(call)
