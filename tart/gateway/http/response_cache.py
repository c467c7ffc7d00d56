"""Answers that serve more than one: what was found out a moment ago need not be again.

Of routes over aggregates (``Cache.AGGREGATED``), whose answers may be some seconds old and
say when they were made, and for a moment of those that are ``brief``. Like
``stale-while-revalidate`` of RFC 5861:

- for ``fresh_seconds`` an answer serves everybody who asks the same, and for longer if it
  took long to make, so that making it takes a tenth of the time. That is how much of a busy
  machine dashboards get; at most it is ``MAX_FRESH`` times as long;
- for ``STALE`` times ``fresh_seconds`` more it is given once more while it is made anew, so
  whoever asks again and again, as a dashboard does, never waits for the making;
- beyond that, and the first time, one making serves all who wait for it.

What not all shards have answered, and what failed, serves only those who waited for it.
One answer at a time is made anew while somebody has the old one, so that those who wait are
not held up. Beyond ``MAX_BYTES`` those not asked for the longest leave.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

from tart.gateway.api.route import Route
from tart.gateway.http.responses import Answer, render

STALE = 5.0
MAX_FRESH = 5.0
_FRESH_TO_MAKING = 10.0
MAX_BYTES = 32 << 20

Values = Mapping[str, Any]
Key = tuple[str, str]
Make = Callable[[Route, Values], Awaitable[Answer]]


@dataclass(frozen=True)
class _Kept:
    answer: Answer
    size: int
    made_at: float
    fresh_seconds: float


class ResponseCache:
    """Makes answers, or gives those made lately.

    Args:
        fresh_seconds: above 0.
        stale: how many times ``fresh_seconds`` more an answer is given while it is made anew.
        clock: monotonic seconds.

    Attributes:
        outcomes: how many were given: miss, hit or stale.
    """

    def __init__(
        self,
        make: Make,
        fresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        stale: float = STALE,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.outcomes: Counter[str] = Counter()
        self._make = make
        self._fresh_seconds = fresh_seconds
        self._stale_seconds = stale * fresh_seconds
        self._clock = clock
        self._max_bytes = max_bytes
        # The one that was asked for the longest ago first.
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._making: dict[Key, asyncio.Task[Answer]] = {}
        self._waiting: Counter[Key] = Counter()
        self._remaking = asyncio.Lock()
        self.size = 0

    async def answer(self, route: Route, values: Values) -> Answer:
        """The answer to a request, which may have been made for another."""
        key = route.name, repr(sorted(values.items()))
        kept = self._kept.get(key)
        age = 0.0 if kept is None else self._clock() - kept.made_at
        if kept is None or age > kept.fresh_seconds + self._stale_seconds:
            self.outcomes["miss"] += 1
            return await self._wait(key, self._made(key, route, values))
        self._kept.move_to_end(key)
        fresh = age <= kept.fresh_seconds
        self.outcomes["hit" if fresh else "stale"] += 1
        if not fresh:
            self._made(key, route, values, self._remaking)
        return replace(kept.answer, headers={**kept.answer.headers, "Age": str(int(age))})

    async def _wait(self, key: Key, task: asyncio.Task[Answer]) -> Answer:
        """What is being made; given up when the last one who waits for it leaves."""
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
                task.cancel()
                # It takes a moment to end; who asks meanwhile must not wait for that.
                self._let_go(key, task)

    async def stop(self) -> None:
        """Give up what is being made."""
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    def _made(
        self, key: Key, route: Route, values: Values, turn: asyncio.Lock | None = None
    ) -> asyncio.Task[Answer]:
        """The making of an answer, begun now if it is not under way."""
        if key not in self._making:
            task = asyncio.create_task(self._keep(key, route, values, turn))
            self._making[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return self._making[key]

    def _let_go(self, key: Key, task: asyncio.Task[Answer]) -> None:
        if self._making.get(key) is task:
            del self._making[key]

    def _finished(self, key: Key, done: asyncio.Task[Answer]) -> None:
        self._let_go(key, done)
        # Where nobody waited for it nobody was told; whoever asks next will be.
        if not done.cancelled() and done.exception() is not None:
            self._forget(key)

    async def _keep(
        self, key: Key, route: Route, values: Values, turn: asyncio.Lock | None
    ) -> Answer:
        async with turn or nullcontext():
            began = self._clock()
            answer = await self._make(route, values)
            # Once for all who wait, and on a thread where that takes long.
            body = await render(answer)
            answer = replace(answer, body=body)
        self._forget(key)
        seen = answer.coverage
        if answer.status == 200 and (seen is None or seen.complete):
            self._kept[key] = _Kept(
                answer, len(body), self._clock(), self._fresh_for(self._clock() - began)
            )
            self.size += len(body)
            while self.size > self._max_bytes:
                self._forget(next(iter(self._kept)))
        return answer

    def _fresh_for(self, taken: float) -> float:
        """How long an answer is fresh, all in seconds."""
        longest = MAX_FRESH * self._fresh_seconds
        return max(self._fresh_seconds, min(longest, _FRESH_TO_MAKING * taken))

    def _forget(self, key: Key) -> None:
        with suppress(KeyError):
            self.size -= self._kept.pop(key).size
