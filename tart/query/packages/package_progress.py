"""How far a work-package came, from what shards say of it: one account for every route.

Pure. A package stands where its leading guarantor has it (``query.packages.packages``), and beyond
where others were heard of it: guarantees of its report received (112), discarded or on
chain (113), shards of its bundle asked for (120, 124). A guarantor's attempt that failed
while another one guaranteed the package was superseded, whatever its reason says.

Steps of guarantors are by their own clocks, JCE microseconds; ``STAGES`` that others
told of are by ours, Unix microseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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
from tart.query.packages.packages import Handled, ms

Json = dict[str, Any]

# By a guarantor's clock: stage and column.
STEPS: Mapping[Stage, str] = {
    "received": "received",
    "authorized": "authorized",
    "refined": "refined",
    "report_built": "built",
    "guarantee_built": "guaranteed",
    "distributed": "distributed",
}
# By ours, from what was heard of the report.
HEARD: Mapping[str, str] = {
    "guarantee_received": "received_at",
    "included": "included_at",
    "discarded": "discarded_at",
}
REACHED = (*STEPS, "guarantee_received", "included", "available")
# The names under which the summary counts packages by stage.
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
# Of these nothing more is expected from the guarantors.
_OVER = frozenset({"distributed", "included", "available", "discarded", "failed"})


# What guarantors tell, by its name in the totals.
EVENTS: Mapping[str, int] = {
    "submissions": 90,
    "being_shared": 91,
    "failed": 92,
    "duplicates": 93,
    "received": 94,
    "refined": 101,
    "work_reports_built": 102,
    "guarantees_built": 105,
}
# The same of packages, by their marks.
_TOTALS: Mapping[str, str] = {
    "submissions": "submitted",
    "being_shared": "shared",
    "failed": "failed",
    "duplicates": "duplicate",
    "received": "received",
    "refined": "refined",
    "work_reports_built": "built",
    "guarantees_built": "guaranteed",
}


class Account(NamedTuple):
    """What is known of one package.

    Attributes:
        state: an object of ``query.packages.packages.STATE``.
        report: an object of the table ``reports``, if its report was heard of.
        erasure: of the table ``erasures``, if its erasure root was.
    """

    state: Json
    report: Json | None
    erasure: Json | None

    @property
    def stage(self) -> Stage:
        """How far it came."""
        return stage_of(self.state, self.report, self.erasure)

    @property
    def failed(self) -> bool:
        """Whether it came to nothing."""
        return self.stage in ("failed", "discarded")

    @property
    def superseded(self) -> int:
        """Attempts that failed while another guarantor guaranteed the package."""
        if self.state["guaranteed"] is None or self.state["outcome"] == "failed":
            return 0
        return int(self.state["submissions_failed"]) + int(self.state["shares_failed"])

    @property
    def active(self) -> bool:
        """Whether its guarantors have still something to do."""
        return self.stage not in _OVER and self.state["distributed"] is None

    @property
    def last_at(self) -> int:
        """When it was last heard of, Unix microseconds."""
        heard = [self.state["last_at"]]
        heard += [each["last_at"] for each in (self.report, self.erasure) if each]
        return int(max(heard))

    def stages(self) -> dict[str, str | None]:
        """The time of each stage as text, ``None`` where it was not reached."""
        times: dict[str, str | None] = {
            stage: _jce(self.state[column]) for stage, column in STEPS.items()
        }
        report = self.report or {}
        times |= {stage: _unix(report.get(column)) for stage, column in HEARD.items()}
        times["available"] = _unix((self.erasure or {}).get("first_at"))
        times["failed"] = _jce(self.state["failed"])
        return times


def stage_of(steps: Json, report: Json | None, erasure: Json | None) -> Stage:
    """How far a package came.

    Args:
        steps: a guarantor's steps by column, and its ``outcome``.
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


def accounts(
    states: Iterable[Json], reports: Iterable[Json], erasures: Iterable[Json]
) -> list[Account]:
    """Packages with what was heard of their reports and erasure roots, in their order."""
    by_report = {each["hash"]: each for each in reports}
    by_root = {each["root"]: each for each in erasures}
    return [
        Account(
            state,
            by_report.get(state["any_report"]),
            by_root.get(state["any_erasure_root"]),
        )
        for state in states
    ]


def overview(packages: Handled, counts: Iterable[Json], recent: Iterable[Json]) -> Workpackages:
    """The body of ``/api/workpackages``.

    Args:
        counts: rows of ``type`` and ``count``.
        recent: events 94, newest first.
    """
    by_type = {row["type"]: row["count"] for row in counts}
    return {
        "totals": {
            **_event_counts({name: packages.distinct(mark) for name, mark in _TOTALS.items()}),
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
        # Numbers as text: so the peer has them here.
        "core": str(fields["core"]),
        "work_package_size": str(fields["outline"]["work_package_size"]),
        "hash": bare_hex(fields["outline"]["work_package_hash"]),
    }


def package_json(account: Account) -> ActiveWorkpackage:
    """An element of ``work_packages`` of ``/api/workpackages/active``."""
    state, stages = account.state, account.stages()
    last = account.last_at
    return {
        "hash": state["hash"],
        "core_index": state["core"],
        "node_id": state["node"],
        "submitted_at": server_time(state["first_at"]),
        "last_update": server_time(last),
        "current_stage": account.stage,
        "stages": stages,
        "failure_reason": state["reason"],
        "discard_reason": discard_reason(account.report),
        "nodes_involved": len(state["nodes"]),
        "elapsed_ms": ms(last - state["first_at"]),
        "submitted_to": state["submitted_to"],
        "is_active": account.active,
        "superseded": bool(account.superseded),
        "report_hash": state["any_report"],
        "erasure_root": state["any_erasure_root"],
    }


_DISCARDS: Mapping[str, str] = {
    "cannot_report": "CannotReportOnChain",
    "too_many": "TooManyGuarantees",
    "replaced": "ReplacedByBetter",
    "other": "Other",
}


def discard_reason(report: Json | None) -> str | None:
    """Why most guarantees of a report were discarded, other than that it is on chain."""
    counts = {name: (report or {}).get(name) or 0 for name in _DISCARDS}
    name = max(counts, key=lambda each: counts[each])
    return _DISCARDS[name] if counts[name] else None


def summary(packages: Sequence[Account]) -> Counters:
    """Packages by stage; those with a superseded attempt are counted beside it."""
    counts = Counter(each.stage for each in packages)
    return {
        "total": len(packages),
        **{name: counts[stage] for stage, name in _SUMMARY.items()},
        "superseded": sum(1 for each in packages if each.superseded),
        "active": sum(1 for each in packages if each.active),
    }


def reached(packages: Sequence[Account]) -> Counters:
    """How many packages came to each stage."""
    every = [each.stages() for each in packages]
    return {stage: sum(1 for each in every if each[stage] is not None) for stage in REACHED}


def core_package_json(account: Account) -> CorePackage:
    """An element of ``work_packages`` of ``/api/cores/{i}/work-packages``."""
    state = account.state
    last = account.last_at
    return {
        "hash": state["hash"],
        "work_package_hash": state["hash"],
        "stage": account.stage,
        "status": "active" if account.active else account.stage,
        "is_active": account.active,
        "last_update": server_time(last),
        "submitted_at": server_time(state["first_at"]),
        "submitting_node": state["submitted_to"],
        "node_id": state["node"],
        "gas_used": state["refine_gas"],
        "elapsed_ms": ms(last - state["first_at"]),
    }


def _jce(value: int | None) -> str | None:
    return None if value is None else rfc3339_of_jce(value)


def _unix(value: int | None) -> str | None:
    return None if value is None else rfc3339(value)
