"""Statistics of guarantees by outcome, and success rates of guarantors.

Pure. Attempts and failures belong to the same pipelines, so a guarantor that never failed has a
rate of 1.0. Without attempts there is no rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import guarantees as answers
from tart.query.core.rfc3339 import rfc3339_of_jce
from tart.query.packages.packages import share

Json = dict[str, Any]

TYPES = (
    EventKind.GUARANTEE_BUILT,
    EventKind.SENDING_GUARANTEE,
    EventKind.GUARANTEE_SEND_FAILED,
    EventKind.GUARANTEE_SENT,
    EventKind.GUARANTEES_DISTRIBUTED,
    EventKind.RECEIVING_GUARANTEE,
    EventKind.GUARANTEE_RECEIVE_FAILED,
    EventKind.GUARANTEE_RECEIVED,
    EventKind.GUARANTEE_DISCARDED,
)
GUARANTOR_TYPES = (
    EventKind.GUARANTEE_BUILT,
    EventKind.GUARANTEE_SENT,
    EventKind.GUARANTEE_SEND_FAILED,
)
# Types in the list of the newest events.
RECENT_TYPES = (
    EventKind.GUARANTEE_BUILT,
    EventKind.GUARANTEE_RECEIVED,
    EventKind.GUARANTEE_DISCARDED,
)
_PERFORMERS = 5


def guarantees(counts: Sequence[Json], recent: Iterable[Json]) -> answers.Guarantees:
    """Return the answer of ``/api/guarantees``.

    Args:
        counts: Rows of ``node``, ``type``, ``count``.
        recent: Events, newest first.
    """
    total = count_by_type(counts)
    built = {
        node: node_counts[EventKind.GUARANTEE_BUILT]
        for node, node_counts in _counts_by_node(counts).items()
        if EventKind.GUARANTEE_BUILT in node_counts
    }
    return {
        "totals": {
            "built": total.get(EventKind.GUARANTEE_BUILT, 0),
            "sending": total.get(EventKind.SENDING_GUARANTEE, 0),
            "send_failed": total.get(EventKind.GUARANTEE_SEND_FAILED, 0),
            "sent": total.get(EventKind.GUARANTEE_SENT, 0),
            "distributed": total.get(EventKind.GUARANTEES_DISTRIBUTED, 0),
            "receiving": total.get(EventKind.RECEIVING_GUARANTEE, 0),
            "receive_failed": total.get(EventKind.GUARANTEE_RECEIVE_FAILED, 0),
            "received": total.get(EventKind.GUARANTEE_RECEIVED, 0),
            "discarded": total.get(EventKind.GUARANTEE_DISCARDED, 0),
        },
        "success_rates": {
            "send_success_rate": _percent(
                total, EventKind.GUARANTEE_SENT, EventKind.GUARANTEE_SEND_FAILED
            ),
            "receive_success_rate": _percent(
                total, EventKind.GUARANTEE_RECEIVED, EventKind.GUARANTEE_RECEIVE_FAILED
            ),
        },
        "by_node": [
            {"node_id": node, "guarantees_built": count}
            for node, count in sorted(built.items(), key=lambda item: (-item[1], str(item[0])))
        ],
        "recent": [
            {
                "node_id": event["node_id"],
                "event_type": event["event_type"],
                "timestamp": event["timestamp"],
                "data": event["data"],
            }
            for event in recent
        ],
    }


def count_by_type(counts: Iterable[Json]) -> dict[int, int]:
    """Add up rows of ``type`` and ``count`` by type."""
    by_type: dict[int, int] = {}
    for row in counts:
        by_type[row["type"]] = by_type.get(row["type"], 0) + row["count"]
    return by_type


def _percent(counts: Mapping[int, int], done: int, failed: int) -> str | None:
    """Return a share as text with two decimals, as jamtart writes it; ``None`` of nothing."""
    succeeded, lost = counts.get(done, 0), counts.get(failed, 0)
    if not succeeded + lost:
        return None
    return f"{100 * succeeded / (succeeded + lost):.2f}%"


def guarantors(
    rows: Sequence[Json], counts: Iterable[Json], last_hour: Iterable[Json]
) -> answers.Guarantors:
    """Return the answer of ``/api/guarantees/by-guarantor``, without its time.

    Args:
        rows: Package counts by node.
        counts: Rows of ``node``, ``type``, ``count`` of the window.
        last_hour: The same of the window's last hour.
    """
    recent_counts = _counts_by_node(last_hour)
    package_counts = {row["node"]: row for row in rows}
    listed = [
        _guarantor(node, package_counts.get(node), node_counts, recent_counts.get(node, {}))
        for node, node_counts in _counts_by_node(counts).items()
        if node_counts.get(EventKind.GUARANTEE_BUILT)
    ]
    listed.sort(key=lambda each: (-each["total_guarantees"], str(each["node_id"])))
    ids = [each["node_id"] for each in listed]
    return {
        "guarantors": listed,
        "total_guarantors": len(listed),
        "top_performers": ids[:_PERFORMERS],
        "bottom_performers": ids[-_PERFORMERS:],
    }


def _counts_by_node(counts: Iterable[Json]) -> dict[str, dict[int, int]]:
    rows: dict[str, list[Json]] = {}
    for row in counts:
        rows.setdefault(row["node"], []).append(row)
    return {node: count_by_type(node_rows) for node, node_rows in rows.items()}


def _guarantor(
    node: str, packages: Json | None, counts: Mapping[int, int], last_hour: Mapping[int, int]
) -> answers.Guarantor:
    packages = packages or {}
    cores = packages.get("cores") or {}
    active = sorted(cores, key=lambda core: (-cores[core], core))
    last = packages.get("last_guaranteed")
    sent = counts.get(EventKind.GUARANTEE_SENT, 0)
    failed = counts.get(EventKind.GUARANTEE_SEND_FAILED, 0)
    return {
        "node_id": node,
        "total_guarantees": counts[EventKind.GUARANTEE_BUILT],
        "guarantees_last_hour": last_hour.get(EventKind.GUARANTEE_BUILT, 0),
        "success_rate": share(
            packages.get("distributions", 0), packages.get("guaranteed_ended", 0)
        ),
        "send_success_rate": share(sent, sent + failed),
        "sent": sent,
        "send_failed": failed,
        "packages_guaranteed": packages.get("guaranteed", 0),
        "packages_distributed": packages.get("distributions", 0),
        "packages_signed": packages.get("signed", 0),
        "cores_active": active,
        "primary_core": active[0] if active else None,
        "last_guarantee": None if last is None else rfc3339_of_jce(last),
    }
