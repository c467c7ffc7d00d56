"""Work-packages for jamtart's routes of 2026: stages, their times, and lists of packages.

Pure. A package counts once over all guarantors, at the furthest stage that one of them reached. It
has failed if an attempt failed and no guarantor built a guarantee. Times of stages are of each
guarantor's own attempt, by its own clock.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tart.protocol.events import EventKind
from tart.query.answers import grafana_packages as answers
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.grafana.event_counts import event_row
from tart.query.packages.journeys import Journey
from tart.query.packages.package_progress import PackageState
from tart.query.packages.packages import mean_ms
from tart.query.shard_queries.packages import (
    PIPELINE,
    Package,
    PackageSet,
    StepSamples,
    samples_by_pair,
)
from tart.units import ms

# Events of guarantors by their names in the totals.
EVENTS: Mapping[str, EventKind] = {
    "submissions": EventKind.WORK_PACKAGE_SUBMISSION,
    "being_shared": EventKind.WORK_PACKAGE_BEING_SHARED,
    "duplicates": EventKind.DUPLICATE_WORK_PACKAGE,
}
# Stages in order: names, and marks of ``PackageSet``.
_STAGES: Mapping[str, str] = {
    "received": "received",
    "authorized": "authorized",
    "refined": "refined",
    "report_built": "built",
    "guarantee_built": "guaranteed",
    "distributed": "distributed",
}
# Stages as columns of a guarantor's row.
_COLUMNS = tuple(_STAGES.values())
# Times between stages by jamtart's names, and the pairs of ``StepDurations``.
_TIMES: Mapping[str, str] = {
    "authorize": "received_to_authorized",
    "refine": "authorized_to_refined",
    "report": "refined_to_report_built",
    "guarantee": "report_built_to_guarantee_built",
    "distribute": "guarantee_built_to_distributed",
}
_MAX_LISTED = 200


def service_text(service: int) -> str:
    """Return the id of a service as jamtart writes it."""
    return f"0x{service:08x}"


# --- Counts --------------------------------------------------------------------------------


def reached(packages: PackageSet) -> answers.GrafanaReached:
    """Count the packages that reached each stage."""
    return {
        "received": packages.distinct("received"),
        "authorized": packages.distinct("authorized"),
        "refined": packages.distinct("refined"),
        "report_built": packages.distinct("built"),
        "guarantee_built": packages.distinct("guaranteed"),
        "distributed": packages.distinct("distributed"),
        "failed": failed(packages),
    }


def failed(packages: PackageSet) -> int:
    """Count the packages that failed: an attempt did, and no guarantor built a guarantee."""
    return packages.estimate(len(_failed_keys(packages)))


def _failed_keys(packages: PackageSet) -> set[int]:
    # Guarantors may disagree on the core, so a package may be listed more than once.
    attempts = {each.key for each in packages.packages if each.has("failed")}
    return attempts - {each.key for each in packages.packages if each.has("guaranteed")}


def total(packages: PackageSet) -> int:
    """Count the packages that were received at any guarantor."""
    return packages.distinct("received")


def funnel(packages: PackageSet) -> answers.GrafanaFunnel:
    """Return the answer of ``/api/grafana/wp-funnel``."""
    return {"total": total(packages), **reached(packages)}


def funnel_by_time(packages: PackageSet, step_us: int) -> list[answers.GrafanaFunnelBucket]:
    """Return the answer of ``/api/grafana/wp-funnel-timeseries``."""
    return [
        {"ts": server_time(start), "total": total(part), **reached(part)}
        for start, part in by_bucket(packages, step_us).items()
    ]


def by_bucket(packages: PackageSet, step_us: int) -> dict[int, PackageSet]:
    """Return the packages by the start of the bucket in which they were first seen, in order."""
    first_at: dict[int, int] = {}
    for package in packages.packages:
        known = first_at.get(package.key, package.first_at)
        first_at[package.key] = min(known, package.first_at)
    buckets: defaultdict[int, list[Package]] = defaultdict(list)
    for package in packages.packages:
        if package.has("received"):
            buckets[first_at[package.key] // step_us * step_us].append(package)
    return {start: PackageSet(buckets[start], packages.scale, {}) for start in sorted(buckets)}


def stats(packages: PackageSet, counts: Iterable[Json]) -> answers.GrafanaPackageStats:
    """Return the answer of ``/api/grafana/wp-stats``.

    Args:
        packages: The packages of the window.
        counts: Rows of ``type`` and ``count``.
    """
    by_type = {row["type"]: row["count"] for row in counts}
    return {
        "totals": {
            "submissions": by_type.get(EVENTS["submissions"], 0),
            "being_shared": by_type.get(EVENTS["being_shared"], 0),
            "duplicates": by_type.get(EVENTS["duplicates"], 0),
            **reached(packages),
        },
        "by_core": [
            {"core": core, "count": count}
            for core, some in packages.by_core().items()
            if (count := total(some))
        ],
    }


def stage_counts(packages: PackageSet) -> answers.GrafanaActiveSummary:
    """Count packages by the stage they are at; those that failed are at none."""
    marks: dict[int, int] = {}
    for package in packages.packages:
        if package.has("received"):
            marks[package.key] = marks.get(package.key, 0) | package.marks
    lost = _failed_keys(packages)
    counts: Counter[str] = Counter()
    for key, value in marks.items():
        merged = Package(key, None, value, None, None, None, None, None, None, 0)
        furthest = max(
            (index for index, mark in enumerate(_COLUMNS) if merged.has(mark)), default=0
        )
        counts["failed" if key in lost else _COLUMNS[furthest]] += 1
    return {
        "total": packages.estimate(counts.total()),
        "at_received": packages.estimate(counts["received"]),
        "at_authorized": packages.estimate(counts["authorized"]),
        "at_refined": packages.estimate(counts["refined"]),
        "at_report_built": packages.estimate(counts["built"]),
        "at_guarantee_built": packages.estimate(counts["guaranteed"]),
        "at_distributed": packages.estimate(counts["distributed"]),
        "failed": packages.estimate(counts["failed"]),
    }


# --- Times of stages -----------------------------------------------------------------------


def bottlenecks(
    packages: PackageSet, samples: Iterable[StepSamples], totals: Sequence[Json]
) -> list[answers.GrafanaBottlenecks]:
    """Return the answer of ``/api/grafana/bottlenecks``.

    Args:
        packages: The packages of the window.
        samples: Durations of the same.
        totals: Rows of ``StageTotals``.
    """
    times = samples_by_pair(samples)
    count, lost = total(packages), failed(packages)
    distributed = sum(row["total_count"] for row in totals)
    return [
        {
            "stage_timing": {
                "authorize": _stage_time(times[_TIMES["authorize"]]),
                "refine": _stage_time(times[_TIMES["refine"]]),
                "report": _stage_time(times[_TIMES["report"]]),
                "guarantee": _stage_time(times[_TIMES["guarantee"]]),
                "distribute": _stage_time(times[_TIMES["distribute"]]),
                "pipeline_total": _stage_time(times[PIPELINE]),
            },
            "failure_rate": share(lost, count),
            "total_wps": count,
            "failed_wps": lost,
            "avg_pipeline_ms": mean_ms(sum(row["total_us"] for row in totals), distributed),
        }
    ]


def share(part: int, whole: int) -> float:
    """Return a part of a whole; 0 of nothing, where jamtart has no null."""
    return round(min(part, whole) / whole, 6) if whole else 0.0


def _stage_time(counts: Mapping[int, int]) -> answers.GrafanaStageTime:
    return {"p50_ms": percentile_ms(counts, 0.5), "p95_ms": percentile_ms(counts, 0.95)}


def bottlenecks_by_time(
    packages: PackageSet, samples: Iterable[StepSamples], step_us: int
) -> list[answers.GrafanaBottlenecksBucket]:
    """Return the answer of ``/api/grafana/bottlenecks-timeseries``.

    Args:
        packages: The packages of the window.
        samples: Durations by bucket.
        step_us: Length of a bucket.
    """
    parts = by_bucket(packages, step_us)
    samples_by_bucket: defaultdict[int, list[StepSamples]] = defaultdict(list)
    for sample in samples:
        samples_by_bucket[sample.bucket or 0].append(sample)
    rows: list[answers.GrafanaBottlenecksBucket] = []
    for start in sorted(parts.keys() | samples_by_bucket.keys()):
        part = parts.get(start) or PackageSet((), packages.scale, {})
        times = samples_by_pair(samples_by_bucket[start])
        authorize, refine, report, guarantee, distribute = (times[pair] for pair in _TIMES.values())
        rows.append(
            {
                "ts": server_time(start),
                "authorize_p50": percentile_ms(authorize, 0.5),
                "authorize_p95": percentile_ms(authorize, 0.95),
                "refine_p50": percentile_ms(refine, 0.5),
                "refine_p95": percentile_ms(refine, 0.95),
                "report_p50": percentile_ms(report, 0.5),
                "report_p95": percentile_ms(report, 0.95),
                "guarantee_p50": percentile_ms(guarantee, 0.5),
                "guarantee_p95": percentile_ms(guarantee, 0.95),
                "distribute_p50": percentile_ms(distribute, 0.5),
                "distribute_p95": percentile_ms(distribute, 0.95),
                "pipeline_p50": percentile_ms(times[PIPELINE], 0.5),
                "pipeline_p95": percentile_ms(times[PIPELINE], 0.95),
                "total_wps": total(part),
                "failed_wps": failed(part),
            }
        )
    return rows


# --- Lists ---------------------------------------------------------------------------------


def work_package_row(package: PackageState) -> answers.GrafanaPackage:
    """Return a work-package as jamtart lists it."""
    row = package.row
    reached = [index for index, column in enumerate(_COLUMNS) if row[column] is not None]
    return {
        "wp_hash": row["hash"],
        "first_seen": server_time(row["first_at"]),
        "last_updated": server_time(row["last_at"]),
        "stage": max(reached, default=0),
        "received_by": len(row["received_by"]),
        "guaranteed_by": len(row["guaranteed_by"]),
        "service_ids": [
            service_text(service) for service in dict.fromkeys(json.loads(row["services"] or "[]"))
        ],
        "received_at": _time(row["received"]),
        "authorized_at": _time(row["authorized"]),
        "refined_at": _time(row["refined"]),
        "report_built_at": _time(row["built"]),
        "guarantee_built_at": _time(row["guaranteed"]),
        "distributed_at": _time(row["distributed"]),
        "failed_at": _time(row["failed"]),
    }


def _time(clock_us: int | None) -> str | None:
    return None if clock_us is None else rfc3339_of_jce(clock_us)


def active(
    packages: PackageSet,
    newest: Sequence[PackageState],
    samples: Iterable[StepSamples],
    reasons: Iterable[Json],
) -> answers.GrafanaActive:
    """Return the answer of ``/api/grafana/wp-active``.

    Args:
        packages: The packages of the window.
        newest: The newest of them, newest first.
        samples: Durations of the same.
        reasons: Rows of ``reason`` and ``count`` of failures.
    """
    times = samples_by_pair(samples)
    counts: Counter[str] = Counter()
    for row in reasons:
        counts[row["reason"]] += row["count"]
    return {
        "work_packages": [_active_package(package) for package in newest[:_MAX_LISTED]],
        "summary": stage_counts(packages),
        "reached": reached(packages),
        "stage_duration_percentiles": {
            "authorize_p50_ms": percentile_ms(times[_TIMES["authorize"]], 0.5),
            "authorize_p95_ms": percentile_ms(times[_TIMES["authorize"]], 0.95),
            "refine_p50_ms": percentile_ms(times[_TIMES["refine"]], 0.5),
            "refine_p95_ms": percentile_ms(times[_TIMES["refine"]], 0.95),
            "report_p50_ms": percentile_ms(times[_TIMES["report"]], 0.5),
            "report_p95_ms": percentile_ms(times[_TIMES["report"]], 0.95),
            "guarantee_p50_ms": percentile_ms(times[_TIMES["guarantee"]], 0.5),
            "guarantee_p95_ms": percentile_ms(times[_TIMES["guarantee"]], 0.95),
            "distribute_p50_ms": percentile_ms(times[_TIMES["distribute"]], 0.5),
            "distribute_p95_ms": percentile_ms(times[_TIMES["distribute"]], 0.95),
        },
        "failure_breakdown": [
            {"reason": reason, "count": count}
            for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _active_package(package: PackageState) -> answers.GrafanaActivePackage:
    row = package.row
    return {
        **work_package_row(package),
        "core": row["core"],
        "node_id": row["submitted_to"] or row["node"],
        "refine_gas_used": row["refine_gas"],
        "failure_reason": row["reason"],
        "elapsed_ms": ms(row["last_at"] - row["first_at"]),
    }


def details(journey: Journey) -> answers.GrafanaPackageDetails:
    """Return the answer of ``/api/grafana/wp/{wp_hash}``: events in order of the nodes' clocks."""
    rows = [event_row(step.event) for step in journey.steps() if step.event is not None]
    return {
        "summary": None if journey.state is None else work_package_row(journey.state),
        "events": sorted(rows, key=lambda row: (row["ts"], row["created_at"])),
        "truncated": bool(journey.events["truncated"]),
    }
