"""``tart/query/packages/package_progress.py``: how far a package came, by what happened."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tart.query.packages import package_progress
from tart.query.packages.package_progress import Account, accounts, stage_of, summary
from tart.query.packages.packages import Handled
from tests.query.packages.test_packages import state

REPORT = {
    "hash": "bb",
    "last_at": 50,
    "received_at": None,
    "included_at": None,
    "discarded_at": None,
    "cannot_report": 0,
    "too_many": 0,
    "replaced": 0,
    "other": 0,
}


@pytest.mark.parametrize(
    ("steps", "heard", "stage"),
    [
        ({}, {}, "submitted"),
        ({"received": 1, "refined": 2}, {}, "refined"),
        ({"received": 1, "outcome": "failed"}, {}, "failed"),
        ({"distributed": 9}, {}, "distributed"),
        ({"outcome": "failed"}, {"received_at": 3}, "guarantee_received"),
        ({}, {"received_at": 3, "replaced": 2, "discarded_at": 4}, "guarantee_received"),
        ({}, {"received_at": 3, "cannot_report": 1, "discarded_at": 4}, "discarded"),
        ({}, {"included_at": 3, "cannot_report": 1}, "included"),
    ],
)
def test_a_stage_is_the_furthest_that_happened(steps, heard, stage):
    assert stage_of(state(**steps), REPORT | heard, None) == stage


def test_what_is_included_is_available_once_shards_were_asked_for():
    assert stage_of(state(), REPORT | {"included_at": 3}, {"root": "cc"}) == "available"
    assert stage_of(state(), None, {"root": "cc"}) == "submitted"


def test_a_failure_is_superseded_by_another_s_guarantee_and_not_by_words():
    failed = {"submissions_failed": 1, "reason": "out of memory"}
    assert Account(state(guaranteed=5, **failed), None, None).superseded == 1
    words = "work package was refined by another guarantor"
    assert Account(state(outcome="failed", submissions_failed=1, reason=words), None, None).failed
    assert not Account(state(outcome="failed", guaranteed=5, **failed), None, None).superseded


def test_reports_and_roots_are_found_by_hash():
    (found,) = accounts(
        [state(any_report="bb", any_erasure_root="cc")], [REPORT], [{"root": "cc", "last_at": 70}]
    )
    assert found.report == REPORT
    assert found.last_at == 70


def test_a_summary_adds_up():
    every = [
        Account(state(), None, None),
        Account(state(guaranteed=1, shares_failed=1), None, None),
        Account(state(outcome="failed"), None, None),
    ]
    found = summary(every)
    apart = {name: found.pop(name) for name in ("total", "superseded", "active")}
    assert apart == {"total": 3, "superseded": 1, "active": 2}
    assert sum(found.values()) == 3
    assert package_progress.reached(every)["guarantee_built"] == 1


def test_why_most_guarantees_were_discarded():
    assert package_progress.discard_reason(None) is None
    assert package_progress.discard_reason(REPORT) is None
    assert (
        package_progress.discard_reason(REPORT | {"other": 1, "replaced": 2}) == "ReplacedByBetter"
    )


def test_without_packages_everything_is_zero():
    nothing = {"submissions": 0, "shares": 0, "failed": 0}
    body = package_progress.overview(Handled((), Fraction(1), nothing), [], [])
    assert set(body["totals"].values()) == set(body["events"].values()) == {0}
