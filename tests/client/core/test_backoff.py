"""The waits between attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.backoff import Backoff


def bounds(number: int, first: float = 0.5, most: float = 4.0):
    """The bounds of the first waits: the largest each can be."""
    backoff = Backoff(first, most, lambda _, bound: bound)
    return [backoff.delay() for _ in range(number)]


def test_backoff_bounds_double_up_to_the_maximum():
    assert bounds(6) == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_a_wait_is_between_zero_and_the_bound():
    asked = []
    backoff = Backoff(1.0, 8.0, lambda low, high: asked.append((low, high)) or low)
    assert [backoff.delay(), backoff.delay()] == [0.0, 0.0]
    assert asked == [(0.0, 1.0), (0.0, 2.0)]


@given(st.lists(st.floats(0, 3.9)))
def test_short_connections_count_as_failures(lasted):
    backoff = Backoff(0.5, 4.0, lambda _, bound: bound)
    waits = []
    for each in lasted:
        backoff.record_connection(each)
        waits.append(backoff.delay())
    assert waits == bounds(len(lasted))


def test_a_lasting_connection_resets_the_backoff():
    backoff = Backoff(0.5, 4.0, lambda _, bound: bound)
    for _ in range(5):
        backoff.delay()
    backoff.record_connection(4.0)
    assert backoff.delay() == 0.5
