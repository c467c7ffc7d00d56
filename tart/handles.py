"""Database handles shared by threads, closed only when no thread uses them.

Closing a handle while another thread runs a statement on it crashes the process. When a coroutine
that awaits ``asyncio.to_thread`` is cancelled, its thread continues but the coroutine's lock is
released. Therefore only these classes hold the handle:

- ``OwnedHandle``: one thread opens, uses and closes it; uses from an event loop are queued.
- ``SharedHandle``: threads use it concurrently; ``close`` waits for every use that has begun.
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
Result = TypeVar("Result")


class OwnedHandle(Generic[Handle]):
    """A handle that one thread owns and no other thread can reach.

    The handle is opened at its first use. A use that fails closes the handle, and the next use
    opens it again.

    Args:
        name: The thread's name.
        open_handle: Opens the handle; leaving the context closes it.
    """

    def __init__(
        self, name: str, open_handle: Callable[[], AbstractContextManager[Handle]]
    ) -> None:
        self._open_handle = open_handle
        self._thread = ThreadPoolExecutor(1, name)
        # Both are used only on ``_thread``.
        self._handle: Handle | None = None
        self._opened = ExitStack()

    async def use(self, work: Callable[[Handle], Result]) -> Result:
        """Return the result of ``work``, run after all uses that were queued before.

        If the caller is cancelled, a use that has begun runs to its end, and one that has not
        is skipped.

        Raises:
            HandleClosed: ``close`` was called.
        """
        try:
            result = asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)
        except RuntimeError:
            raise HandleClosed("the handle is closed") from None
        return await result

    async def close(self) -> None:
        """Close the handle after all queued uses; a second call does nothing."""
        try:
            closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close_handle)
        except RuntimeError:
            return
        # No use is queued from here on; queued ones run even if this call is cancelled.
        self._thread.shutdown(wait=False)
        await asyncio.shield(closing)

    def _run(self, work: Callable[[Handle], Result]) -> Result:
        try:
            if self._handle is None:
                self._handle = self._opened.enter_context(self._open_handle())
            return work(self._handle)
        except Exception:
            self._close_handle()
            raise

    def _close_handle(self) -> None:
        self._handle = None
        self._opened.close()


class SharedHandle(Generic[Handle]):
    """A handle that threads use concurrently.

    Args:
        handle: The handle; no other code may keep a reference.
        close_handle: Closes the handle.
    """

    def __init__(self, handle: Handle, close_handle: Callable[[Handle], None]) -> None:
        self._handle = handle
        self._close_handle = close_handle
        self._changed = threading.Condition()
        self._uses = 0
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[Handle]:
        """Provide the handle inside the block.

        Raises:
            HandleClosed: ``close`` was called.
        """
        handle = self.acquire()
        try:
            yield handle
        finally:
            self.release()

    def acquire(self) -> Handle:
        """Return the handle, to be used until ``release``, which must be called once.

        Raises:
            HandleClosed: ``close`` was called.
        """
        with self._changed:
            if self._closed:
                raise HandleClosed("the handle is closed")
            self._uses += 1
        return self._handle

    def release(self) -> None:
        """End a use."""
        with self._changed:
            self._uses -= 1
            self._changed.notify_all()

    def close(self, timeout_seconds: float) -> bool:
        """Allow no further use, wait for those that have begun, and close the handle. Blocks.

        Args:
            timeout_seconds: The longest time to wait for uses that have begun.

        Returns:
            Whether the handle is closed. A handle that is still in use stays open, which costs
            its memory; closing it would crash the process.
        """
        with self._changed:
            self._closed = True
            if not self._changed.wait_for(lambda: not self._uses, timeout_seconds):
                return False
            close_handle, self._close_handle = self._close_handle, lambda _: None
        close_handle(self._handle)
        return True
