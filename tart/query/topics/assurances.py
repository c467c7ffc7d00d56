"""Assurances by anchor: their distribution and receipt.

Pure. Times are tenths of a second of the server's clock on receipt (``aggregate.core.tables``), so
the number received within some slots of the first event is exact to that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.protocol.events import EventKind
from tart.query.answers import analytics as answers
from tart.query.core.chain_stats import most_common
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.units import SECOND_US

WITHIN_SLOTS = 5
# Members of ``totals``.
_KINDS: Mapping[str, EventKind] = {
    "distributing": EventKind.DISTRIBUTING_ASSURANCE,
    "send_failed": EventKind.ASSURANCE_SEND_FAILED,
    "sent": EventKind.ASSURANCE_SENT,
    "distributed": EventKind.ASSURANCE_DISTRIBUTED,
    "received": EventKind.ASSURANCE_RECEIVED,
}


def slot_seconds(nodes: Iterable[Json]) -> int | None:
    """Return the slot length that most nodes report, connected or not."""
    parameters = ((node["node_info"] or {}).get("params") or {} for node in nodes)
    seconds: int | None = most_common(values.get("slot_period_sec") for values in parameters)
    return seconds


def assurances(
    rows: Iterable[Json], slots: Mapping[str, int | None], seconds: int | None, limit: int
) -> answers.Assurances:
    """Return the answer of ``/api/analytics/assurances``.

    Args:
        rows: Anchor, seen_at (µs), type, count.
        slots: Slots of blocks by header hash.
        seconds: Length of a slot; ``None`` if it is not known.
        limit: Maximum number of anchors.
    """
    rows_by_anchor: defaultdict[str, list[Json]] = defaultdict(list)
    for row in rows:
        rows_by_anchor[row["anchor"]].append(row)
    first_at = {
        anchor: min(row["seen_at"] for row in group) for anchor, group in rows_by_anchor.items()
    }
    newest = sorted(first_at, key=lambda anchor: (first_at[anchor], anchor), reverse=True)
    total = _counts(row for group in rows_by_anchor.values() for row in group)
    return {
        "anchors": [
            _anchor(anchor, rows_by_anchor[anchor], slots.get(anchor), seconds)
            for anchor in newest[:limit]
        ],
        "total_anchors": len(rows_by_anchor),
        "totals": {name: total[kind] for name, kind in _KINDS.items()},
    }


def _counts(rows: Iterable[Json]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for row in rows:
        counts[row["type"]] += row["count"]
    return counts


def _anchor(
    anchor: str, rows: list[Json], slot: int | None, seconds: int | None
) -> answers.AnchorAssurances:
    counts = _counts(rows)
    first_at = min(row["seen_at"] for row in rows)
    received, made = counts[_KINDS["received"]], counts[_KINDS["distributing"]]
    in_time = None
    if seconds is not None:
        end = first_at + WITHIN_SLOTS * seconds * SECOND_US
        in_time = sum(
            row["count"]
            for row in rows
            if row["type"] == EventKind.ASSURANCE_RECEIVED and row["seen_at"] < end
        )
    return {
        "anchor": anchor,
        "slot": slot,
        "first_at": server_time(first_at),
        "last_at": server_time(max(row["seen_at"] for row in rows)),
        "distributing": made,
        "send_failed": counts[_KINDS["send_failed"]],
        "sent": counts[_KINDS["sent"]],
        "distributed": counts[_KINDS["distributed"]],
        "received": received,
        "received_within_5_slots": in_time,
        "share_within_5_slots": (
            round(in_time / received, 4) if received and in_time is not None else None
        ),
        "receivers_per_assurance": round(received / made, 3) if made else None,
    }
