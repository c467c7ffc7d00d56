"""``tart/shard/state/limits.py``: buckets, connections and silence; time is an argument."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.shard.state.limits import SHORTEST_PAUSE, Admission, IdleTimer, RateLimit, Refused

READS = st.lists(
    st.tuples(st.integers(1, 5000), st.floats(0, 3, allow_nan=False)), min_size=1, max_size=50
)


def test_a_burst_is_free_and_what_is_beyond_it_is_waited_for():
    limit = RateLimit(10, 100)
    assert limit.take(60, 5.0) == 0
    assert limit.take(40, 5.0) == 0
    assert limit.take(30, 5.0) == pytest.approx(3.0)
    assert limit.take(1, 8.0) == pytest.approx(0.1), "the debt was paid, one more is one too many"
    assert limit.take(100, 18.1) == 0, "no more is saved up than a burst"
    assert limit.take(10, 18.1) == pytest.approx(1.0)


def test_a_pause_is_never_too_short_to_be_one():
    limit = RateLimit(1e6, 1)
    assert limit.take(2, 1.0) == SHORTEST_PAUSE


@given(st.integers(1, 1000), st.integers(1, 1000), READS)
@settings(max_examples=200, deadline=None, database=None)
def test_who_pauses_as_told_never_exceeds_the_rate(rate, burst, reads):
    limit, now, before = RateLimit(rate, burst), 100.0, 0
    for count, idle in reads:
        # When a read begins, what was read before it is within the rate.
        assert before <= burst + rate * (now - 100.0) + 1e-3
        before += count
        now += limit.take(count, now) + idle


@given(st.integers(1, 1000), st.integers(1, 1000), READS)
@settings(max_examples=200, deadline=None, database=None)
def test_what_is_admitted_never_exceeds_the_rate_and_is_never_less_than_there_is(
    rate, burst, reads
):
    limit, now, admitted = RateLimit(rate, burst), 100.0, 0
    for count, idle in reads:
        found = limit.admit(count, now)
        assert 0 <= found <= count
        admitted += found
        assert admitted <= burst + rate * (now - 100.0) + 1e-3
        if found < count:
            assert limit.admit(1, now) == 0
        now += idle


def test_connections_are_limited_in_all_and_from_one_address():
    admission = Admission(3, 2)
    assert admission.refusal("a") is None
    admission.entered("a")
    admission.entered("a")
    assert admission.refusal("a") is Refused.TOO_MANY_FROM_ADDRESS
    assert admission.refusal("b") is None
    admission.entered("b")
    assert admission.refusal("c") is Refused.TOO_MANY
    admission.left("a")
    assert admission.refusal("c") is admission.refusal("a") is None


def test_who_knocks_is_not_remembered():
    admission = Admission(10, 2)
    for host in map(str, range(100)):
        admission.refusal(host)
        admission.entered(host)
        admission.left(host)
    assert not admission._open


def test_silence_lasts_from_when_the_total_was_first_the_same():
    silence = IdleTimer()
    assert [silence.seconds(total, now) for total, now in ((0, 50), (0, 51), (3, 52), (3, 55))] == [
        0,
        1,
        0,
        3,
    ]
    silence.broken(56)
    assert silence.seconds(3, 58) == 2
