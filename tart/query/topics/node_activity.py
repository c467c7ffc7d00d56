"""Activity of single nodes: cores and tickets, peers, and a timeline of their events.

Pure: rows of the aggregates and events in, answers out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import node_activity as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

# Categories of jamtart, which groups events otherwise than JIP-3: the first and last of each.
_CATEGORIES: tuple[tuple[str, EventKind, EventKind], ...] = (
    ("status", EventKind.STATUS, EventKind.SYNC_STATUS_CHANGED),
    ("connection", EventKind.CONNECTION_REFUSED, EventKind.PEER_MISBEHAVED),
    ("blockAuthoring", EventKind.AUTHORING, EventKind.BLOCK_EXECUTED),
    (
        "blockAnnouncement",
        EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED,
        EventKind.BLOCK_TRANSFERRED,
    ),
    ("tickets", EventKind.GENERATING_TICKETS, EventKind.TICKET_TRANSFERRED),
    ("workPackage", EventKind.WORK_PACKAGE_SUBMISSION, EventKind.REFINED),
    ("guarantee", EventKind.WORK_REPORT_BUILT, EventKind.GUARANTEE_DISCARDED),
    ("shard", EventKind.SENDING_SHARD_REQUEST, EventKind.SHARDS_TRANSFERRED),
    ("assurance", EventKind.DISTRIBUTING_ASSURANCE, EventKind.ASSURANCE_RECEIVED),
    ("bundleShard", EventKind.SENDING_BUNDLE_SHARD_REQUEST, EventKind.BUNDLE_TRANSFERRED),
    ("segment", EventKind.WORK_PACKAGE_HASH_MAPPED, EventKind.SEGMENTS_TRANSFERRED),
    ("preimage", EventKind.PREIMAGE_ANNOUNCEMENT_FAILED, EventKind.PREIMAGE_DISCARDED),
)
OTHER = "other"
CATEGORIES: tuple[str, ...] = (*(name for name, _, _ in _CATEGORIES), OTHER)
# Members of ``connections`` in the answers.
CONNECTION_KINDS: Mapping[str, EventKind] = {
    "refused": EventKind.CONNECTION_REFUSED,
    "connecting_in": EventKind.CONNECTING_IN,
    "connect_in_failed": EventKind.CONNECT_IN_FAILED,
    "connected_in": EventKind.CONNECTED_IN,
    "connecting_out": EventKind.CONNECTING_OUT,
    "connect_out_failed": EventKind.CONNECT_OUT_FAILED,
    "connected_out": EventKind.CONNECTED_OUT,
    "disconnected": EventKind.DISCONNECTED,
    "misbehaved": EventKind.PEER_MISBEHAVED,
}


def category_of(number: int) -> str:
    """Return the category of an event type."""
    return next((name for name, first, last in _CATEGORIES if first <= number <= last), OTHER)


def types_of(categories: Iterable[str]) -> list[EventKind]:
    """Return the event types of some categories."""
    wanted = set(categories)
    return [kind for kind in EventKind if category_of(kind) in wanted]


def timeline(
    node: str, events: Sequence[Json], counts: Mapping[int, int], next_cursor: str | None
) -> answers.NodeTimeline:
    """Return the answer of ``/api/nodes/{id}/timeline``.

    Args:
        node: Id of the node.
        events: A page of its events, newest first.
        counts: Number of events in the window by type, over all categories.
        next_cursor: Position of the next page; ``None`` after the last.
    """
    categories: Counter[str] = Counter()
    for number, count in counts.items():
        categories[category_of(number)] += count
    ordered = sorted(categories.items(), key=lambda item: (-item[1], item[0]))
    answer: answers.NodeTimeline = {
        "node_id": node,
        "events": [_timeline_event(event) for event in events],
        "event_count": len(events),
        "category_counts": [{"category": name, "count": count} for name, count in ordered if count],
        "time_range": {
            "start": events[-1]["received_at"] if events else None,
            "end": events[0]["received_at"] if events else None,
        },
        "has_more": next_cursor is not None,
    }
    if next_cursor is not None:
        answer["next_cursor"] = next_cursor
    return answer


def _timeline_event(event: Json) -> answers.TimelineEvent:
    return {
        "id": event["id"],
        "event_id": event["event_id"],
        "session": event["session"],
        "event_type": event["event_type"],
        "timestamp": event["timestamp"],
        "created_at": event["received_at"],
        "category": category_of(event["event_type"]),
        "data": event["data"],
    }


def peers(
    status: Json | None, statuses: Iterable[Json], streams: int, counts: Mapping[int, int]
) -> answers.NodePeers:
    """Return the answer of ``/api/nodes/{id}/peers``.

    Args:
        status: The node's newest row of ``status``; ``None`` if it sent no Status.
        statuses: Its newest Status events, newest first.
        streams: Number of peers with which it opened a block announcement stream.
        counts: Number of its events by type.
    """
    newest = status or {}
    total, validators = newest.get("num_peers"), newest.get("num_val_peers")
    return {
        "validator_peers": validators,
        "non_validator_peers": (
            None if total is None or validators is None else max(0, total - validators)
        ),
        "total_peers": total,
        "sync_peers": newest.get("num_sync_peers"),
        "block_announcement_peers": streams,
        "last_update": server_time(newest["seen_at"]) if newest else None,
        "connections": {name: counts.get(kind, 0) for name, kind in CONNECTION_KINDS.items()},
        "history": [_peer_sample(event) for event in statuses],
    }


def _peer_sample(event: Json) -> answers.PeerSample:
    fields: Any = next(iter(event["data"].values()))
    return {
        "timestamp": event["timestamp"],
        "total_peers": fields["num_peers"],
        "validator_peers": fields["num_val_peers"],
        "sync_peers": fields["num_sync_peers"],
    }


def node_cores(
    cores: Iterable[Json], counts: Mapping[int, int], tickets: Iterable[Json]
) -> answers.NodeCores:
    """Return cores, guarantees and tickets of a node.

    Args:
        cores: Core, type, count, last_at (µs) of the node's ``core_events``.
        counts: Number of its events by type.
        tickets: Its rows of ``tickets``.
    """
    rows = list(cores)
    received = [row for row in rows if row["type"] == EventKind.WORK_PACKAGE_RECEIVED]
    built = [row for row in rows if row["type"] == EventKind.GUARANTEE_BUILT]
    active = [row["core"] for row in _most_frequent_first(received)]
    return {
        "assigned_core": active[0] if active else None,
        "cores_active": active,
        "guarantee_activity": _guarantees(built, counts),
        "ticket_activity": _tickets(list(tickets), counts),
    }


def _most_frequent_first(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (-row["count"], row["core"]))


def _guarantees(rows: list[Json], counts: Mapping[int, int]) -> answers.GuaranteeActivity | None:
    built = counts.get(EventKind.GUARANTEE_BUILT, 0)
    signed = counts.get(EventKind.WORK_REPORT_SIGNATURE_SENT, 0)
    if not built and not signed:
        return None
    return {
        "guarantees_built": built,
        "guarantees_signed": signed,
        "primary_core": _most_frequent_first(rows)[0]["core"] if rows else None,
        "last_guarantee_at": server_time(max(row["last_at"] for row in rows)) if rows else None,
    }


def _tickets(rows: list[Json], counts: Mapping[int, int]) -> answers.TicketActivity | None:
    if not rows and not counts.get(EventKind.GENERATING_TICKETS):
        return None
    ends = [row["ended_at"] for row in rows if row["tickets"]]
    return {
        "tickets_generated": sum(row["tickets"] for row in rows),
        # No event tells which tickets seal a block.
        "tickets_sealed": None,
        "last_ticket_at": server_time(max(ends)) if ends else None,
        "generations": counts.get(EventKind.GENERATING_TICKETS, 0),
        "generations_failed": counts.get(EventKind.TICKET_GENERATION_FAILED, 0),
    }


def validators_cores(
    guarantees: Iterable[Json], tickets: Iterable[Json]
) -> answers.ValidatorsCores:
    """Return the answer of ``/api/validators/cores``.

    Args:
        guarantees: Node, core, count, last_at (µs) of guarantees built.
        tickets: Rows of ``tickets`` of all nodes.
    """
    rows = sorted(guarantees, key=lambda row: (-row["count"], row["node"], row["core"]))
    rows_by_node: defaultdict[str, list[Json]] = defaultdict(list)
    rows_by_core: defaultdict[int, list[Json]] = defaultdict(list)
    for row in rows:
        rows_by_node[row["node"]].append(row)
        rows_by_core[row["core"]].append(row)
    primary: list[answers.PrimaryCore] = [
        {
            "node_id": node,
            "primary_core": _most_frequent_first(of_node)[0]["core"],
            "guarantee_count": sum(row["count"] for row in of_node),
        }
        for node, of_node in rows_by_node.items()
    ]
    return {
        "node_core_mapping": sorted(
            primary, key=lambda row: (-row["guarantee_count"], row["node_id"])
        ),
        "guarantee_activity": [
            {
                "node_id": row["node"],
                "core_index": row["core"],
                "last_guarantee": server_time(row["last_at"]),
                "guarantee_count": row["count"],
            }
            for row in rows
        ],
        "ticket_activity": _epoch_tickets(tickets),
        "core_summary": [
            {
                "core_index": core,
                "active_validators": len(of_core),
                "total_guarantees": sum(row["count"] for row in of_core),
                "last_activity": server_time(max(row["last_at"] for row in of_core)),
            }
            for core, of_core in sorted(rows_by_core.items())
        ],
    }


@dataclass
class _Generations:
    """Generations of tickets of one node for one epoch."""

    count: int = 0
    failures: int = 0
    tickets: int = 0
    last_at: int = 0


def _epoch_tickets(rows: Iterable[Json]) -> list[answers.EpochTickets]:
    """Return tickets by node and epoch, the newest first."""
    generations: defaultdict[tuple[str, int], _Generations] = defaultdict(_Generations)
    for row in rows:
        entry = generations[row["node"], row["epoch"]]
        entry.count += 1
        entry.failures += row["outcome"] == "failed"
        entry.tickets += row["tickets"]
        entry.last_at = max(entry.last_at, row["started_at"])
    newest = sorted(generations.items(), key=lambda item: (-item[1].last_at, item[0]))
    return [
        {
            "node_id": node,
            "epoch": str(epoch),
            "ticket_count": entry.tickets,
            "last_generated": server_time(entry.last_at),
            "generations": entry.count,
            "failures": entry.failures,
        }
        for (node, epoch), entry in newest
    ]
