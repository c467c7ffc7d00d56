"""Data availability: stored shards and preimages, and the outcomes of requests for shards.

Pure: rows of the aggregates in, answers out. Stored amounts are the nodes' own reports (Status).
A request for a shard has two sides: an assurer sends it, a guarantor receives it, and each
reports its end (transferred or failed). For the guarantor a request is a read of its store; for
the assurer it is a write.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import availability as answers
from tart.query.answers.common import Health
from tart.query.core import log_histogram
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

# The two sides of a request: the node sent it, or received it.
SENT, RECEIVED = EventKind.SENDING_SHARD_REQUEST, EventKind.RECEIVING_SHARD_REQUEST
TRANSFERRED, FAILED = EventKind.SHARDS_TRANSFERRED, EventKind.SHARD_REQUEST_FAILED
# Every event about requests for shards.
_FIRST, _LAST = SENT, TRANSFERRED
PREIMAGE_KINDS = (
    EventKind.PREIMAGE_ANNOUNCED,
    EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN,
    EventKind.PREIMAGE_TRANSFERRED,
    EventKind.PREIMAGE_DISCARDED,
)
# Kinds whose counts ``da_stats_enhanced`` takes.
COUNTED_KINDS = (
    *(kind for kind in EventKind if _FIRST <= kind <= _LAST),
    EventKind.PREIMAGE_ANNOUNCED,
    EventKind.SENDING_PREIMAGE_REQUEST,
    EventKind.PREIMAGE_TRANSFERRED,
)
# A node is healthy, or degraded, from these shares of successful requests on.
HEALTHY, DEGRADED = 0.9, 0.5
_REASONS = 3
# Number of events by node and type.
Counts = Mapping[tuple[str, int], int]


def da_stats(status: Iterable[Json], counts: Mapping[int, int]) -> answers.DaStats:
    """Return the answer of ``/api/da/stats``.

    Args:
        status: The newest row of ``status`` of each node, with ``seen_at`` (µs).
        counts: Number of events by type.
    """
    rows = sorted(status, key=lambda row: (-row["num_shards"], row["node"]))
    return {
        "aggregate": {
            "total_shards": _total(rows, "num_shards"),
            "total_shard_size_bytes": _total(rows, "shards_size"),
            "total_preimages": _total(rows, "num_preimages"),
            "total_preimages_size_bytes": _total(rows, "preimages_size"),
            "average_shards_per_node": _mean(rows, "num_shards"),
            "node_count": len(rows),
        },
        "preimage_activity": {
            "announced": counts.get(EventKind.PREIMAGE_ANNOUNCED, 0),
            "forgotten": counts.get(EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN, 0),
            "transferred": counts.get(EventKind.PREIMAGE_TRANSFERRED, 0),
            "discarded": counts.get(EventKind.PREIMAGE_DISCARDED, 0),
        },
        "by_node": [
            {
                "node_id": row["node"],
                "num_shards": row["num_shards"],
                "shard_size_bytes": row["shards_size"],
                "num_preimages": row["num_preimages"],
                "preimages_size_bytes": row["preimages_size"],
                "preimage_size_bytes": row["preimages_size"],
                "last_update": server_time(row["seen_at"]),
            }
            for row in rows
        ],
    }


class ShardRequests:
    """Outcomes of requests for shards, of one node or of all.

    Args:
        rows: Parent, type, bin, count of ``latency``.
    """

    def __init__(self, rows: Iterable[Json]) -> None:
        self._bins: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        for row in rows:
            self._bins[row["parent"], row["type"]][row["bin"]] += row["count"]

    def count(self, side: int, outcome: int) -> int:
        """Return the number of requests of a side with an outcome."""
        return self._bins[side, outcome].total()

    def success_rate(self, side: int) -> float | None:
        """Return the share of ended requests of a side that ended in a transfer."""
        transferred, failed = self.count(side, TRANSFERRED), self.count(side, FAILED)
        ended = transferred + failed
        return round(transferred / ended, 4) if ended else None

    def mean_ms(self, side: int) -> float | None:
        """Return the mean duration of a side's transferred requests."""
        mean = log_histogram.mean_us(self._bins[side, TRANSFERRED])
        return None if mean is None else round(mean / 1000, 3)


def da_stats_enhanced(
    status: Iterable[Json],
    counts: Counts,
    latencies: Sequence[Json],
    indices: Iterable[Json],
    reasons: Iterable[Json],
    recent: Iterable[Json],
) -> answers.DaStatsEnhanced:
    """Return the answer of ``/api/da/stats/enhanced``.

    Args:
        status: As in ``da_stats``.
        counts: Number of events of ``COUNTED_KINDS`` by node and type.
        latencies: Node, parent, type, bin, count of requests for shards and for preimages.
        indices: shard_index, type, node, count of ``shard_requests``.
        reasons: Node, reason, count of failed requests.
        recent: The newest events that end a request.
    """
    stored = {row["node"]: row for row in status}
    latencies_by_node: defaultdict[str, list[Json]] = defaultdict(list)
    for row in latencies:
        latencies_by_node[row["node"]].append(row)
    nodes = sorted(stored.keys() | latencies_by_node.keys() | {node for node, _ in counts})
    requests = {node: ShardRequests(latencies_by_node[node]) for node in nodes}
    all_requests = ShardRequests(latencies)
    reasons_by_node: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in reasons:
        reasons_by_node[row["node"]][row["reason"]] += row["count"]
    return {
        "by_node": [_node(node, stored.get(node), counts, requests[node]) for node in nodes],
        "aggregate": _totals(list(stored.values()), counts),
        "availability_rate": all_requests.success_rate(SENT),
        "shard_distribution": _by_shard_index(indices),
        "node_health": [
            _health(node, stored.get(node), requests[node], reasons_by_node[node]) for node in nodes
        ],
        "preimage_activity": {
            "announced_last_hour": _count(counts, EventKind.PREIMAGE_ANNOUNCED),
            "requested_last_hour": _count(counts, EventKind.SENDING_PREIMAGE_REQUEST),
            "received_last_hour": all_requests.count(
                EventKind.SENDING_PREIMAGE_REQUEST, EventKind.PREIMAGE_TRANSFERRED
            ),
        },
        "recent_operations": [_operation(event) for event in recent],
    }


def _node(
    node: str, status: Json | None, counts: Counts, requests: ShardRequests
) -> answers.NodeAvailability:
    stored = status or {}
    return {
        "node_id": node,
        "num_shards": stored.get("num_shards"),
        "shard_size_bytes": stored.get("shards_size"),
        "preimages_announced": counts.get((node, EventKind.PREIMAGE_ANNOUNCED), 0),
        "preimages_in_pool": stored.get("num_preimages"),
        "read_ops_last_hour": requests.count(RECEIVED, TRANSFERRED),
        "write_ops_last_hour": requests.count(SENT, TRANSFERRED),
        "avg_read_latency_ms": requests.mean_ms(RECEIVED),
        "avg_write_latency_ms": requests.mean_ms(SENT),
        "transfer_success_rate": requests.success_rate(RECEIVED),
        "fetch_success_rate": requests.success_rate(SENT),
        # No event tells the size of a shard.
        "bytes_written": None,
        "bytes_transferred": None,
        "requests_sent": counts.get((node, SENT), 0),
        "requests_received": counts.get((node, RECEIVED), 0),
        "reads_failed": requests.count(RECEIVED, FAILED),
        "writes_failed": requests.count(SENT, FAILED),
    }


def _totals(rows: list[Json], counts: Counts) -> answers.AvailabilityTotals:
    active = {node for (node, kind), count in counts.items() if count and _FIRST <= kind <= _LAST}
    return {
        "total_shards": _total(rows, "num_shards"),
        "total_shard_size_bytes": _total(rows, "shards_size"),
        "total_preimages": _total(rows, "num_preimages"),
        "total_preimage_size_bytes": _total(rows, "preimages_size"),
        "average_shards_per_node": _mean(rows, "num_shards"),
        "average_shard_size_per_node": _mean(rows, "shards_size"),
        "nodes_reporting": len(active),
    }


@dataclass
class _IndexRequests:
    """Requests for one shard index, and the nodes that sent them."""

    sent: int = 0
    received: int = 0
    nodes: set[str] = field(default_factory=set)


def _by_shard_index(rows: Iterable[Json]) -> list[answers.ShardIndexRequests]:
    requests: defaultdict[int, _IndexRequests] = defaultdict(_IndexRequests)
    for row in rows:
        entry = requests[row["shard_index"]]
        if row["type"] == SENT:
            entry.sent += row["count"]
            entry.nodes.add(row["node"])
        else:
            entry.received += row["count"]
    return [
        {
            "shard_index": index,
            "count": entry.sent + entry.received,
            "requests_sent": entry.sent,
            "requests_received": entry.received,
            "nodes": len(entry.nodes),
        }
        for index, entry in sorted(requests.items())
    ]


def _health(
    node: str, stored: Json | None, requests: ShardRequests, reasons: Counter[str]
) -> answers.NodeHealth:
    failed = requests.count(RECEIVED, FAILED)
    issues = [f"{failed} of the requests for its shards failed"] if failed else []
    # Equally frequent reasons are ordered by text, for shards answer in any order.
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    issues += [f"{count}: {reason}" for reason, count in ordered[:_REASONS]]
    return {
        "node_id": node,
        "status": _status(requests.success_rate(RECEIVED)),
        "shards_stored": stored["num_shards"] if stored else None,
        "storage_used_pct": None,
        "last_activity": server_time(stored["seen_at"]) if stored else None,
        "issues": issues,
    }


def _status(rate: float | None) -> Health:
    if rate is None:
        return "unknown"
    return "healthy" if rate >= HEALTHY else "degraded" if rate >= DEGRADED else "unhealthy"


def _operation(event: Json) -> answers.ShardOperation:
    fields: Any = next(iter(event["data"].values()))
    return {
        "timestamp": event["timestamp"],
        "received_at": event["received_at"],
        "node_id": event["node_id"],
        "event_type": event["event_type"],
        "operation": "transferred" if event["event_type"] == TRANSFERRED else "failed",
        "reason": fields.get("reason"),
        "id": event["id"],
    }


def _count(counts: Counts, kind: int) -> int:
    return sum(count for (_, number), count in counts.items() if number == kind)


def _total(rows: Iterable[Json], name: str) -> int:
    return sum(row[name] for row in rows)


def _mean(rows: Sequence[Json], name: str) -> float | None:
    return round(_total(rows, name) / len(rows), 3) if rows else None
