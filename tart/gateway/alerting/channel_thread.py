"""A thread for the blocking calls of one channel: at most one, which may hang alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class ThreadBusy(Exception):
    """The call before has not ended; it hangs."""


class ChannelThread:
    """Runs blocking calls, one at a time.

    A call that does not end in time is left alone: its thread ends with it, or with the process.
    Until then the channel starts no other.

    Attributes:
        is_busy: True while a call has not ended.
    """

    def __init__(self) -> None:
        self.is_busy = False

    async def run(self, work: Callable[[], Result], seconds: float) -> Result:
        """Return the result of a call.

        Raises:
            TimeoutError: It takes longer.
            ThreadBusy: The call before has not ended.
            Exception: That of the call.
        """
        if self.is_busy:
            raise ThreadBusy
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def call() -> None:
            finish: Callable[[], None]
            try:
                result = work()
            except Exception as error:
                failure = error

                def finish() -> None:
                    if not future.done():  # The caller left.
                        future.set_exception(failure)

            else:

                def finish() -> None:
                    if not future.done():
                        future.set_result(result)

            self.is_busy = False
            with suppress(RuntimeError):  # The loop is closed.
                loop.call_soon_threadsafe(finish)

        # Not a thread of an executor: the process does not wait for it when it ends.
        self.is_busy = True
        threading.Thread(target=call, name="alert channel", daemon=True).start()
        async with asyncio.timeout(seconds):
            return await future
