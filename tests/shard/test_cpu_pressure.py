"""``tart/shard/cpu_pressure.py``: when queries yield the CPU to ingestion."""

from __future__ import annotations

from tart.shard.cpu_pressure import (
    BUSY_EVENTS_PER_SECOND,
    BUSY_PENDING_EVENTS,
    BUSY_SAMPLE_SECONDS,
    CALM_SAMPLE_SECONDS,
    CALM_SECONDS,
    WATCHED_EVENTS_PER_SECOND,
    CpuPressure,
)


def test_queries_have_their_priority_while_little_is_received():
    pressure = CpuPressure()
    rate = BUSY_EVENTS_PER_SECOND - 100
    # What was received before the first sample says nothing of now.
    samples = [pressure.update(at / 4, 10**9 + int(rate * at / 4), 10) for at in range(50)]
    assert samples == [False] * 50


def test_a_high_rate_lowers_the_priority_at_once_and_for_a_while():
    pressure = CpuPressure()
    assert not pressure.update(0.0, 0, 0)
    assert pressure.update(0.25, int(BUSY_EVENTS_PER_SECOND / 4), 0)
    calm = int(BUSY_EVENTS_PER_SECOND / 4)
    assert pressure.update(0.25 + CALM_SECONDS / 2, calm, 0)
    assert not pressure.update(0.25 + CALM_SECONDS, calm, 0)


def test_many_pending_events_lower_the_priority_at_any_rate():
    pressure = CpuPressure()
    assert pressure.update(0.0, 0, BUSY_PENDING_EVENTS)
    assert not pressure.update(CALM_SECONDS, 0, BUSY_PENDING_EVENTS - 1)


def test_a_calm_shard_is_sampled_less_often_until_events_come():
    pressure = CpuPressure()
    assert pressure.sample_seconds == CALM_SAMPLE_SECONDS
    pressure.update(0.0, 0, 0)
    pressure.update(1.0, int(WATCHED_EVENTS_PER_SECOND) - 1, 0)
    assert pressure.sample_seconds == CALM_SAMPLE_SECONDS
    pressure.update(2.0, 2 * int(WATCHED_EVENTS_PER_SECOND), 0)
    assert pressure.sample_seconds == BUSY_SAMPLE_SECONDS
    pressure.update(3.0, 2 * int(WATCHED_EVENTS_PER_SECOND), BUSY_PENDING_EVENTS)
    pressure.update(3.1, 2 * int(WATCHED_EVENTS_PER_SECOND), 0)
    assert pressure.sample_seconds == BUSY_SAMPLE_SECONDS, "while the priority is low"
    pressure.update(9.0, 2 * int(WATCHED_EVENTS_PER_SECOND), 0)
    assert pressure.sample_seconds == CALM_SAMPLE_SECONDS
