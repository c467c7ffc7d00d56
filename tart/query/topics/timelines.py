"""Nodes over time: who is in sync, and who is connected.

Pure. Sync is told twice: by the gap between a node's best block and the network's (the
highest slot that a third of the nodes have reached), and by what nodes say of themselves
(SyncStatusChanged).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.query.core.chain_stats import reached
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import Spread
from tart.query.core.windows import time_us
from tart.query.topics.node_activity import CONNECTION_EVENTS
from tart.query.topics.time_series import Buckets, rate
from tart.units import HOUR_US, SECOND_US

# Within so many slots of the network a node is in sync.
SYNCED_SLOTS = 2
_NAMES = {number: name for name, number in CONNECTION_EVENTS.items()}


def sync_timeline(every: Buckets, slots: Spread, told: Iterable[Json]) -> list[Json]:
    """Elements of ``timeline``, newest first.

    Args:
        slots: each node's best slot by bucket.
        told: bucket, node, synced of what nodes said of themselves, since ever.
    """
    saying = _saying(every, told)
    found = []
    for at in every.starts:
        known = {node: slot for node, slot in slots.get((at,), {}).items() if slot is not None}
        network = reached(known.values())
        synced = sum(_in_sync(slot, network) for slot in known.values())
        claims = saying[at]
        found.append(
            {
                **every.row(at),
                "total_nodes": len(known),
                "synced_nodes": synced,
                "behind_nodes": len(known) - synced,
                "sync_percentage": round(100 * synced / len(known), 2) if known else None,
                "network_slot": network,
                "nodes_saying_synced": claims[True],
                "nodes_saying_not_synced": claims[False],
            }
        )
    return found


def _in_sync(slot: int, network: int | None) -> bool:
    return network is not None and slot >= network - SYNCED_SLOTS


def _saying(every: Buckets, told: Iterable[Json]) -> Mapping[int, Counter[bool]]:
    """By bucket, how many nodes had said last that they are in sync, and that they are not."""
    changes = sorted(told, key=lambda row: row["seen_at"])
    latest: dict[str, bool] = {}
    found: dict[int, Counter[bool]] = {}
    place = 0
    for at in reversed(every.starts):
        while place < len(changes) and changes[place]["seen_at"] < at + every.step_us:
            latest[changes[place]["node"]] = bool(changes[place]["synced"])
            place += 1
        found[at] = Counter(latest.values())
    return found


def sync_now(nodes: Iterable[Json], slots: Spread) -> list[Json]:
    """Elements of ``current_status``, the highest slot first.

    Args:
        nodes: all there are; those that named a best block on their newest connection, or in
            the window, are shown.
        slots: each node's best slot by bucket of the window.
    """
    newest: dict[str, int | None] = {}
    for _, some in sorted(slots.items()):
        newest |= {node: slot for node, slot in some.items() if slot is not None}
    known = {node["node_id"]: node for node in nodes}
    best = {name: each["best"]["slot"] for name, each in known.items() if each["best"]}
    shown = {
        name: best.get(name, newest.get(name))
        for name, each in known.items()
        if name in newest or (name in best and each["is_connected"])
    }
    network = reached(shown.values())
    found = [
        {
            "node_id": name,
            "slot": slot,
            "slots_behind": None if network is None else max(0, network - slot),
            "is_synced": None if network is None else _in_sync(slot, network),
            "says_synced": known[name]["synced"],
            "is_connected": known[name]["is_connected"],
            "last_update": known[name]["last_seen_at"],
        }
        for name, slot in shown.items()
        if slot is not None
    ]
    return sorted(found, key=lambda each: (-each["slot"], each["node_id"]))


def connection_timeline(
    every: Buckets, sessions: Json, nodes: Spread, events: Mapping[tuple[int, int], int]
) -> list[Json]:
    """Elements of ``timeline``, newest first.

    Args:
        sessions: connects and disconnects, as ``Questions.connections`` has them.
        nodes: each node's events by bucket.
        events: connection events (20 to 28) by bucket and type.
    """
    changes = {at: counts for at, *counts in sessions["buckets"]}
    now = sessions["open"]
    found = []
    for at in reversed(every.starts):
        connects, disconnects, refused = changes.get(at, [0, 0, 0])
        now += connects - disconnects
        found.append(
            {
                **every.row(at),
                "connections": connects,
                "disconnections": disconnects,
                "active_nodes": len(nodes.get((at,), {})),
                "net_change": connects - disconnects,
                "open": now,
                "refused": refused,
                "peer_connections": {
                    name: events.get((at, number), 0) for number, name in _NAMES.items()
                },
            }
        )
    return found[::-1]


def connections_by_node(
    nodes: Iterable[Json], spoken: Iterable[Json], counts: Mapping[str, int], days: Spread
) -> list[Json]:
    """Elements of ``by_node``, the last seen first.

    Args:
        nodes: all there are, as ``Questions.nodes`` has them.
        spoken: their connections in the window, as ``Questions.spoken`` has them.
        counts: events of the window by node.
        days: each node's events by day.
    """
    connected: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for row in spoken:
        connected[row["node"]] += row["connected_us"]
        sessions[row["node"]] += row["sessions"]
    active: defaultdict[str, int] = defaultdict(int)
    for heard in days.values():
        for name in heard:
            active[name] += 1
    shown: list[Json] = []
    for node in nodes:
        name = node["node_id"]
        if name in counts or name in sessions:
            hours = connected[name] / HOUR_US
            per_second = rate(counts.get(name, 0), connected[name] / SECOND_US)
            shown.append(
                {
                    "node_id": name,
                    "first_seen": node["first_seen_at"],
                    "last_seen": node["last_seen_at"],
                    "uptime_hours": round(hours, 4),
                    "days_active": active[name],
                    "total_events": counts.get(name, 0),
                    "events_per_hour": round(counts.get(name, 0) / hours, 1) if hours else None,
                    "events_per_second": per_second,
                    "sessions": sessions[name],
                    "is_connected": node["is_connected"],
                }
            )
    shown.sort(key=lambda each: each["node_id"])
    return sorted(shown, key=lambda each: each["last_seen"] or "", reverse=True)


def health_stats(nodes: Iterable[Json], now_us: int) -> Json:
    """``health_stats``: nodes ever seen, connected, and heard of lately."""
    every = list(nodes)

    def since(length_us: int) -> int:
        return sum(_moment(node["last_seen_at"]) >= now_us - length_us for node in every)

    return {
        "total_nodes_seen": len(every),
        "currently_active": since(HOUR_US // 12),
        "active_last_hour": since(HOUR_US),
        "connected": sum(node["is_connected"] for node in every),
    }


def _moment(text: str | None) -> int:
    return 0 if text is None else time_us(text, "last_seen_at")
