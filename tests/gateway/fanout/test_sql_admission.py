"""A few statements run, a few wait, the rest is refused."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.gateway.fanout.sql_admission import (
    OF_CLIENT,
    RUNNING,
    WAITING,
    SqlAdmission,
    TooManyStatements,
)
from tart.sandbox.process import SqlJob
from tests.gateway.running import eventually
from tests.sandbox.processes import sandboxes


def test_running_and_waiting_statements_are_limited_for_all_and_for_each() -> None:
    async def scenario() -> None:
        admission, done = SqlAdmission(), asyncio.Event()
        running = 0

        async def statement(client: str) -> None:
            nonlocal running
            async with admission.admit(client):
                running += 1
                await done.wait()
                running -= 1

        async def begin(client: str, count: int) -> list[asyncio.Task[None]]:
            tasks = [asyncio.create_task(statement(client)) for _ in range(count)]
            for _ in range(3):
                await asyncio.sleep(0)
            return tasks

        tasks = await begin("a", OF_CLIENT)
        assert (running, admission.admitted) == (RUNNING, OF_CLIENT)
        with pytest.raises(TooManyStatements, match="of this key or address") as refused:
            await statement("a")
        assert refused.value.status == 429
        tasks += await begin("b", RUNNING + WAITING - OF_CLIENT)
        with pytest.raises(TooManyStatements, match="too many concurrent") as refused:
            await statement("c")
        assert (refused.value.status, admission.refused) == (503, 2)
        done.set()
        await asyncio.gather(*tasks)
        assert admission.admitted == 0
        await statement("c")

    asyncio.run(scenario())


def test_a_free_slot_goes_to_the_client_that_runs_the_fewest() -> None:
    async def scenario() -> None:
        admission = SqlAdmission(running=2, waiting=20)
        began: list[str] = []
        ends: dict[str, asyncio.Event] = {}

        async def statement(name: str) -> None:
            ends[name] = asyncio.Event()
            async with admission.admit(name[0]):
                began.append(name)
                await ends[name].wait()

        names = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
        tasks = [asyncio.create_task(statement(name)) for name in names]
        for _ in range(len(names)):
            await eventually(
                lambda: (
                    len(began) > sum(each.is_set() for each in ends.values()) + 1
                    or len(began) == len(names)
                )
            )
            ends[began[sum(each.is_set() for each in ends.values())]].set()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        # a runs two at first; then b and c are served before its next one.
        assert began == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]

    asyncio.run(scenario())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_whatever_comes_and_leaves_all_slots_are_used_and_freed(
    steps: list[tuple[str, bool]],
) -> None:
    async def scenario() -> None:
        admission = SqlAdmission(running=2, waiting=4, of_client=3)
        tasks: list[asyncio.Task[None]] = []
        running: list[str] = []

        async def statement(client: str) -> None:
            with suppress(TooManyStatements):
                async with admission.admit(client):
                    running.append(client)
                    try:
                        await asyncio.Event().wait()
                    finally:
                        running.remove(client)

        for client, comes in steps:
            if comes:
                tasks.append(asyncio.create_task(statement(client)))
            elif tasks:
                tasks.pop(0).cancel()
            for _ in range(4):
                await asyncio.sleep(0)
            assert len(running) == min(2, admission.admitted) <= 6
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (admission.admitted, admission._free, admission._last) == (0, 2, {})

    asyncio.run(scenario())


def test_a_client_that_leaves_while_waiting_makes_room() -> None:
    async def scenario() -> None:
        admission = SqlAdmission()

        async def statement() -> None:
            async with admission.admit("a"):
                await asyncio.sleep(3600)

        tasks = [asyncio.create_task(statement()) for _ in range(OF_CLIENT)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with admission.admit("a"):
            assert admission.refused == 0

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_abandoned_statement_is_killed_before_its_slot_is_reused() -> None:
    counting = "SELECT count(*) FROM range(100000000000) AS a(x) WHERE hash(x) = 1"

    async def scenario() -> None:
        admission = SqlAdmission()
        # Of gateways of other tests.
        others = sandboxes()

        async def statement() -> None:
            async with admission.admit("a"):
                try:
                    await admission.run(SqlJob(counting, partials=True, seconds=60.0), [])
                finally:
                    admission.close()
                    assert sandboxes() <= others

        task = asyncio.create_task(statement())
        await eventually(lambda: sandboxes() - others)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert sandboxes() <= others

    asyncio.run(scenario())
