"""Admission control for SQL statements: a few run, a few more wait, others are refused.

A statement whose client has left is killed; its slot is freed once its process has ended.
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
    """The limits of running and of waiting SQL statements are reached."""

    code = "too_many_statements"


class SqlAdmission:
    """Admits statements: enter it, as an asynchronous context manager, to run one.

    Args:
        running: Statements that may run at once.
        waiting: Statements that may wait for a slot.

    Attributes:
        refused: Statements that were not admitted.
    """

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._free = asyncio.Semaphore(running)
        self._limit = running + waiting
        self._admitted = 0
        self.refused = 0

    async def __aenter__(self) -> None:
        if self._admitted >= self._limit:
            self.refused += 1
            raise TooManyStatements("too many concurrent SQL statements; retry later")
        self._admitted += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._admitted -= 1
            raise

    async def run(self, job: process.SqlJob, partials: Sequence[bytes]) -> bytes:
        """Run an admitted statement over ``partials``; see ``sandbox.process.run``."""
        left = threading.Event()
        running = asyncio.ensure_future(
            asyncio.to_thread(process.run, job, lambda scan: (), partials, left.is_set)
        )
        try:
            return await asyncio.shield(running)
        finally:
            left.set()
            if not running.done():
                # The slot is taken until the process has ended.
                await asyncio.wait({running})
                running.exception()  # retrieved: no caller is left to receive it

    async def __aexit__(self, *reason: object) -> None:
        self._admitted -= 1
        self._free.release()
