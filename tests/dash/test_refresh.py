"""The loop that keeps a page fresh."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tart.dash.core.model import Place
from tart.dash.refresh import Refresher
from tart.dash.source import LoadError

pytestmark = pytest.mark.anyio

HERE, THERE = Place("here"), Place("there")


class Loop:
    """A refresher whose loads the test answers."""

    def __init__(self, load, interval_seconds=0.0):
        self.pages, self.failures = asyncio.Queue(), asyncio.Queue()
        self.refresher = Refresher(
            load,
            lambda place, page: self.pages.put_nowait((place, page)),
            lambda place, failure: self.failures.put_nowait((place, failure)),
            interval_seconds=interval_seconds,
            uniform=lambda least, most: most,
        )


@asynccontextmanager
async def running(loop):
    task = asyncio.create_task(loop.refresher.run())
    try:
        async with asyncio.timeout(20):
            yield loop
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_one_refresh_at_a_time_however_slow():
    running_loads = []
    most = [0]

    async def load(place):
        running_loads.append(place)
        most[0] = max(most[0], len(running_loads))
        await asyncio.sleep(0.001)
        running_loads.pop()
        return "page"

    async with running(Loop(load)) as loop:
        loop.refresher.show(HERE)
        for _ in range(20):
            loop.refresher.refresh()
            assert await loop.pages.get() == (HERE, "page")
    assert most == [1]


async def test_another_place_abandons_the_load():
    cancelled = asyncio.Event()

    async def load(place):
        if place == HERE:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
        return "page"

    async with running(Loop(load, interval_seconds=60)) as loop:
        loop.refresher.show(HERE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        loop.refresher.show(THERE)
        assert await loop.pages.get() == (THERE, "page")
        assert cancelled.is_set()


async def test_a_pause_loads_a_new_place_once():
    async def load(place):
        return "page"

    async with running(Loop(load)) as loop:
        loop.refresher.pause(True)
        loop.refresher.show(HERE)
        assert await loop.pages.get() == (HERE, "page")
        loop.refresher.refresh()
        for _ in range(10):
            await asyncio.sleep(0)
        assert loop.pages.empty()
        loop.refresher.pause(False)
        await loop.pages.get()


@pytest.mark.parametrize(
    ("cause", "delays"),
    [
        ("unreachable", [2.0, 4.0, 8.0, 15.0]),
        ("failed", [2.0, 4.0, 8.0, 15.0]),
        ("refused", [30.0] * 4),
        ("fault", [1.0] * 4),
    ],
)
async def test_waits_after_failures(cause, delays):
    async def load(place):
        raise LoadError(cause, "a reason")

    async with running(Loop(load)) as loop:
        loop.refresher.show(HERE)
        seen = []
        for _ in delays:
            before = asyncio.get_running_loop().time()
            _, failure = await loop.failures.get()
            seen.append(failure.retry_at - before)
            # As Ctrl-R does: the wait ends, the next one is as long as if it had not.
            loop.refresher.refresh()
        assert seen == pytest.approx(delays, abs=0.5)


async def test_a_success_ends_the_growth_of_waits():
    outcomes = iter([LoadError("failed", "x"), LoadError("failed", "x"), None])

    async def load(place):
        outcome = next(outcomes, LoadError("failed", "x"))
        if outcome is not None:
            raise outcome
        return "page"

    async with running(Loop(load)) as loop:
        loop.refresher.show(HERE)
        for _ in range(2):
            await loop.failures.get()
            loop.refresher.refresh()
        await loop.pages.get()
        before = asyncio.get_running_loop().time()
        _, failure = await loop.failures.get()
        assert failure.retry_at - before == pytest.approx(2.0, abs=0.5)
