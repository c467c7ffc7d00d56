"""``tart/gateway/fanout/single_flight.py``: one call for concurrent callers."""

from __future__ import annotations

import asyncio

import pytest

from tart.errors import ShardUnavailable
from tart.gateway.fanout.single_flight import NextFlight, SingleFlight


class Call:
    """A call that returns when the test sets its result."""

    def __init__(self) -> None:
        self.times = 0
        self.answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> int:
        self.times += 1
        return await asyncio.shield(self.answer)


def test_concurrent_callers_share_one_call() -> None:
    async def run() -> None:
        call = Call()
        shared = SingleFlight(call)
        asking = [asyncio.create_task(shared.get(0)) for _ in range(5)]
        await asyncio.sleep(0)
        call.answer.set_result(7)
        assert await asyncio.gather(*asking) == [7] * 5
        assert call.times == 1

    asyncio.run(run())


def test_a_fresh_result_is_reused_and_an_old_one_is_renewed() -> None:
    async def run() -> None:
        call = Call()
        call.answer.set_result(7)
        shared = SingleFlight(call)
        await shared.get(60)
        await shared.get(60)
        assert call.times == 1
        await shared.get(-1)
        assert call.times == 2

    asyncio.run(run())


def test_a_caller_that_leaves_does_not_cancel_the_call_of_others() -> None:
    async def run() -> None:
        call = Call()
        shared = SingleFlight(call)
        leaving, staying = (asyncio.create_task(shared.get(0)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        call.answer.set_result(7)
        assert await staying == 7

    asyncio.run(run())


def test_the_last_caller_that_leaves_cancels_the_call_and_the_next_starts_a_new_one() -> None:
    async def run() -> None:
        call = Call()
        shared = SingleFlight(call)
        leaving = [asyncio.create_task(shared.get(0)) for _ in range(2)]
        await asyncio.sleep(0)
        running = shared._running
        assert running is not None
        for each in leaving:
            each.cancel()
        await asyncio.wait(leaving)
        coming = asyncio.create_task(shared.get(0))
        await asyncio.wait((running,))
        assert running.cancelled()
        call.answer.set_result(7)
        assert await coming == 7
        assert call.times == 2

    asyncio.run(run())


def test_a_failure_reaches_all_callers_and_the_next_starts_a_new_call() -> None:
    async def run() -> None:
        call = Call()
        shared = SingleFlight(call)
        asking = [asyncio.create_task(shared.get(60)) for _ in range(2)]
        await asyncio.sleep(0)
        call.answer.set_exception(ShardUnavailable("none"))
        for each in asking:
            with pytest.raises(ShardUnavailable):
                await each
        call.answer = asyncio.get_running_loop().create_future()
        call.answer.set_result(8)
        assert await shared.get(60) == 8

    asyncio.run(run())


def test_a_single_flight_can_be_stopped_during_a_call() -> None:
    async def run() -> None:
        shared = SingleFlight(Call())
        await shared.stop()
        asking = asyncio.create_task(shared.get(0))
        await asyncio.sleep(0)
        await shared.stop()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(run())


def test_those_who_ask_during_a_call_share_the_next_one() -> None:
    async def run() -> None:
        answers = [asyncio.get_running_loop().create_future() for _ in range(3)]
        begun = 0

        async def call() -> int:
            nonlocal begun
            begun += 1
            number: int = await asyncio.shield(answers[begun - 1])
            return number

        shared = NextFlight(call)
        first = [asyncio.create_task(shared.get()) for _ in range(3)]
        await asyncio.sleep(0.01)
        later = [asyncio.create_task(shared.get()) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert begun == 1
        later[0].cancel()
        answers[0].set_result(1)
        assert await asyncio.gather(*first) == [1, 1, 1]
        await asyncio.sleep(0.01)
        assert begun == 2
        answers[1].set_exception(ShardUnavailable("none"))
        for task in later[1:]:
            with pytest.raises(ShardUnavailable):
                await task
        answers[2].set_result(3)
        assert await shared.get() == 3
        await shared.stop()

    asyncio.run(run())
