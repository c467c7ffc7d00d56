"""One slot: who authored, announced and transferred which blocks in it.

Pure. An event is of a slot if it names it, or refers to one that does: what became of an
authoring or an import belongs to the slot it began for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339

AUTHORING, AUTHORING_FAILED, AUTHORED, ANNOUNCED, TRANSFERRED = 40, 41, 42, 62, 68
SLOT_KINDS = (11, 12, *range(AUTHORING, 48), ANNOUNCED, TRANSFERRED)
# Best and finalized blocks, those authored, imported, announced and transferred.
BLOCK_KINDS = (11, 12, AUTHORED, 43, ANNOUNCED, TRANSFERRED)


def slot(number: int, answers: Iterable[Mapping[str, Any]]) -> Json:
    """The body of ``/api/slots/{slot}`` without its events.

    Args:
        answers: the shards', as ``query.core.catalog`` has them.
    """
    counts: Counter[int] = Counter()
    nodes: set[str] = set()
    hashes: defaultdict[int, set[str]] = defaultdict(set)
    times: list[int] = []
    for answer in answers:
        for kind, node, count in answer["events"]:
            counts[kind] += count
            nodes.add(node)
        for kind, block in answer["hashes"]:
            hashes[kind].add(block)
        times += [each for each in (answer["first_at"], answer["last_at"]) if each is not None]
    return {
        "slot": number,
        "blocks_authored": len(hashes[AUTHORED]),
        "blocks_announced": len(hashes[ANNOUNCED]),
        "blocks_transferred": len(hashes[TRANSFERRED]),
        "blocks": sorted(set().union(*hashes.values())),
        "announcements": counts[ANNOUNCED],
        "transfers": counts[TRANSFERRED],
        "total_events": counts.total(),
        "authoring_attempts": counts[AUTHORING],
        "authoring_failures": counts[AUTHORING_FAILED],
        "nodes_involved": len(nodes),
        "first_event": rfc3339(min(times)) if times else None,
        "last_event": rfc3339(max(times)) if times else None,
    }


def by_node(events: Sequence[Json]) -> list[Json]:
    """Events by node, each node's in the order of its clock."""
    found: defaultdict[str, list[Json]] = defaultdict(list)
    for event in events:
        found[event["node_id"]].append(event)
    names = ("id", "event_id", "session", "event_type", "timestamp", "received_at", "data")
    return [
        {
            "node_id": node,
            "events": [
                {name: event[name] for name in names}
                for event in sorted(
                    some, key=lambda event: (event["timestamp"] or "~", event["id"])
                )
            ],
        }
        for node, some in sorted(found.items())
    ]
