"""``tart/access/rate_limiter.py``: how often somebody may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.access.rate_limiter import Rates


def test_a_burst_then_the_rate():
    rates = Rates(rate=2, burst=3)

    assert [rates.take("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert rates.take("a", 0.4) == pytest.approx(0.1)
    assert rates.take("a", 0.5) == 0
    assert rates.take("b", 0.5) == 0


def test_some_requests_cost_more_and_the_debt_is_paid_first():
    rates = Rates(rate=1, burst=5)

    assert rates.take("a", 0, cost=20) == 0
    assert rates.take("a", 0) == 16
    assert rates.take("a", 15.9) > 0
    assert rates.take("a", 16) == 0


@given(st.lists(st.floats(0, 2), max_size=200))
def test_nobody_gets_more_than_burst_and_rate(pauses):
    rates, now, taken = Rates(rate=3, burst=4), 0.0, 0
    for pause in pauses:
        now += pause
        taken += rates.take("a", now) == 0
    assert taken <= 4 + 3 * now + 1


def test_only_so_many_are_remembered_and_who_asks_stays():
    rates = Rates(rate=0.001, burst=1, most=10)
    assert rates.take("regular", 0) == 0
    for number in range(100):
        rates.take(f"stranger {number}", 1)
        assert rates.take("regular", 1) > 0
    assert len(rates) == 10
