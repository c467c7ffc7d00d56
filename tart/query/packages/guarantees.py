"""Figures of guarantees: what became of them, and how well guarantors do.

Pure. Attempts and failures are of the same pipeline, so that one who never failed has 1.0;
of no attempt there is no rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.query.answers import guarantees as answers
from tart.query.core.rfc3339 import rfc3339_of_jce
from tart.query.packages.packages import share

Json = dict[str, Any]

BUILT, SENDING, SEND_FAILED, SENT, DISTRIBUTED = 105, 106, 107, 108, 109
RECEIVING, RECEIVE_FAILED, RECEIVED, DISCARDED = 110, 111, 112, 113
TOTALS: Mapping[str, int] = {
    "built": BUILT,
    "sending": SENDING,
    "send_failed": SEND_FAILED,
    "sent": SENT,
    "distributed": DISTRIBUTED,
    "receiving": RECEIVING,
    "receive_failed": RECEIVE_FAILED,
    "received": RECEIVED,
    "discarded": DISCARDED,
}
TYPES = tuple(TOTALS.values())
OF_GUARANTORS = (BUILT, SENT, SEND_FAILED)
# What the list of the newest ones shows.
RECENT = (BUILT, RECEIVED, DISCARDED)
_PERFORMERS = 5


def guarantees(counts: Sequence[Json], recent: Iterable[Json]) -> answers.Guarantees:
    """The body of ``/api/guarantees``.

    Args:
        counts: rows of ``node``, ``type``, ``count``.
        recent: events, newest first.
    """
    by_type = by_types(counts)
    built = {node: each[BUILT] for node, each in _by_node(counts).items() if BUILT in each}
    return {
        "totals": {
            "built": by_type.get(BUILT, 0),
            "sending": by_type.get(SENDING, 0),
            "send_failed": by_type.get(SEND_FAILED, 0),
            "sent": by_type.get(SENT, 0),
            "distributed": by_type.get(DISTRIBUTED, 0),
            "receiving": by_type.get(RECEIVING, 0),
            "receive_failed": by_type.get(RECEIVE_FAILED, 0),
            "received": by_type.get(RECEIVED, 0),
            "discarded": by_type.get(DISCARDED, 0),
        },
        "success_rates": {
            "send_success_rate": _percent(by_type, SENT, SEND_FAILED),
            "receive_success_rate": _percent(by_type, RECEIVED, RECEIVE_FAILED),
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


def by_types(counts: Iterable[Json]) -> dict[int, int]:
    """Rows of ``type`` and ``count``, added up by type."""
    found: dict[int, int] = {}
    for row in counts:
        found[row["type"]] = found.get(row["type"], 0) + row["count"]
    return found


def _percent(counts: Mapping[int, int], done: int, failed: int) -> str | None:
    """As text with two digits, as the peer has it; ``None`` of nothing."""
    succeeded, lost = counts.get(done, 0), counts.get(failed, 0)
    if not succeeded + lost:
        return None
    return f"{100 * succeeded / (succeeded + lost):.2f}%"


def guarantors(
    rows: Sequence[Json], counts: Iterable[Json], lately: Iterable[Json]
) -> answers.Guarantors:
    """The body of ``/api/guarantees/by-guarantor``, without its time.

    Args:
        rows: ``tallied`` by node.
        counts: rows of ``node``, ``type``, ``count`` of the window.
        lately: the same of the last hour.
    """
    by_node = _by_node(counts)
    last_hour = _by_node(lately)
    tallies = {row["node"]: row for row in rows}
    found = [
        _guarantor(node, tallies.get(node), of_type, last_hour.get(node, {}))
        for node, of_type in by_node.items()
        if of_type.get(BUILT)
    ]
    found.sort(key=lambda each: (-each["total_guarantees"], str(each["node_id"])))
    ids = [each["node_id"] for each in found]
    return {
        "guarantors": found,
        "total_guarantors": len(found),
        "top_performers": ids[:_PERFORMERS],
        "bottom_performers": ids[-_PERFORMERS:],
    }


def _by_node(counts: Iterable[Json]) -> dict[str, dict[int, int]]:
    found: dict[str, list[Json]] = {}
    for row in counts:
        found.setdefault(row["node"], []).append(row)
    return {node: by_types(rows) for node, rows in found.items()}


def _guarantor(
    node: str, tally: Json | None, counts: Mapping[int, int], lately: Mapping[int, int]
) -> answers.Guarantor:
    tally = tally or {}
    cores = tally.get("cores") or {}
    active = sorted(cores, key=lambda core: (-cores[core], core))
    last = tally.get("last_guaranteed")
    sent, lost = counts.get(SENT, 0), counts.get(SEND_FAILED, 0)
    return {
        "node_id": node,
        "total_guarantees": counts[BUILT],
        "guarantees_last_hour": lately.get(BUILT, 0),
        "success_rate": share(tally.get("sent_around", 0), tally.get("guaranteed_over", 0)),
        "send_success_rate": share(sent, sent + lost),
        "sent": sent,
        "send_failed": lost,
        "packages_guaranteed": tally.get("guaranteed", 0),
        "packages_distributed": tally.get("sent_around", 0),
        "packages_signed": tally.get("signed", 0),
        "cores_active": active,
        "primary_core": active[0] if active else None,
        "last_guarantee": None if last is None else rfc3339_of_jce(last),
    }
