"""``tart/query/reconcile/attendance.py``: when everything that a node said is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tart.query.core.version_spans import VersionSpan
from tart.query.reconcile.attendance import Attendance, AttendanceRows, last_spans
from tart.units import HOUR_US, MINUTE_US, SECOND_US

NODE = "01" * 32
START = 1_000_000 * HOUR_US
END = START + HOUR_US - 1
ROWS = AttendanceRows(
    start_us=START,
    end_us=END,
    spans=[VersionSpan(NODE, "a", "1", 0, END)],
    events=[{"node": NODE, "bucket": START + number * MINUTE_US} for number in range(60)],
)


def at(minute):
    return START + minute * MINUTE_US + 1


def gap(minute, **changes):
    attendance = Attendance.of_rows(replace(ROWS, **changes))
    around = attendance.around(NODE, at(minute) + MINUTE_US // 2)
    complete = attendance.complete_at(NODE, np.array([at(minute) + MINUTE_US // 2]))
    assert (around is None) is bool(complete[0])
    return around


def test_a_connected_node_that_sends_events_all_the_time_is_complete():
    assert [gap(minute) for minute in (1, 30, 58)] == [None] * 3
    attendance = Attendance.of_rows(ROWS)
    assert attendance.nodes == [NODE]
    assert (attendance.main_gap(NODE), attendance.incomplete_steps(NODE)) == (None, 0)


def test_the_time_outside_the_window_is_not_known():
    attendance = Attendance.of_rows(ROWS)
    assert attendance.gap(NODE, START - 1, at(3)) == "disconnected"
    assert attendance.gap(NODE, at(58), END + MINUTE_US) == "disconnected"
    assert not attendance.complete_at(NODE, np.array([START, END])).any()


def test_a_node_that_was_away_for_a_moment_is_incomplete_in_that_minute():
    spans = [
        VersionSpan(NODE, "a", "1", 0, at(30)),
        VersionSpan(NODE, "a", "2", at(30) + 5, END),
    ]
    assert gap(30, spans=spans) == "disconnected"
    assert gap(33, spans=spans) is None
    assert last_spans(spans)[NODE].version == "2"


def test_a_node_that_never_connected_is_incomplete():
    attendance = Attendance.of_rows(replace(ROWS, spans=[]))
    assert attendance.around(NODE, at(30)) == "disconnected"
    assert (attendance.main_gap(NODE), attendance.incomplete_steps(NODE)) == ("disconnected", 60)


def test_a_minute_without_events_is_silent_except_the_present_one():
    events = [row for row in ROWS.events if row["bucket"] != START + 30 * MINUTE_US]
    assert gap(30, events=events) == "silent"
    assert gap(58, events=ROWS.events[:-1]) is None
    attendance = Attendance.of_rows(replace(ROWS, events=events))
    assert (attendance.main_gap(NODE), attendance.incomplete_steps(NODE)) == ("silent", 1)


def test_dropped_events_are_missing_in_that_minute_and_before_it():
    dropped = [{"node": NODE, "bucket": START + 30 * MINUTE_US}, {"node": "02" * 32, "bucket": 0}]
    assert [gap(minute, dropped=dropped) for minute in (28, 29, 30, 31)] == [
        "dropped",  # its last half minute reaches into the next
        "dropped",
        "dropped",
        None,
    ]


# --- Steps of ten seconds ---------------------------------------------------------------

STEP = 10 * SECOND_US
FINE = replace(
    ROWS,
    step_us=STEP,
    events=[{"node": NODE, "bucket": START + number * STEP} for number in range(360)],
)


def complete_steps(rows):
    """The steps from minute 30 on, for two minutes."""
    attendance = Attendance.of_rows(rows)
    assert attendance.steps == 360
    return [
        attendance.gap(NODE, START + number * STEP, START + (number + 1) * STEP - 1) is None
        for number in range(180, 192)
    ]


def test_a_node_that_was_away_for_a_moment_is_incomplete_in_these_ten_seconds_alone():
    spans = [
        VersionSpan(NODE, "a", "1", 0, at(30) + 2 * STEP),
        VersionSpan(NODE, "a", "1", at(30) + 2 * STEP + 5, END),
    ]
    assert complete_steps(replace(FINE, spans=spans)) == [True] * 2 + [False] + [True] * 9
    attendance = Attendance.of_rows(replace(FINE, spans=spans))
    away = START + 30 * MINUTE_US + 2 * STEP
    distances = (-30, -29, 0, 39, 40)
    times = [away + seconds * SECOND_US - (seconds < 0) for seconds in distances]
    expected = [True, False, False, False, True]
    assert [attendance.around(NODE, time) is None for time in times] == expected
    assert attendance.complete_at(NODE, np.array(times)).tolist() == expected


def without(*numbers):
    buckets = {START + (180 + number) * STEP for number in numbers}
    return replace(FINE, events=[row for row in FINE.events if row["bucket"] not in buckets])


def test_half_a_minute_without_events_is_silent_and_a_shorter_time_is_not():
    assert complete_steps(without(3, 4, 7, 9, 10)) == [True] * 12
    assert complete_steps(without(3, 4, 5, 8)) == [True] * 3 + [False] * 3 + [True] * 6


def test_dropped_events_are_missing_in_these_ten_seconds_and_the_minute_before():
    dropped = [{"node": NODE, "bucket": START + 188 * STEP}]
    assert complete_steps(replace(FINE, dropped=dropped)) == [True] * 2 + [False] * 7 + [True] * 3


def test_events_that_cannot_be_decoded_are_missing_in_their_hour():
    undecodable = [{"node": NODE, "bucket": START}]
    assert {gap(minute, undecodable=undecodable) for minute in (1, 30, 58)} == {"undecodable"}


def test_nothing_is_complete_without_all_shards():
    assert gap(30, all_shards=False) == "shards"
    assert Attendance.of_rows(replace(ROWS, all_shards=False)).main_gap(NODE) == "shards"
