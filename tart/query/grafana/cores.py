"""Cores: packages, guarantees, and the guarantors that work on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tart.query.answers import grafana_nodes as answers
from tart.query.core import log_histogram
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.grafana.work_packages import work_package_row
from tart.query.packages.package_progress import PackageState
from tart.query.packages.packages import percentiles
from tart.query.shard_queries.packages import PackageSet
from tart.units import ms


def core_counts(core: int, packages: PackageSet | None) -> answers.GrafanaCoreCounts:
    """Return the numbers of a core's packages.

    Args:
        core: The core.
        packages: The packages of the core; ``None`` if there are none.
    """
    if packages is None:
        return {"core": core, "work_packages": 0, "guarantees": 0, "failures": 0}
    return {
        "core": core,
        "work_packages": packages.distinct("received"),
        "guarantees": packages.distinct("guaranteed"),
        "failures": packages.distinct("failed") - packages.distinct("failed", "guaranteed"),
    }


def cores(packages: PackageSet, activity: Iterable[Json]) -> list[answers.GrafanaCore]:
    """Return the answer of ``/api/grafana/cores``, the lowest core first.

    Args:
        packages: The packages of the window.
        activity: ``core`` and ``last_at`` (µs) of the cores with events.
    """
    by_core = packages.by_core()
    last = {row["core"]: row["last_at"] for row in activity}
    rows: list[answers.GrafanaCore] = []
    for core in sorted({*by_core, *last}):
        row: answers.GrafanaCore = {**core_counts(core, by_core.get(core))}
        if last.get(core):
            row["last_activity"] = server_time(last[core])
        rows.append(row)
    return rows


def core_packages(
    core: int, packages: PackageSet, newest: Iterable[PackageState]
) -> answers.GrafanaCoreOverview:
    """Return the answer of ``/api/grafana/cores/{core_id}``.

    Args:
        core: The core.
        packages: The packages of the window.
        newest: The newest packages of the core, newest first.
    """
    return {
        **core_counts(core, packages.by_core().get(core)),
        "recent_work_packages": [work_package_row(package) for package in newest],
    }


def core_metrics(
    core: int, packages: PackageSet, counts: Iterable[Json], durations: Mapping[int, int]
) -> answers.GrafanaCoreMetrics:
    """Return the answer of ``/api/grafana/cores/{core_id}/metrics``.

    Args:
        core: The core.
        packages: The packages of the window.
        counts: Package counts of the core.
        durations: Times from received to distributed, in bins.
    """
    of_core = packages.by_core().get(core)
    rows = list(counts)
    refined = sum(row["refined"] for row in rows)
    failed = sum(row["failed"] for row in rows)
    times = percentiles(durations)
    return {
        "core": core,
        "processing_efficiency_pct": (
            round(100 * refined / (refined + failed), 2) if refined + failed else 100.0
        ),
        "p50_latency_ms": times["p50_ms"] if times else None,
        "p95_latency_ms": times["p95_ms"] if times else None,
        "average_completion_time_ms": ms(log_histogram.mean_us(durations)),
        "total_gas_used": of_core.total("refine_gas") if of_core else 0,
        "work_packages_processed": of_core.distinct("received") if of_core else 0,
    }


def core_validators(
    core: int, rows: Iterable[Json], nodes: Iterable[Json]
) -> answers.GrafanaCoreValidators:
    """Return the answer of ``/api/grafana/cores/{core_id}/validators``.

    Args:
        core: The core.
        rows: ``node``, ``count`` and ``last_at`` (µs) of guarantees built for the core.
        nodes: All known nodes.
    """
    known = {node["node_id"]: node for node in nodes}
    validators = [_validator(row, known.get(row["node"], {})) for row in rows]
    validators.sort(key=lambda row: (-row["guarantee_count"], row["node_id"]))
    return {"core": core, "validators": validators, "total_active": len(validators)}


def _validator(row: Json, node: Mapping[str, object]) -> answers.GrafanaCoreValidator:
    name, version = node.get("implementation_name"), node.get("implementation_version")
    connected = node.get("is_connected")
    return {
        "node_id": row["node"],
        "guarantee_count": row["count"],
        "last_guarantee": server_time(row["last_at"]) if row["last_at"] else None,
        "implementation_name": name if isinstance(name, str) else None,
        "implementation_version": version if isinstance(version, str) else None,
        "is_connected": connected if isinstance(connected, bool) else None,
    }
