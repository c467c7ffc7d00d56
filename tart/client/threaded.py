"""``ThreadedEmitter``: sends telemetry of a node without asyncio, from a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tart.client.emitter import CLOSE_SECONDS, Emitter


class ThreadedEmitter(Emitter):
    """A ``TelemetryEmitter`` that any number of threads may share; not for signal handlers.

    A daemon thread connects, sends, and runs the callbacks. Emitting takes a lock that is
    never held while waiting, and wakes the thread if it sleeps. Arguments are those of
    ``Emitter``.

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
        """Send the waiting events, then close.

        Args:
            within: Time limit in seconds; events that are not sent by then are lost.
        """
        self._stop()
        if self._thread is not None:
            self._thread.join(within)
            self._call_soon(self._abort)
            # Only name resolution can delay it; a daemon thread does not delay the exit.
            self._thread.join(CLOSE_SECONDS)

    def _abort(self) -> None:
        self._connection.abort()
        if self._running is not None:
            self._running.cancel()

    def _schedule(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(call)
