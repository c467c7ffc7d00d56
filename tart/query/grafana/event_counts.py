"""Counts of events by time and by node. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tart.query.answers.grafana import GrafanaCount
from tart.query.core.merge import Json
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
