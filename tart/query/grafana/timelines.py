"""Nodes over time: nodes in sync, and connections between nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tart.protocol.events import EventKind
from tart.query.answers import grafana as answers
from tart.query.core.chain_stats import slot_reached
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.topics.timelines import SYNCED_SLOTS

_CONNECTED = (EventKind.CONNECTED_IN, EventKind.CONNECTED_OUT)
CONNECTION_KINDS = (*_CONNECTED, EventKind.DISCONNECTED)


def sync_timeline(slots: ByNode, active: ByNode) -> list[answers.GrafanaSyncBucket]:
    """Return the answer of ``/api/grafana/sync-timeline``, oldest bucket first.

    A node keeps its best slot until it names a higher one, and counts in the buckets in which it
    sent any event: one whose chain stands still falls behind, one that has left is not counted.

    Args:
        slots: Each node's highest best slot by bucket, of times before the window, too.
        active: Each node's number of events by bucket of the window.
    """
    changes = sorted(slots.items())
    latest: dict[str, int] = {}
    index = 0
    rows: list[answers.GrafanaSyncBucket] = []
    for (start,), nodes in sorted(active.items()):
        while index < len(changes) and changes[index][0][0] <= start:
            for node, slot in changes[index][1].items():
                if slot is not None:
                    latest[node] = max(slot, latest.get(node, 0))
            index += 1
        rows.append(_sync_bucket(start, [latest[node] for node in nodes if node in latest]))
    return rows


def _sync_bucket(start_us: int, slots: Sequence[int]) -> answers.GrafanaSyncBucket:
    network = slot_reached(slots) or 0
    synced = sum(slot >= network - SYNCED_SLOTS for slot in slots)
    return {
        "ts": server_time(start_us),
        "total_nodes": len(slots),
        "synced_nodes": synced,
        "behind_nodes": len(slots) - synced,
        "sync_percentage": round(100 * synced / len(slots), 2) if slots else 0.0,
        "network_slot": network,
    }


def connection_timeline(counts: ByNode, nodes: Iterable[Json]) -> answers.GrafanaConnectionTimeline:
    """Return the answer of ``/api/grafana/connections-timeline``, oldest bucket first.

    Args:
        counts: Each node's number of events about connections by bucket and type.
        nodes: All known nodes.
    """
    buckets: dict[int, dict[int, Mapping[str, int]]] = {}
    for (start, number), by_node in counts.items():
        buckets.setdefault(start, {})[number] = by_node
    known = list(nodes)
    return {
        "timeline": [_connections(start, by_type) for start, by_type in sorted(buckets.items())],
        "health_stats": {
            "total_nodes_seen": len(known),
            "currently_connected": sum(node["is_connected"] for node in known),
        },
    }


def _connections(
    start_us: int, by_type: Mapping[int, Mapping[str, int]]
) -> answers.GrafanaConnectionBucket:
    def count(*kinds: int) -> int:
        return sum(sum(by_type.get(kind, {}).values()) for kind in kinds)

    return {
        "ts": server_time(start_us),
        "connections": count(*_CONNECTED),
        "disconnections": count(EventKind.DISCONNECTED),
        "active_nodes": len({node for nodes in by_type.values() for node in nodes}),
    }
