"""Equal queries to the aggregates that come close together share one answer.

The routes of a dashboard ask a shard the same more than once: a third of the queries of all routes
at the same moment are equal to another. An answer begins with a snapshot of the rows in memory,
which serves queries for a quarter of a second in any case (``shard.ingest.aggregator``); so a query
may take the answer of an equal one that began within that time, finished or not.

- A caller that leaves cancels the work only if no other caller waits.
- An error goes to all that wait, and is not kept.
- Beyond ``max_bytes`` the oldest answers are dropped.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_BYTES = 8 << 20


@dataclass(eq=False)
class _Entry(Generic[T]):
    """An answer that is computed, or was."""

    began: float
    task: asyncio.Task[T]
    waiting: int = 0
    size: int = 0


@dataclass(eq=False)
class SharedAnswers(Generic[T]):
    """The answers of the last moments, by query.

    Attributes:
        seconds: For how long after its beginning an answer serves equal queries.
        size_of: Returns the bytes of an answer.
        max_bytes: Of the answers together.
        clock: Monotonic seconds.
        shared: The number of queries that took the answer of another.
        size: The bytes of the answers.
    """

    seconds: float
    size_of: Callable[[T], int]
    max_bytes: int = MAX_BYTES
    clock: Callable[[], float] = time.monotonic
    shared: int = 0
    size: int = 0
    # The oldest first.
    _entries: OrderedDict[bytes, _Entry[T]] = field(default_factory=OrderedDict)

    async def get(self, key: bytes, compute: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to a query; raise what computing it raised."""
        self._drop_old()
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry(self.clock(), asyncio.ensure_future(_run(compute)))
            self._entries[key] = entry
            entry.task.add_done_callback(lambda task: self._done(key, entry))
        else:
            self.shared += 1
        entry.waiting += 1
        try:
            return await asyncio.shield(entry.task)
        finally:
            entry.waiting -= 1
            if not entry.waiting and not entry.task.done():
                self._drop(key, entry)
                entry.task.cancel()

    def _done(self, key: bytes, entry: _Entry[T]) -> None:
        if entry.task.cancelled() or entry.task.exception() is not None:
            self._drop(key, entry)
            return
        if self._entries.get(key) is entry:
            entry.size = self.size_of(entry.task.result())
            self.size += entry.size
            while self.size > self.max_bytes:
                self._drop(*next(iter(self._entries.items())))

    def _drop_old(self) -> None:
        before = self.clock() - self.seconds
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            if entry.began >= before:
                return
            self._drop(key, entry)

    def _drop(self, key: bytes, entry: _Entry[T]) -> None:
        """Let no further query have an answer; those that wait get it."""
        if self._entries.get(key) is entry:
            del self._entries[key]
            self.size -= entry.size
            entry.size = 0


async def _run(compute: Callable[[], Awaitable[T]]) -> T:
    return await compute()
