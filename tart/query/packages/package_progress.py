"""Progress of work-packages: the stage that each has reached, from the aggregates of all shards.

Pure. The stage of a package is that of its leading guarantor (``query.packages.packages``), and
beyond that what other nodes reported: guarantees of its report received (112), discarded or on
chain (113), shards of its bundle requested (120, 124). An attempt that failed while another
guarantor guaranteed the package was superseded, whatever reason its event gives.

Steps of guarantors are by their own clocks, JCE microseconds. Stages that other nodes reported are
by the server's clock, Unix microseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers.common import Counters
from tart.query.answers.cores import CorePackage
from tart.query.answers.packages import (
    ActiveWorkpackage,
    PackageEventCounts,
    ReceivedPackage,
    Stage,
    Workpackages,
)
from tart.query.core.chain_stats import bare_hex
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce, server_time
from tart.query.shard_queries.packages import PackageSet
from tart.units import ms

Json = dict[str, Any]

# Stages by a guarantor's clock, and their columns in its row.
STEPS: Mapping[Stage, str] = {
    "received": "received",
    "authorized": "authorized",
    "refined": "refined",
    "report_built": "built",
    "guarantee_built": "guaranteed",
    "distributed": "distributed",
}
# Stages by the server's clock, and their columns in a row of the table reports.
REPORT_STAGES: Mapping[str, str] = {
    "guarantee_received": "received_at",
    "included": "included_at",
    "discarded": "discarded_at",
}
STAGES = (*STEPS, "guarantee_received", "included", "available")
# Names of the stages in the summary.
_SUMMARY: Mapping[Stage, str] = {
    "submitted": "submitted",
    "received": "received",
    "authorized": "authorized",
    "refined": "refined",
    "report_built": "reports_built",
    "guarantee_built": "guarantees_built",
    "distributed": "distributed",
    "guarantee_received": "guarantee_received",
    "included": "included",
    "available": "available",
    "discarded": "discarded",
    "failed": "failed",
}
# Stages after which guarantors have nothing left to do.
_FINAL = frozenset({"distributed", "included", "available", "discarded", "failed"})
# Events of guarantors by their names in the totals.
EVENTS: Mapping[str, EventKind] = {
    "submissions": EventKind.WORK_PACKAGE_SUBMISSION,
    "being_shared": EventKind.WORK_PACKAGE_BEING_SHARED,
    "failed": EventKind.WORK_PACKAGE_FAILED,
    "duplicates": EventKind.DUPLICATE_WORK_PACKAGE,
    "received": EventKind.WORK_PACKAGE_RECEIVED,
    "refined": EventKind.REFINED,
    "work_reports_built": EventKind.WORK_REPORT_BUILT,
    "guarantees_built": EventKind.GUARANTEE_BUILT,
}
# Marks of packages by the same names.
_MARKS: Mapping[str, str] = {
    "submissions": "submitted",
    "being_shared": "shared",
    "failed": "failed",
    "duplicates": "duplicate",
    "received": "received",
    "refined": "refined",
    "work_reports_built": "built",
    "guarantees_built": "guaranteed",
}


class PackageState(NamedTuple):
    """The state of one package.

    Attributes:
        row: An object of ``query.shard_queries.packages.STATE``.
        report: An object of the table ``reports``, ``None`` if no event named its report.
        erasure: An object of the table ``erasures``, ``None`` if no event named its erasure root.
    """

    row: Json
    report: Json | None
    erasure: Json | None

    @property
    def stage(self) -> Stage:
        """The last stage that the package reached."""
        return stage_of(self.row, self.report, self.erasure)

    @property
    def failed(self) -> bool:
        """The package failed or was discarded."""
        return self.stage in ("failed", "discarded")

    @property
    def superseded(self) -> int:
        """Attempts that failed while another guarantor guaranteed the package."""
        if self.row["guaranteed"] is None or self.row["outcome"] == "failed":
            return 0
        return int(self.row["submissions_failed"]) + int(self.row["shares_failed"])

    @property
    def active(self) -> bool:
        """The package is still in the pipeline of its guarantors."""
        return self.stage not in _FINAL and self.row["distributed"] is None

    @property
    def last_at(self) -> int:
        """The time of the last event about the package, Unix microseconds."""
        rows = (self.row, self.report, self.erasure)
        return int(max(row["last_at"] for row in rows if row))

    def stages(self) -> dict[str, str | None]:
        """Return the time of each stage as text, ``None`` for stages not reached."""
        times: dict[str, str | None] = {
            stage: _jce(self.row[column]) for stage, column in STEPS.items()
        }
        report = self.report or {}
        times |= {stage: _unix(report.get(column)) for stage, column in REPORT_STAGES.items()}
        times["available"] = _unix((self.erasure or {}).get("first_at"))
        times["failed"] = _jce(self.row["failed"])
        return times


def stage_of(steps: Json, report: Json | None, erasure: Json | None) -> Stage:
    """Return the last stage that a package reached.

    Args:
        steps: Columns of a guarantor's row: times of steps, and ``outcome``.
        report: See ``PackageState``.
        erasure: See ``PackageState``.
    """
    report = report or {}
    if report.get("included_at") is not None:
        return "available" if erasure else "included"
    if report.get("cannot_report"):
        return "discarded"
    if report.get("received_at") is not None:
        return "guarantee_received"
    if steps["outcome"] == "failed":
        return "failed"
    for stage, column in reversed(list(STEPS.items())):
        if steps[column] is not None:
            return stage
    return "submitted"


def join_states(
    states: Iterable[Json], reports: Iterable[Json], erasures: Iterable[Json]
) -> list[PackageState]:
    """Join rows of packages with those of their reports and erasure roots, in the given order."""
    by_report = {each["hash"]: each for each in reports}
    by_root = {each["root"]: each for each in erasures}
    return [
        PackageState(row, by_report.get(row["any_report"]), by_root.get(row["any_erasure_root"]))
        for row in states
    ]


def overview(packages: PackageSet, counts: Iterable[Json], recent: Iterable[Json]) -> Workpackages:
    """Return the answer of ``/api/workpackages``.

    Args:
        packages: The packages of the window.
        counts: Rows of ``type`` and ``count``.
        recent: WorkPackageReceived events, newest first.
    """
    by_type = {row["type"]: row["count"] for row in counts}
    return {
        "totals": {
            **_event_counts({name: packages.distinct(mark) for name, mark in _MARKS.items()}),
            "packages": packages.distinct(),
            "distributed": packages.distinct("distributed"),
        },
        "events": _event_counts({name: by_type.get(kind, 0) for name, kind in EVENTS.items()}),
        "unidentified": {
            "submissions": packages.unidentified["submissions"],
            "shares": packages.unidentified["shares"],
            "failed": packages.unidentified["failed"],
        },
        "exact": packages.exact,
        "by_core": [
            {"core": core, "count": some.distinct("received")}
            for core, some in packages.by_core().items()
        ],
        "recent": [_recent(each) for each in recent],
    }


def _event_counts(counts: Mapping[str, int]) -> PackageEventCounts:
    return {
        "submissions": counts["submissions"],
        "being_shared": counts["being_shared"],
        "failed": counts["failed"],
        "duplicates": counts["duplicates"],
        "received": counts["received"],
        "refined": counts["refined"],
        "work_reports_built": counts["work_reports_built"],
        "guarantees_built": counts["guarantees_built"],
    }


def _recent(event: Json) -> ReceivedPackage:
    fields = event["data"]["WorkPackageReceived"]
    return {
        "node_id": event["node_id"],
        "timestamp": event["timestamp"],
        # Numbers are text here, as in jamtart.
        "core": str(fields["core"]),
        "work_package_size": str(fields["outline"]["work_package_size"]),
        "hash": bare_hex(fields["outline"]["work_package_hash"]),
    }


def package_json(package: PackageState) -> ActiveWorkpackage:
    """Return an element of ``work_packages`` of ``/api/workpackages/active``."""
    row = package.row
    return {
        "hash": row["hash"],
        "core_index": row["core"],
        "node_id": row["node"],
        "submitted_at": server_time(row["first_at"]),
        "last_update": server_time(package.last_at),
        "current_stage": package.stage,
        "stages": package.stages(),
        "failure_reason": row["reason"],
        "discard_reason": discard_reason(package.report),
        "nodes_involved": len(row["nodes"]),
        "elapsed_ms": ms(package.last_at - row["first_at"]),
        "submitted_to": row["submitted_to"],
        "is_active": package.active,
        "superseded": bool(package.superseded),
        "report_hash": row["any_report"],
        "erasure_root": row["any_erasure_root"],
    }


_DISCARDS: Mapping[str, str] = {
    "cannot_report": "CannotReportOnChain",
    "too_many": "TooManyGuarantees",
    "replaced": "ReplacedByBetter",
    "other": "Other",
}


def discard_reason(report: Json | None) -> str | None:
    """Return the most frequent reason for discards of a report, other than that it is on chain."""
    counts = {name: (report or {}).get(name) or 0 for name in _DISCARDS}
    name = max(counts, key=lambda each: counts[each])
    return _DISCARDS[name] if counts[name] else None


def summary(packages: Sequence[PackageState]) -> Counters:
    """Count packages by stage; packages with a superseded attempt are counted in addition."""
    counts = Counter(each.stage for each in packages)
    return {
        "total": len(packages),
        **{name: counts[stage] for stage, name in _SUMMARY.items()},
        "superseded": sum(1 for each in packages if each.superseded),
        "active": sum(1 for each in packages if each.active),
    }


def count_reached(packages: Sequence[PackageState]) -> Counters:
    """Count the packages that reached each stage."""
    times = [package.stages() for package in packages]
    return {stage: sum(1 for each in times if each[stage] is not None) for stage in STAGES}


def core_package_json(package: PackageState, slot: int) -> CorePackage:
    """Return an element of ``work_packages`` of ``/api/cores/{i}/work-packages``.

    Args:
        package: The package.
        slot: Its slot; see ``core_grid.package_slot``.
    """
    row = package.row
    return {
        "hash": row["hash"],
        "work_package_hash": row["hash"],
        "stage": package.stage,
        "status": "active" if package.active else package.stage,
        "is_active": package.active,
        "last_update": server_time(package.last_at),
        "submitted_at": server_time(row["first_at"]),
        "submitting_node": row["submitted_to"],
        "node_id": row["node"],
        "slot": slot,
        "gas_used": row["refine_gas"],
        "elapsed_ms": ms(package.last_at - row["first_at"]),
    }


def _jce(value: int | None) -> str | None:
    return None if value is None else rfc3339_of_jce(value)


def _unix(value: int | None) -> str | None:
    return None if value is None else rfc3339(value)
