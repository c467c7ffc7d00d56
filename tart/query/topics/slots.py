"""Events of one slot: authored, announced and transferred blocks.

Pure. An event belongs to a slot if it names the slot, or refers to an event that does: the
outcome of an authoring or an import belongs to the slot for which it began.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import blocks as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

# Kinds that name a header hash.
BLOCK_KINDS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
)
# Kinds that belong to a slot.
SLOT_KINDS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.AUTHORING,
    EventKind.AUTHORING_FAILED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
    EventKind.BLOCK_VERIFICATION_FAILED,
    EventKind.BLOCK_VERIFIED,
    EventKind.BLOCK_EXECUTION_FAILED,
    EventKind.BLOCK_EXECUTED,
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
)


def slot_activity(slot: int, partials: Iterable[Mapping[str, Any]]) -> answers.Slot:
    """Return the answer of ``/api/slots/{slot}`` without its events.

    Args:
        slot: The number of the slot.
        partials: The shards' answers to the query ``slot`` (``query.shard_queries.events``).
    """
    counts: Counter[int] = Counter()
    nodes: set[str] = set()
    hashes: defaultdict[int, set[str]] = defaultdict(set)
    times: list[int] = []
    for partial in partials:
        for kind, node, count in partial["events"]:
            counts[kind] += count
            nodes.add(node)
        for kind, block in partial["hashes"]:
            hashes[kind].add(block)
        times += [
            time_us for time_us in (partial["first_at"], partial["last_at"]) if time_us is not None
        ]
    return {
        "slot": slot,
        "blocks_authored": len(hashes[EventKind.AUTHORED]),
        "blocks_announced": len(hashes[EventKind.BLOCK_ANNOUNCED]),
        "blocks_transferred": len(hashes[EventKind.BLOCK_TRANSFERRED]),
        "blocks": sorted(set().union(*hashes.values())),
        "announcements": counts[EventKind.BLOCK_ANNOUNCED],
        "transfers": counts[EventKind.BLOCK_TRANSFERRED],
        "total_events": counts.total(),
        "authoring_attempts": counts[EventKind.AUTHORING],
        "authoring_failures": counts[EventKind.AUTHORING_FAILED],
        "nodes_involved": len(nodes),
        "first_event": server_time(min(times)) if times else None,
        "last_event": server_time(max(times)) if times else None,
    }


def events_by_node(events: Sequence[Json]) -> list[answers.NodeSlotEvents]:
    """Return events by node, each node's in the order of its clock."""
    rows: defaultdict[str, list[Json]] = defaultdict(list)
    for event in events:
        rows[event["node_id"]].append(event)
    return [
        {
            "node_id": node,
            "events": [_slot_event(event) for event in sorted(rows[node], key=_node_time)],
        }
        for node in sorted(rows)
    ]


def _node_time(event: Json) -> tuple[str, int]:
    # A timestamp beyond the year 9999 has no text; it comes last.
    return event["timestamp"] or "~", event["id"]


def _slot_event(event: Json) -> answers.SlotEvent:
    return {
        "id": event["id"],
        "event_id": event["event_id"],
        "session": event["session"],
        "event_type": event["event_type"],
        "timestamp": event["timestamp"],
        "received_at": event["received_at"],
        "data": event["data"],
    }
