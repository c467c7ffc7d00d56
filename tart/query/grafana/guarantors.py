"""Guarantees and guarantors for jamtart's routes of 2026.

Pure. A guarantor's stages are its own attempts at packages, by its own clock; jamtart takes the
fastest of all guarantors and books them to the first that received the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import grafana_guarantees as guarantee_answers
from tart.query.answers import grafana_packages as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.grafana.work_packages import share
from tart.query.packages.packages import mean_ms

# Guarantors of the profile by time, if the request names none.
SLOWEST = 20


def guarantees(counts: Iterable[Json]) -> guarantee_answers.GrafanaGuarantees:
    """Return the answer of ``/api/grafana/guarantees``; ``counts`` are rows of type and count."""
    total = {row["type"]: row["count"] for row in counts}
    sent, send_failed = (
        total.get(kind, 0) for kind in (EventKind.GUARANTEE_SENT, EventKind.GUARANTEE_SEND_FAILED)
    )
    received, receive_failed = (
        total.get(kind, 0)
        for kind in (EventKind.GUARANTEE_RECEIVED, EventKind.GUARANTEE_RECEIVE_FAILED)
    )
    return {
        "totals": {
            "built": total.get(EventKind.GUARANTEE_BUILT, 0),
            "sending": total.get(EventKind.SENDING_GUARANTEE, 0),
            "send_failed": send_failed,
            "sent": sent,
            "distributed": total.get(EventKind.GUARANTEES_DISTRIBUTED, 0),
            "receiving": total.get(EventKind.RECEIVING_GUARANTEE, 0),
            "receive_failed": receive_failed,
            "received": received,
            "discarded": total.get(EventKind.GUARANTEE_DISCARDED, 0),
        },
        "success_rates": {
            "send_success_rate": _success(sent, send_failed),
            "receive_success_rate": _success(received, receive_failed),
        },
    }


def _success(done: int, failed: int) -> float:
    """Return the share of ended attempts that succeeded; 1 without any, as in jamtart."""
    return share(done, done + failed) if done + failed else 1.0


def by_guarantor(counts: Iterable[Json]) -> guarantee_answers.GrafanaGuarantors:
    """Return the answer of ``/api/grafana/guarantees/by-guarantor``.

    Args:
        counts: Rows of ``PackageCounts`` by node.
    """
    guarantors = [
        guarantee_answers.GrafanaGuarantor(
            node_id=row["node"],
            primary_core=primary_core(row["cores"]),
            guarantee_count=row["guaranteed"],
            last_guarantee=rfc3339_of_jce(row["last_guaranteed"]),
            cores_active=sorted(row["cores"]),
        )
        for row in _most_guarantees_first(counts)
    ]
    return {"guarantors": guarantors, "total_guarantors": len(guarantors)}


def cores_by_validator(counts: Iterable[Json]) -> list[guarantee_answers.GrafanaValidatorCore]:
    """Return the answer of ``/api/grafana/validators/cores``; ``counts`` as in ``by_guarantor``."""
    return [
        {
            "node_id": row["node"],
            "primary_core": primary_core(row["cores"]),
            "guarantee_count": row["guaranteed"],
        }
        for row in _most_guarantees_first(counts)
    ]


def primary_core(cores: Mapping[int, int]) -> int | None:
    """Return the core with the most guarantees, of several the lowest."""
    return min(cores, key=lambda core: (-cores[core], core), default=None)


def _most_guarantees_first(counts: Iterable[Json]) -> list[Json]:
    built = [row for row in counts if row["guaranteed"] and row["node"] is not None]
    return sorted(built, key=lambda row: (-row["guaranteed"], row["node"]))


# --- Times ---------------------------------------------------------------------------------


def profile(
    totals: Sequence[Json], *, limit: int | None, fastest_first: bool
) -> answers.GrafanaProfiling:
    """Return the answer of ``/api/grafana/validator-profiling``.

    Args:
        totals: Rows of ``StageTotals`` by node.
        limit: Maximum number of guarantors.
        fastest_first: The order by the mean time of the whole pipeline.
    """
    rows = [row for row in totals if row["node"] is not None]
    network = mean_ms(sum(row["total_us"] for row in rows), sum(row["total_count"] for row in rows))
    return {
        "network_avg_total_ms": network,
        "nodes": [_times(row, network) for row in _by_total(rows, fastest_first)[:limit]],
    }


def _by_total(rows: Iterable[Json], fastest_first: bool) -> list[Json]:
    """Return rows in order of the mean total; those without one are last."""

    def order(row: Json) -> tuple[bool, float, str]:
        mean = mean_ms(row["total_us"], row["total_count"])
        return mean is None, (mean or 0) * (1 if fastest_first else -1), row["node"]

    return sorted(rows, key=order)


def _times(row: Json, network: float | None) -> answers.GrafanaGuarantorTimes:
    means = _means(row)
    total = means["avg_total_ms"]
    return {
        "node_id": row["node"],
        "wp_count": row["ended"],
        "failures": row["failed"],
        "failure_rate": share(row["failed"], row["ended"]),
        "avg_authorize_ms": means["avg_authorize_ms"],
        "avg_refine_ms": means["avg_refine_ms"],
        "avg_report_ms": means["avg_report_ms"],
        "avg_guarantee_ms": means["avg_guarantee_ms"],
        "avg_distribute_ms": means["avg_distribute_ms"],
        "avg_total_ms": total,
        "slowdown_factor": round(total / network, 2) if total is not None and network else None,
    }


def _means(row: Json) -> dict[str, float | None]:
    stages = ("authorize", "refine", "report", "guarantee", "distribute", "total")
    return {
        f"avg_{stage}_ms": mean_ms(row[f"{stage}_us"], row[f"{stage}_count"]) for stage in stages
    }


def profile_by_time(
    totals: Iterable[Json], node: str | None
) -> list[answers.GrafanaGuarantorBucket]:
    """Return the answer of ``/api/grafana/validator-profiling-timeseries``.

    Args:
        totals: Rows of ``StageTotals`` by node and bucket.
        node: The requested guarantor; ``None`` selects the slowest ``SLOWEST``.
    """
    rows = [row for row in totals if row["node"] is not None]
    if node is None:
        shown = _slowest(rows)
        rows = [row for row in rows if row["node"] in shown]
    return [_bucket(row) for row in sorted(rows, key=lambda row: (row["bucket"], row["node"]))]


def _slowest(rows: Iterable[Json]) -> set[str]:
    totals: dict[str, Json] = {}
    for row in rows:
        known = totals.setdefault(
            row["node"], {"node": row["node"], "total_us": 0, "total_count": 0}
        )
        known["total_us"] += row["total_us"]
        known["total_count"] += row["total_count"]
    return {row["node"] for row in _by_total(totals.values(), fastest_first=False)[:SLOWEST]}


def _bucket(row: Json) -> answers.GrafanaGuarantorBucket:
    means: dict[str, Any] = _means(row)
    return {
        "ts": server_time(row["bucket"]),
        "node_id": row["node"],
        "wp_count": row["attempts"],
        "failures": row["failed"],
        "avg_authorize_ms": means["avg_authorize_ms"],
        "avg_refine_ms": means["avg_refine_ms"],
        "avg_report_ms": means["avg_report_ms"],
        "avg_guarantee_ms": means["avg_guarantee_ms"],
        "avg_distribute_ms": means["avg_distribute_ms"],
        "avg_total_ms": means["avg_total_ms"],
    }
