"""Headline figures of a network, its health, and its failures, as jamtart groups them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import analytics
from tart.query.answers import grafana as answers
from tart.query.answers.common import Health
from tart.query.answers.network import ChainFigures
from tart.query.core import failure_rates as pipelines
from tart.query.core.merge import Json
from tart.query.shard_queries.events import StoredTables
from tart.query.topics import realtime

# jamtart's categories, and the pipelines of tart that belong to each.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "block_authoring": ("block_authoring", "block_verification", "block_execution"),
    "tickets": ("ticket_generation", "ticket_transfers"),
    "work_packages": ("work_package", "sharing"),
    "guarantees": ("guarantee", "guarantee_receiving"),
    "shards": ("shard_requests",),
    "assurances": ("assurance_sending",),
}
# Names of the parts of the network's health, with jamtart's limits of healthy and degraded.
_PARTS: Mapping[str, tuple[str, int, int]] = {
    "Block Production": ("block_production", 95, 80),
    "Work Packages": ("work_packages", 95, 80),
    "Data Availability": ("data_availability", 95, 80),
    "Node Connectivity": ("connectivity", 90, 70),
    "Event Throughput": ("event_throughput", 95, 80),
}
_OVERALL = (90, 70)
_NODES = 20


def live_rates(
    partials: Sequence[Mapping[str, Any]], seconds: Mapping[int, Any], now: int, length: int
) -> dict[str, float]:
    """Return events and blocks per second in the last seconds; nothing if none is known.

    Args:
        partials: The shards' answers to ``live``, with details.
        seconds: Their counts by Unix second, merged.
        now: The present Unix second, which is not complete.
        length: Number of seconds.
    """
    figures = realtime.realtime(seconds, partials, now, length, None)
    counted = figures["counted_seconds"]
    if not counted:
        return {}
    return {
        "events_per_sec_10s": figures["totals"]["events"] / counted,
        "blocks_per_sec_10s": figures["totals"]["authored_blocks"] / counted,
    }


def stats(
    counts: Mapping[int, int],
    authored: Iterable[int],
    nodes: Iterable[Json],
    chain: ChainFigures,
    rates: Mapping[str, float],
) -> answers.GrafanaStats:
    """Return the answer of ``/api/grafana/stats``.

    Args:
        counts: Number of events by type.
        authored: Number of blocks authored in each minute.
        nodes: All known nodes.
        chain: The chain now.
        rates: See ``live_rates``.
    """
    connected = [node for node in nodes if node["is_connected"]]
    body: answers.GrafanaStats = {
        "connected_nodes": len(connected),
        "slot_events": max(authored, default=0),
        "guarantees": counts.get(EventKind.GUARANTEE_BUILT, 0),
        "failures": counts.get(EventKind.WORK_PACKAGE_FAILED, 0),
        "wp_events": counts.get(EventKind.WORK_PACKAGE_RECEIVED, 0),
        "best_slot": chain["best_block"] or 0,
        "finalized_slot": chain["finalized_block"] or 0,
        "active_nodes": sum(len(node["connections"]) for node in connected),
    }
    if rates:
        body["events_per_sec_10s"] = rates["events_per_sec_10s"]
        body["blocks_per_sec_10s"] = rates["blocks_per_sec_10s"]
    return body


def network_health(health: analytics.NetworkHealth) -> answers.GrafanaHealth:
    """Return the answer of ``/api/grafana/network-health``.

    Args:
        health: The answer of ``/api/analytics/network-health``.
    """
    by_name = {part["name"]: part for part in health["components"]}
    parts = [_component(by_name[name], *limits) for name, limits in _PARTS.items()]
    known = [part["score"] for part in parts if part["known"]]
    score = sum(known) / len(known) if known else None
    return {
        "health_score": 0.0 if score is None else round(score, 1),
        "overall_health": _status(score, *_OVERALL),
        "components": parts,
        "alerts": [_alert(part) for part in parts if part["status"] in ("degraded", "unhealthy")],
    }


def _component(
    part: analytics.HealthComponent, name: str, healthy: int, degraded: int
) -> answers.GrafanaHealthComponent:
    score = part["score"]
    return {
        "name": name,
        "score": 0.0 if score is None else float(score),
        "status": _status(score, healthy, degraded),
        "issues": part["issues"],
        "known": score is not None,
    }


def _status(score: float | None, healthy: int, degraded: int) -> Health:
    if score is None:
        return "unknown"
    return "healthy" if score >= healthy else "degraded" if score >= degraded else "unhealthy"


def _alert(part: answers.GrafanaHealthComponent) -> answers.GrafanaAlert:
    why = "; ".join(part["issues"])
    return {
        "severity": "warning" if part["status"] == "degraded" else "error",
        "message": f"{part['name']} is at {part['score']:g} %{': ' + why if why else ''}",
        "component": part["name"],
    }


def failure_rates(
    counts: Mapping[int, int],
    counts_by_node: Mapping[str, Mapping[int, int]],
    recent: Iterable[analytics.RecentFailure],
) -> answers.GrafanaFailureRates:
    """Return the answer of ``/api/grafana/failure-rates``.

    Args:
        counts: Number of events by type.
        counts_by_node: The same of each node.
        recent: The newest failures.
    """
    categories = _categories(counts)
    by_node = [_node(node, _categories(own), own) for node, own in counts_by_node.items()]
    failed = [row for row in by_node if row["failures"]]
    failed.sort(key=lambda row: (-row["failures"], row["node_id"]))
    attempts, failures = _totals(categories)
    return {
        "overall": {
            "total_events": attempts,
            "failed_events": failures,
            "failure_rate": _rate(failures, attempts),
        },
        "by_category": categories,
        "by_node": failed[:_NODES],
        "recent_failures": [
            {
                "event_type": row["event_type"],
                "event_name": row["event_name"],
                "node_id": row["node_id"],
                "timestamp": row["timestamp"] or row["received_at"],
                "reason": row["reason"],
            }
            for row in recent
        ],
    }


def _categories(counts: Mapping[int, int]) -> list[answers.GrafanaCategoryFailures]:
    by_pipeline = {row["pipeline"]: row for row in pipelines.rates(counts)}
    rows: list[answers.GrafanaCategoryFailures] = []
    for category, names in CATEGORIES.items():
        parts = [by_pipeline[name] for name in names if name in by_pipeline]
        attempts = sum(part["attempts"] for part in parts)
        failures = sum(part["failures"] for part in parts)
        rate = _rate(failures, attempts)
        rows.append(
            {"category": category, "attempts": attempts, "failures": failures, "rate": rate}
        )
    return rows


def _node(
    node: str, categories: Iterable[answers.GrafanaCategoryFailures], counts: Mapping[int, int]
) -> answers.GrafanaNodeFailures:
    attempts, failures = _totals(categories)
    return {
        "node_id": node,
        "total_events": sum(counts.values()),
        "failures": failures,
        "failure_rate": _rate(failures, attempts),
    }


def _totals(rows: Iterable[answers.GrafanaCategoryFailures]) -> tuple[int, int]:
    every = list(rows)
    return sum(row["attempts"] for row in every), sum(row["failures"] for row in every)


def _rate(failures: int, attempts: int) -> float:
    """Return failures per attempt: at most 1, since attempts may have begun before the window."""
    return round(min(1.0, failures / attempts), 4) if attempts else 0.0


def storage(stored: StoredTables) -> answers.GrafanaStorage:
    """Return the answer of ``/api/grafana/db-stats``."""
    return {
        "tables": [
            {
                "table_name": name,
                "total_bytes": size,
                "table_bytes": size,
                "index_bytes": 0,
                "toast_bytes": 0,
            }
            for name, size in stored["bytes"].items()
        ],
        "row_counts": [
            {"table_name": name, "row_count": count}
            for name, count in sorted(stored["rows"].items(), key=lambda item: (-item[1], item[0]))
        ],
        "compression": [],
    }
