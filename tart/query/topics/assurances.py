"""How far assurances get: of each anchor, who distributes and who has received them.

Pure. Times are tenths of a second as we received the events (``aggregate.core.tables``), so what
lies within some slots of the first is exact to that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.query.core.chain_stats import commonest
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339
from tart.units import SECOND_US

WITHIN_SLOTS = 5
_EVENTS = {
    "distributing": 126,
    "send_failed": 127,
    "sent": 128,
    "distributed": 129,
    "received": 131,
}
RECEIVED = 131


def slot_seconds(nodes: Iterable[Json]) -> int | None:
    """The length of a slot on which most nodes agree, connected or not."""
    parameters = ((node["node_info"] or {}).get("params") or {} for node in nodes)
    found: int | None = commonest(each.get("slot_period_sec") for each in parameters)
    return found


def assurances(
    rows: Iterable[Json], slots: Mapping[str, int | None], seconds: int | None, limit: int
) -> Json:
    """The body of ``/api/analytics/assurances``, without window.

    Args:
        rows: anchor, seen_at (µs), type, count.
        slots: of blocks, by hash.
        seconds: length of a slot, if it is known.
    """
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    times: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        counts[row["anchor"]][row["type"]] += row["count"]
        times[row["anchor"]].append((row["seen_at"], row["type"], row["count"]))
    newest = sorted(times, key=lambda anchor: (min(times[anchor])[0], anchor), reverse=True)
    shown = []
    for anchor in newest[:limit]:
        first, last = min(times[anchor])[0], max(times[anchor])[0]
        numbers = counts[anchor]
        soon = None
        if seconds is not None:
            end = first + WITHIN_SLOTS * seconds * SECOND_US
            soon = sum(count for at, kind, count in times[anchor] if kind == RECEIVED and at < end)
        received, made = numbers[RECEIVED], numbers[126]
        shown.append(
            {
                "anchor": anchor,
                "slot": slots.get(anchor),
                "first_at": rfc3339(first),
                "last_at": rfc3339(last),
                **{name: numbers[number] for name, number in _EVENTS.items()},
                "received_within_5_slots": soon,
                "share_within_5_slots": (
                    round(soon / received, 4) if received and soon is not None else None
                ),
                "receivers_per_assurance": round(received / made, 3) if made else None,
            }
        )
    return {
        "anchors": shown,
        "total_anchors": len(times),
        "totals": {
            name: sum(each[number] for each in counts.values()) for name, number in _EVENTS.items()
        },
    }
