"""Single-flight calls: concurrent callers of one function share one call and its result.

A call cannot get stuck: it is a task of its own, with the deadline that every query has. After
the call has ended, with a result or an error, the next caller starts a new one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """The newest result of ``call``, shared by concurrent callers.

    A caller that leaves cancels the call only if no other caller waits.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._running: asyncio.Future[T] | None = None
        self._waiting = 0
        self._newest: tuple[float, T] | None = None

    async def get(self, max_age: float) -> T:
        """Return a result that is at most ``max_age`` seconds old; raise what the call raised."""
        if self._newest is not None and time.monotonic() - self._newest[0] <= max_age:
            return self._newest[1]
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._renew())
            # Retrieve the error: asyncio logs one that no caller is left to receive.
            self._running.add_done_callback(lambda task: task.cancelled() or task.exception())
        running = self._running
        self._waiting += 1
        try:
            return await asyncio.shield(running)
        finally:
            self._waiting -= 1
            if not self._waiting and not running.done():
                running.cancel()
                # The task takes a moment to end; a new caller must not wait for that.
                self._running = None

    async def _renew(self) -> T:
        value = await self._call()
        self._newest = (time.monotonic(), value)
        return value

    async def stop(self) -> None:
        """Cancel the running call."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)


class NextFlight(Generic[T]):
    """The result of a ``call`` that begins after it was asked for.

    Callers share it with all others who ask before it begins, which is when the call before has
    ended: however many ask, two calls at most are under way or wait.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._running: asyncio.Future[T] | None = None
        self._next: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """Return a result that is not older than this request; raise what the call raised."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._begin(self._running))
            # Retrieve the error: asyncio logs one that no caller is left to receive.
            self._next.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._next)

    async def _begin(self, before: asyncio.Future[T] | None) -> T:
        if before is not None:
            await asyncio.wait((before,))
        self._running, self._next = self._next, None
        return await self._call()

    async def stop(self) -> None:
        """Cancel the calls."""
        calls = [each for each in (self._running, self._next) if each is not None]
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
