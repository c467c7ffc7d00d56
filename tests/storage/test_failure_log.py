"""``tart/storage/failure_log.py``: failures of derived work in the log and in health."""

from __future__ import annotations

import logging

from tart.aggregate.core.isolation import Failure
from tart.background_tasks import RECENT_SECONDS
from tart.storage.failure_log import FailureLog


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def failed(failures, count=1, **more):
    for _ in range(count):
        failures.isolation.record(Failure("judging", ValueError("x" * 1_000), 2, **more))


def test_the_first_failure_is_logged_with_its_traceback_and_later_ones_more_rarely(caplog):
    failures = FailureLog()
    with caplog.at_level(logging.ERROR):
        failed(failures, 1_000, session=7, event_type=81, seq=12)
    assert len(caplog.records) == 10  # the first, the second, the fourth, … the 512th
    first = caplog.records[0].getMessage()
    assert "judging" in first
    assert "event type 81, session 7, seq 12" in first
    assert len(first) < 600
    assert caplog.records[0].exc_info[0] is ValueError


def test_health_reports_a_failure_for_an_hour_and_counters_stay():
    clock = Clock()
    failures = FailureLog(clock)
    failed(failures, 3)
    recent = failures.statistics()["derived_failing"]
    assert recent.keys() == {"judging"}
    assert (recent["judging"]["failures"], recent["judging"]["events"]) == (3, 6)
    assert recent["judging"]["error"].startswith("ValueError: xxx")
    clock.now += RECENT_SECONDS + 1
    statistics = failures.statistics()
    assert statistics["derived_failing"] == {}
    assert statistics["derived_failures"] == {"judging": 3}
    assert statistics["derived_events_lost"] == {"judging": 6}
