"""A Dropped counts as far as its number can be true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.dropped_events import (
    BEFORE_CONNECTION,
    MAX_DROPPED,
    PER_SECOND,
    dropped_events,
    elapsed_since,
    ids_taken,
)

SECOND = 1_000_000
YEAR_2100_US = 4_102_444_800 * SECOND


def dropped(num, timestamp=5, last=6):
    numbers = timestamp.to_bytes(8, "little"), last.to_bytes(8, "little"), num.to_bytes(8, "little")
    return numbers[0] + b"\0" + numbers[1] + numbers[2]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_any_number_is_the_number_itself_or_cannot_be_true(num, timestamp, last):
    number = dropped_events(dropped(num, timestamp, last))
    can_be = num <= MAX_DROPPED and max(timestamp, last) <= YEAR_2100_US
    assert number == (num if can_be else None)
    assert ids_taken(dropped(num, timestamp, last)) == (num if can_be else 1)


@given(st.integers(0, 2**33), st.integers(0, 10_000 * SECOND))
def test_no_more_were_dropped_than_there_was_time_for(num, elapsed_us):
    most = min(MAX_DROPPED, BEFORE_CONNECTION + PER_SECOND * elapsed_us // SECOND)
    assert dropped_events(dropped(num), elapsed_us) == (num if num <= most else None)


@pytest.mark.parametrize("payload", [bytes(8) + b"\5\0\0\0", b"\5" + bytes(7)])
def test_older_drafts_count(payload):
    assert dropped_events(bytes(9) + payload) == 5


def test_an_undecodable_one_does_not():
    assert dropped_events(bytes(9) + b"\xff" * 9) is None
    assert ids_taken(bytes(9) + b"\xff" * 9) == 1


def test_other_events_take_one_id():
    assert ids_taken(bytes(8) + b"\x0b") == 1


def test_times():
    assert elapsed_since(10, 15) == 5
    assert elapsed_since(15, 10) == 0
    assert elapsed_since(None, 10) is elapsed_since(0, 10) is None
