"""The window of a request: resolved once, the same for all parts of the answer, and shown in it.

Counts are stored in buckets of time, so a window of counts consists of whole buckets: it begins
with the bucket of its start, and ends before the bucket of its end, unless that is the present.
Nothing after the requested end is counted. The length of the buckets depends on the tables that an
answer is made from; a list beside counts has the window of the counts.

``windowed`` wraps every handler, so that every answer shows its window and none has two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce, wraps
from operator import and_
from typing import Any

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.clock import Clock
from tart.config.schema import AggregatesConfig
from tart.errors import NotFound
from tart.gateway.fanout.queries import (
    Coverage,
    QueryClient,
    gather_all,
    now_text,
    now_us,
    sent_queries,
)
from tart.gateway.http.responses import Answer, EarlierAnswer
from tart.query.core.comparisons import ComparedWindows, tables_available_from
from tart.query.core.merge import Json
from tart.query.core.query import Query
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import Window, align_window, bounded_window, resolve, time_us
from tart.query.shard_queries.events import EventLogStart
from tart.query.topics.time_series import Buckets, cut_buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_MAX_BUCKETS = 120
# Each from an hour on is a multiple of an hour: older durations are stored by the hour.
_STEPS_US = (MINUTE_US, 5 * MINUTE_US, 15 * MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 7 * DAY_US)

Values = Mapping[str, Any]
Handler = Callable[[QueryClient, Values], Awaitable[Answer]]


class RequestWindow:
    """The window of one request.

    Args:
        values: Of the route's parameters.
        retention: For how long tables have minutes; before that they have hours.
        now: Unix microseconds; the one present of the whole answer.
    """

    def __init__(self, values: Values, retention: AggregatesConfig, now: int) -> None:
        self._start = values.get("start", values.get("start_time"))
        self._end = values.get("end", values.get("end_time"))
        self._duration = values.get("duration")
        self._retention = retention
        self.now = now
        self._resolved: tuple[Window, int] | None = None
        self._half_open = False

    def whole(self, step_us: int = MINUTE_US, *, durations: bool = False) -> Window:
        """Return a window with both ends: those of the parameters, or ``duration`` long.

        Args:
            step_us: The longest buckets of the tables that the answer is made from.
            durations: Whether durations are among them, which soon have hours only.
        """
        return self._resolve(self._bounded(), step_us, durations=durations)

    def half_open(self, step_us: int = 1, *, durations: bool = False) -> Window:
        """Return the window from the required ``start`` up to, but without, the required ``end``.

        The bucket in which the window ends belongs to it if it is the present one: dashboards
        refresh up to a moment ago and show what has happened since the bucket began. An ``end``
        where a bucket begins is the end of the one before, so that nothing after it is counted,
        whichever tables an answer is made from.

        Args:
            step_us: The longest buckets of the tables that the answer is made from.
            durations: As in ``whole``.
        """
        assert self._start is not None
        assert self._end is not None
        self._half_open = True
        bounded = bounded_window(self.now, start_us=self._start, end_us=self._end, duration=0)
        assert bounded.end_us is not None
        last = max(bounded.end_us, self._start) - 1
        step_us = self._stored_step_us(self._start, step_us, durations=durations)
        if step_us > 1 and last >= self.now - self.now % step_us:
            last = max(last, self.now)
        return self._resolve(Window(self._start, last), step_us, durations=durations)

    def counts(self) -> Window:
        """Return the half-open window of an answer that is made from event counts."""
        return self.half_open(self.counts_step_us())

    def durations(self) -> Window:
        """Return the half-open window of an answer that is made from durations."""
        return self.half_open(self.durations_step_us(), durations=True)

    def durations_step_us(self) -> int:
        """Return the length of the buckets that durations of a half-open window have."""
        assert self._start is not None
        minutes = self._start >= self.now - (self._retention.latency_hours - 1) * HOUR_US
        return MINUTE_US if minutes else HOUR_US

    def counts_step_us(self) -> int:
        """Return the length of the buckets at the ends of a window of event counts.

        Within a window longer than a day they are longer; see ``counts_bucket_us``.
        """
        start = self._bounded().start_us if self._start is None else self._start
        assert start is not None
        # As ``storage.aggregates.merged_relations`` selects the tables.
        if start >= self.now - self._retention.counts_10s_hours * HOUR_US + MINUTE_US:
            return COUNT_BUCKET * SECOND_US
        return MINUTE_US

    def counts_bucket_us(self) -> int:
        """Return the length of the buckets that event counts have all over a half-open window."""
        assert self._start is not None
        assert self._end is not None
        step_us = self.counts_step_us()
        return HOUR_US if step_us == MINUTE_US and self._end - self._start > DAY_US else step_us

    def buckets(
        self, step_us: int, *, durations: bool = False, stored_us: int | None = None
    ) -> Buckets:
        """Return the window cut into buckets: whole ones, except for the present one.

        Args:
            step_us: Length of a bucket; longer where only hours are stored.
            durations: As in ``whole``.
            stored_us: The longest buckets of the tables that the answer is made from, if they are
                longer than those of the answer; a multiple of ``step_us`` or a part of it.
        """
        window = self._bounded()
        assert window.start_us is not None
        assert window.end_us is not None
        if durations:
            step_us = self._stored_step_us(window.start_us, step_us, durations=True)
        cut = cut_buckets(window.start_us, window.end_us, step_us)
        # The window has whole buckets of all tables, and so of the answer.
        whole_us = max(cut.step_us, stored_us or 0)
        start = Window(cut.start_us, window.end_us)
        window = self._resolve(start, whole_us, durations=durations)
        assert window.start_us is not None
        assert window.end_us is not None
        return Buckets(window.start_us, window.end_us, cut.step_us)

    def rows(self, step_us: int = 1) -> Window:
        """Return a window of rows, whose times are exact; it begins with a whole bucket.

        Args:
            step_us: The length of the answer's buckets.
        """
        window = self._bounded()
        assert window.start_us is not None
        return self._resolve(Window(window.start_us - window.start_us % step_us, window.end_us), 1)

    def length_us(self) -> int:
        """Return the requested length, before the window was cut into buckets."""
        window = self._bounded()
        return (window.end_us or 0) - (window.start_us or 0)

    def requested(self) -> Window:
        """Return the requested window, before it was cut into buckets."""
        return self._bounded()

    def open(self, step_us: int = 1, place: Window | None = None) -> Window:
        """Return a window whose ends may be open, for lists.

        Args:
            step_us: The longest buckets of the tables that the answer is made from.
            place: The window of the first page, if this is a later one.
        """
        if place is not None:
            self._resolved = place, step_us
            return place
        window = resolve(self.now, start_us=self._start, end_us=self._end, duration=self._duration)
        return self._resolve(window, step_us)

    def shown(self) -> Json | None:
        """Return ``start`` and ``end`` for the answer; ``None`` if it has no window."""
        if self._resolved is None:
            return None
        window, step = self._resolved
        start, end = window.start_us, window.end_us
        whole = end is not None and (end + 1) % step == 0 and step > 1
        if end is not None and (whole or self._half_open):
            # Shown as the end of the bucket; the window ends a microsecond before it.
            end += 1
        return {
            "start": None if start is None else rfc3339(start),
            "end": None if end is None else rfc3339(end),
        }

    def _bounded(self) -> Window:
        assert self._duration is not None
        return bounded_window(
            self.now, start_us=self._start, end_us=self._end, duration=self._duration
        )

    def _resolve(self, window: Window, step_us: int, *, durations: bool = False) -> Window:
        if window.start_us is not None:
            step_us = self._stored_step_us(window.start_us, step_us, durations=durations)
        aligned = align_window(window, step_us, self.now)
        if self._resolved is not None and self._resolved != (aligned, step_us):
            raise AssertionError("an answer has two windows")
        self._resolved = aligned, step_us
        return aligned

    def _stored_step_us(self, start_us: int, step_us: int, *, durations: bool) -> int:
        """Return the step, or an hour if the minutes of the window's start have expired."""
        minutes = min(
            self._retention.row_retention_days * DAY_US,
            (self._retention.latency_hours - 1) * HOUR_US if durations else _FOREVER,
        )
        expired = step_us > 1 and start_us < self.now - minutes
        return max(step_us, HOUR_US) if expired else step_us


_FOREVER = 1 << 62


class _Windowed(dict[str, Any]):
    """Values of the parameters, with the window that they request."""

    def __init__(self, values: Values, window: RequestWindow) -> None:
        super().__init__(values)
        self.request_window = window


def windowed(handler: Handler, clock: Clock = now_us) -> Handler:
    """Return the handler with ``request_window`` for its window, which its answer shows.

    Args:
        handler: The handler.
        clock: The present, Unix microseconds.
    """

    @wraps(handler)
    async def handle(queries: QueryClient, values: Values) -> Answer:
        now = clock()
        if values.get("compare") is None:
            return await _answer(handler, queries, values, now)
        requested = RequestWindow(values, queries.retention, now).requested()
        assert requested.start_us is not None
        assert requested.end_us is not None
        windows = ComparedWindows(requested.start_us, requested.end_us, values["compare"])
        # Side by side, so that one deadline is enough for both.
        answer: Answer
        answer, earlier = await gather_all(
            _answer(handler, queries, values, now),
            _answer_earlier(handler, queries, values, now, windows),
        )
        return replace(answer, earlier=earlier)

    return handle


async def _answer(handler: Handler, queries: QueryClient, values: Values, now: int) -> Answer:
    window = RequestWindow(values, queries.retention, now)
    answer = await handler(queries, _Windowed(values, window))
    shown = window.shown()
    if shown is not None and answer.status == 200:
        answer = replace(answer, body=_with_window(answer.body, shown))
    return answer


async def _answer_earlier(
    handler: Handler, queries: QueryClient, values: Values, now: int, windows: ComparedWindows
) -> EarlierAnswer:
    """Return the answer about the earlier window, as far as data of it is kept.

    How much is kept depends on the tables that the handler reads. They are known when it has
    answered; if they have less than the window, it answers once more.
    """
    first_seen = queries.registry.first_seen_at
    available_from = None if first_seen is None else time_us(first_seen, "first_seen_at")
    part = windows.earlier(available_from)
    answer = None
    if part is not None and available_from is not None:
        sent: list[Query[Any, Any]] = []
        sent_queries.set(sent)
        answer = await _answer_within(handler, queries, values, now, part)
        available_from = max(available_from, await _data_available_from(queries, sent, now))
        shorter = windows.earlier(available_from)
        if shorter is None:
            answer = None
        elif shorter != part:
            answer = await _answer_within(handler, queries, values, now, shorter)
    return EarlierAnswer(windows.comparison(available_from), answer)


async def _answer_within(
    handler: Handler, queries: QueryClient, values: Values, now: int, window: Window
) -> Answer | None:
    """Return the answer about a window; ``None`` if what the request names was not in it."""
    request = {**values, "start": window.start_us, "end": window.end_us}
    try:
        return await _answer(handler, queries, request, now)
    except NotFound:
        return None


async def _data_available_from(
    queries: QueryClient, sent: Iterable[Query[Any, Any]], now: int
) -> int:
    """Return the time from which on the data of all these queries is kept."""
    tables = {table for query in sent for table in query.tables_read()}
    since = tables_available_from(tables, queries.retention, now)
    if any(query.source in ("log", "slow") for query in sent):
        log_since, _ = await queries.ask(EventLogStart())
        since = max(since, now if log_since is None else log_since)
    return since


def _with_window(body: Any, shown: Json) -> Any:
    if callable(body):
        return lambda: _with_window(body(), shown)
    return {**body, "window": shown} if isinstance(body, dict) else body


def request_window(values: Values) -> RequestWindow:
    """Return the window of the request whose values a handler has."""
    assert isinstance(values, _Windowed)
    return values.request_window


def request_buckets(values: Values) -> Buckets:
    """Return the window of a request, cut into at most about 120 buckets of whole minutes."""
    window = request_window(values)
    length = window.length_us()
    step_us = next((step for step in _STEPS_US if length <= step * _MAX_BUCKETS), _STEPS_US[-1])
    return window.buckets(step_us, durations=True)


def hours_of(values: Values) -> float:
    """Return the requested length in hours; whole hours as integers, as jamtart has them."""
    length = request_window(values).length_us()
    return length // HOUR_US if length % HOUR_US == 0 else round(length / HOUR_US, 4)


def last_minute(window: Window) -> Window:
    """Return the last minute of a window; 60 to 70 seconds if the window lasts until now.

    It begins where a bucket of counts begins: of one that began before it nothing would be counted.
    """
    assert window.start_us is not None
    assert window.end_us is not None
    end = window.end_us + 1
    start = end - end % (COUNT_BUCKET * SECOND_US) - MINUTE_US
    return Window(max(window.start_us, start), window.end_us)


def common_coverage(parts: Iterable[tuple[Any, Coverage]]) -> Coverage:
    """Return the shards that answered every part."""
    return reduce(and_, (coverage for _, coverage in parts))


def timestamped_answer(
    body: Mapping[str, Any] | Callable[[], Mapping[str, Any]], *parts: tuple[Any, Coverage]
) -> Answer:
    """Return an answer with the present time, covering the shards that answered every part.

    Args:
        body: Its members, or a function that merges them on a thread (see ``Answer.body``).
        parts: The queries' results: the values and the coverage of each.
    """
    coverage = common_coverage(parts)
    if callable(body):
        return Answer(lambda: {**body(), "timestamp": now_text()}, coverage)
    return Answer({**body, "timestamp": now_text()}, coverage)
