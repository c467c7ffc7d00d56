"""Threads that run queries of the committed event log, each with a cursor of its own.

A query has a deadline, and waits for a thread until then (``query_queue``). When the deadline
passes, or no client waits for the answer any more, the query leaves the queue, or DuckDB is
interrupted; loops in Python call ``raise_if_cancelled``. So a query without a client costs
nothing. At most ``QUEUE_LIMIT`` queries wait; more are refused, so that a burst of slow ones
cannot fill the memory. While the shard receives much, queries run with low priority
(``set_low_priority``); slow queries always do. A page of the newest events takes a few milliseconds
of CPU, but at low priority a hundred times as long: pages have a thread of normal priority.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

import duckdb

from tart.errors import QueryTimeout
from tart.storage.log.database import Database
from tart.storage.log.query_queue import QueryCost, QueryQueue

# Threads of normal priority, and as many of low priority; one of each takes only cheap queries.
THREADS = 3
SLOW_THREADS = 1
# Threads for pages of the newest events.
PAGE_THREADS = 1
QUEUE_LIMIT = 256
SLOW_QUEUE_LIMIT = 8
_NICE = 10
_INTERRUPT_AGAIN_SECONDS = 0.05
# Tries of a query that finds damage, each time in another file.
_TRIES = 8

_CANCELLED = "the query was cancelled"

Answer = TypeVar("Answer")
Cursor = duckdb.DuckDBPyConnection
# Returns whether a query is cancelled.
IsCancelled = Callable[[], bool]

_local = threading.local()


def raise_if_cancelled() -> None:
    """Raise ``QueryTimeout`` if the query that this thread runs is cancelled.

    For loops in Python, which ``cancel`` does not interrupt, unlike DuckDB. Outside a query this
    does nothing.
    """
    cancelled: threading.Event | None = getattr(_local, "cancelled", None)
    if cancelled is not None and cancelled.is_set():
        raise QueryTimeout(_CANCELLED)


class QueryThreads:
    """Runs functions that take a cursor, off the event loop.

    Args:
        database: The database to read.
        salvage: Called on the query's thread with an error of DuckDB; returns whether the error
            was damage that views exclude from now on, so that the query may be repeated.

    Attributes:
        cancelled: Queries that were cancelled, by whether they were waiting or running then.
    """

    def __init__(
        self,
        database: Database,
        salvage: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self.cancelled: Counter[str] = Counter({"waiting": 0, "running": 0})
        self._database = database
        self._salvage = salvage
        self._cursors: list[Cursor] = []
        self._queue: QueryQueue[_Job[Any]] = QueryQueue(QUEUE_LIMIT)
        self._slow_queue: QueryQueue[_Job[Any]] = QueryQueue(SLOW_QUEUE_LIMIT)
        self._page_queue: QueryQueue[_Job[Any]] = QueryQueue(QUEUE_LIMIT)
        self._running: set[_Job[Any]] = set()
        self._slow: set[_Job[Any]] = set()
        self._ended = threading.Condition()
        self._slow_queue.low = True
        self._threads = [
            *(
                self._thread(self._queue, QueryCost.SCAN if number else QueryCost.CHEAP, low=low)
                for low in (False, True)
                for number in range(THREADS)
            ),
            *(
                self._thread(self._slow_queue, QueryCost.SCAN, low=True)
                for _ in range(SLOW_THREADS)
            ),
            *(
                self._thread(self._page_queue, QueryCost.SCAN, low=False)
                for _ in range(PAGE_THREADS)
            ),
        ]

    def set_low_priority(self, low: bool) -> None:
        """Run queries from now on with low priority, or with the normal one again."""
        if self.low_priority is not low:
            self._queue.low = low

    @property
    def waiting(self) -> Counter[str]:
        """The number of queries that wait for a thread: ``cheap``, ``scan``, ``slow``, ``page``."""
        others = Counter(slow=len(self._slow_queue), page=len(self._page_queue))
        return self._queue.waiting + others

    @property
    def running(self) -> int:
        """The number of queries that run, cancelled ones included."""
        return len(self._running)

    @property
    def open(self) -> int:
        """The number of queries that wait or run."""
        return self.waiting.total() + self.running

    @property
    def low_priority(self) -> bool:
        """True if queries run with low priority."""
        return self._queue.low

    @property
    def refused(self) -> int:
        """The number of queries that were refused because a queue was full."""
        return sum(queue.refused for queue in (self._queue, self._slow_queue, self._page_queue))

    async def run(
        self,
        query: Callable[[Cursor], Answer],
        deadline: float,
        cost: QueryCost = QueryCost.SCAN,
        since: float | None = None,
    ) -> Answer:
        """Run a query and return its result.

        Args:
            query: Called on a query thread with that thread's cursor.
            deadline: Seconds until the query is cancelled.
            cost: The cost of the query.
            since: The time of the request by ``time.monotonic``; now if not given.

        Raises:
            QueryTimeout: The deadline passed.
            Busy: The queue is full.
            ShardUnavailable: The threads are closed.
        """
        return await self._answer(_Job(query), self._queue, deadline, cost, since)

    async def run_page(
        self, query: Callable[[Cursor], Answer], deadline: float, since: float | None = None
    ) -> Answer:
        """Run a query that takes a few milliseconds, before others and at normal priority.

        Args:
            query: Called with the thread's cursor.
            deadline: Seconds until the query is cancelled.
            since: The time of the request by ``time.monotonic``; now if not given.

        Raises:
            QueryTimeout: The deadline passed.
            Busy: The queue is full.
            ShardUnavailable: The threads are closed.
        """
        return await self._answer(_Job(query), self._page_queue, deadline, QueryCost.CHEAP, since)

    async def run_slow(
        self,
        query: Callable[[Cursor, IsCancelled], Answer],
        deadline: float,
        since: float | None = None,
    ) -> Answer:
        """Run a slow query on a separate thread, so that it holds up no other query.

        Args:
            query: Called with the thread's cursor, and a function that returns whether the query
                is cancelled: the query may do work that DuckDB's interrupt does not reach.
            deadline: Seconds until the query is cancelled.
            since: The time of the request by ``time.monotonic``; now if not given.

        Raises:
            QueryTimeout: The deadline passed.
            Busy: The queue is full.
            ShardUnavailable: The threads are closed.
        """
        job: _Job[Answer] = _Job(lambda cursor: query(cursor, job.cancelled.is_set))
        self._slow.add(job)
        try:
            return await self._answer(job, self._slow_queue, deadline, QueryCost.SCAN, since)
        finally:
            self._slow.discard(job)

    async def _answer(
        self,
        job: _Job[Answer],
        queue: QueryQueue[_Job[Any]],
        deadline: float,
        cost: QueryCost,
        since: float | None,
    ) -> Answer:
        queue.put(job, cost, time.monotonic() if since is None else since)
        try:
            await asyncio.wait((job.future,), timeout=deadline)
        finally:
            self._cancel(job, queue)
        if not job.future.done() or job.future.cancelled():
            raise QueryTimeout(f"no answer within {deadline:g} s")
        return job.future.result()

    def _cancel(self, job: _Job[Any], queue: QueryQueue[_Job[Any]]) -> None:
        """Cancel a query that has not ended: remove it from the queue, or interrupt it."""
        if job.future.done():
            return
        if queue.remove(job):
            self.cancelled["waiting"] += 1
            job.future.cancel()
        else:
            self.cancelled["running"] += 1
            self._interrupt(job)

    def _interrupt(self, job: _Job[Any]) -> None:
        """Interrupt a query, again until it has ended.

        DuckDB forgets an interrupt that comes between two statements, or while it plans one: of
        those in a statement's first milliseconds two in three were lost.
        """
        if not job.future.done():
            job.cancel()
            asyncio.get_running_loop().call_later(_INTERRUPT_AGAIN_SECONDS, self._interrupt, job)

    def close(self) -> None:
        """Wait for running queries, cancel slow ones, then close every cursor. Blocks.

        To be called beside the running event loop, which enforces the deadlines.
        """
        for queue in (self._slow_queue, self._queue, self._page_queue):
            queue.close()
        for job in list(self._slow):
            job.cancel()
        for thread in self._threads:
            thread.join()
        for cursor in self._cursors:
            cursor.close()

    def _thread(
        self, queue: QueryQueue[_Job[Any]], most: QueryCost, *, low: bool
    ) -> threading.Thread:
        work = partial(self._work, queue, most, low=low)
        name = "reader-low" if low else "reader"
        if queue is not self._queue:
            name = "slow-reader" if queue is self._slow_queue else "page-reader"
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _work(self, queue: QueryQueue[_Job[Any]], most: QueryCost, *, low: bool) -> None:
        """Run queries until the queue is closed; the first makes the thread's cursor."""
        if low:
            _lower_priority()
        cursor: Cursor | None = None
        while (job := queue.take(most, low=low)) is not None:
            with self._ended:
                self._running.add(job)
            try:
                if cursor is None:
                    cursor = self._database.cursor()
                    self._cursors.append(cursor)
                self._run_with_salvage(job, cursor)
            except BaseException as error:
                # Every error belongs to the client; the thread goes on.
                job.fail(error)
            finally:
                with self._ended:
                    self._running.discard(job)
                    self._ended.notify_all()
            del job  # a result may be large, and the next query far off

    def _run_with_salvage(self, job: _Job[Any], cursor: Cursor) -> None:
        """Run a query, again after each error by damage that was not known before."""
        for _ in range(_TRIES):
            try:
                job.run(cursor)
            except duckdb.Error as error:
                # The query may have left the cursor in a transaction.
                with suppress(duckdb.Error):
                    cursor.rollback()
                if not self._salvage(error):
                    raise
            else:
                return
        job.run(cursor)

    def wait_for_running(self, seconds: float) -> bool:
        """Wait for the queries that run now; return whether all ended in time. Blocks.

        Files that were removed from the list before are not in use afterwards.
        """
        with self._ended:
            running = set(self._running)
            return self._ended.wait_for(lambda: not running & self._running, seconds)


class _Job(Generic[Answer]):
    """A query that another thread can cancel while it runs.

    Created on the event loop of the client, where its future is resolved.
    """

    def __init__(self, query: Callable[[Cursor], Answer]) -> None:
        self.cancelled = threading.Event()
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Answer] = self._loop.create_future()
        self._query = query
        self._lock = threading.Lock()
        self._cursor: Cursor | None = None

    def run(self, cursor: Cursor) -> None:
        """Run the query, and resolve the future unless it raises."""
        with self._lock:
            if self.cancelled.is_set():
                raise QueryTimeout(_CANCELLED)
            self._cursor = cursor
        _local.cancelled = self.cancelled
        try:
            answer = self._query(cursor)
        except duckdb.InterruptException:
            raise QueryTimeout("interrupted") from None
        finally:
            _local.cancelled = None
            with self._lock:
                self._cursor = None
        self._resolve(lambda: self.future.set_result(answer))

    def fail(self, error: BaseException) -> None:
        """Resolve the future with an error."""

        def set_exception() -> None:
            self.future.set_exception(error)
            self.future.exception()  # marks the error as retrieved: the client may be gone

        self._resolve(set_exception)

    def _resolve(self, set_outcome: Callable[[], None]) -> None:
        def resolve() -> None:
            if not self.future.done():
                set_outcome()

        # A loop that is closed has no client that waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(resolve)

    def cancel(self) -> None:
        """Interrupt the query if it runs, or prevent it from running."""
        with self._lock:
            self.cancelled.set()
            if self._cursor is not None:
                self._cursor.interrupt()


def _lower_priority() -> None:
    """Lower the priority of this thread, which is a process to Linux's scheduler."""
    with suppress(OSError):
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, own + _NICE)
