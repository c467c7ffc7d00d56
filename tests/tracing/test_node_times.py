"""``tart/tracing/node_times.py``: the least of several estimates of a clock."""

from __future__ import annotations

from tart.query.core.windows import Window
from tart.tracing.node_times import NodeTimes, clock_window
from tart.units import JCE_US, MINUTE_US

NOON = 1_795_176_000_000_000


def test_the_offset_is_the_least_delay_of_the_minutes_before_and_of_the_events_themselves():
    arrivals = [
        ("a", JCE_US + 1_500, 1_000),
        ("a", JCE_US + 2_300, 2_000),
        ("b", JCE_US + 90, 100),
    ]
    times = NodeTimes.estimate({"a": 400, "b": -20, "c": 7}, arrivals)
    assert times.offsets == {"a": 300, "b": -20, "c": 7}
    assert times.unix_us("a", 1_000) == JCE_US + 1_300
    assert times.unix_us("unknown", 1_000) == JCE_US + 1_000


def test_the_time_that_the_node_gave_is_an_attribute():
    times = NodeTimes({"a": 300})
    assert times.raw("a", JCE_US + 1_300, JCE_US + 1_400) == {
        "jam.clock.offset_us": 300,
        "jam.clock.start_unix_nano": (JCE_US + 1_000) * 1_000,
        "jam.clock.end_unix_nano": (JCE_US + 1_100) * 1_000,
    }


def test_only_minutes_that_were_over_count_so_that_a_later_export_has_the_same():
    for start in (NOON, NOON + 1, NOON + MINUTE_US - 1):
        assert clock_window(start) == Window(NOON - 10 * MINUTE_US, NOON - 1)
