"""Events by time, node, type and reason under conditions. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from tart.protocol.events import EVENTS
from tart.query.answers import event_histogram as answers
from tart.query.core.merge import Json
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

# Lengths of buckets; longer ones are whole days.
_STEPS = (
    *(seconds * SECOND_US for seconds in (1, 2, 5, 10, 20, 30)),
    *(minutes * MINUTE_US for minutes in (1, 2, 5, 10, 20, 30)),
    *(hours * HOUR_US for hours in (1, 2, 3, 6, 12, 24)),
)

Source = Literal["aggregates", "event log"]


def bucket_length(window_us: int, buckets: int, shortest_us: int) -> int:
    """Return the shortest length that cuts a window into at most this number of buckets.

    Args:
        window_us: Length of the window.
        buckets: Limit of buckets; the window may begin within one more.
        shortest_us: The shortest length that counts are stored for.
    """
    wanted = max(shortest_us, -(-window_us // max(1, buckets)))
    fitting = next((step for step in _STEPS if step >= wanted), None)
    return fitting or -(-wanted // DAY_US) * DAY_US


def event_histogram(
    buckets: Buckets,
    counts: Iterable[tuple[int, int, int]],
    nodes: Iterable[tuple[str | None, int]],
    reasons: Iterable[Json] | None,
    known: Iterable[Json],
    *,
    failures: Collection[int],
    source: Source,
    top: int,
) -> answers.EventHistogramAnswer:
    """Return the answer of ``/api/events/histogram``.

    Args:
        buckets: The buckets of the window.
        counts: Start of bucket, event type and count.
        nodes: Node id and count.
        reasons: Type, reason and count; ``None`` if they are not known.
        known: All known nodes, for their names.
        failures: The event types that only report failures.
        source: The source of the counts.
        top: Limit of the lists.
    """
    by_bucket: dict[int, Counter[int]] = defaultdict(Counter)
    types: Counter[int] = Counter()
    for start, number, count in counts:
        by_bucket[start][number] += count
        types[number] += count
    senders = sorted(
        ((node, count) for node, count in nodes if node), key=lambda row: (-row[1], row[0])
    )
    names = {node["node_id"]: node for node in known}
    return {
        "source": source,
        "bucket_seconds": buckets.step_us // SECOND_US,
        "total": types.total(),
        "buckets": [
            _bucket(buckets, start, by_bucket.get(start, {}), failures) for start in buckets.starts
        ],
        "nodes": len(senders),
        "top_nodes": [_sender(node, count, names.get(node, {})) for node, count in senders[:top]],
        "types": len(types),
        "top_types": [_type(number, count) for number, count in _largest(types)[:top]],
        "top_reasons": None if reasons is None else _reasons(reasons)[:top],
    }


def _bucket(
    buckets: Buckets, start: int, counts: Mapping[int, int], failures: Collection[int]
) -> answers.EventBucket:
    groups: Counter[str] = Counter()
    for number, count in counts.items():
        groups[_group(number) or "unknown"] += count
    return {
        **buckets.header(start),
        "events": sum(counts.values()),
        "failures": sum(count for number, count in counts.items() if number in failures),
        "groups": dict(groups),
    }


def _sender(node: str, count: int, known: Json) -> answers.SenderCount:
    return {
        "node_id": node,
        "node_name": known.get("implementation_name"),
        "node_version": known.get("implementation_version"),
        "events": count,
    }


def _type(number: int, count: int) -> answers.TypeCount:
    return {
        "event_type": number,
        "event_name": _name(number),
        "group": _group(number),
        "events": count,
    }


def _reasons(rows: Iterable[Json]) -> list[answers.ReasonCount]:
    ordered = sorted(rows, key=lambda row: (-row["count"], row["type"], row["reason"] or ""))
    return [
        {
            "event_type": row["type"],
            "event_name": _name(row["type"]),
            "reason": row["reason"] or "",
            "events": row["count"],
        }
        for row in ordered
    ]


def _largest(types: Counter[int]) -> list[tuple[int, int]]:
    return sorted(types.items(), key=lambda row: (-row[1], row[0]))


def _name(number: int) -> str | None:
    return EVENTS[number].variant if number in EVENTS else None


def _group(number: int) -> str | None:
    return EVENTS[number].group if number in EVENTS else None
