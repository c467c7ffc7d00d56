"""What single nodes do: cores and tickets, peers, and a timeline of their events.

Pure: rows of the aggregates and Events in, bodies out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EVENTS
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339

RECEIVED, SIGNED, GUARANTEED = 94, 103, 105
GENERATING, GENERATION_FAILED = 80, 81
# Of the peer, who groups events otherwise than JIP-3 does.
_CATEGORIES: tuple[tuple[str, int, int], ...] = (
    ("status", 10, 13),
    ("connection", 20, 28),
    ("blockAuthoring", 40, 47),
    ("blockAnnouncement", 60, 68),
    ("tickets", 80, 84),
    ("workPackage", 90, 101),
    ("guarantee", 102, 113),
    ("shard", 120, 125),
    ("assurance", 126, 131),
    ("bundleShard", 140, 153),
    ("segment", 160, 178),
    ("preimage", 190, 199),
)
OTHER = "other"
CATEGORIES: tuple[str, ...] = (*(name for name, _, _ in _CATEGORIES), OTHER)
CONNECTION_EVENTS: Mapping[str, int] = {
    "refused": 20,
    "connecting_in": 21,
    "connect_in_failed": 22,
    "connected_in": 23,
    "connecting_out": 24,
    "connect_out_failed": 25,
    "connected_out": 26,
    "disconnected": 27,
    "misbehaved": 28,
}


def category_of(number: int) -> str:
    """The timeline's category of an event type."""
    return next((name for name, low, high in _CATEGORIES if low <= number <= high), OTHER)


def types_of(categories: Iterable[str]) -> list[int]:
    """The event types of some categories."""
    wanted = set(categories)
    return [number for number in EVENTS if category_of(number) in wanted]


def timeline(node: str, events: Sequence[Json], counts: Mapping[int, int]) -> Json:
    """The body of ``/api/nodes/{id}/timeline``.

    Args:
        events: newest first.
        counts: events of the window by type, whatever their category.
    """
    categories: Counter[str] = Counter()
    for number, count in counts.items():
        categories[category_of(number)] += count
    listed = sorted(categories.items(), key=lambda item: (-item[1], item[0]))
    return {
        "node_id": node,
        "events": [
            {
                "id": event["id"],
                "event_id": event["event_id"],
                "session": event["session"],
                "event_type": event["event_type"],
                "timestamp": event["timestamp"],
                "created_at": event["received_at"],
                "category": category_of(event["event_type"]),
                "data": event["data"],
            }
            for event in events
        ],
        "event_count": len(events),
        "category_counts": [{"category": name, "count": count} for name, count in listed if count],
        "time_range": {
            "start": events[-1]["received_at"] if events else None,
            "end": events[0]["received_at"] if events else None,
        },
    }


def peers(status: Json | None, statuses: Iterable[Json], opened: int, counts: Counts) -> Json:
    """The body of ``/api/nodes/{id}/peers``.

    Args:
        status: the node's last, as ``status`` has it; ``None`` if it sent none.
        statuses: its newest Status events, newest first.
        opened: peers with which a stream of block announcements was opened.
        counts: its events by type.
    """
    said = status or {}
    total, validators = said.get("num_peers"), said.get("num_val_peers")
    return {
        "validator_peers": validators,
        "non_validator_peers": _others(total, validators),
        "total_peers": total,
        "sync_peers": said.get("num_sync_peers"),
        "block_announcement_peers": opened,
        "last_update": rfc3339(said["seen_at"]) if status else None,
        "connections": {name: counts.get(number, 0) for name, number in CONNECTION_EVENTS.items()},
        "history": [_sample(event) for event in statuses],
    }


def _others(total: int | None, validators: int | None) -> int | None:
    return None if total is None or validators is None else max(0, total - validators)


def _sample(event: Json) -> Json:
    inner: Any = next(iter(event["data"].values()))
    return {
        "timestamp": event["timestamp"],
        "total_peers": inner["num_peers"],
        "validator_peers": inner["num_val_peers"],
        "sync_peers": inner["num_sync_peers"],
    }


Counts = Mapping[int, int]


def status_enhanced(
    status: Mapping[str, Any], cores: Iterable[Json], counts: Counts, tickets: Iterable[Json]
) -> Json:
    """The body of ``/api/nodes/{id}/status/enhanced``.

    Args:
        status: the body of ``/api/nodes/{id}/status``.
        cores: core, type, count, last_at of the node's ``core_events``.
        counts: its events by type.
        tickets: its rows of ``tickets``.
    """
    rest = {name: value for name, value in status.items() if name != "node"}
    rows = list(cores)
    received = [row for row in rows if row["type"] == RECEIVED]
    guaranteed = [row for row in rows if row["type"] == GUARANTEED]
    active = [row["core"] for row in _by_count(received)]
    made = list(tickets)
    return {
        **status["node"],
        **rest,
        "assigned_core": next(iter(active), None),
        "cores_active": active,
        "guarantee_activity": _guarantees(guaranteed, counts),
        "ticket_activity": _tickets(made, counts),
    }


def _by_count(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (-row["count"], row["core"]))


def _guarantees(rows: list[Json], counts: Counts) -> Json | None:
    built, signed = counts.get(GUARANTEED, 0), counts.get(SIGNED, 0)
    if not built and not signed:
        return None
    return {
        "guarantees_built": built,
        "guarantees_signed": signed,
        "primary_core": next((row["core"] for row in _by_count(rows)), None),
        "last_guarantee_at": rfc3339(max(row["last_at"] for row in rows)) if rows else None,
    }


def _tickets(rows: list[Json], counts: Counts) -> Json | None:
    if not rows and not counts.get(GENERATING):
        return None
    ends = [row["ended_at"] for row in rows if row["tickets"]]
    return {
        "tickets_generated": sum(row["tickets"] for row in rows),
        # Nothing tells which tickets seal a block.
        "tickets_sealed": None,
        "last_ticket_at": rfc3339(max(ends)) if ends else None,
        "generations": counts.get(GENERATING, 0),
        "generations_failed": counts.get(GENERATION_FAILED, 0),
    }


def validators_cores(guarantees: Iterable[Json], tickets: Iterable[Json]) -> Json:
    """The body of ``/api/validators/cores``.

    Args:
        guarantees: node, core, count, last_at of guarantees built.
        tickets: rows of ``tickets`` of all nodes.
    """
    rows = sorted(guarantees, key=lambda row: (-row["count"], row["node"], row["core"]))
    of_node: defaultdict[str, list[Json]] = defaultdict(list)
    of_core: defaultdict[int, list[Json]] = defaultdict(list)
    for row in rows:
        of_node[row["node"]].append(row)
        of_core[row["core"]].append(row)
    mapping = [
        {
            "node_id": node,
            "primary_core": _by_count(each)[0]["core"],
            "guarantee_count": sum(row["count"] for row in each),
        }
        for node, each in of_node.items()
    ]
    return {
        "node_core_mapping": sorted(
            mapping, key=lambda each: (-each["guarantee_count"], each["node_id"])
        ),
        "guarantee_activity": [
            {
                "node_id": row["node"],
                "core_index": row["core"],
                "last_guarantee": rfc3339(row["last_at"]),
                "guarantee_count": row["count"],
            }
            for row in rows
        ],
        "ticket_activity": _ticket_activity(tickets),
        "core_summary": [
            {
                "core_index": core,
                "active_validators": len(each),
                "total_guarantees": sum(row["count"] for row in each),
                "last_activity": rfc3339(max(row["last_at"] for row in each)),
            }
            for core, each in sorted(of_core.items())
        ],
    }


def _ticket_activity(rows: Iterable[Json]) -> list[Json]:
    """By node and epoch, the newest first."""
    found: defaultdict[tuple[str, int], Json] = defaultdict(
        lambda: {"ticket_count": 0, "generations": 0, "failures": 0, "last": 0}
    )
    for row in rows:
        entry = found[row["node"], row["epoch"]]
        entry["ticket_count"] += row["tickets"]
        entry["generations"] += 1
        entry["failures"] += row["outcome"] == "failed"
        entry["last"] = max(entry["last"], row["started_at"])
    newest = sorted(found.items(), key=lambda item: (-item[1]["last"], item[0]))
    return [
        {
            "node_id": node,
            # Text, as the peer has it.
            "epoch": str(epoch),
            "ticket_count": entry["ticket_count"],
            "last_generated": rfc3339(entry["last"]),
            "generations": entry["generations"],
            "failures": entry["failures"],
        }
        for (node, epoch), entry in newest
    ]
