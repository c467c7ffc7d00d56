"""``tart/shard/cpu_pressure.py``: when answering has to step back for receiving."""

from __future__ import annotations

from tart.shard.cpu_pressure import (
    BUSY_EVENTS_PER_SECOND,
    BUSY_PENDING_EVENTS,
    EASE_SECONDS,
    Pressure,
)


def test_who_answers_is_at_ease_while_little_is_received():
    pressure = Pressure()
    rate = BUSY_EVENTS_PER_SECOND - 100
    # What was received before the first look says nothing of now.
    looks = [pressure.look(at / 4, 10**9 + int(rate * at / 4), 10) for at in range(50)]
    assert looks == [False] * 50


def test_much_that_is_received_is_noticed_at_once_and_for_a_while():
    pressure = Pressure()
    assert not pressure.look(0.0, 0, 0)
    assert pressure.look(0.25, int(BUSY_EVENTS_PER_SECOND / 4), 0)
    calm = int(BUSY_EVENTS_PER_SECOND / 4)
    assert pressure.look(0.25 + EASE_SECONDS / 2, calm, 0)
    assert not pressure.look(0.25 + EASE_SECONDS, calm, 0)


def test_what_cannot_be_written_in_time_counts_however_little_it_is():
    pressure = Pressure()
    assert pressure.look(0.0, 0, BUSY_PENDING_EVENTS)
    assert not pressure.look(EASE_SECONDS, 0, BUSY_PENDING_EVENTS - 1)
