"""What fails, how often, where and why.

Pure. A rate divides failures by attempts of the same pipeline (``query.attempts``). Discards
of guarantees and preimages, and preimages that were forgotten, are failures only where their
reason is one; of those the rate is among all discards. What was refused (20) or misbehaved
(28) is counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.protocol.events import EVENTS
from tart.query import attempts
from tart.query.merge import Json
from tart.query.series import DISCARDS
from tart.query.times import rfc3339

NODES, RECENT, REASONS = 20, 20, 100
REFUSED, MISBEHAVED = 20, 28


def worst(rows: Iterable[Json]) -> list[str]:
    """The nodes with the most failures, the worst first."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["node"]] += row["count"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [node for node, _ in ordered[:NODES]]


def rates(
    counts: Mapping[int, int],
    rows: Iterable[Json],
    of_nodes: Mapping[str, Mapping[int, int]],
    recent: Iterable[Json],
) -> Json:
    """The body of ``/api/analytics/failure-rates``.

    Args:
        counts: events by type.
        rows: node, type, reason, count, last_at (µs) of failures.
        of_nodes: events by type of each of the ``worst`` nodes.
        recent: events that say that something failed, newest first.
    """
    failures = list(rows)
    failed: Counter[int] = Counter()
    for row in failures:
        failed[row["type"]] += row["count"]
    pipelines = attempts.rates(counts)
    return {
        "overall": {
            "total_events": sum(counts.values()),
            "failed_events": failed.total(),
            "failure_rate": _rounded(attempts.overall(counts)),
            "attempts": sum(each["attempts"] for each in pipelines),
            "refused": counts.get(REFUSED, 0),
            "misbehaved": counts.get(MISBEHAVED, 0),
        },
        "by_category": [
            *(
                {
                    "category": each["pipeline"],
                    "attempts": each["attempts"],
                    "failures": each["failures"],
                    "rate": round(each["rate"], 4),
                }
                for each in pipelines
            ),
            *(
                {
                    "category": name,
                    "attempts": counts[number],
                    "failures": failed[number],
                    "rate": round(failed[number] / counts[number], 4),
                }
                for number, name in DISCARDS.items()
                if counts.get(number)
            ),
        ],
        "by_node": [_of_node(node, failures, of_nodes.get(node, {})) for node in worst(failures)],
        "by_reason": _by_reason(failures),
        "recent_failures": [_recent(event) for event in list(recent)[:RECENT]],
    }


def _of_node(node: str, rows: Iterable[Json], counts: Mapping[int, int]) -> Json:
    types: Counter[int] = Counter()
    for row in rows:
        if row["node"] == node:
            types[row["type"]] += row["count"]
    return {
        "node_id": node,
        "total_events": sum(counts.values()),
        "failures": types.total(),
        "failure_rate": _rounded(attempts.overall(counts)),
        "top_failure_type": min(types, key=lambda number: (-types[number], number)),
        "attempts": sum(each["attempts"] for each in attempts.rates(counts)),
    }


def _by_reason(rows: Iterable[Json]) -> list[Json]:
    counts: Counter[tuple[int, str]] = Counter()
    nodes: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    last: defaultdict[tuple[int, str], int] = defaultdict(int)
    for row in rows:
        key = row["type"], row["reason"]
        counts[key] += row["count"]
        nodes[key].add(row["node"])
        last[key] = max(last[key], row["last_at"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "event_type": number,
            "event_name": EVENTS[number].variant,
            "reason": reason,
            "count": count,
            "nodes": len(nodes[number, reason]),
            "last_at": rfc3339(last[number, reason]),
        }
        for (number, reason), count in ordered[:REASONS]
    ]


def failed_only(
    events: Iterable[Json], discards: Iterable[Json], reasons: Mapping[int, frozenset[str]]
) -> list[Json]:
    """Failures and those discards whose reason is one, newest first.

    Args:
        reasons: by type, the reasons that are failures.
    """
    found = [
        *events,
        *(each for each in discards if _reason(each) in reasons[each["event_type"]]),
    ]
    return sorted(found, key=lambda each: (each["received_at"], each["id"]), reverse=True)


def _reason(event: Json) -> str:
    fields = next(iter(event["data"].values()))
    return str(fields.get("reason", ""))


def _recent(event: Json) -> Json:
    return {
        "id": event["id"],
        "event_type": event["event_type"],
        "event_name": EVENTS[event["event_type"]].variant,
        "node_id": event["node_id"],
        "timestamp": event["timestamp"],
        "received_at": event["received_at"],
        "reason": _reason(event),
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
