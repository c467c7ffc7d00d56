"""``tart/query/core/slot_clock.py``: slots and times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.slot_clock import SlotClock, slot_clock, slot_range, whole_slots
from tart.query.core.windows import Window
from tart.units import JCE_US, SECOND_US

CLOCK = SlotClock(6 * SECOND_US)


@given(st.integers(0, 1 << 31), st.sampled_from((1, 4, 6)))
def test_a_window_has_the_slots_that_begin_in_it(slot, seconds):
    clock = SlotClock(seconds * SECOND_US)
    start = clock.time_us(slot)
    assert clock.first_from(start) == clock.last_until(start) == slot
    assert clock.first_from(start + 1) == slot + 1
    assert clock.last_until(start - 1) == slot - 1
    assert slot_range(Window(start, start), 0, clock) == (slot, slot, 0)


def test_nothing_was_before_the_first_slot():
    assert CLOCK.first_from(0) == 0
    assert CLOCK.last_until(0) == -1
    assert CLOCK.text(0) == "2025-01-01T12:00:00.000000Z"
    assert CLOCK.time_us(0) == JCE_US


def test_the_length_of_a_slot_is_that_of_the_chain():
    assert slot_clock({}) == CLOCK
    assert slot_clock({"slot_period_sec": 4}) == SlotClock(4 * SECOND_US)


def test_buckets_are_whole_slots():
    assert whole_slots(None, CLOCK) == 0
    assert whole_slots(SECOND_US, CLOCK) == 6 * SECOND_US
    assert whole_slots(60 * SECOND_US, CLOCK) == 60 * SECOND_US
    assert slot_range(Window(JCE_US, JCE_US), 7 * SECOND_US, CLOCK).step_slots == 2
