"""The nodes that send the most events, of all types or of some. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tart.protocol.events import EVENTS
from tart.query.answers import metrics as answers
from tart.query.core.merge import Json
from tart.query.topics.time_series import per_second


def top_nodes(
    rows: Iterable[Json],
    nodes: Iterable[Json],
    types: Sequence[int] | None,
    limit: int,
    seconds: float,
) -> answers.TopNodes:
    """Return the answer of ``/api/nodes/top``.

    Args:
        rows: Node and count.
        nodes: All known nodes, for their names.
        types: The requested event types; ``None`` for all.
        limit: Maximum number of nodes.
        seconds: Length of the window.
    """
    known = {node["node_id"]: node for node in nodes}
    ordered = sorted(rows, key=lambda row: (-row["count"], row["node"]))
    total = sum(row["count"] for row in ordered)
    return {
        "event_types": None if types is None else [_event_type(number) for number in types],
        "total_events": total,
        "total_nodes": len(ordered),
        "nodes": [
            {
                "node_id": row["node"],
                "implementation_name": known.get(row["node"], {}).get("implementation_name"),
                "implementation_version": known.get(row["node"], {}).get("implementation_version"),
                "events": row["count"],
                "share": round(row["count"] / total, 4),
                "events_per_second": per_second(row["count"], seconds),
            }
            for row in ordered[:limit]
        ],
    }


def _event_type(number: int) -> answers.NamedEventType:
    name = EVENTS[number].variant if number in EVENTS else None
    return {"event_type": number, "event_name": name}
