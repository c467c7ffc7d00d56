"""``tart/access/rate_limiter.py``: token buckets, one by one and by key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.access.rate_limiter import RateLimiter, TokenBucket


def test_requests_are_limited_to_a_burst_and_then_to_the_rate():
    limiter = RateLimiter(rate=2, burst=3)

    assert [limiter.take("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.take("a", 0.4) == pytest.approx(0.1)
    assert limiter.take("a", 0.5) == 0
    assert limiter.take("b", 0.5) == 0


def test_some_requests_cost_more_and_the_debt_is_paid_first():
    limiter = RateLimiter(rate=1, burst=5)

    assert limiter.take("a", 0, cost=20) == 0
    assert limiter.take("a", 0) == 16
    assert limiter.take("a", 15.9) > 0
    assert limiter.take("a", 16) == 0


@given(st.lists(st.floats(0, 2), max_size=200))
def test_a_key_never_gets_more_than_burst_and_rate(pauses):
    limiter, now, taken = RateLimiter(rate=3, burst=4), 0.0, 0
    for pause in pauses:
        now += pause
        taken += limiter.take("a", now) == 0
    assert taken <= 4 + 3 * now + 1


def test_the_number_of_keys_is_limited_and_a_used_key_stays():
    limiter = RateLimiter(rate=0.001, burst=1, max_keys=10)
    assert limiter.take("regular", 0) == 0
    for number in range(100):
        limiter.take(f"stranger {number}", 1)
        assert limiter.take("regular", 1) > 0
    assert len(limiter) == 10


READS = st.lists(
    st.tuples(st.integers(1, 5000), st.floats(0, 3, allow_nan=False)), min_size=1, max_size=50
)


def test_a_charge_beyond_the_burst_has_to_be_waited_for():
    bucket = TokenBucket(10, 100)
    assert bucket.charge(60, 5.0) == 0
    assert bucket.charge(40, 5.0) == 0
    assert bucket.charge(30, 5.0) == pytest.approx(3.0)
    assert bucket.charge(1, 8.0) == pytest.approx(0.1), "the debt was paid, one more is too many"
    assert bucket.charge(100, 18.1) == 0, "no more is saved up than a burst"
    assert bucket.charge(10, 18.1) == pytest.approx(1.0)


@given(st.integers(1, 1000), st.integers(1, 1000), READS)
@settings(max_examples=200, deadline=None, database=None)
def test_a_caller_that_waits_as_told_never_exceeds_the_rate(rate, burst, reads):
    bucket, now, before = TokenBucket(rate, burst), 100.0, 0
    for count, idle in reads:
        # When a read begins, what was read before it is within the rate.
        assert before <= burst + rate * (now - 100.0) + 1e-3
        before += count
        now += bucket.charge(count, now) + idle


@given(st.integers(1, 1000), st.integers(1, 1000), READS)
@settings(max_examples=200, deadline=None, database=None)
def test_take_up_to_takes_all_tokens_that_are_there_and_no_more(rate, burst, reads):
    bucket, now, admitted = TokenBucket(rate, burst), 100.0, 0
    for count, idle in reads:
        taken = bucket.take_up_to(count, now)
        assert 0 <= taken <= count
        admitted += taken
        assert admitted <= burst + rate * (now - 100.0) + 1e-3
        if taken < count:
            assert bucket.take_up_to(1, now) == 0
        now += idle


def test_a_new_key_takes_the_place_of_the_least_recently_used_one():
    limiter = RateLimiter(rate=1, burst=1, max_keys=2)
    assert limiter.take("a", 100.0) == limiter.take("b", 100.0) == 0
    assert limiter.take("a", 100.0) > 0
    assert limiter.take("c", 100.0) == 0
    # "a" was used after "b", so its bucket is still empty.
    assert limiter.take("a", 100.0) > 0
    assert limiter.take("b", 100.0) == 0
