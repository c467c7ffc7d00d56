"""Increases of counters in windows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.figures.counter_history import CounterHistory, Increase


def history(*totals: int, step_us: int = 10, longest_us: int = 10**9) -> CounterHistory:
    """A counter ``n`` with these totals at 0, 10, 20 …"""
    counters = CounterHistory(longest_us)
    for index, total in enumerate(totals):
        counters.add(index * step_us, {"n": total})
    return counters


def test_an_increase_is_the_difference_to_the_total_at_the_start_of_the_window():
    counters = history(100, 100, 107, 107, 110)
    assert counters.increase("n", 10) == Increase(10, is_whole=True)
    assert counters.increase("n", 20) == Increase(3, is_whole=True)
    assert counters.increase("n", 40) == Increase(0, is_whole=True)


def test_a_window_that_began_before_the_first_look_is_known_in_part():
    counters = history(5, 5, 9)
    assert counters.increase("n", -1) == Increase(4, is_whole=False)
    assert counters.increase("n", -1).value == 4.0
    assert history(5, 5).increase("n", -1).value is None
    assert counters.increase("other", 0) is None


def test_a_counter_that_falls_began_again():
    assert history(100, 3, 5).increase("n", 0) == Increase(5, is_whole=True)


def test_a_counter_that_began_after_the_last_look_counts_from_0():
    counters = CounterHistory()
    counters.add(0, {"n": 4}, begin_at_0=True)
    assert counters.increase("n", 0).count == 0
    counters.add(10, {"n": 4, "new": 2}, begin_at_0=True)
    assert counters.increase("new", 0).value == 2.0
    # It had counted nothing at any time before.
    assert counters.increase("new", -100) == Increase(2, is_whole=True)


def test_what_no_window_contains_is_forgotten():
    counters = CounterHistory(longest_us=100)
    for now_us in range(0, 1000, 10):
        counters.add(now_us, {"n": now_us})
    assert counters.increase("n", 890) == Increase(100, is_whole=True)
    assert len(counters._counters["n"].times) <= 12
    counters.add(2000, {"other": 1})
    assert len(counters) == 1


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 30))
def test_increases_are_those_of_a_counter_that_only_rises(steps, first):
    totals = [sum(steps[: index + 1]) for index in range(len(steps))]
    counters = history(*totals, step_us=1)
    start = min(first, len(steps) - 1)
    assert counters.increase("n", start) == Increase(totals[-1] - totals[start], is_whole=True)
