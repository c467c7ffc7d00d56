"""``tart/shard/queries/shared_answers.py``: equal queries share an answer for a moment."""

from __future__ import annotations

import asyncio

import pytest

from tart.shard.queries.shared_answers import SharedAnswers

pytestmark = pytest.mark.anyio


class Work:
    """Counts how often it runs, and ends when it is told to."""

    def __init__(self):
        self.runs = self.cancelled = 0
        self.release = asyncio.Event()

    async def __call__(self):
        self.runs += 1
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return b"answer %d" % self.runs


def shared(**changes):
    time = [0.0]
    answers = SharedAnswers(**{"seconds": 0.25, "size_of": len, "clock": lambda: time[0]} | changes)
    return answers, time


async def started(*calls):
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_equal_queries_share_and_others_do_not():
    answers, _ = shared()
    work, other = Work(), Work()
    tasks = await started(
        answers.get(b"1", work), answers.get(b"1", work), answers.get(b"2", other)
    )
    work.release.set()
    other.release.set()
    assert await asyncio.gather(*tasks) == [b"answer 1"] * 3
    assert (work.runs, other.runs, answers.shared) == (1, 1, 1)
    assert await answers.get(b"1", work) == b"answer 1"
    assert work.runs == 1


@pytest.mark.parametrize("finished", [False, True])
async def test_an_answer_that_began_long_ago_is_computed_again(finished):
    answers, time = shared()
    work = Work()
    if finished:
        work.release.set()
    (first,) = await started(answers.get(b"1", work))
    time[0] = 0.3
    (second,) = await started(answers.get(b"1", work))
    work.release.set()
    await asyncio.gather(first, second)
    assert work.runs == 2


async def test_the_last_caller_that_leaves_cancels_the_work():
    answers, _ = shared()
    work = Work()
    first, second = await started(answers.get(b"1", work), answers.get(b"1", work))
    first.cancel()
    await asyncio.wait([first])
    assert not work.cancelled
    second.cancel()
    await asyncio.wait([second])
    await asyncio.sleep(0)
    assert work.cancelled == 1
    work.release.set()
    assert await answers.get(b"1", work) == b"answer 2"


async def test_an_error_reaches_all_that_wait_and_is_not_kept():
    answers, _ = shared()
    release = asyncio.Event()

    async def fail():
        await release.wait()
        raise ValueError("no")

    tasks = await started(answers.get(b"1", fail), answers.get(b"1", fail))
    release.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in results] == [ValueError, ValueError]
    work = Work()
    work.release.set()
    assert await answers.get(b"1", work) == b"answer 1"


async def test_the_bytes_of_answers_are_bounded_and_old_ones_leave():
    answers, time = shared(max_bytes=20)
    work = Work()
    work.release.set()
    for key in (b"1", b"2", b"3"):
        await answers.get(key, work)
    assert answers.size <= 20
    await answers.get(b"1", work)
    assert work.runs == 4
    time[0] = 1.0
    await answers.get(b"9", work)
    assert answers.size == len(b"answer 5")
