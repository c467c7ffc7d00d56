"""The queue of queries that wait for a thread: bounded, cheap queries first.

A query waits as long as its client; a cancelled query leaves the queue. Among queries of equal
cost the one goes first whose request came first, not the one that was queued first. A page runs
several queries one after the other; so pages end in the order in which they were requested,
instead of all at the very end.

One thread takes only cheap queries, so that scans never hold up all of them. Scans are not put
off for ever either: after ``CHEAP_IN_A_ROW`` cheap queries comes a scan.

There are threads of normal and of low priority, and those of one kind take queries at a time
(``low``): a thread can lower its priority, but without privileges never raise it again.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections import Counter
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

from tart.errors import Busy, ShardUnavailable

CHEAP_IN_A_ROW = 4

Job = TypeVar("Job")


class QueryCost(IntEnum):
    """The cost of a query, by the data that it reads."""

    CHEAP = 0
    """The size of the aggregates, or a few rows by their number."""
    SCAN = 1
    """The length of the event log."""


class _ThreadKind(NamedTuple):
    """The arguments with which a thread calls ``QueryQueue.take``."""

    low: bool
    most: QueryCost


class QueryQueue(Generic[Job]):
    """A queue for use by any thread.

    Args:
        limit: The number of queries that may wait.

    Attributes:
        refused: The number of queries that were refused because the queue was full.
    """

    def __init__(self, limit: int) -> None:
        self.refused = 0
        self._limit = limit
        self._lock = threading.Lock()
        # By kind of thread, the condition on which it waits and the number of idle threads. Only
        # a thread that can take the new query is woken: others would hold up each other.
        self._kinds = [_ThreadKind(low, most) for low in (False, True) for most in QueryCost]
        self._conditions = {kind: threading.Condition(self._lock) for kind in self._kinds}
        self._idle = Counter(dict.fromkeys(self._kinds, 0))
        # By cost: the time of the request, a number that orders equal times, the query.
        self._waiting: dict[QueryCost, list[tuple[float, int, Job]]] = {
            cost: [] for cost in QueryCost
        }
        self._number = 0
        self._cheap_in_a_row = 0
        self._low = False
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @property
    def waiting(self) -> Counter[str]:
        """The number of waiting queries by cost."""
        return Counter({cost.name.lower(): len(jobs) for cost, jobs in self._waiting.items()})

    @property
    def low(self) -> bool:
        """True if threads of low priority take queries, and the others none."""
        return self._low

    @low.setter
    def low(self, low: bool) -> None:
        with self._lock:
            self._low = low
            self._wake_all()

    def put(self, job: Job, cost: QueryCost, since: float) -> None:
        """Queue a query.

        Args:
            job: The query.
            cost: Its cost.
            since: The time of the request, seconds of a monotonic clock.

        Raises:
            Busy: The queue is full.
            ShardUnavailable: The queue is closed.
        """
        with self._lock:
            if self._closed:
                raise ShardUnavailable("the shard is stopping")
            if len(self) >= self._limit:
                self.refused += 1
                raise Busy(f"{self._limit} queries are waiting already; try again")
            self._number += 1
            insort(self._waiting[cost], (since, self._number, job), key=lambda each: each[:2])
            self._wake_one(cost)

    def remove(self, job: Job) -> bool:
        """Remove a query; return whether it was waiting."""
        with self._lock:
            for jobs in self._waiting.values():
                for index, (_, _, waiting) in enumerate(jobs):
                    if waiting is job:
                        del jobs[index]
                        return True
        return False

    def take(self, most: QueryCost = QueryCost.SCAN, *, low: bool = False) -> Job | None:
        """Wait for the next query; return ``None`` once the queue is closed and empty.

        Args:
            most: The greatest cost to take.
            low: Whether the calling thread has low priority.
        """
        kind = _ThreadKind(low, most)
        with self._lock:
            while True:
                active = low is self._low or self._closed
                if active and (cost := self._next(most)) is not None:
                    return self._waiting[cost].pop(0)[2]
                if self._closed:
                    return None
                self._idle[kind] += 1
                self._conditions[kind].wait()

    def close(self) -> None:
        """Refuse further queries; those that wait are still taken."""
        with self._lock:
            self._closed = True
            self._wake_all()

    def _wake_one(self, cost: QueryCost) -> None:
        for kind in self._kinds:
            if kind.low is self._low and cost <= kind.most and self._idle[kind]:
                # The thread counts as busy from now on, not only once it runs.
                self._idle[kind] -= 1
                self._conditions[kind].notify()
                return

    def _wake_all(self) -> None:
        for kind, condition in self._conditions.items():
            self._idle[kind] = 0
            condition.notify_all()

    def _next(self, most: QueryCost) -> QueryCost | None:
        cheap, scans = self._waiting[QueryCost.CHEAP], self._waiting[QueryCost.SCAN]
        if most is QueryCost.CHEAP:
            return QueryCost.CHEAP if cheap else None
        if cheap and not (scans and self._cheap_in_a_row >= CHEAP_IN_A_ROW):
            self._cheap_in_a_row += 1
            return QueryCost.CHEAP
        if scans:
            self._cheap_in_a_row = 0
            return QueryCost.SCAN
        return None
