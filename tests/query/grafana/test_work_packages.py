"""``tart/query/grafana/work_packages.py``: packages by stage, and their times."""

from __future__ import annotations

from fractions import Fraction

from tart.query.grafana import work_packages
from tart.query.packages.journeys import Journey
from tart.query.packages.package_progress import PackageState
from tart.query.shard_queries.packages import (
    MARKS,
    PAIRS,
    PIPELINE,
    STATE,
    Package,
    PackageSet,
    StepSamples,
)
from tests.query.packages.test_journeys import answer, event, merged, row

BIT = {name: 1 << bit for bit, name in enumerate(MARKS)}
ORDER = ("received", "authorized", "refined", "built", "guaranteed", "distributed")


def package(key, last, *more, core=0, first_at=0):
    marks = [*ORDER[: ORDER.index(last) + 1], *more]
    measures = (None,) * 6
    return Package(key, core, sum(BIT[mark] for mark in marks), *measures, first_at)


def packages(*some, scale=1):
    return PackageSet(some, Fraction(scale), {})


SOME = packages(
    package(1, "distributed", "failed"),
    package(2, "refined", "failed", first_at=70),
    package(3, "built", first_at=75),
    # Guarantors disagree on the core.
    package(4, "received", core=0, first_at=80),
    package(4, "authorized", core=1, first_at=40),
    Package(5, 0, BIT["duplicate"], *(None,) * 6, 0),
)


def test_a_package_failed_if_no_guarantor_completed_it():
    body = work_packages.funnel(SOME)
    assert body["total"] == body["received"] == 4
    assert (body["authorized"], body["distributed"], body["failed"]) == (4, 1, 1)


def test_packages_are_in_the_bucket_in_which_they_were_first_seen():
    rows = work_packages.funnel_by_time(SOME, 50)
    assert [(row["ts"][-3:-1], row["total"], row["failed"]) for row in rows] == [
        ("00", 2, 0),
        ("50", 2, 1),
    ]


def test_each_package_is_at_one_stage():
    counts = work_packages.stage_counts(SOME)
    assert counts == {
        "total": 4,
        "at_received": 0,
        "at_authorized": 1,
        "at_refined": 0,
        "at_report_built": 1,
        "at_guarantee_built": 0,
        "at_distributed": 1,
        "failed": 1,
    }


def test_a_sample_stands_for_all():
    sample = packages(*SOME.packages, scale=10)
    assert work_packages.funnel(sample)["failed"] == 10
    assert work_packages.stage_counts(sample)["total"] == 40


def test_times_of_the_pipeline_are_of_packages_that_were_distributed():
    names = list(PAIRS)
    samples = [StepSamples(names.index(PIPELINE), 40, 3, bucket=50)]
    totals = [{"total_us": 9_000, "total_count": 2}, {"total_us": 0, "total_count": 0}]
    (body,) = work_packages.bottlenecks(SOME, samples, totals)
    assert body["avg_pipeline_ms"] == 4.5
    assert body["stage_timing"]["pipeline_total"] == {"p50_ms": 1.117, "p95_ms": 1.117}
    assert body["stage_timing"]["refine"] == {"p50_ms": None, "p95_ms": None}
    assert (body["total_wps"], body["failed_wps"], body["failure_rate"]) == (4, 1, 0.25)
    rows = work_packages.bottlenecks_by_time(SOME, samples, 50)
    assert [row["pipeline_p50"] for row in rows] == [None, 1.117]
    assert [row["total_wps"] for row in rows] == [2, 2]


def test_totals_count_events_beside_packages():
    body = work_packages.stats(SOME, [{"type": 90, "count": 7}, {"type": 93, "count": 2}])
    totals = body["totals"]
    assert (totals["submissions"], totals["being_shared"], totals["duplicates"]) == (7, 0, 2)
    assert body["by_core"] == [{"core": 0, "count": 4}, {"core": 1, "count": 1}]


def state(**values):
    row = dict.fromkeys(STATE) | {
        "hash": "aa" * 32,
        "first_at": 0,
        "last_at": 5_000,
        "received_by": ["01", "02"],
        "guaranteed_by": [],
        "services": "[7,4294967295,7]",
        "node": "02",
    }
    return PackageState(row | values, None, None)


def test_a_package_is_at_the_stage_of_its_leading_guarantor():
    row = work_packages.work_package_row(state(received=1, refined=2))
    assert (row["stage"], row["received_by"], row["guaranteed_by"]) == (2, 2, 0)
    assert row["service_ids"] == ["0x00000007", "0xffffffff"]
    assert row["refined_at"] == "2025-01-01T12:00:00.000002Z"
    assert row["distributed_at"] is None
    # Of a file of an earlier release.
    assert work_packages.work_package_row(state(services=None))["service_ids"] == []


def test_active_packages_are_at_most_200():
    body = work_packages.active(
        SOME, [state()] * 201, [], [{"reason": "b", "count": 1}, {"reason": "a", "count": 1}]
    )
    assert len(body["work_packages"]) == 200
    assert body["work_packages"][0]["node_id"] == "02"
    assert body["work_packages"][0]["elapsed_ms"] == 5.0
    assert [each["reason"] for each in body["failure_breakdown"]] == ["a", "b"]


def test_events_of_a_package_are_in_order_of_the_nodes_clocks():
    received = event(94, 20)
    # Beyond the year 9999 a time has no text: the time of receipt stands for it.
    far = event(112, 10, node="02" * 32) | {"timestamp": None}
    part = answer(pipelines={"1/0": [event(90, 30), received]}, reports=[far])
    body = work_packages.details(Journey([row()], None, merged(part, limit=2)))
    assert (body["summary"], body["truncated"]) == (None, True)
    assert [shown["event_type"] for shown in body["events"]] == [112, 94, 90]
    assert body["events"][0]["ts"] == far["received_at"]
    assert body["events"][1] == {
        "ts": received["timestamp"],
        "node_id": received["node_id"],
        "event_type": 94,
        "data": received["data"],
        "created_at": received["received_at"],
        "id": received["id"],
    }
