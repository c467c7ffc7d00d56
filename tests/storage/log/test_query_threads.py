"""``tart/storage/log/query_threads.py``: deadlines, queues and interruption of queries."""

import asyncio
import os
import threading
from contextlib import contextmanager

import duckdb
import pytest
import uvloop

from tart.config.schema import StorageConfig
from tart.errors import Busy, QueryTimeout, ShardUnavailable
from tart.storage.log.database import Database
from tart.storage.log.query_queue import QueryCost
from tart.storage.log.query_threads import (
    QUEUE_LIMIT,
    SLOW_QUEUE_LIMIT,
    THREADS,
    QueryThreads,
    raise_if_cancelled,
)

DEADLINE = 100.0
# Hours of work, interruptible at any time.
ENDLESS = "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(1_000_000) b"


@contextmanager
def running_reader():
    database = Database(StorageConfig())
    reader = QueryThreads(database)
    try:
        yield reader
    finally:
        reader.close()
        database.close()


def one(cursor):
    return cursor.execute("SELECT 1").fetchall()


def endless(cursor):
    return cursor.execute(ENDLESS).fetchall()


async def busy(reader, query):
    """Run a query on every thread; return the tasks that wait for them."""
    # A thread that takes scans would take one that is cheap, too, and leave the other nothing.
    tasks = [
        asyncio.create_task(reader.run(query, DEADLINE, QueryCost.CHEAP)) for _ in range(THREADS)
    ]
    async with asyncio.timeout(DEADLINE):
        while reader.running < THREADS:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.001)
    return tasks


async def idle(reader):
    """Wait until no query runs or waits."""
    async with asyncio.timeout(DEADLINE):
        while reader.open:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.001)


def started(scenario):
    """Run a scenario with a reader, and wait until no query is left."""

    async def whole(reader):
        await scenario(reader)
        await idle(reader)  # interrupts are repeated for as long as the loop runs

    with running_reader() as reader:
        uvloop.run(whole(reader))


def test_a_query_returns_its_result():
    async def scenario(reader):
        assert await reader.run(one, DEADLINE) == [(1,)]
        await idle(reader)
        assert (reader.refused, reader.cancelled.total()) == (0, 0)

    started(scenario)


def test_an_error_of_a_query_reaches_its_caller():
    def broken(cursor):
        cursor.execute("SELECT nonsense")

    async def scenario(reader):
        with pytest.raises(duckdb.Error, match="nonsense"):
            await reader.run(broken, DEADLINE)
        assert await reader.run(one, DEADLINE) == [(1,)]

    started(scenario)


def test_a_query_is_interrupted_at_its_deadline_and_its_cursor_stays_usable():
    async def scenario(reader):
        for _ in range(2 * THREADS):
            with pytest.raises(QueryTimeout, match=r"within 0\.01 s"):
                await reader.run(endless, 0.01)
            await idle(reader)
        cursors = [await reader.run(id, DEADLINE) for _ in range(3)]
        assert cursors
        assert await reader.run(one, DEADLINE) == [(1,)]

    started(scenario)


def test_a_query_whose_caller_leaves_is_interrupted():
    async def scenario(reader):
        started = threading.Event()

        def query(cursor):
            started.set()
            return endless(cursor)

        task = asyncio.create_task(reader.run(query, DEADLINE))
        await asyncio.to_thread(started.wait, DEADLINE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await idle(reader)
        assert await reader.run(one, DEADLINE) == [(1,)]

    started(scenario)


def test_a_deadline_between_two_statements_interrupts_the_second():
    """DuckDB forgets an interrupt that comes while nothing runs."""

    async def scenario(reader):
        late = threading.Event()

        def query(cursor):
            one(cursor)
            late.wait(DEADLINE)
            return endless(cursor)

        with pytest.raises(QueryTimeout):
            await reader.run(query, 0.01)
        late.set()
        await idle(reader)

    started(scenario)


def test_an_interrupt_does_not_hit_the_next_query():
    async def scenario(reader):
        for _ in range(30):
            with pytest.raises(QueryTimeout):
                await reader.run(endless, 0.0005)
            answers = await asyncio.gather(*(reader.run(one, DEADLINE) for _ in range(4)))
            assert answers == [[(1,)]] * 4

    started(scenario)


def test_queries_beyond_the_limit_are_refused_and_the_others_answered():
    async def scenario(reader):
        go = threading.Event()

        def query(cursor):
            go.wait(DEADLINE)
            return one(cursor)

        tasks = await busy(reader, query)
        tasks += [asyncio.create_task(reader.run(query, DEADLINE)) for _ in range(QUEUE_LIMIT)]
        await asyncio.sleep(0)
        assert reader.waiting == {"scan": QUEUE_LIMIT}
        with pytest.raises(Busy, match=str(QUEUE_LIMIT)):
            await reader.run(query, DEADLINE)
        assert reader.refused == 1
        go.set()
        assert await asyncio.gather(*tasks) == [[(1,)]] * len(tasks)
        assert await reader.run(one, DEADLINE) == [(1,)]

    started(scenario)


def test_a_query_cancelled_in_the_queue_never_runs():
    async def scenario(reader):
        go, begun = threading.Event(), []
        running = await busy(reader, lambda cursor: go.wait(DEADLINE))
        with pytest.raises(QueryTimeout):
            await reader.run(begun.append, 0.01)
        # At once, and not when a thread comes by: the place is free for others.
        assert reader.waiting.total() == 0
        assert reader.cancelled == {"waiting": 1, "running": 0}
        go.set()
        await asyncio.gather(*running)
        await idle(reader)
        assert begun == []

    started(scenario)


def test_a_cancelled_query_counts_as_running_until_it_ends():
    async def scenario(reader):
        go = threading.Event()
        (first, *others) = await busy(reader, lambda cursor: go.wait(DEADLINE))
        for each in (first, *others):
            each.cancel()
        await asyncio.wait((first, *others))
        assert reader.running == THREADS
        assert reader.cancelled == {"waiting": 0, "running": THREADS}
        go.set()
        await idle(reader)

    started(scenario)


def test_a_loop_in_python_ends_when_its_query_is_cancelled():
    def counting(cursor):
        while True:
            raise_if_cancelled()

    async def scenario(reader):
        with pytest.raises(QueryTimeout):
            await reader.run(counting, 0.01)
        await idle(reader)
        assert await reader.run(lambda cursor: raise_if_cancelled(), DEADLINE) is None

    started(scenario)
    assert raise_if_cancelled() is None


def test_scans_leave_a_thread_to_cheap_queries():
    async def scenario(reader):
        go = threading.Event()
        scans = [
            asyncio.create_task(reader.run(lambda cursor: go.wait(DEADLINE), DEADLINE))
            for _ in range(2 * THREADS)
        ]
        assert await reader.run(one, DEADLINE, QueryCost.CHEAP) == [(1,)]
        go.set()
        await asyncio.gather(*scans)

    started(scenario)


def test_queries_run_concurrently():
    async def scenario(reader):
        together = threading.Barrier(THREADS)
        queries = (
            reader.run(lambda cursor: together.wait(DEADLINE), DEADLINE, QueryCost.CHEAP)
            for _ in range(THREADS)
        )
        assert sorted(await asyncio.gather(*queries)) == list(range(THREADS))

    started(scenario)


def test_closing_waits_for_running_queries_and_refuses_others():
    async def scenario(reader):
        go = threading.Event()

        def query(cursor):
            go.wait(DEADLINE)
            return one(cursor)

        asking = asyncio.create_task(reader.run(query, DEADLINE))
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(reader.close))
        refused = False
        while not refused:
            try:
                await reader.run(lambda cursor: None, 0.01)
            except QueryTimeout:
                continue
            except ShardUnavailable:
                refused = True
        assert not closing.done()
        go.set()
        assert await asking == [(1,)]
        await closing
        await idle(reader)

    started(scenario)


def test_slow_queries_hold_up_only_each_other():
    released = threading.Event()

    def held(cursor, abandoned):
        released.wait(DEADLINE)
        return one(cursor)

    async def scenario(reader):
        waiting = [asyncio.ensure_future(reader.run_slow(held, DEADLINE))]
        async with asyncio.timeout(DEADLINE):
            while not reader.running:  # noqa: ASYNC110 - it has no event to wait for
                await asyncio.sleep(0.001)
        waiting += [
            asyncio.ensure_future(reader.run_slow(held, DEADLINE)) for _ in range(SLOW_QUEUE_LIMIT)
        ]
        await asyncio.sleep(0)
        assert reader.waiting == {"slow": SLOW_QUEUE_LIMIT}
        with pytest.raises(Busy, match="are waiting already"):
            await reader.run_slow(held, DEADLINE)
        assert await reader.run(one, DEADLINE) == [(1,)]
        released.set()
        assert await asyncio.gather(*waiting) == [[(1,)]] * (1 + SLOW_QUEUE_LIMIT)
        assert await reader.run_slow(held, DEADLINE) == [(1,)]

    started(scenario)


def until_abandoned(cursor, abandoned):
    while not abandoned():
        pass
    return "abandoned"


def test_pages_wait_for_no_other_query_and_keep_the_normal_priority():
    async def check(reader):
        reader.set_low_priority(True)
        tasks = await busy(reader, endless)
        try:
            niceness = await reader.run_page(lambda cursor: os.nice(0), DEADLINE)
            assert niceness == os.nice(0)
            with pytest.raises(QueryTimeout):
                await reader.run_page(endless, 0.01)
            assert await reader.run_page(one, DEADLINE) == [(1,)]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    with running_reader() as reader:
        asyncio.run(check(reader))


def test_a_slow_query_learns_that_it_is_cancelled():
    async def scenario(reader):
        with pytest.raises(QueryTimeout):
            await reader.run_slow(until_abandoned, 0.01)
        await idle(reader)

    started(scenario)


def test_closing_does_not_wait_for_slow_queries():
    begun = threading.Event()

    def begin(cursor, abandoned):
        begun.set()
        return until_abandoned(cursor, abandoned)

    async def scenario():
        with running_reader() as reader:
            asking = asyncio.ensure_future(reader.run_slow(begin, DEADLINE))
            queued = asyncio.ensure_future(reader.run_slow(until_abandoned, DEADLINE))
            assert await asyncio.to_thread(begun.wait, DEADLINE)
            await asyncio.get_running_loop().run_in_executor(None, reader.close)
            assert await asking == "abandoned"
            with pytest.raises(QueryTimeout):
                await queued

    uvloop.run(scenario())


def test_queries_run_with_low_priority_on_demand_and_slow_ones_always():
    def niceness(*_):
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def scenario(reader):
        own, low = niceness(), min(niceness() + 10, 19)
        for rank in QueryCost:
            for back in (False, True, False):
                reader.set_low_priority(back)
                assert reader.low_priority is back
                assert await reader.run(niceness, DEADLINE, rank) == (low if back else own)
        assert await reader.run_slow(niceness, DEADLINE) == low

    started(scenario)


def test_a_query_that_runs_when_the_priority_changes_is_answered():
    async def scenario(reader):
        go = threading.Event()
        running = await busy(reader, lambda cursor: go.wait(DEADLINE))
        reader.set_low_priority(True)
        assert await reader.run(one, DEADLINE) == [(1,)]
        go.set()
        assert await asyncio.gather(*running) == [True] * THREADS

    started(scenario)
