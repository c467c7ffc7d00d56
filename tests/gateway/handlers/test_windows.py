"""``tart/gateway/handlers/windows.py``: one window for each answer, in whole buckets, and told."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
import pytest

from tart.config.schema import AggregatesConfig
from tart.errors import NotFound, QueryTimeout
from tart.gateway.fanout.queries import Coverage, sent_queries
from tart.gateway.handlers.windows import (
    RequestWindow,
    hours_of,
    request_window,
    timestamped_answer,
    windowed,
)
from tart.gateway.http.responses import Answer, SharedBody, render
from tart.query.core.filters import Selection
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.query.shard_queries.events import EventLogStart
from tart.query.shard_queries.histogram import EventHistogram
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.cases import all_cases

NOON = 20_000 * DAY_US + DAY_US // 2
NOW = NOON + 7 * MINUTE_US + 7
NOTHING = {"start": None, "end": None, "duration": HOUR_US}


def asks(now: int = NOW, **values: Any) -> RequestWindow:
    return RequestWindow({**NOTHING, **values}, AggregatesConfig(), now)


def test_a_window_begins_with_a_whole_bucket_and_goes_on_until_now() -> None:
    window = asks()
    assert window.whole() == Window(NOON + 7 * MINUTE_US - HOUR_US, NOW)
    assert window.shown() == {
        "start": "2024-10-04T11:07:00.000000Z",
        "end": "2024-10-04T12:07:00.000007Z",
    }


def test_a_window_ends_before_the_bucket_of_its_end() -> None:
    window = asks(end=NOON + 90_000_000)
    assert window.whole() == Window(NOON - HOUR_US + MINUTE_US, NOON + MINUTE_US - 1)
    assert window.shown() == {
        "start": "2024-10-04T11:01:00.000000Z",
        "end": "2024-10-04T12:01:00.000000Z",
    }
    # What is asked for with the window that was told is the same.
    again = asks(start=NOON - HOUR_US + MINUTE_US, end=NOON + MINUTE_US)
    assert again.whole() == window.whole()


def test_a_window_without_a_whole_bucket_is_empty() -> None:
    window = asks(start=NOON + 1, end=NOON + 2)
    assert window.whole() == Window(NOON, NOON - 1)
    assert window.shown() == {"start": "2024-10-04T12:00:00.000000Z"} | {
        "end": "2024-10-04T12:00:00.000000Z"
    }
    assert asks(start=NOON + 1, end=NOON + 2).buckets(5 * MINUTE_US).starts == []


@pytest.mark.parametrize("split", [1, MINUTE_US - 1, MINUTE_US, 90_000_000, 5 * MINUTE_US + 3])
def test_consecutive_windows_have_no_gap_and_no_overlap(split: int) -> None:
    whole = asks(start=NOON, end=NOON + 6 * MINUTE_US).whole()
    first = asks(start=NOON, end=NOON + split).whole()
    rest = asks(start=NOON + split + 1, end=NOON + 6 * MINUTE_US).whole()
    assert first.start_us == whole.start_us
    assert rest.start_us == (first.end_us or 0) + 1
    assert rest.end_us == whole.end_us


def test_a_window_that_ends_in_the_future_ends_now_and_says_so() -> None:
    window = asks(start=NOW - HOUR_US, end=NOW + HOUR_US)
    assert window.whole().end_us == NOW
    shown = window.shown()
    assert shown is not None
    assert shown["end"] == rfc3339(NOW)
    every = asks(start=NOW - HOUR_US, end=NOW + HOUR_US).buckets(5 * MINUTE_US)
    assert max(every.starts) <= NOW


def test_all_buckets_but_the_present_one_are_whole() -> None:
    step = 5 * MINUTE_US
    every = asks(start=NOON - 6 * MINUTE_US, end=NOON + 6 * MINUTE_US).buckets(step)
    assert every.starts == [NOON, NOON - step, NOON - 2 * step]
    assert not any(every.header(at)["partial"] for at in every.starts)
    every = asks(start=NOON - 6 * MINUTE_US).buckets(step)
    assert every.starts == [NOON + step, NOON, NOON - step, NOON - 2 * step]
    assert [every.header(at)["partial"] for at in every.starts] == [True, False, False, False]


def test_buckets_shorter_than_those_of_a_table_are_of_a_window_of_whole_ones_of_it() -> None:
    ten = 10_000_000
    found = asks(start=NOON - 23_000_000, end=NOON + 90_000_000).buckets(ten, stored_us=MINUTE_US)
    assert found.window == Window(NOON - MINUTE_US, NOON + MINUTE_US - 1)
    assert found.step_us == ten
    assert len(found.starts) == 12
    longer = asks(start=NOON - 23_000_000).buckets(5 * MINUTE_US, stored_us=MINUTE_US)
    assert longer == asks(start=NOON - 23_000_000).buckets(5 * MINUTE_US)


def test_a_window_beyond_the_minute_retention_has_hours() -> None:
    kept = AggregatesConfig()
    soon = NOW - (kept.latency_hours - 2) * HOUR_US
    late = NOW - kept.latency_hours * HOUR_US
    assert asks(start=soon).whole(durations=True).start_us == soon - soon % MINUTE_US
    assert asks(start=late).whole(durations=True).start_us == late - late % HOUR_US
    assert asks(start=late).whole().start_us == late - late % MINUTE_US
    older = NOW - (kept.row_retention_days + 1) * DAY_US
    assert asks(start=older).whole().start_us == older - older % HOUR_US


def test_the_window_of_a_list_has_only_the_given_ends() -> None:
    values = {"start": None, "end": None, "duration": None}
    window = RequestWindow(values, AggregatesConfig(), NOW)
    assert window.open() == Window()
    assert window.shown() == {"start": None, "end": None}
    page = RequestWindow(values, AggregatesConfig(), NOW)
    assert page.open(MINUTE_US, Window(5, MINUTE_US - 1)) == Window(5, MINUTE_US - 1)
    assert page.shown() == {
        "start": "1970-01-01T00:00:00.000005Z",
        "end": "1970-01-01T00:01:00.000000Z",
    }


def test_a_handler_cannot_use_two_windows() -> None:
    window = asks()
    assert window.whole() == window.whole()
    with pytest.raises(AssertionError):
        window.whole(10 * MINUTE_US)


class Nobody:
    retention = AggregatesConfig()


def test_an_answer_has_the_window_of_its_handler() -> None:
    async def handler(queries: Any, values: Any) -> Answer:
        request_window(values).whole()
        return timestamped_answer({"x": values["x"]}, (None, one), (None, two))

    one, two = Coverage(frozenset({0, 1}), 3), Coverage(frozenset({1, 2}), 3)
    before = time.time_ns() // 1000
    found: Any = asyncio.run(windowed(handler)(Nobody(), {**NOTHING, "x": 1}))  # type: ignore[arg-type, unused-ignore]
    assert found.coverage == Coverage(frozenset({1}), 3)
    assert found.body["x"] == 1
    assert found.body["window"].keys() == {"start", "end"}
    assert found.body["timestamp"] >= found.body["window"]["end"]
    assert before


def test_a_body_that_is_a_function_gets_window_and_timestamp_when_it_is_called() -> None:
    async def handler(queries: Any, values: Any) -> Answer:
        request_window(values).whole()
        return timestamped_answer(lambda: {"x": values["x"]}, (None, Coverage(frozenset({0}), 1)))

    answer = asyncio.run(windowed(handler)(Nobody(), {**NOTHING, "x": 1}))  # type: ignore[arg-type, unused-ignore]
    assert list(answer.body()) == ["x", "timestamp", "window"]


def test_whole_hours_are_integers_as_in_jamtart() -> None:
    found: list[float] = []

    async def handler(queries: Any, values: Any) -> Answer:
        found.append(hours_of(values))
        return Answer({})

    for values in (
        {"duration": 2 * HOUR_US},
        {"duration": HOUR_US // 2},
        {"start": HOUR_US, "end": 4 * HOUR_US},
    ):
        asyncio.run(windowed(handler)(Nobody(), {**NOTHING, **values}))  # type: ignore[arg-type, unused-ignore]
    assert list(map(repr, found)) == ["2", "0.5", "3"]


@all_cases("step", [1, 10 * SECOND_US, MINUTE_US, HOUR_US])
@all_cases("late", [0, 1, 14 * SECOND_US, MINUTE_US, 3 * DAY_US])
def test_a_half_open_window_ends_where_it_is_asked_to_whatever_is_counted(
    step: int, late: int
) -> None:
    window = asks(NOON + late, start=NOON - 2 * HOUR_US, end=NOON)
    assert window.half_open(step) == Window(NOON - 2 * HOUR_US, NOON - 1)
    assert window.shown() == {"start": rfc3339(NOON - 2 * HOUR_US), "end": rfc3339(NOON)}


@pytest.mark.parametrize("step", [10 * SECOND_US, MINUTE_US, HOUR_US])
def test_the_present_bucket_belongs_to_a_half_open_window_that_ends_in_it(step: int) -> None:
    now = NOON + 7 * SECOND_US
    for end in (NOON + 1, now, now + DAY_US):
        assert asks(now, start=NOON - HOUR_US, end=end).half_open(step).end_us == now
    later = asks(NOON + step, start=NOON - HOUR_US, end=NOON + 1)
    assert later.half_open(step).end_us == NOON - 1


def test_the_present_hour_belongs_to_a_window_whose_minutes_have_expired() -> None:
    start = NOW - (AggregatesConfig().row_retention_days + 1) * DAY_US
    end = NOW - 3 * MINUTE_US
    assert asks(start=start, end=end).half_open(MINUTE_US).end_us == NOW


def test_counts_of_more_than_a_day_are_by_hours_but_end_by_the_minute() -> None:
    window = asks(start=NOON - 3 * DAY_US, end=NOON + 5 * MINUTE_US)
    assert window.counts_bucket_us() == HOUR_US
    assert window.counts() == Window(NOON - 3 * DAY_US, NOON + 5 * MINUTE_US - 1)


# --- Comparisons ------------------------------------------------------------------------------


class Registry:
    first_seen_at: str | None = None


class Kept:
    """Shards whose first event is as old as the test says."""

    def __init__(self, first_seen: int | None, log_since: int | None = None) -> None:
        self.retention = AggregatesConfig()
        self.registry = Registry()
        self.registry.first_seen_at = None if first_seen is None else rfc3339(first_seen)
        self._log_since = log_since

    async def ask(self, query: Any) -> tuple[Any, Coverage]:
        assert isinstance(query, EventLogStart)
        return self._log_since, COMPLETE


COMPLETE = Coverage(frozenset({0}), 1)


async def counts(queries: Any, values: Any) -> Answer:
    """A handler that reads events counted by minute."""
    window = request_window(values).whole()
    record_query(AggregateSum("counts", window))
    return Answer({"start_us": window.start_us}, COMPLETE)


def record_query(query: Any) -> None:
    """Do as ``QueryClient.scatter`` does."""
    sent = sent_queries.get()
    if sent is not None:
        sent.append(query)


def compare(handler: Any, queries: Any, ago: int, **values: Any) -> Any:
    request = {**NOTHING, "compare": ago, **values}
    return asyncio.run(windowed(handler)(queries, request))


def unix_us() -> int:
    return time.time_ns() // 1000


def body(answer: Answer) -> Any:
    return orjson.loads(asyncio.run(render(answer)))


def test_without_compare_there_is_no_earlier_answer() -> None:
    answer = compare(counts, Kept(0), None)  # type: ignore[arg-type]
    assert answer.earlier is None
    assert body(answer).keys() == {"start_us", "window"}


def test_an_answer_has_the_earlier_answer_in_it() -> None:
    answer = body(compare(counts, Kept(0), DAY_US))
    earlier = answer["earlier"]
    assert earlier.keys() == {"start_us", "window"}
    assert answer["start_us"] - earlier["start_us"] == DAY_US
    assert answer["comparison"] == {
        "ago_seconds": 86_400,
        "overlap_seconds": 0,
        "missing_seconds": 0,
    }


def test_each_answer_says_what_it_lacks_and_an_incomplete_earlier_one_is_not_stored() -> None:
    async def handler(queries: Any, values: Any) -> Answer:
        is_earlier = values["start"] is not None
        request_window(values).whole()
        return Answer({}, Coverage(frozenset({0}), 2) if is_earlier else COMPLETE)

    answer = compare(handler, Kept(0), DAY_US)
    assert "shards" not in body(answer)
    assert body(answer)["earlier"]["shards"] == {"answered": 1, "total": 2}
    assert answer.coverage == COMPLETE
    assert not answer.complete
    assert not answer.rendered(SharedBody(b"")).complete


def test_before_the_first_node_there_is_nothing_to_compare_with() -> None:
    for first_seen in (None, unix_us() - HOUR_US):
        answer = compare(counts, Kept(first_seen), DAY_US)
        assert answer.earlier.answer is None
        assert answer.earlier.comparison["missing_seconds"] == 3600
        assert body(answer)["earlier"] is None


def test_an_earlier_window_begins_with_the_first_node() -> None:
    first = unix_us() - DAY_US - 30 * MINUTE_US
    answer = compare(counts, Kept(first), DAY_US)
    assert body(answer)["earlier"]["start_us"] == first - first % MINUTE_US
    assert answer.earlier.comparison["missing_seconds"] == pytest.approx(1800, abs=60)


def test_an_earlier_window_begins_where_the_retention_of_its_tables_does() -> None:
    async def blocks(queries: Any, values: Any) -> Answer:
        window = request_window(values).whole()
        record_query(AggregateRows("blocks", window))
        return Answer({"start_us": window.start_us}, COMPLETE)

    # Blocks are kept for 30 days, counts by the hour for a year.
    assert body(compare(blocks, Kept(0), 31 * DAY_US))["earlier"] is None
    assert body(compare(counts, Kept(0), 31 * DAY_US))["earlier"] is not None
    assert body(compare(counts, Kept(0), 366 * DAY_US))["earlier"] is None
    answer = compare(blocks, Kept(0), 29 * DAY_US, duration=3 * DAY_US)
    now = unix_us()
    start = body(answer)["earlier"]["start_us"]
    assert now - 30 * DAY_US <= start <= now - 30 * DAY_US + HOUR_US
    assert answer.earlier.comparison["missing_seconds"] == pytest.approx(2 * 86_400, abs=3600)


def test_an_earlier_window_begins_where_the_event_log_does() -> None:
    async def samples(queries: Any, values: Any) -> Answer:
        window = request_window(values).whole()
        record_query(EventHistogram(Selection(), SECOND_US))
        return Answer({"start_us": window.start_us}, COMPLETE)

    since = unix_us() - DAY_US - 10 * MINUTE_US
    start = body(compare(samples, Kept(0, log_since=since), DAY_US))["earlier"]["start_us"]
    assert start == since - since % MINUTE_US
    for log_since in (unix_us() - HOUR_US, None):
        assert body(compare(samples, Kept(0, log_since), DAY_US))["earlier"] is None


def test_what_did_not_exist_then_has_no_earlier_answer() -> None:
    async def handler(queries: Any, values: Any) -> Answer:
        if values["start"] is not None:
            raise NotFound("no such group")
        request_window(values).whole()
        return Answer({}, COMPLETE)

    answer = body(compare(handler, Kept(0), DAY_US))
    assert answer["earlier"] is None
    assert answer["comparison"]["missing_seconds"] == 0


def test_an_error_of_either_answer_is_the_error_of_the_request() -> None:
    def failing(*, is_earlier: bool) -> Any:
        async def handler(queries: Any, values: Any) -> Answer:
            if (values["start"] is not None) == is_earlier:
                raise QueryTimeout("too slow")
            await asyncio.Event().wait()
            raise AssertionError

        return handler

    for is_earlier in (False, True):
        with pytest.raises(QueryTimeout):
            compare(failing(is_earlier=is_earlier), Kept(0), DAY_US)


def test_both_windows_are_asked_for_side_by_side() -> None:
    async def scenario() -> None:
        both = asyncio.Barrier(2)

        async def handler(queries: Any, values: Any) -> Answer:
            request_window(values).whole()
            await both.wait()
            return Answer({}, COMPLETE)

        request = {**NOTHING, "compare": DAY_US}
        answer = await windowed(handler)(Kept(0), request)  # type: ignore[arg-type, unused-ignore]
        assert answer.earlier is not None

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_window_of_rows_is_exact_and_begins_with_a_whole_bucket() -> None:
    window = asks(start=NOON + 90 * SECOND_US, end=NOON + 200 * SECOND_US)
    assert window.rows(MINUTE_US) == Window(NOON + MINUTE_US, NOON + 200 * SECOND_US)
    exact = asks(start=NOON + 1, end=NOON + 2)
    assert exact.rows() == Window(NOON + 1, NOON + 2)
    assert exact.shown() == {
        "start": "2024-10-04T12:00:00.000001Z",
        "end": "2024-10-04T12:00:00.000002Z",
    }
