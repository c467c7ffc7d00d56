"""A thread for the blocking calls of one channel: at most one, which may hang alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from tart.alerting.engine.outbox import Outcome, Verdict


class ChannelThread:
    """Runs blocking calls, one at a time.

    A call that does not end in time is left alone: its thread ends with it, or with the process.
    Until then the channel starts no other.

    Attributes:
        is_busy: True while a call has not ended.
    """

    def __init__(self) -> None:
        self.is_busy = False

    async def run(self, work: Callable[[], Outcome], seconds: float) -> Outcome:
        """Return the outcome of a call.

        Raises:
            TimeoutError: It takes longer.
            Exception: That of the call.
        """
        if self.is_busy:
            return Outcome(Verdict.RETRY, "the attempt before, which hangs, has not ended yet")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()

        def call() -> None:
            outcome, failure = None, None
            try:
                outcome = work()
            except Exception as error:
                failure = error
            self.is_busy = False
            _post(loop, future, outcome, failure)

        # Not a thread of an executor: the process does not wait for it when it ends.
        thread = threading.Thread(target=call, name="alert channel", daemon=True)
        self.is_busy = True
        thread.start()
        async with asyncio.timeout(seconds):
            return await future


def _post(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Outcome],
    outcome: Outcome | None,
    error: Exception | None,
) -> None:
    def finish() -> None:
        if future.done():  # The caller left.
            return
        if error is not None:
            future.set_exception(error)
        elif outcome is not None:
            future.set_result(outcome)

    with suppress(RuntimeError):  # The loop is closed.
        loop.call_soon_threadsafe(finish)
