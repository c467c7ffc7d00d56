"""``tart/gateway/windowed.py``: windows from whole steps on."""

from __future__ import annotations

import time

from tart.gateway.questions import Coverage
from tart.gateway.windowed import answered, buckets_of, hours_of, window_of
from tart.query.series import HOUR_US, MINUTE_US
from tart.query.windows import Window

NOTHING = {"start": None, "end": None, "duration": None}


def test_a_window_begins_with_a_whole_step_and_ends_now() -> None:
    before = time.time_ns() // 1000
    window = window_of({**NOTHING, "duration": HOUR_US})
    assert window.start_us is not None
    assert window.end_us is not None
    assert window.start_us % MINUTE_US == 0
    assert before <= window.end_us <= time.time_ns() // 1000
    assert 0 <= window.end_us - HOUR_US - window.start_us < MINUTE_US


def test_start_and_end_take_precedence() -> None:
    day = 24 * HOUR_US
    values = {"start": day + 5 * MINUTE_US + 7, "end": day + 9 * MINUTE_US + 7, "duration": HOUR_US}
    assert window_of(values) == Window(day + 5 * MINUTE_US, day + 9 * MINUTE_US + 7)
    before = {**values, "start": None}
    assert window_of(before) == Window(day - HOUR_US + 9 * MINUTE_US, day + 9 * MINUTE_US + 7)
    every = buckets_of(values, 5 * MINUTE_US)
    assert every.starts == [day + 5 * MINUTE_US]


def test_an_answer_is_of_the_shards_that_answered_all() -> None:
    one, two = Coverage(frozenset({0, 1}), 3), Coverage(frozenset({1, 2}), 3)
    found = answered({"x": 1}, Window(0, MINUTE_US), (None, one), (None, two))
    assert found.coverage == Coverage(frozenset({1}), 3)
    assert found.body["window"] == {
        "start": "1970-01-01T00:00:00.000000Z",
        "end": "1970-01-01T00:01:00.000000Z",
    }
    assert found.body["x"] == 1


def test_whole_hours_are_told_as_the_peer_has_them() -> None:
    assert repr(hours_of({**NOTHING, "duration": 2 * HOUR_US})) == "2"
    assert hours_of({**NOTHING, "duration": HOUR_US // 2}) == 0.5
    assert hours_of({"start": HOUR_US, "end": 4 * HOUR_US, "duration": HOUR_US}) == 3
