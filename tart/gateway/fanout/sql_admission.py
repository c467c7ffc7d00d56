"""How many SQL statements the gateway takes: a few run, a few more wait, others are refused.

One that nobody waits for any more is killed, and its place is free when it is gone.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from tart.errors import Busy
from tart.sandbox import process

RUNNING = 2
WAITING = 8


class TooManyStatements(Busy):
    """As many SQL statements as may run or wait do so already."""

    code = "too_many_statements"


class SqlAdmission:
    """``async with`` it to run a statement; ``refused`` counts those that were not."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(RUNNING)
        self._there = 0
        self.refused = 0

    async def __aenter__(self) -> None:
        if self._there >= RUNNING + WAITING:
            self.refused += 1
            raise TooManyStatements("too many statements run or wait already; try again")
        self._there += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._there -= 1
            raise

    async def run(self, order: process.SqlJob, partials: Sequence[bytes]) -> bytes:
        """A statement's result over ``partials``, by who has entered; see ``process.run``."""
        left = threading.Event()
        running = asyncio.ensure_future(
            asyncio.to_thread(process.run, order, lambda scan: (), partials, left.is_set)
        )
        try:
            return await asyncio.shield(running)
        finally:
            left.set()
            if not running.done():
                # Its place is taken until the process has ended.
                await asyncio.wait({running})
                running.exception()  # nobody waits for it any more

    async def __aexit__(self, *reason: object) -> None:
        self._there -= 1
        self._free.release()
