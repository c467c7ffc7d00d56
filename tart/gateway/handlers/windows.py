"""The window of a request: found once, the same for every part of its answer, and told in it.

Counts are kept by buckets of time, so a window of counts is one of whole buckets: it begins
with the one that its start is in, and ends before the one that its end is in, unless that is
the present. Nothing after the end that was asked for is counted. How long the buckets are
follows from what an answer is made of, and a list beside counts has their window.

``windowed`` wraps every handler, so that no answer is without its window and none has two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import reduce, wraps
from operator import and_
from typing import Any

from tart.config.schema import AggregatesConfig
from tart.gateway.fanout.queries import Coverage, QueryClient, now_text, now_us
from tart.gateway.http.responses import Answer
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import Window, align_window, bounded_window, resolve
from tart.query.topics.time_series import Buckets, cut_buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US

Values = Mapping[str, Any]
Handler = Callable[[QueryClient, Values], Awaitable[Answer]]


class Asked:
    """The window that one request asks for.

    Args:
        values: of the route's parameters.
        kept: for how long what is kept by the minute; before that there are hours.
        now: Unix microseconds.
    """

    def __init__(self, values: Values, kept: AggregatesConfig, now: int) -> None:
        self._start = values.get("start", values.get("start_time"))
        self._end = values.get("end", values.get("end_time"))
        self._duration = values.get("duration")
        self._kept = kept
        self._now = now
        self._found: tuple[Window, int] | None = None

    def whole(self, step_us: int = MINUTE_US, *, durations: bool = False) -> Window:
        """Both ends known; as the parameters say, or ``duration`` long.

        Args:
            step_us: the longest buckets of what is counted in the answer.
            durations: whether durations are, which are soon kept by the hour.
        """
        return self._settled(self._bounded(), step_us, durations=durations)

    def buckets(self, step_us: int) -> Buckets:
        """The same cut into buckets of that length: whole ones, but for the present one."""
        window = self._bounded()
        assert window.start_us is not None
        assert window.end_us is not None
        cut = cut_buckets(window.start_us, window.end_us, step_us)
        window = self._settled(Window(cut.start_us, window.end_us), cut.step_us)
        assert window.start_us is not None
        assert window.end_us is not None
        return Buckets(window.start_us, window.end_us, cut.step_us)

    def length_us(self) -> int:
        """How much was asked for, before it was cut into buckets."""
        window = self._bounded()
        return (window.end_us or 0) - (window.start_us or 0)

    def open(self, step_us: int = 1, place: Window | None = None, *, ends: bool = False) -> Window:
        """Without the ends that were not asked for, as lists have it.

        Args:
            place: the window of the first page, where this is another.
            ends: whether it ends now where nothing else was asked for.
        """
        if place is not None:
            self._found = place, step_us
            return place
        window = resolve(self._now, start_us=self._start, end_us=self._end, duration=self._duration)
        if ends and window.end_us is None:
            window = replace(window, end_us=self._now)
        return self._settled(window, step_us)

    def shown(self) -> Json | None:
        """``start`` and ``end`` for the answer, ``None`` if it has no window."""
        if self._found is None:
            return None
        window, step = self._found
        start, end = window.start_us, window.end_us
        if end is not None and (end + 1) % step == 0 and step > 1:
            # Up to there: what is counted has the last microsecond before it.
            end += 1
        return {
            "start": None if start is None else rfc3339(start),
            "end": None if end is None else rfc3339(end),
        }

    def _bounded(self) -> Window:
        assert self._duration is not None
        return bounded_window(
            self._now, start_us=self._start, end_us=self._end, duration=self._duration
        )

    def _settled(self, window: Window, step_us: int, *, durations: bool = False) -> Window:
        minutes = min(
            self._kept.row_retention_days * DAY_US,
            (self._kept.latency_hours - 1) * HOUR_US if durations else _FOREVER,
        )
        if step_us > 1 and window.start_us is not None and window.start_us < self._now - minutes:
            step_us = max(step_us, HOUR_US)
        found = align_window(window, step_us, self._now)
        if self._found is not None and self._found != (found, step_us):
            raise AssertionError("an answer has two windows")
        self._found = found, step_us
        return found


_FOREVER = 1 << 62


class _Windowed(dict[str, Any]):
    """Values of the parameters, and the window they ask for."""

    def __init__(self, values: Values, window: Asked) -> None:
        super().__init__(values)
        self.asked = window


def windowed(handler: Handler) -> Handler:
    """The handler with ``asked`` for its window, which its answer then tells."""

    @wraps(handler)
    async def handle(questions: QueryClient, values: Values) -> Answer:
        window = Asked(values, questions.retention, now_us())
        answer = await handler(questions, _Windowed(values, window))
        shown = window.shown()
        if shown is not None and answer.status == 200:
            answer = replace(answer, body=_with_window(answer.body, shown))
        return answer

    return handle


def _with_window(body: Any, shown: Json) -> Any:
    if callable(body):
        return lambda: _with_window(body(), shown)
    return {**body, "window": shown} if isinstance(body, dict) else body


def asked(values: Values) -> Asked:
    """The window of the request with these values, as a handler has them."""
    assert isinstance(values, _Windowed)
    return values.asked


def hours_of(values: Values) -> float:
    """How many hours were asked for; whole ones as the peer has them."""
    length = asked(values).length_us()
    return length // HOUR_US if length % HOUR_US == 0 else round(length / HOUR_US, 4)


def answered(
    body: Mapping[str, Any] | Callable[[], Mapping[str, Any]], *parts: tuple[Any, Coverage]
) -> Answer:
    """Return an answer with the present time, covering the shards that answered every part.

    Args:
        body: its members, or a function that merges them on a thread (see ``Answer.body``).
        parts: what was asked: the values and the coverage of each.
    """
    coverage = reduce(and_, (seen for _, seen in parts))
    if callable(body):
        return Answer(lambda: {**body(), "timestamp": now_text()}, coverage)
    return Answer({**body, "timestamp": now_text()}, coverage)
