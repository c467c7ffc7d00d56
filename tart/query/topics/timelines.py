"""Nodes over time: nodes in sync, and telemetry connections.

Pure. Sync is reported twice: by the gap between a node's best block and the network's (the highest
slot that a third of the nodes have reached), and by the nodes' own claims (SyncStatusChanged).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tart.query.answers import analytics as answers
from tart.query.core.chain_stats import slot_reached
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.wall_clock import mark_ahead, plausible_slots
from tart.query.core.windows import time_us
from tart.query.topics.node_activity import CONNECTION_KINDS
from tart.query.topics.time_series import Buckets, per_second
from tart.units import HOUR_US, MINUTE_US, SECOND_US

# Slots behind the network within which a node is in sync.
SYNCED_SLOTS = 2
_ACTIVE_US = 5 * MINUTE_US


def sync_timeline(
    buckets: Buckets, slots: ByNode, claims: Iterable[Json]
) -> list[answers.SyncBucket]:
    """Return ``timeline`` of the sync timeline, newest bucket first.

    Args:
        buckets: The buckets of the window.
        slots: Each node's best slot by bucket.
        claims: Node, synced, seen_at of the nodes' claims, from before the window, too.
    """
    claimed = _claims_by_bucket(buckets, claims)
    rows: list[answers.SyncBucket] = []
    for start in buckets.starts:
        until = start + buckets.step_us
        stated = [mark_ahead(slot, until) for slot in slots.get((start,), {}).values()]
        known = [slot for slot in stated if slot is not None]
        network = slot_reached(known)
        synced = sum(_in_sync(slot, network) for slot in known)
        rows.append(
            {
                **buckets.header(start),
                "total_nodes": len(known),
                "synced_nodes": synced,
                "behind_nodes": len(known) - synced,
                "sync_percentage": round(100 * synced / len(known), 2) if known else None,
                "network_slot": network,
                "nodes_saying_synced": claimed[start][True],
                "nodes_saying_not_synced": claimed[start][False],
            }
        )
    return rows


def _in_sync(slot: int, network: int | None) -> bool:
    return network is not None and slot >= network - SYNCED_SLOTS


def _claims_by_bucket(buckets: Buckets, claims: Iterable[Json]) -> Mapping[int, Counter[bool]]:
    """Return, at the end of each bucket, how many nodes last claimed to be in sync, or not to."""
    changes = sorted(claims, key=lambda row: row["seen_at"])
    latest: dict[str, bool] = {}
    by_bucket: dict[int, Counter[bool]] = {}
    index = 0
    for start in reversed(buckets.starts):
        while index < len(changes) and changes[index]["seen_at"] < start + buckets.step_us:
            latest[changes[index]["node"]] = bool(changes[index]["synced"])
            index += 1
        by_bucket[start] = Counter(latest.values())
    return by_bucket


def sync_status(nodes: Iterable[Json], slots: ByNode) -> list[answers.NodeSync]:
    """Return ``current_status`` of the sync timeline, the highest slot first.

    Args:
        nodes: All known nodes; the answer has those that named a best block on their newest
            connection, or in the window.
        slots: Each node's best slot by bucket of the window.
    """
    newest: dict[str, int] = {}
    for (start,), by_node in sorted(slots.items()):
        stated = [mark_ahead(slot, start + HOUR_US) for slot in by_node.values()]
        plausible = zip(by_node, plausible_slots(stated), strict=True)
        newest |= {node: slot for node, slot in plausible if slot is not None}
    best: dict[str, int | None] = {}
    known = {node["node_id"]: node for node in nodes}
    for node_id, node in known.items():
        if node["best"] and (node["is_connected"] or node_id in newest):
            best[node_id] = node["best"]["slot"]
        elif node_id in newest:
            best[node_id] = newest[node_id]
    network = slot_reached(best.values())
    rows: list[answers.NodeSync] = [
        {
            "node_id": node_id,
            "slot": slot,
            "slots_behind": None if network is None else max(0, network - slot),
            "is_synced": None if network is None else _in_sync(slot, network),
            "says_synced": known[node_id]["synced"],
            "is_connected": known[node_id]["is_connected"],
            "last_update": known[node_id]["last_seen_at"],
        }
        for node_id, slot in best.items()
        if slot is not None
    ]
    return sorted(rows, key=lambda row: (-row["slot"], row["node_id"]))


def connection_timeline(
    buckets: Buckets,
    sessions: Mapping[str, Any],
    nodes: ByNode,
    events: Mapping[tuple[int, int], int],
) -> list[answers.ConnectionBucket]:
    """Return ``timeline`` of the connection timeline, newest bucket first.

    Args:
        buckets: The buckets of the window.
        sessions: ``open`` at the start, and connects, disconnects and refusals by bucket.
        nodes: Each node's number of events by bucket.
        events: Number of events about connections by bucket and type.
    """
    changes = {start: counts for start, *counts in sessions["buckets"]}
    now_open = sessions["open"]
    rows: list[answers.ConnectionBucket] = []
    for start in reversed(buckets.starts):
        connects, disconnects, refused = changes.get(start, [0, 0, 0])
        now_open += connects - disconnects
        rows.append(
            {
                **buckets.header(start),
                "connections": connects,
                "disconnections": disconnects,
                "active_nodes": len(nodes.get((start,), {})),
                "net_change": connects - disconnects,
                "open": now_open,
                "refused": refused,
                "peer_connections": {
                    name: events.get((start, kind), 0) for name, kind in CONNECTION_KINDS.items()
                },
            }
        )
    return rows[::-1]


def connections_by_node(
    nodes: Iterable[Json], sessions: Iterable[Json], counts: Mapping[str, int], days: ByNode
) -> list[answers.NodeConnections]:
    """Return ``by_node`` of the connection timeline, the node seen last first.

    Args:
        nodes: All known nodes.
        sessions: Node, sessions and connected_us of their connections in the window.
        counts: Number of events in the window by node.
        days: Each node's number of events by day.
    """
    connected_us: Counter[str] = Counter()
    session_counts: Counter[str] = Counter()
    for row in sessions:
        connected_us[row["node"]] += row["connected_us"]
        session_counts[row["node"]] += row["sessions"]
    days_active: defaultdict[str, int] = defaultdict(int)
    for active in days.values():
        for node_id in active:
            days_active[node_id] += 1
    rows = [
        _node_connections(
            node,
            connected_us=connected_us[node["node_id"]],
            sessions=session_counts[node["node_id"]],
            events=counts.get(node["node_id"], 0),
            days_active=days_active[node["node_id"]],
        )
        for node in nodes
        if node["node_id"] in counts or node["node_id"] in session_counts
    ]
    rows.sort(key=lambda row: row["node_id"])
    return sorted(rows, key=lambda row: row["last_seen"] or "", reverse=True)


def _node_connections(
    node: Json, *, connected_us: int, sessions: int, events: int, days_active: int
) -> answers.NodeConnections:
    hours = connected_us / HOUR_US
    return {
        "node_id": node["node_id"],
        "first_seen": node["first_seen_at"],
        "last_seen": node["last_seen_at"],
        "uptime_hours": round(hours, 4),
        "days_active": days_active,
        "total_events": events,
        "events_per_hour": round(events / hours, 1) if hours else None,
        "events_per_second": per_second(events, connected_us / SECOND_US),
        "sessions": sessions,
        "is_connected": node["is_connected"],
    }


def node_counts(nodes: Iterable[Json], now_us: int) -> answers.NodeCounts:
    """Return ``health_stats``: nodes ever seen, seen within an hour, and connected."""
    known = list(nodes)

    def seen_within(length_us: int) -> int:
        return sum(_time_us(node["last_seen_at"]) >= now_us - length_us for node in known)

    return {
        "total_nodes_seen": len(known),
        "currently_active": seen_within(_ACTIVE_US),
        "active_last_hour": seen_within(HOUR_US),
        "connected": sum(node["is_connected"] for node in known),
    }


def _time_us(text: str | None) -> int:
    return 0 if text is None else time_us(text, "last_seen_at")
