"""Questions that wait for a reader thread: the cheap ones first, and only so many.

A question waits for as long as somebody waits for its answer: who leaves takes it along.
Among equals the one goes first whose request came first, not the one that was asked first.
A page asks several questions one after the other; so pages are finished in the order in
which they were asked for, instead of all at the very end.

One thread takes nothing but cheap questions, so that scans never hold up all of them. A scan
is not put off for ever either: after ``CHEAP_IN_A_ROW`` cheap ones it has its turn.

Threads are of two kinds, of usual and of low priority, and those of one kind take questions at
a time (``low``): a thread can be given less priority, but without privileges never more again.
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
    """What a question costs."""

    CHEAP = 0
    """As much as the aggregates are large, or as little as a few rows by their number."""
    SCAN = 1
    """As much as the log is long."""


class _Kind(NamedTuple):
    """What a thread takes: as in ``QueryQueue.take``."""

    low: bool
    worst: QueryCost


class QueryQueue(Generic[Job]):
    """Any thread may use it.

    Args:
        limit: how many may wait.

    Attributes:
        refused: how many did not find room.
    """

    def __init__(self, limit: int) -> None:
        self.refused = 0
        self._limit = limit
        self._lock = threading.Lock()
        # Of each kind of thread: where it waits, and how many do. Only who can take what came
        # is woken, for each thread that looks in vain holds up the others.
        self._kinds = [_Kind(low, worst) for low in (False, True) for worst in QueryCost]
        self._conditions = {kind: threading.Condition(self._lock) for kind in self._kinds}
        self._idle = Counter(dict.fromkeys(self._kinds, 0))
        # Of each rank: when the request came, a number to tell equals apart, the question.
        self._waiting: dict[QueryCost, list[tuple[float, int, Job]]] = {
            rank: [] for rank in QueryCost
        }
        self._number = 0
        self._cheap_in_a_row = 0
        self._low = False
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @property
    def waiting(self) -> Counter[str]:
        """How many questions of each rank wait."""
        return Counter({rank.name.lower(): len(jobs) for rank, jobs in self._waiting.items()})

    @property
    def low(self) -> bool:
        """Whether threads of low priority take questions, and the others none."""
        return self._low

    @low.setter
    def low(self, low: bool) -> None:
        with self._lock:
            self._low = low
            self._wake_all()

    def put(self, job: Job, rank: QueryCost, since: float) -> None:
        """Let a question wait.

        Args:
            since: when the request came that it is asked for; seconds of a monotonic clock.

        Raises:
            Busy: as many wait as may.
            ShardUnavailable: the queue is closed.
        """
        with self._lock:
            if self._closed:
                raise ShardUnavailable("the shard is stopping")
            if len(self) >= self._limit:
                self.refused += 1
                raise Busy(f"{self._limit} questions are waiting already; try again")
            self._number += 1
            insort(self._waiting[rank], (since, self._number, job), key=lambda each: each[:2])
            self._wake_one(rank)

    def remove(self, job: Job) -> bool:
        """Whether it was still waiting; it is no longer."""
        with self._lock:
            for jobs in self._waiting.values():
                for place, (_, _, each) in enumerate(jobs):
                    if each is job:
                        del jobs[place]
                        return True
        return False

    def take(self, worst: QueryCost = QueryCost.SCAN, *, low: bool = False) -> Job | None:
        """The next question, waited for; ``None`` once the queue is closed and has none.

        Args:
            worst: nothing that costs more is taken.
            low: by a thread of low priority.
        """
        kind = _Kind(low, worst)
        with self._lock:
            while True:
                its_turn = low is self._low or self._closed
                if its_turn and (rank := self._next(worst)) is not None:
                    return self._waiting[rank].pop(0)[2]
                if self._closed:
                    return None
                self._idle[kind] += 1
                self._conditions[kind].wait()

    def close(self) -> None:
        """Take no more in; what waits is still handed out."""
        with self._lock:
            self._closed = True
            self._wake_all()

    def _wake_one(self, rank: QueryCost) -> None:
        for kind in self._kinds:
            if kind.low is self._low and rank <= kind.worst and self._idle[kind]:
                # It is no longer idle from now on, not only once it runs.
                self._idle[kind] -= 1
                self._conditions[kind].notify()
                return

    def _wake_all(self) -> None:
        for kind, condition in self._conditions.items():
            self._idle[kind] = 0
            condition.notify_all()

    def _next(self, worst: QueryCost) -> QueryCost | None:
        cheap, scans = self._waiting[QueryCost.CHEAP], self._waiting[QueryCost.SCAN]
        if worst is QueryCost.CHEAP:
            return QueryCost.CHEAP if cheap else None
        if cheap and not (scans and self._cheap_in_a_row >= CHEAP_IN_A_ROW):
            self._cheap_in_a_row += 1
            return QueryCost.CHEAP
        if scans:
            self._cheap_in_a_row = 0
            return QueryCost.SCAN
        return None
