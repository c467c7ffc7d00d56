"""How many SQL statements the gateway takes: a few run, a few more wait, others are refused."""

from __future__ import annotations

import asyncio

from tart.errors import TartError

RUNNING = 2
WAITING = 8


class TooManyStatements(TartError):
    """As many SQL statements as may run or wait do so already."""

    status = 503
    code = "too_many_statements"


class Sandboxes:
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

    async def __aexit__(self, *reason: object) -> None:
        self._there -= 1
        self._free.release()
