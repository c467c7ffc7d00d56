"""``tart/gateway/sandboxes.py``: a few statements run, a few wait, the rest is refused."""

from __future__ import annotations

import asyncio

import pytest

from tart.gateway.sandboxes import RUNNING, WAITING, Sandboxes, TooManyStatements


def test_no_more_run_at_once_and_no_more_wait_than_may() -> None:
    async def scenario() -> None:
        sandboxes, done = Sandboxes(), asyncio.Event()
        running = 0

        async def statement() -> None:
            nonlocal running
            async with sandboxes:
                running += 1
                await done.wait()
                running -= 1

        tasks = [asyncio.create_task(statement()) for _ in range(RUNNING + WAITING)]
        for _ in range(3):
            await asyncio.sleep(0)
        assert running == RUNNING
        with pytest.raises(TooManyStatements):
            await statement()
        assert sandboxes.refused == 1
        done.set()
        await asyncio.gather(*tasks)
        await statement()

    asyncio.run(scenario())


def test_who_leaves_while_waiting_makes_room() -> None:
    async def scenario() -> None:
        sandboxes = Sandboxes()

        async def statement() -> None:
            async with sandboxes:
                await asyncio.sleep(3600)

        tasks = [asyncio.create_task(statement()) for _ in range(RUNNING + WAITING)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with sandboxes:
            assert sandboxes.refused == 0

    asyncio.run(scenario())
