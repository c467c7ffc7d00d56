"""Nodes, and what they report of themselves by Status. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tart.query.answers import grafana_nodes as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

# Columns of the table status by the names in rows of many reports.
_GAUGES: Mapping[str, str] = {
    "peers": "num_peers",
    "val_peers": "num_val_peers",
    "sync_peers": "num_sync_peers",
    "shards": "num_shards",
    "shards_size": "shards_size",
    "preimages": "num_preimages",
    "preimages_size": "preimages_size",
}


def nodes(known: Iterable[Json]) -> list[answers.GrafanaNode]:
    """Return the answer of ``/api/grafana/nodes``, in the order of the nodes."""
    return [
        {
            "node_id": node["node_id"],
            "peer_id": node["node_id"],
            "implementation_name": node["implementation_name"] or "",
            "implementation_version": node["implementation_version"] or "",
            "node_info": node["node_info"] or {},
            "connected_at": node["first_seen_at"] or node["last_seen_at"] or server_time(0),
            "disconnected_at": node["disconnected_at"],
            "last_seen_at": node["last_seen_at"] or node["first_seen_at"] or server_time(0),
            "is_connected": node["is_connected"],
            "total_event_count": node["event_count"],
            "event_count": node["event_count"],
            "address": node["address"],
        }
        for node in known
    ]


def _pool(guarantees: str | None) -> bytes:
    """Return the guarantee pool of a Status: the number of guarantees of each core."""
    return bytes.fromhex(guarantees or "")


def node_stats(rows: Iterable[Json]) -> list[answers.GrafanaNodeStatus]:
    """Return the answer of ``/api/grafana/node-stats``, oldest report first.

    Args:
        rows: The last report of each node in each bucket: ``node``, ``seen_at`` (µs), the gauges,
            and ``num_guarantees`` in hex, one byte per core.
    """
    return [
        _node_status(row) for row in sorted(rows, key=lambda row: (row["seen_at"], row["node"]))
    ]


def _node_status(row: Json) -> answers.GrafanaNodeStatus:
    pool = _pool(row["num_guarantees"])
    return {
        "timestamp": server_time(row["seen_at"]),
        "node_id": row["node"],
        "num_peers": row["num_peers"],
        "num_val_peers": row["num_val_peers"],
        "num_sync_peers": row["num_sync_peers"],
        "num_shards": row["num_shards"],
        "shards_size": row["shards_size"],
        "num_preimages": row["num_preimages"],
        "preimages_size": row["preimages_size"],
        "min_guarantees": min(pool, default=0),
        "max_guarantees": max(pool, default=0),
        "avg_guarantees": _mean(sum(pool), len(pool)),
        "zero_guarantee_cores": pool.count(0),
    }


def node_stats_aggregate(
    rows: Iterable[Json], *, by_node: bool
) -> list[answers.GrafanaStatusMinute]:
    """Return the answer of ``/api/grafana/node-stats-aggregate``, oldest bucket first.

    Args:
        rows: Rows of the table status by ``bucket`` and ``node``.
        by_node: Whether each node has rows of its own.
    """
    groups: dict[tuple[int, str], list[Json]] = {}
    for row in rows:
        groups.setdefault((row["bucket"], row["node"] if by_node else ""), []).append(row)
    shown: list[answers.GrafanaStatusMinute] = []
    for (bucket, node), group in sorted(groups.items()):
        minute = _minute(bucket, group)
        if by_node:
            minute["node_id"] = node
        shown.append(minute)
    return shown


def _minute(bucket_us: int, rows: list[Json]) -> answers.GrafanaStatusMinute:
    samples = sum(row["samples"] for row in rows)
    pools = [_pool(row["num_guarantees"]) for row in rows]
    cores = [number for pool in pools for number in pool]
    least = {name: min(row[f"min_{column}"] for row in rows) for name, column in _GAUGES.items()}
    most = {name: max(row[f"max_{column}"] for row in rows) for name, column in _GAUGES.items()}
    mean = {
        name: round(sum(int(row[f"sum_{column}"]) for row in rows) / max(1, samples))
        for name, column in _GAUGES.items()
    }
    return {
        "bucket": server_time(bucket_us),
        "avg_peers": mean["peers"],
        "min_peers": least["peers"],
        "max_peers": most["peers"],
        "avg_val_peers": mean["val_peers"],
        "min_val_peers": least["val_peers"],
        "max_val_peers": most["val_peers"],
        "avg_sync_peers": mean["sync_peers"],
        "min_sync_peers": least["sync_peers"],
        "max_sync_peers": most["sync_peers"],
        "avg_shards": mean["shards"],
        "min_shards": least["shards"],
        "max_shards": most["shards"],
        "avg_shards_size": mean["shards_size"],
        "max_shards_size": most["shards_size"],
        "avg_preimages": mean["preimages"],
        "max_preimages": most["preimages"],
        "avg_preimages_size": mean["preimages_size"],
        "max_preimages_size": most["preimages_size"],
        "avg_guarantees": _mean(sum(cores), len(cores)),
        "min_guarantees": min(cores, default=0),
        "max_guarantees": max(cores, default=0),
        "max_zero_guarantee_cores": max(pool.count(0) for pool in pools),
        "status_count": samples,
    }


def _mean(total: int, count: int) -> float:
    return round(total / count, 4) if count else 0.0
