"""``tart/query/core/failure_rates.py``: rates by pipeline."""

import pytest

from tart.aggregate.core.failure_events import FAILURES
from tart.protocol.events import EVENTS
from tart.query.core.failure_rates import PIPELINES, group_by_reason, overall, rates


def test_every_failure_type_belongs_to_one_pipeline():
    failures = [number for each in PIPELINES.values() for number in each.failures]
    assert len(failures) == len(set(failures))
    assert set(failures) == FAILURES


def test_every_attempt_type_belongs_to_one_pipeline():
    attempts = [number for each in PIPELINES.values() for number in each.attempts]
    assert len(attempts) == len(set(attempts))
    assert set(attempts) <= EVENTS.keys()


def test_a_pipeline_without_attempts_has_no_failure_rate():
    assert rates({92: 5}) == []
    assert overall({}) is None


def test_a_failure_rate_counts_its_own_pipeline_only():
    counts = {90: 3, 91: 1, 92: 1, 83: 1, 84: 3, 131: 2}
    assert rates(counts) == [
        {"pipeline": "ticket_transfers", "attempts": 4, "failures": 1, "rate": 0.25},
        {"pipeline": "work_package", "attempts": 4, "failures": 1, "rate": 0.25},
        {"pipeline": "assurance_receiving", "attempts": 2, "failures": 0, "rate": 0.0},
    ]
    assert overall(counts) == pytest.approx(0.2)


def test_failures_for_one_reason_are_a_group_with_its_newest():
    rows = [
        {"node": node, "type": 92, "reason": reason, "count": count, "last_at": last_at}
        for node, reason, count, last_at in (
            ("a", "reset", 2, 7),
            ("b", "reset", 1, 9),
            ("a", "full", 3, 1),
            ("b", "late", 1, 2),
        )
    ]
    groups = group_by_reason(rows)
    assert [(each.reason, each.failures) for each in groups] == [
        ("full", 3),
        ("reset", 3),
        ("late", 1),
    ]
    assert groups[1].nodes == {"a", "b"}
    assert (groups[1].last_at, groups[1].last_node) == (9, "b")
