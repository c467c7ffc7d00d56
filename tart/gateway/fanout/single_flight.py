"""A figure that many want at once: asked for once, handed to all.

It cannot wedge: the question is a task of its own with the deadline every question has, a
client that leaves takes it along only if nobody else waits for it, and once it is over,
however, the next starts anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """The newest answer of ``ask``."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._running: asyncio.Future[T] | None = None
        self._waiting = 0
        self._known: tuple[float, T] | None = None

    async def get(self, max_age: float) -> T:
        """The answer, at most so many seconds old; raises what asking raised."""
        if self._known is not None and time.monotonic() - self._known[0] <= max_age:
            return self._known[1]
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._renew())
            # Whoever waited may have left; an error nobody sees is not worth a log line.
            self._running.add_done_callback(lambda task: task.cancelled() or task.exception())
        running = self._running
        self._waiting += 1
        try:
            return await asyncio.shield(running)
        finally:
            self._waiting -= 1
            if not self._waiting and not running.done():
                running.cancel()
                # It takes a moment to end; who asks meanwhile must not wait for that.
                self._running = None

    async def _renew(self) -> T:
        value = await self._ask()
        self._known = (time.monotonic(), value)
        return value

    async def stop(self) -> None:
        """Give up what is running."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
