"""A few statements run, a few wait, the rest is refused."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from tart.gateway.fanout.sql_admission import RUNNING, WAITING, SqlAdmission, TooManyStatements
from tart.sandbox.process import SqlJob
from tests.gateway.running import eventually


def test_running_and_waiting_statements_are_limited() -> None:
    async def scenario() -> None:
        admission, done = SqlAdmission(), asyncio.Event()
        running = 0

        async def statement() -> None:
            nonlocal running
            async with admission:
                running += 1
                await done.wait()
                running -= 1

        tasks = [asyncio.create_task(statement()) for _ in range(RUNNING + WAITING)]
        for _ in range(3):
            await asyncio.sleep(0)
        assert running == RUNNING
        with pytest.raises(TooManyStatements):
            await statement()
        assert admission.refused == 1
        done.set()
        await asyncio.gather(*tasks)
        await statement()

    asyncio.run(scenario())


def test_a_client_that_leaves_while_waiting_makes_room() -> None:
    async def scenario() -> None:
        admission = SqlAdmission()

        async def statement() -> None:
            async with admission:
                await asyncio.sleep(3600)

        tasks = [asyncio.create_task(statement()) for _ in range(RUNNING + WAITING)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with admission:
            assert admission.refused == 0

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_abandoned_statement_is_killed_before_its_slot_is_reused() -> None:
    counting = "SELECT count(*) FROM range(100000000000) AS a(x) WHERE hash(x) = 1"

    async def scenario() -> None:
        admission = SqlAdmission()

        async def statement() -> None:
            async with admission:
                try:
                    await admission.run(SqlJob(counting, partials=True, seconds=60.0), [])
                finally:
                    admission.close()
                    assert not children()

        task = asyncio.create_task(statement())
        await eventually(children)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not children()

    asyncio.run(scenario())


def children() -> list[str]:
    """The processes that this one has started for statements and that have not ended."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        for pid in (thread / "children").read_text().split():
            with suppress(FileNotFoundError):
                if b"tart.sandbox.child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
    return found
