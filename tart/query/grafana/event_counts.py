"""Counts of events by time and by node, and pages of events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tart.query.answers import grafana as answers
from tart.query.answers.grafana import GrafanaCount
from tart.query.core.aggregate_columns import DISCARD_COLUMNS
from tart.query.core.merge import Json, Page
from tart.query.core.rfc3339 import server_time
from tart.query.grafana.event_groups import event_name


def counts_by_type(rows: Iterable[Json]) -> list[GrafanaCount]:
    """Return rows of bucket, type and count, ordered by time and type."""
    return [
        {
            "ts": server_time(row["bucket"]),
            "count": row["count"],
            "event_type": row["type"],
            "event_type_name": event_name(row["type"]),
        }
        for row in sorted(rows, key=lambda row: (row["bucket"], row["type"]))
    ]


def counts_by_node(rows: Iterable[Json]) -> list[GrafanaCount]:
    """Return rows of bucket, node and count, ordered by time and node."""
    return [
        {"ts": server_time(row["bucket"]), "count": row["count"], "node_id": row["node"]}
        for row in sorted(rows, key=lambda row: (row["bucket"], row["node"]))
    ]


def counts_by_core(rows: Iterable[Json]) -> list[GrafanaCount]:
    """Return rows of bucket, core and count, ordered by time and core."""
    return [
        {
            "ts": server_time(row["bucket"]),
            "count": row["count"],
            "core": row["core"],
            "core_index": row["core"],
        }
        for row in sorted(rows, key=lambda row: (row["bucket"], row["core"]))
    ]


def events_by_node(
    counts: Mapping[str, int], nodes: Iterable[Json], limit: int | None
) -> list[answers.GrafanaNodeCount]:
    """Return the nodes with events, the most events first.

    Args:
        counts: Number of events by node.
        nodes: All known nodes.
        limit: Of nodes; the shares are of all.
    """
    known = {node["node_id"]: node for node in nodes}
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows: list[answers.GrafanaNodeCount] = []
    for node_id, count in ordered[:limit]:
        node = known.get(node_id, {})
        rows.append(
            {
                "node_id": node_id,
                "count": count,
                "share": count / total,
                "address": node.get("address"),
                "implementation_name": node.get("implementation_name"),
                "implementation_version": node.get("implementation_version"),
                "is_connected": node.get("is_connected"),
                "last_seen_at": node.get("last_seen_at"),
            }
        )
    return rows


def event_row(event: Json) -> answers.GrafanaEvent:
    """Return an event as jamtart shows it."""
    return {
        "ts": event["timestamp"] or event["received_at"],
        "node_id": event["node_id"],
        "event_type": event["event_type"],
        "data": event["data"],
        "created_at": event["received_at"],
        "id": event["id"],
    }


def event_page(page: Page, offset: int, limit: int, counted: int) -> answers.GrafanaEvents:
    """Return a page of events with its place.

    Args:
        page: The events.
        offset: Number of events before it.
        limit: Greatest number of events.
        counted: Number of matching events by the counts, which are kept by buckets of time.
    """
    listed = offset + len(page.events)
    # Beyond the last page the number is not known from the page.
    exact = not page.has_more and (bool(page.events) or offset == 0)
    return {
        "events": [event_row(event) for event in page.events],
        "pagination": {
            "offset": offset,
            "limit": limit,
            "total": listed if exact else max(counted, listed + page.has_more),
            "has_more": page.has_more,
            "total_is_exact": exact,
        },
    }


def discards(rows: Iterable[Json]) -> list[answers.GrafanaDiscards]:
    """Return discarded guarantees by time and reason.

    Args:
        rows: The bucket ``last_at``, and the values of ``DISCARD_COLUMNS``.
    """
    return [
        {"ts": server_time(row["last_at"]), "reason": reason, "count": row[column]}
        for row in sorted(rows, key=lambda row: row["last_at"])
        for reason, column in sorted(DISCARD_COLUMNS.items())
        if row[column]
    ]
