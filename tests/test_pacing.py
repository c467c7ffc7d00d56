"""``tart/pacing.py``: a lone event waits little, and work takes a bounded share of the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.pacing import Pace


def test_an_event_after_a_pause_waits_as_long_as_the_work_takes() -> None:
    pace = Pace(0.05)
    assert pace.delay(100.0) == 0.0
    for _ in range(50):
        pace.record(0.004, 100.0)
    assert pace.cost == pytest.approx(0.004, rel=0.01)
    assert pace.delay(200.0) == pytest.approx(0.004, rel=0.01)


def test_work_that_repeats_pauses_twice_as_long_as_it_takes() -> None:
    pace = Pace(0.05)
    for _ in range(50):
        pace.record(0.004, 100.0)
    assert pace.delay(100.001) == pytest.approx(0.007, rel=0.01)


def test_one_slow_run_does_not_set_the_pace_alone() -> None:
    pace = Pace(10.0)
    pace.record(1.0, 100.0)
    assert pace.cost == 0.25


@given(st.floats(0, 1), st.floats(0, 0.1), st.lists(st.floats(0, 10), max_size=5), st.floats(0, 9))
def test_a_delay_stays_within_its_bounds(
    most: float, least: float, costs: list[float], now: float
) -> None:
    pace = Pace(max(most, least), least)
    for cost in costs:
        pace.record(cost, 5.0)
    assert least <= pace.delay(now) <= max(most, least)
