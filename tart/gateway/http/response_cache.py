"""Response cache with stale-while-revalidate (RFC 5861).

- An answer is fresh for ``fresh_seconds``, and for longer if it took long to compute, so that
  computing it takes a tenth of the time at most. This bounds the share of a busy machine that
  dashboards get. It is fresh for ``MAX_FRESH`` times ``fresh_seconds`` at most.
- After that, for ``stale`` times ``fresh_seconds``, the old answer is served while it is
  computed again. A client that polls, such as a dashboard, never waits for the computation.
- An older answer, or one that is not stored, is computed. Equal requests that come meanwhile
  share the computation.

Errors, and answers that lack a shard, are not stored: they go to the requests that waited.
Stored answers are computed again one at a time, so that requests that wait are not held up.
Beyond ``max_bytes`` the least recently used answers are evicted.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from tart.gateway.http.responses import Answer, SharedBody, render

MAX_FRESH = 5.0
_FRESH_PER_COMPUTING = 10.0
MAX_BYTES = 32 << 20

# The name of a route, and the values of its parameters as text.
Key = tuple[str, str]
Compute = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True)
class _Entry:
    """A stored answer; its body is rendered, and tagged and compressed once."""

    answer: Answer
    body: SharedBody
    stored_at: float
    fresh_seconds: float


class ResponseCache:
    """Stores answers by key and computes those that are not stored.

    Args:
        fresh_seconds: Above 0.
        stale: For how much longer an answer is served while it is computed again, as a multiple
            of ``fresh_seconds``.
        max_bytes: Bodies of stored answers, together, with their compressed forms.
        clock: Monotonic seconds.

    Attributes:
        outcomes: Number of requests by outcome: ``hit``, ``stale``, ``miss``.
        size: Bytes of the stored bodies and of their compressed forms.
    """

    def __init__(
        self,
        fresh_seconds: float,
        *,
        stale: float,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outcomes: Counter[str] = Counter()
        self.size = 0
        self._fresh_seconds = fresh_seconds
        self._stale_seconds = stale * fresh_seconds
        self._clock = clock
        self._max_bytes = max_bytes
        # The least recently used first.
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._computing: dict[Key, asyncio.Task[Answer]] = {}
        self._waiting: Counter[Key] = Counter()
        self._refreshing = asyncio.Lock()

    async def get(self, key: Key, compute: Compute) -> Answer:
        """Return the stored answer of a key, or compute it."""
        entry = self._entries.get(key)
        age = 0.0 if entry is None else self._clock() - entry.stored_at
        if entry is None or age > entry.fresh_seconds + self._stale_seconds:
            self.outcomes["miss"] += 1
            return await self._wait(key, self._start(key, compute))
        self._entries.move_to_end(key)
        fresh = age <= entry.fresh_seconds
        self.outcomes["hit" if fresh else "stale"] += 1
        if not fresh:
            self._start(key, compute, self._refreshing)
        return replace(entry.answer, headers={**entry.answer.headers, "Age": str(int(age))})

    async def stop(self) -> None:
        """Cancel all computations."""
        for task in self._computing.values():
            task.cancel()
        await asyncio.gather(*self._computing.values(), return_exceptions=True)

    async def _wait(self, key: Key, task: asyncio.Task[Answer]) -> Answer:
        """Wait for a computation; the last request that leaves cancels it."""
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
                task.cancel()
                # The task takes a moment to end; a new request must not wait for that.
                self._detach(key, task)

    def _start(
        self, key: Key, compute: Compute, turn: asyncio.Lock | None = None
    ) -> asyncio.Task[Answer]:
        """Return the computation of a key, and start it unless it runs already."""
        if key not in self._computing:
            task = asyncio.create_task(self._compute(key, compute, turn))
            self._computing[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        return self._computing[key]

    def _detach(self, key: Key, task: asyncio.Task[Answer]) -> None:
        if self._computing.get(key) is task:
            del self._computing[key]

    def _finish(self, key: Key, done: asyncio.Task[Answer]) -> None:
        self._detach(key, done)
        # A refresh has no request that receives its error; the next request will.
        if not done.cancelled() and done.exception() is not None:
            self._evict(key)

    async def _compute(self, key: Key, compute: Compute, turn: asyncio.Lock | None) -> Answer:
        async with turn or nullcontext():
            began = self._clock()
            answer = await compute()
            # Once for all requests that wait.
            rendered = await render(answer)
            body = SharedBody(
                rendered, answer.compressed, lambda size: self._add_compressed(key, body, size)
            )
            answer = answer.rendered(body)
        self._evict(key)
        if answer.status == 200 and answer.complete:
            now = self._clock()
            self._entries[key] = _Entry(answer, body, now, self._freshness(now - began))
            self._grow(body.size)
        return answer

    def _add_compressed(self, key: Key, body: SharedBody, size: int) -> None:
        """Count the compressed form of a body, if the body is stored."""
        entry = self._entries.get(key)
        if entry is not None and entry.body is body:
            self._grow(size)

    def _grow(self, size: int) -> None:
        self.size += size
        while self.size > self._max_bytes:
            self._evict(next(iter(self._entries)))

    def _freshness(self, computing_seconds: float) -> float:
        """Return for how many seconds an answer is fresh."""
        longest = MAX_FRESH * self._fresh_seconds
        return max(self._fresh_seconds, min(longest, _FRESH_PER_COMPUTING * computing_seconds))

    def _evict(self, key: Key) -> None:
        with suppress(KeyError):
            self.size -= self._entries.pop(key).body.size
