"""``tart/pacing.py``: a lone event waits little, and work takes a bounded share of the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.pacing import Pace

MOST, REST, GATHER = 0.05, 0.004, 0.002
costs = st.floats(1e-6, 0.2)


def paced(cost: float) -> Pace:
    """A pace whose last run ended at 100.0 and always took as long."""
    pace = Pace(MOST, REST, GATHER)
    for _ in range(60):
        pace.record(cost, 100.0)
    assert pace.cost == pytest.approx(cost, rel=0.01)
    return pace


def share(pace: Pace) -> float:
    """The share of the time that the work takes while events keep coming."""
    delay = pace.delay(100.0)
    return pace.cost / (pace.cost + delay) if delay else 0.0


@pytest.mark.parametrize(
    ("cost", "after_a_pause", "while_events_come"),
    [
        # A few subscribers: a fraction of a millisecond.
        (0.0001, 0.0004, 0.0009),
        # The messages of the other shards are waited for, and then a tenth is exceeded.
        (0.0006, 0.002, 0.004),
        # A third of the time.
        (0.004, 0.004, 0.008),
        (0.1, 0.05, 0.05),
    ],
)
def test_the_delay_follows_the_cost(
    cost: float, after_a_pause: float, while_events_come: float
) -> None:
    pace = paced(cost)
    assert pace.delay(200.0) == pytest.approx(after_a_pause, rel=0.02)
    assert pace.delay(100.0) == pytest.approx(while_events_come, rel=0.02)


def test_the_first_event_of_all_does_not_wait() -> None:
    assert Pace(MOST, REST, GATHER).delay(100.0) == 0.0


def test_one_slow_run_does_not_set_the_pace_alone() -> None:
    pace = Pace(10.0)
    pace.record(1.0, 100.0)
    assert pace.cost == 0.25


@given(costs)
def test_work_takes_a_third_of_the_time_at_most_while_it_keeps_within_its_delay(
    cost: float,
) -> None:
    pace = paced(cost)
    assert share(pace) <= 1 / 3 + 1e-9 or pace.delay(100.0) == MOST


@given(costs)
def test_work_takes_more_than_a_tenth_of_the_time_only_if_events_would_wait_too_long(
    cost: float,
) -> None:
    pace = paced(cost)
    assert share(pace) <= 1 / 10 + 1e-9 or pace.delay(100.0) >= REST * 0.99


@given(costs, costs, st.floats(0, 1))
def test_dearer_work_never_waits_less(cost: float, other: float, passed: float) -> None:
    low, high = sorted((cost, other))
    assert paced(low).delay(100.0 + passed) <= paced(high).delay(100.0 + passed) + 1e-9


@given(st.lists(st.floats(0, 10), max_size=5), st.floats(0, 9))
def test_a_delay_stays_within_its_bounds(recorded: list[float], now: float) -> None:
    pace = Pace(MOST, REST, GATHER)
    for cost in recorded:
        pace.record(cost, 5.0)
    assert 0 <= pace.delay(now) <= MOST


@given(st.lists(st.floats(0, 0.05), min_size=1, max_size=30), st.floats(0.0001, 0.01))
def test_no_event_waits_longer_than_the_longest_delay(gaps: list[float], cost: float) -> None:
    """Played as it is used: an event sets the timer if none runs."""
    pace, now, due = Pace(MOST, REST, GATHER), 100.0, None
    waiting: list[float] = []
    for gap in gaps:
        now += gap
        if due is not None and due <= now:
            assert all(due - came <= MOST + 1e-9 for came in waiting)
            waiting = []
            pace.record(cost, due + cost)
            due = None
        waiting.append(now)
        if due is None:
            due = now + pace.delay(now)
    assert due is not None
    assert all(due - came <= MOST + 1e-9 for came in waiting)
