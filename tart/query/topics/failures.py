"""What fails, how often, where and why.

Pure. A rate divides failures by attempts of the same category: a pipeline
(``query.core.failure_rates``), or what was discarded or forgotten (``DISCARDS``), which failed
only where the reason is a failure. The figures of all, and of a node, are the sums over its
categories: so a rate is always the failures that stand beside it by the attempts that do. What
was refused (20) or misbehaved (28) is counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.protocol.events import EVENTS
from tart.query.core import failure_rates
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339
from tart.query.topics.time_series import DISCARDS

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
    categories = _categories(counts, failed)
    failures_of_all, attempts_of_all = _sums(categories)
    return {
        "overall": {
            "total_events": sum(counts.values()),
            "failed_events": failures_of_all,
            "failure_rate": _rate(failures_of_all, attempts_of_all),
            "attempts": attempts_of_all,
            "refused": counts.get(REFUSED, 0),
            "misbehaved": counts.get(MISBEHAVED, 0),
        },
        "by_category": categories,
        "by_node": [_of_node(node, failures, of_nodes.get(node, {})) for node in worst(failures)],
        "by_reason": _by_reason(failures),
        "recent_failures": [_recent(event) for event in list(recent)[:RECENT]],
    }


def _categories(counts: Mapping[int, int], failed: Mapping[int, int]) -> list[Json]:
    """Attempts and failures of each category in which there was either.

    Args:
        counts: events by type.
        failed: by type, those that are failures.
    """
    parts = [
        (name, pipeline.attempts, pipeline.failures)
        for name, pipeline in failure_rates.PIPELINES.items()
    ]
    parts += [(name, (number,), (number,)) for number, name in DISCARDS.items()]
    found = []
    for category, begun, ended in parts:
        tried = sum(counts.get(number, 0) for number in begun)
        lost = sum(failed.get(number, 0) for number in ended)
        if tried or lost:
            found.append(
                {
                    "category": category,
                    "attempts": tried,
                    "failures": lost,
                    "rate": _rate(lost, tried),
                }
            )
    return found


def _sums(categories: Iterable[Json]) -> tuple[int, int]:
    """Failures and attempts over all categories."""
    every = list(categories)
    return sum(each["failures"] for each in every), sum(each["attempts"] for each in every)


def _of_node(node: str, rows: Iterable[Json], counts: Mapping[int, int]) -> Json:
    types: Counter[int] = Counter()
    for row in rows:
        if row["node"] == node:
            types[row["type"]] += row["count"]
    failed, tried = _sums(_categories(counts, types))
    return {
        "node_id": node,
        "total_events": sum(counts.values()),
        "failures": failed,
        "failure_rate": _rate(failed, tried),
        "top_failure_type": min(types, key=lambda number: (-types[number], number)),
        "attempts": tried,
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


def _rate(failures: int, tried: int) -> float | None:
    """``None`` where nothing was tried; above 1 where more ended than began in the window."""
    return round(failures / tried, 4) if tried else None
