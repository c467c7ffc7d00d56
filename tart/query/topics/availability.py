"""Data availability: what nodes store, and how their requests for shards end.

Pure: rows of the aggregates in, bodies out. What is stored is the nodes' own word (Status).
A request for a shard has two sides: an assurer asks (120) and a guarantor is asked (121);
each says how it ended (125 transferred, 122 failed). To be asked is to read what is stored;
to ask is to get something to store.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.query.core import log_histogram
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339

ASKED, ASKED_OF, FAILED, RECEIVED, TRANSFERRED = 120, 121, 122, 124, 125
PREIMAGES = {"announced": 191, "forgotten": 192, "transferred": 198, "discarded": 199}
PREIMAGE_ANNOUNCED, PREIMAGE_REQUEST, PREIMAGE_TRANSFERRED = 191, 193, 198
HEALTHY, DEGRADED = 0.9, 0.5
# Counts of event types by node.
Counts = Mapping[tuple[str, int], int]


def stats(status: Iterable[Json], counts: Mapping[int, int]) -> Json:
    """The body of ``/api/da/stats``.

    Args:
        status: of each node the last of ``status``, with ``seen_at`` (µs).
        counts: events by type.
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
        "preimage_activity": {name: counts.get(number, 0) for name, number in PREIMAGES.items()},
        "by_node": [
            {
                "node_id": row["node"],
                "num_shards": row["num_shards"],
                "shard_size_bytes": row["shards_size"],
                "num_preimages": row["num_preimages"],
                "preimages_size_bytes": row["preimages_size"],
                # Under this name dashboards ask for it, too.
                "preimage_size_bytes": row["preimages_size"],
                "last_update": rfc3339(row["seen_at"]),
            }
            for row in rows
        ],
    }


class Requests:
    """How requests for shards ended: of a node, or of all.

    Args:
        rows: parent, type, bin, count of ``latency``.
    """

    def __init__(self, rows: Iterable[Json]) -> None:
        self._bins: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        for row in rows:
            self._bins[row["parent"], row["type"]][row["bin"]] += row["count"]

    def ended(self, side: int, how: int) -> int:
        """Requests of a side (120 or 121) that ended so (122 or 125)."""
        return self._bins[side, how].total()

    def success(self, side: int) -> float | None:
        """The share that was transferred of those that ended."""
        done, failed = self.ended(side, TRANSFERRED), self.ended(side, FAILED)
        return round(done / (done + failed), 4) if done + failed else None

    def mean_ms(self, side: int) -> float | None:
        """How long those that were transferred took."""
        mean = log_histogram.mean_us(self._bins[side, TRANSFERRED])
        return None if mean is None else round(mean / 1000, 3)


def enhanced(
    status: Iterable[Json],
    counts: Counts,
    latencies: Sequence[Json],
    indices: Iterable[Json],
    reasons: Iterable[Json],
    recent: Iterable[Json],
) -> Json:
    """The body of ``/api/da/stats/enhanced``.

    Args:
        status: as for ``stats``.
        counts: of types 120 to 125, 191, 193 and 198.
        latencies: node, parent, type, bin, count of requests for shards and for preimages.
        indices: shard_index, type, node, count of ``shard_requests``.
        reasons: node, reason, count of failed requests (122).
        recent: the newest ends of requests, as Events.
    """
    stored = {row["node"]: row for row in status}
    of_node: defaultdict[str, list[Json]] = defaultdict(list)
    for row in latencies:
        of_node[row["node"]].append(row)
    known = sorted(stored.keys() | of_node.keys() | {node for node, _ in counts})
    requests = {node: Requests(of_node[node]) for node in known}
    every = Requests(latencies)
    why: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in reasons:
        why[row["node"]][row["reason"]] += row["count"]
    return {
        "by_node": [_node(each, stored.get(each), counts, requests[each]) for each in known],
        "aggregate": _aggregate(list(stored.values()), counts),
        "availability_rate": every.success(ASKED),
        "shard_distribution": _distribution(indices),
        "node_health": [
            _health(each, stored.get(each), requests[each], why[each]) for each in known
        ],
        "preimage_activity": {
            "announced_last_hour": _sum(counts, PREIMAGE_ANNOUNCED),
            "requested_last_hour": _sum(counts, PREIMAGE_REQUEST),
            "received_last_hour": every.ended(PREIMAGE_REQUEST, PREIMAGE_TRANSFERRED),
        },
        "recent_operations": [_operation(event) for event in recent],
    }


def _node(node: str, stored: Json | None, counts: Counts, requests: Requests) -> Json:
    held = stored or {}
    return {
        "node_id": node,
        "num_shards": held.get("num_shards"),
        "shard_size_bytes": held.get("shards_size"),
        "preimages_announced": counts.get((node, PREIMAGE_ANNOUNCED), 0),
        "preimages_in_pool": held.get("num_preimages"),
        "read_ops_last_hour": requests.ended(ASKED_OF, TRANSFERRED),
        "write_ops_last_hour": requests.ended(ASKED, TRANSFERRED),
        "avg_read_latency_ms": requests.mean_ms(ASKED_OF),
        "avg_write_latency_ms": requests.mean_ms(ASKED),
        "transfer_success_rate": requests.success(ASKED_OF),
        "fetch_success_rate": requests.success(ASKED),
        # No event says how large a shard is.
        "bytes_written": None,
        "bytes_transferred": None,
        "requests_sent": counts.get((node, ASKED), 0),
        "requests_received": counts.get((node, ASKED_OF), 0),
        "reads_failed": requests.ended(ASKED_OF, FAILED),
        "writes_failed": requests.ended(ASKED, FAILED),
    }


def _aggregate(rows: list[Json], counts: Counts) -> Json:
    busy = {node for (node, number), n in counts.items() if n and ASKED <= number <= TRANSFERRED}
    return {
        "total_shards": _total(rows, "num_shards"),
        "total_shard_size_bytes": _total(rows, "shards_size"),
        "total_preimages": _total(rows, "num_preimages"),
        "total_preimage_size_bytes": _total(rows, "preimages_size"),
        "average_shards_per_node": _mean(rows, "num_shards"),
        "average_shard_size_per_node": _mean(rows, "shards_size"),
        "nodes_reporting": len(busy),
    }


def _distribution(rows: Iterable[Json]) -> list[Json]:
    found: defaultdict[int, Json] = defaultdict(
        lambda: {"requests_sent": 0, "requests_received": 0, "nodes": set()}
    )
    for row in rows:
        entry = found[row["shard_index"]]
        if row["type"] == ASKED:
            entry["requests_sent"] += row["count"]
            entry["nodes"].add(row["node"])
        else:
            entry["requests_received"] += row["count"]
    return [
        {
            "shard_index": index,
            "count": entry["requests_sent"] + entry["requests_received"],
            **entry,
            "nodes": len(entry["nodes"]),
        }
        for index, entry in sorted(found.items())
    ]


def _health(node: str, stored: Json | None, requests: Requests, why: Counter[str]) -> Json:
    rate = requests.success(ASKED_OF)
    failed = requests.ended(ASKED_OF, FAILED)
    issues = [f"{failed} of the requests for its shards failed"] if failed else []
    # Those that are equally frequent by their text: shards tell them in any order.
    reasons = sorted(why.items(), key=lambda item: (-item[1], item[0]))[:3]
    issues += [f"{count}: {reason}" for reason, count in reasons]
    return {
        "node_id": node,
        "status": _word(rate),
        "shards_stored": stored and stored["num_shards"],
        "storage_used_pct": None,
        "last_activity": stored and rfc3339(stored["seen_at"]),
        "issues": issues,
    }


def _word(rate: float | None) -> str:
    if rate is None:
        return "unknown"
    return "healthy" if rate >= HEALTHY else "degraded" if rate >= DEGRADED else "unhealthy"


def _operation(event: Json) -> Json:
    inner: Any = next(iter(event["data"].values()))
    return {
        "timestamp": event["timestamp"],
        "received_at": event["received_at"],
        "node_id": event["node_id"],
        "event_type": event["event_type"],
        "operation": "transferred" if event["event_type"] == TRANSFERRED else "failed",
        "reason": inner.get("reason"),
        "id": event["id"],
    }


def _sum(counts: Counts, number: int) -> int:
    return sum(count for (_, each), count in counts.items() if each == number)


def _total(rows: Iterable[Json], name: str) -> int:
    return sum(row[name] for row in rows)


def _mean(rows: Sequence[Json], name: str) -> float | None:
    return round(_total(rows, name) / len(rows), 3) if rows else None
