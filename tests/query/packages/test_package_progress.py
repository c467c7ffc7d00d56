"""``tart/query/packages/package_progress.py``: how far a package came, by what happened."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tart.query.packages import package_progress
from tart.query.packages.package_progress import PackageState, join_states, stage_of, summary
from tart.query.shard_queries.packages import PackageSet
from tests.query.shard_queries.test_packages import state

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
def test_the_stage_is_the_last_one_reached(steps, heard, stage):
    assert stage_of(state(**steps), REPORT | heard, None) == stage


def test_an_included_package_is_available_once_shards_were_requested():
    assert stage_of(state(), REPORT | {"included_at": 3}, {"root": "cc"}) == "available"
    assert stage_of(state(), None, {"root": "cc"}) == "submitted"


def test_an_attempt_is_superseded_by_another_guarantee_and_not_by_its_reason():
    failed = {"submissions_failed": 1, "reason": "out of memory"}
    assert PackageState(state(guaranteed=5, **failed), None, None).superseded == 1
    words = "work package was refined by another guarantor"
    assert PackageState(
        state(outcome="failed", submissions_failed=1, reason=words), None, None
    ).failed
    assert not PackageState(state(outcome="failed", guaranteed=5, **failed), None, None).superseded


def test_reports_and_erasure_roots_are_joined_by_hash():
    (found,) = join_states(
        [state(any_report="bb", any_erasure_root="cc")], [REPORT], [{"root": "cc", "last_at": 70}]
    )
    assert found.report == REPORT
    assert found.last_at == 70


def test_the_stages_of_a_summary_add_up_to_the_total():
    every = [
        PackageState(state(), None, None),
        PackageState(state(guaranteed=1, shares_failed=1), None, None),
        PackageState(state(outcome="failed"), None, None),
    ]
    found = summary(every)
    apart = {name: found.pop(name) for name in ("total", "superseded", "active")}
    assert apart == {"total": 3, "superseded": 1, "active": 2}
    assert sum(found.values()) == 3
    assert package_progress.count_reached(every)["guarantee_built"] == 1


def test_the_discard_reason_is_the_most_frequent_one():
    assert package_progress.discard_reason(None) is None
    assert package_progress.discard_reason(REPORT) is None
    assert (
        package_progress.discard_reason(REPORT | {"other": 1, "replaced": 2}) == "ReplacedByBetter"
    )


def test_the_overview_without_packages_has_zeros():
    nothing = {"submissions": 0, "shares": 0, "failed": 0}
    body = package_progress.overview(PackageSet((), Fraction(1), nothing), [], [])
    assert set(body["totals"].values()) == set(body["events"].values()) == {0}
