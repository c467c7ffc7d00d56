"""The loop that keeps one page fresh: one refresh at a time, and waits that grow after failures."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tart.client.core.backoff import Backoff
from tart.dash.core.model import Place
from tart.dash.source import LoadError

Result = TypeVar("Result")

# Bounds of the first wait after a failure and of any, in seconds.
_BACKOFF = (2.0, 15.0)
_MIN_WAIT_SECONDS = 1.0
# What is refused, as a wrong key, is not accepted a moment later.
_REFUSED_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A refresh that failed.

    Attributes:
        error: The reason.
        retry_at: When the next one begins, by the loop's clock.
    """

    error: LoadError
    retry_at: float


class Refresher(Generic[Result]):
    """Loads the page of the present place again and again.

    Args:
        load: Loads the page of a place.
        on_page: Takes a page that was loaded.
        on_failure: Takes a failure.
        interval_seconds: Time between the beginnings of two refreshes; one that takes longer
            delays the next one, which begins when it has ended.
        uniform: Returns a random number between its arguments.
    """

    def __init__(
        self,
        load: Callable[[Place], Awaitable[Result]],
        on_page: Callable[[Place, Result], None],
        on_failure: Callable[[Place, Failure], None],
        *,
        interval_seconds: float,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._load = load
        self._on_page = on_page
        self._on_failure = on_failure
        self.interval_seconds = interval_seconds
        self._uniform = uniform
        self._place: Place | None = None
        self._loaded: Place | None = None
        self._paused = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[Result] | None = None

    def show(self, place: Place) -> None:
        """Load this place from now on, at once; a refresh of another is abandoned."""
        if place != self._place:
            self._place = place
            if self._task is not None:
                self._task.cancel()
        self._wake.set()

    def refresh(self) -> None:
        """Load now instead of later."""
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Stop loading, or go on."""
        self._paused = paused
        self._wake.set()

    async def run(self) -> None:
        """Load until cancelled."""
        backoff = self._new_backoff()
        while True:
            place = self._place
            self._wake.clear()
            # A pause still loads a place that was not shown yet.
            if place is None or (self._paused and place == self._loaded):
                await self._wake.wait()
                continue
            began = time.monotonic()
            try:
                page = await self._load_once(place)
            except LoadError as error:
                delay = self._delay_after(error, backoff)
                self._on_failure(place, Failure(error, time.monotonic() + delay))
            else:
                if page is None:
                    continue
                backoff = self._new_backoff()
                self._loaded = place
                self._on_page(place, page)
                delay = self.interval_seconds - (time.monotonic() - began)
            await self._wait(max(0.0, delay))

    def _new_backoff(self) -> Backoff:
        return Backoff(*_BACKOFF, self._uniform)

    def _delay_after(self, error: LoadError, backoff: Backoff) -> float:
        if error.cause == "refused":
            return _REFUSED_WAIT_SECONDS
        if error.cause == "fault":
            return max(_MIN_WAIT_SECONDS, self.interval_seconds)
        return max(_MIN_WAIT_SECONDS, self.interval_seconds, backoff.delay())

    async def _load_once(self, place: Place) -> Result | None:
        """Return the page of a place; ``None`` if another place was chosen meanwhile."""
        self._task = asyncio.ensure_future(self._load(place))
        try:
            await asyncio.wait((self._task,))
        finally:
            self._task.cancel()
        return None if self._task.cancelled() else self._task.result()

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
