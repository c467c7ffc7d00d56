"""``tart/query/grafana/cores.py``: packages of cores, and their guarantors."""

from __future__ import annotations

from fractions import Fraction

from tart.query.core import log_histogram
from tart.query.grafana import cores
from tart.query.shard_queries.packages import MARKS, MEASURES, Package, PackageSet
from tests.query.answers.checking import check

A, B = "aa" * 32, "bb" * 32
NOON = 1_795_176_000_000_000
BIT = {name: 1 << bit for bit, name in enumerate(MARKS)}


def package(key, core, *marks):
    return Package(key, core, sum(BIT[mark] for mark in marks), *[None] * len(MEASURES), 0)


def test_packages_count_once_and_superseded_failures_do_not_count():
    packages = PackageSet(
        [
            package(1, 0, "received", "guaranteed"),
            package(2, 0, "received", "failed"),
            package(3, 0, "received", "failed", "guaranteed"),
        ],
        Fraction(1),
        {},
    )
    activity = [{"core": 0, "last_at": NOON}, {"core": 4, "last_at": NOON}]
    found = cores.cores(packages, activity)
    for row in found:
        check("GrafanaCore", row)
    assert [tuple(row.values())[:4] for row in found] == [(0, 3, 2, 1), (4, 0, 0, 0)]
    assert found[1]["last_activity"] == "2026-11-20T12:00:00.000000Z"


def test_a_core_without_a_known_time_has_no_last_activity():
    (row,) = cores.cores(PackageSet([package(1, 2)], Fraction(1), {}), [])
    assert row == {"core": 2, "work_packages": 0, "guarantees": 0, "failures": 0}


def test_guarantors_are_in_order_with_what_is_known_of_them():
    rows = [{"node": B, "count": 1, "last_at": None}, {"node": A, "count": 2, "last_at": NOON}]
    known = {"node_id": A, "implementation_name": "x", "implementation_version": "1"}
    found = cores.core_validators(3, rows, [{**known, "is_connected": True}])
    check("GrafanaCoreValidators", found)
    assert [row["node_id"] for row in found["validators"]] == [A, B]
    assert found["validators"][0]["implementation_version"] == "1"
    assert found["validators"][1]["is_connected"] is None
    assert (found["core"], found["total_active"]) == (3, 2)


def test_metrics_of_a_core_without_packages_are_unknown_or_as_jamtart_has_them():
    found = cores.core_metrics(1, PackageSet([], Fraction(1), {}), [], {})
    check("GrafanaCoreMetrics", found)
    assert (found["p50_latency_ms"], found["average_completion_time_ms"]) == (None, None)
    assert (found["processing_efficiency_pct"], found["total_gas_used"]) == (100, 0)


def test_efficiency_is_of_attempts_and_latencies_are_in_milliseconds():
    packages = PackageSet([package(1, 1, "received")._replace(refine_gas=7)], Fraction(1), {})
    counts = [{"refined": 3, "failed": 1}]
    found = cores.core_metrics(1, packages, counts, {40: 2})
    check("GrafanaCoreMetrics", found)
    assert (found["processing_efficiency_pct"], found["total_gas_used"]) == (75, 7)
    middle = round(log_histogram.middle_us(40) / 1000, 3)
    assert found["p50_latency_ms"] == found["average_completion_time_ms"] == middle
    assert cores.core_packages(1, packages, []) == {
        **cores.core_counts(1, packages),
        "recent_work_packages": [],
    }
