"""Who sends the most events, of all types or of some. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tart.protocol.events import EVENTS
from tart.query.core.merge import Json
from tart.query.topics.time_series import rate


def top(
    rows: Iterable[Json],
    nodes: Iterable[Json],
    types: Sequence[int] | None,
    limit: int,
    seconds: float,
) -> Json:
    """The body of ``/api/nodes/top``.

    Args:
        rows: node and count.
        nodes: all there are, for their names.
        types: which were asked for; ``None``: all.
        seconds: length of the window.
    """
    known = {node["node_id"]: node for node in nodes}
    ordered = sorted(rows, key=lambda row: (-row["count"], row["node"]))
    total = sum(row["count"] for row in ordered)
    return {
        "event_types": types
        and [{"event_type": each, "event_name": _name(each)} for each in types],
        "total_events": total,
        "total_nodes": len(ordered),
        "nodes": [
            {
                "node_id": row["node"],
                "implementation_name": known.get(row["node"], {}).get("implementation_name"),
                "implementation_version": known.get(row["node"], {}).get("implementation_version"),
                "events": row["count"],
                "share": round(row["count"] / total, 4),
                "events_per_second": rate(row["count"], seconds),
            }
            for row in ordered[:limit]
        ],
    }


def _name(number: int) -> str | None:
    return EVENTS[number].variant if number in EVENTS else None
