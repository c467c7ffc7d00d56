"""Questions to the committed log: a few threads, each with a cursor of its own.

A question has a deadline; when it passes, or nobody waits any more, DuckDB is
interrupted. At most ``QUEUE_LIMIT`` questions wait; more are refused, so that a burst of
slow ones cannot fill the memory. On a busy machine they get what receiving leaves.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

import duckdb

from tart.errors import QueryTimeout, ShardUnavailable
from tart.storage.database import Database

THREADS = 2
SLOW_THREADS = 1
QUEUE_LIMIT = 256
SLOW_QUEUE_LIMIT = 8
_NICE = 10
_INTERRUPT_AGAIN_SECONDS = 0.05
# Of a question that meets damage, each time in another file.
_TRIES = 8

Answer = TypeVar("Answer")
Cursor = duckdb.DuckDBPyConnection
Abandoned = Callable[[], bool]


class Reader:
    """Runs functions that take a cursor, off the event loop.

    Args:
        noticed: called on the question's thread with an error of DuckDB's; whether it was
            damage that is kept away from now, so that the question may be put again.
    """

    def __init__(
        self,
        database: Database,
        noticed: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self._database = database
        self._noticed = noticed
        self._local = threading.local()
        self._cursors: list[Cursor] = []
        self._pool = ThreadPoolExecutor(THREADS, "reader", _step_back)
        self._slow_pool = ThreadPoolExecutor(SLOW_THREADS, "slow-reader", _step_back)
        self._running: set[_Job[Any]] = set()
        self._ended = threading.Condition()
        self._slow: set[_Job[Any]] = set()
        self.waiting = 0

    async def run(self, question: Callable[[Cursor], Answer], deadline: float) -> Answer:
        """The question's answer.

        Args:
            question: called on a reader thread with that thread's cursor.
            deadline: seconds until it is interrupted.

        Raises:
            QueryTimeout: the deadline passed.
            ShardUnavailable: too many questions wait already, or the reader is closed.
        """
        if self.waiting >= QUEUE_LIMIT:
            raise ShardUnavailable(f"{QUEUE_LIMIT} questions are waiting already")
        return await self._answer(_Job(question), self._pool, deadline)

    async def run_slow(
        self, question: Callable[[Cursor, Abandoned], Answer], deadline: float
    ) -> Answer:
        """Likewise, on a thread of its own kind, so that the others are not held up.

        Args:
            question: also given what says whether anybody still waits: it may be busy with
                something that DuckDB's interrupt does not reach.
        """
        if len(self._slow) >= SLOW_QUEUE_LIMIT:
            raise ShardUnavailable(f"{SLOW_QUEUE_LIMIT} long questions are waiting already")
        abandoned = threading.Event()
        job = _Job(lambda cursor: question(cursor, abandoned.is_set), abandoned)
        self._slow.add(job)
        return await self._answer(job, self._slow_pool, deadline)

    async def _answer(self, job: _Job[Answer], pool: ThreadPoolExecutor, deadline: float) -> Answer:
        try:
            future = asyncio.get_running_loop().run_in_executor(pool, self._run, job)
        except RuntimeError:
            self._slow.discard(job)
            raise ShardUnavailable("the shard is stopping") from None
        self.waiting += 1
        future.add_done_callback(lambda future: self._finished(job, future))
        try:
            return await asyncio.wait_for(asyncio.shield(future), deadline)
        except TimeoutError:
            raise QueryTimeout(f"no answer within {deadline:g} s") from None
        finally:
            self._abandon(job, future)

    def _abandon(self, job: _Job[Answer], future: asyncio.Future[Answer]) -> None:
        """Interrupt it until it has ended.

        DuckDB forgets an interrupt that comes between two statements, or while one is being
        planned: of those in a statement's first milliseconds two in three were lost.
        """
        if not future.done():
            job.abandon()
            asyncio.get_running_loop().call_later(
                _INTERRUPT_AGAIN_SECONDS, self._abandon, job, future
            )

    def _finished(self, job: _Job[Any], future: asyncio.Future[Any]) -> None:
        self.waiting -= 1
        self._slow.discard(job)
        if not future.cancelled():
            future.exception()  # marks it as seen: its caller may have left already

    def close(self) -> None:
        """Wait for running questions, not for long ones, then close every cursor. Blocks.

        To be called beside a running loop: it is there that their deadlines pass.
        """
        for job in list(self._slow):
            job.abandon()
        self._pool.shutdown()
        self._slow_pool.shutdown()
        for cursor in self._cursors:
            cursor.close()

    def _run(self, job: _Job[Answer]) -> Answer:
        cursor: Cursor | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._database.cursor()
            self._cursors.append(cursor)
        with self._ended:
            self._running.add(job)
        try:
            return self._patiently(job, cursor)
        finally:
            with self._ended:
                self._running.discard(job)
                self._ended.notify_all()

    def _patiently(self, job: _Job[Answer], cursor: Cursor) -> Answer:
        """The answer, once what is damaged of the files is known."""
        for _ in range(_TRIES):
            try:
                return job.run(cursor)
            except duckdb.Error as error:
                # A question may have left its cursor in a transaction.
                with suppress(duckdb.Error):
                    cursor.rollback()
                if not self._noticed(error):
                    raise
        return job.run(cursor)

    def wait_for_running(self, seconds: float) -> bool:
        """Whether every question that runs now has ended within that time. Blocks.

        What was taken out of sight before cannot be in use any more afterwards.
        """
        with self._ended:
            running = set(self._running)
            return self._ended.wait_for(lambda: not running & self._running, seconds)


class _Job(Generic[Answer]):
    """A question that can be abandoned from another thread while it runs."""

    def __init__(
        self, question: Callable[[Cursor], Answer], abandoned: threading.Event | None = None
    ) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._cursor: Cursor | None = None
        self._abandoned = abandoned or threading.Event()

    def run(self, cursor: Cursor) -> Answer:
        with self._lock:
            if self._abandoned.is_set():
                raise QueryTimeout("nobody waits for this any more")
            self._cursor = cursor
        try:
            return self._question(cursor)
        except duckdb.InterruptException:
            raise QueryTimeout("interrupted") from None
        finally:
            with self._lock:
                self._cursor = None

    def abandon(self) -> None:
        """Interrupt it if it runs, keep it from running if it does not yet."""
        with self._lock:
            self._abandoned.set()
            if self._cursor is not None:
                self._cursor.interrupt()


def _step_back() -> None:
    """Of Linux's scheduler a thread is a process: only this one waits for the others."""
    with suppress(OSError):
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, own + _NICE)
