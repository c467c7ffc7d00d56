"""Threads that run queries of the committed event log, each with a cursor of its own.

A query has a deadline, and waits for a thread until then (``query_queue``). When the deadline
passes, or no client waits for the answer any more, the query leaves the queue, or DuckDB is
interrupted; loops in Python call ``raise_if_cancelled``. So a query without a client costs
nothing. At most ``QUEUE_LIMIT`` queries wait; more are refused, so that a burst of slow ones
cannot fill the memory. While the shard receives much, queries run with low priority
(``set_low_priority``); slow queries always do.
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

# Of which one takes only what is cheap; so many of usual priority, and as many of low.
THREADS = 3
SLOW_THREADS = 1
QUEUE_LIMIT = 256
SLOW_QUEUE_LIMIT = 8
_NICE = 10
_INTERRUPT_AGAIN_SECONDS = 0.05
# Of a question that meets damage, each time in another file.
_TRIES = 8

Answer = TypeVar("Answer")
Cursor = duckdb.DuckDBPyConnection
IsCancelled = Callable[[], bool]

_local = threading.local()


def raise_if_cancelled() -> None:
    """For the loops of a question: raise ``QueryTimeout`` once nobody waits for its answer.

    DuckDB is interrupted by itself; Python is not. Elsewhere than in a question it does
    nothing.
    """
    abandoned: threading.Event | None = getattr(_local, "abandoned", None)
    if abandoned is not None and abandoned.is_set():
        raise QueryTimeout("nobody waits for this any more")


class QueryThreads:
    """Runs functions that take a cursor, off the event loop.

    Args:
        salvage_after: called on the question's thread with an error of DuckDB's; whether it was
            damage that is kept away from now, so that the question may be put again.

    Attributes:
        cancelled: queries that ended before they were answered, by whether they were
            waiting or running then.
    """

    def __init__(
        self,
        database: Database,
        salvage_after: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self.cancelled: Counter[str] = Counter({"waiting": 0, "running": 0})
        self._database = database
        self._salvage_after = salvage_after
        self._cursors: list[Cursor] = []
        self._queue: QueryQueue[_Job[Any]] = QueryQueue(QUEUE_LIMIT)
        self._slow_queue: QueryQueue[_Job[Any]] = QueryQueue(SLOW_QUEUE_LIMIT)
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
        ]

    def set_low_priority(self, low: bool) -> None:
        """Run questions from now on with low priority, or with the usual one again."""
        if self.low_priority is not low:
            self._queue.low = low

    @property
    def waiting(self) -> Counter[str]:
        """How many questions have no thread yet: cheap ones, scans, long ones."""
        return self._queue.waiting + Counter(slow=len(self._slow_queue))

    @property
    def running(self) -> int:
        """How many have one, whether or not anybody waits for them."""
        return len(self._running)

    @property
    def open(self) -> int:
        """How many are not over: they wait, or run."""
        return self.waiting.total() + self.running

    @property
    def low_priority(self) -> bool:
        """Whether questions run with low priority."""
        return self._queue.low

    @property
    def refused(self) -> int:
        """How many found no place in the queue."""
        return self._queue.refused + self._slow_queue.refused

    async def run(
        self,
        question: Callable[[Cursor], Answer],
        deadline: float,
        rank: QueryCost = QueryCost.SCAN,
        since: float | None = None,
    ) -> Answer:
        """The question's answer.

        Args:
            question: called on a reader thread with that thread's cursor.
            deadline: seconds until it is interrupted.
            since: when the request came that it is asked for, as ``time.monotonic`` has it.

        Raises:
            QueryTimeout: the deadline passed.
            Busy: too many questions wait already.
            ShardUnavailable: the reader is closed.
        """
        return await self._answer(_Job(question), self._queue, deadline, rank, since)

    async def run_slow(
        self,
        question: Callable[[Cursor, IsCancelled], Answer],
        deadline: float,
        since: float | None = None,
    ) -> Answer:
        """Likewise, on a thread of its own kind, so that the others are not held up.

        Args:
            question: also given what says whether anybody still waits: it may be busy with
                something that DuckDB's interrupt does not reach.
        """
        job: _Job[Answer] = _Job(lambda cursor: question(cursor, job.abandoned.is_set))
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
        rank: QueryCost,
        since: float | None,
    ) -> Answer:
        queue.put(job, rank, time.monotonic() if since is None else since)
        try:
            await asyncio.wait((job.future,), timeout=deadline)
        finally:
            self._give_up(job, queue)
        if not job.future.done() or job.future.cancelled():
            raise QueryTimeout(f"no answer within {deadline:g} s")
        return job.future.result()

    def _give_up(self, job: _Job[Any], queue: QueryQueue[_Job[Any]]) -> None:
        """See to it that it costs nothing any more, unless it has ended."""
        if job.future.done():
            return
        if queue.remove(job):
            self.cancelled["waiting"] += 1
            job.future.cancel()
        else:
            self.cancelled["running"] += 1
            self._interrupt(job)

    def _interrupt(self, job: _Job[Any]) -> None:
        """Interrupt it until it has ended.

        DuckDB forgets an interrupt that comes between two statements, or while one is being
        planned: of those in a statement's first milliseconds two in three were lost.
        """
        if not job.future.done():
            job.abandon()
            asyncio.get_running_loop().call_later(_INTERRUPT_AGAIN_SECONDS, self._interrupt, job)

    def close(self) -> None:
        """Wait for running questions, not for long ones, then close every cursor. Blocks.

        To be called beside a running loop: it is there that their deadlines pass.
        """
        self._slow_queue.close()
        self._queue.close()
        for job in list(self._slow):
            job.abandon()
        for thread in self._threads:
            thread.join()
        for cursor in self._cursors:
            cursor.close()

    def _thread(
        self, queue: QueryQueue[_Job[Any]], worst: QueryCost, *, low: bool
    ) -> threading.Thread:
        work = partial(self._work, queue, worst, low=low)
        name = "slow-reader" if queue is self._slow_queue else "reader-low" if low else "reader"
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _work(self, queue: QueryQueue[_Job[Any]], worst: QueryCost, *, low: bool) -> None:
        """Run questions until there are no more; the thread's own cursor is made at the first."""
        if low:
            _step_back()
        cursor: Cursor | None = None
        while (job := queue.take(worst, low=low)) is not None:
            with self._ended:
                self._running.add(job)
            try:
                if cursor is None:
                    cursor = self._database.cursor()
                    self._cursors.append(cursor)
                self._patiently(job, cursor)
            except BaseException as error:
                # Whatever it is belongs to who asked; the thread goes on.
                job.fail(error)
            finally:
                with self._ended:
                    self._running.discard(job)
                    self._ended.notify_all()
            del job  # an answer may be large, and the next question far off

    def _patiently(self, job: _Job[Any], cursor: Cursor) -> None:
        """Run it, once more for each damage in the files that was not known before."""
        for _ in range(_TRIES):
            try:
                job.run(cursor)
            except duckdb.Error as error:
                # A question may have left its cursor in a transaction.
                with suppress(duckdb.Error):
                    cursor.rollback()
                if not self._salvage_after(error):
                    raise
            else:
                return
        job.run(cursor)

    def wait_for_running(self, seconds: float) -> bool:
        """Whether every question that runs now has ended within that time. Blocks.

        What was taken out of sight before cannot be in use any more afterwards.
        """
        with self._ended:
            running = set(self._running)
            return self._ended.wait_for(lambda: not running & self._running, seconds)


class _Job(Generic[Answer]):
    """A question that can be abandoned from another thread while it runs.

    Made on the loop of who asks; its future is settled there.
    """

    def __init__(self, question: Callable[[Cursor], Answer]) -> None:
        self.abandoned = threading.Event()
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Answer] = self._loop.create_future()
        self._question = question
        self._lock = threading.Lock()
        self._cursor: Cursor | None = None

    def run(self, cursor: Cursor) -> None:
        """Ask it, and settle the future unless it raises."""
        with self._lock:
            if self.abandoned.is_set():
                raise QueryTimeout("nobody waits for this any more")
            self._cursor = cursor
        _local.abandoned = self.abandoned
        try:
            answer = self._question(cursor)
        except duckdb.InterruptException:
            raise QueryTimeout("interrupted") from None
        finally:
            _local.abandoned = None
            with self._lock:
                self._cursor = None
        self._settle(lambda: self.future.set_result(answer))

    def fail(self, error: BaseException) -> None:
        """It raised this."""

        def failed() -> None:
            self.future.set_exception(error)
            self.future.exception()  # marks it as seen: its caller may have left already

        self._settle(failed)

    def _settle(self, settle: Callable[[], None]) -> None:
        def settled() -> None:
            if not self.future.done():
                settle()

        # The loop has gone only with everybody who waited.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settled)

    def abandon(self) -> None:
        """Interrupt it if it runs, keep it from running if it does not yet."""
        with self._lock:
            self.abandoned.set()
            if self._cursor is not None:
                self._cursor.interrupt()


def _step_back() -> None:
    """Of Linux's scheduler a thread is a process: only this one waits for the others."""
    with suppress(OSError):
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, own + _NICE)
