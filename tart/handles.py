"""Handles that more than one thread has to do with, and who may close them.

To close a handle while another thread runs a statement on it is a crash of the process. A
cancelled ``asyncio.to_thread`` leaves its thread running, so whoever holds a lock while it
waits for one has let go of the lock too early. So nobody holds such a handle itself:

- ``Owned``: one thread opens, uses and closes it; what comes from an event loop is queued.
- ``Shared``: threads use it side by side; ``close`` waits for every use that has begun.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Generic, TypeVar

from tart.errors import HandleClosed

Handle = TypeVar("Handle")
Found = TypeVar("Found")


class Owned(Generic[Handle]):
    """A handle that one thread owns: nothing else can reach it.

    Opened at its first use. Where a use fails it is closed, and opened anew by the next.

    Args:
        name: of the thread.
        opening: makes the handle; leaving it closes the handle.
    """

    def __init__(self, name: str, opening: Callable[[], AbstractContextManager[Handle]]) -> None:
        self._opening = opening
        self._thread = ThreadPoolExecutor(1, name)
        # Both are the thread's alone.
        self._handle: Handle | None = None
        self._opened = ExitStack()

    async def use(self, work: Callable[[Handle], Found]) -> Found:
        """What ``work`` gives, after all that was asked for before it.

        Cancelled, what has begun goes on to its end, and what has not is left undone.

        Raises:
            HandleClosed: ``close`` was called.
        """
        try:
            asked = asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)
        except RuntimeError:
            raise HandleClosed("the handle is closed already") from None
        return await asked

    async def close(self) -> None:
        """Close it after all uses that were asked for; a second time without effect."""
        try:
            closing = asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        except RuntimeError:
            return
        # From here on nothing is taken; what is queued is done, also where we are cancelled.
        self._thread.shutdown(wait=False)
        await asyncio.shield(closing)

    def _do(self, work: Callable[[Handle], Found]) -> Found:
        try:
            if self._handle is None:
                self._handle = self._opened.enter_context(self._opening())
            return work(self._handle)
        except Exception:
            self._end()
            raise

    def _end(self) -> None:
        self._handle = None
        self._opened.close()


class Shared(Generic[Handle]):
    """A handle that threads use side by side.

    Args:
        handle: nobody else may keep it.
        closing: what closes it.
    """

    def __init__(self, handle: Handle, closing: Callable[[Handle], None]) -> None:
        self._handle = handle
        self._closing = closing
        self._changed = threading.Condition()
        self._uses = 0
        self._closed = False

    @contextmanager
    def using(self) -> Iterator[Handle]:
        """The handle for as long as the block lasts.

        Raises:
            HandleClosed: ``close`` was called.
        """
        handle = self.lend()
        try:
            yield handle
        finally:
            self.give_back()

    def lend(self) -> Handle:
        """The handle until ``give_back``, which must be called once.

        Raises:
            HandleClosed: ``close`` was called.
        """
        with self._changed:
            if self._closed:
                raise HandleClosed("the handle is closed already")
            self._uses += 1
        return self._handle

    def give_back(self) -> None:
        """A use has ended."""
        with self._changed:
            self._uses -= 1
            self._changed.notify_all()

    def close(self, within: float) -> bool:
        """Let nobody begin to use it, wait for those who have, and close it. Blocks.

        Args:
            within: seconds to wait.

        Returns:
            Whether it is closed. If somebody uses it still it is left open: that costs its
            memory, to close it would cost the process.
        """
        with self._changed:
            self._closed = True
            if not self._changed.wait_for(lambda: not self._uses, within):
                return False
            closing, self._closing = self._closing, lambda _: None
        closing(self._handle)
        return True
