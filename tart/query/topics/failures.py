"""Failures: their rates by category and node, and their reasons.

Pure. A rate divides failures by attempts of the same category: a pipeline
(``query.core.failure_rates``), or discarded and forgotten objects (``DISCARDS``), which failed
only if their reason is a failure. The figures over all categories, and those of a node, are the
sums over its categories, so a rate always is the failures beside it divided by the attempts beside
it. Refused connections and misbehaving peers are counted separately.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tart.protocol.events import EVENTS, EventKind
from tart.query.answers import analytics as answers
from tart.query.core.failure_rates import PIPELINES, group_by_reason
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.topics.time_series import DISCARDS

NODES, RECENT, REASONS = 20, 20, 100


def worst_nodes(rows: Iterable[Json]) -> list[str]:
    """Return the ``NODES`` nodes with the most failures, the worst first."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["node"]] += row["count"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [node for node, _ in ordered[:NODES]]


def failure_rates(
    counts: Mapping[int, int],
    rows: Iterable[Json],
    counts_by_node: Mapping[str, Mapping[int, int]],
    recent: Iterable[Json],
) -> answers.FailureRates:
    """Return the answer of ``/api/analytics/failure-rates``.

    Args:
        counts: Number of events by type.
        rows: Node, type, reason, count, last_at (µs) of failures.
        counts_by_node: Number of events by type of each of the ``worst_nodes``.
        recent: Events that report a failure, newest first.
    """
    failures = list(rows)
    failed: Counter[int] = Counter()
    for row in failures:
        failed[row["type"]] += row["count"]
    categories = _categories(counts, failed)
    total_failures, total_attempts = _totals(categories)
    return {
        "overall": {
            "total_events": sum(counts.values()),
            "failed_events": total_failures,
            "failure_rate": _rate(total_failures, total_attempts),
            "attempts": total_attempts,
            "refused": counts.get(EventKind.CONNECTION_REFUSED, 0),
            "misbehaved": counts.get(EventKind.PEER_MISBEHAVED, 0),
        },
        "by_category": categories,
        "by_node": [
            _node(node, failures, counts_by_node.get(node, {})) for node in worst_nodes(failures)
        ],
        "by_reason": _by_reason(failures),
        "recent_failures": recent_failures(recent),
    }


def _categories(
    counts: Mapping[int, int], failed: Mapping[int, int]
) -> list[answers.CategoryFailures]:
    """Return attempts and failures of each category that has any.

    Args:
        counts: Number of events by type.
        failed: Number of failures by type.
    """
    kinds = [(name, pipeline.attempts, pipeline.failures) for name, pipeline in PIPELINES.items()]
    kinds += [(name, (kind,), (kind,)) for kind, name in DISCARDS.items()]
    categories: list[answers.CategoryFailures] = []
    for category, attempt_kinds, failure_kinds in kinds:
        attempts = sum(counts.get(kind, 0) for kind in attempt_kinds)
        failures = sum(failed.get(kind, 0) for kind in failure_kinds)
        if attempts or failures:
            categories.append(
                {
                    "category": category,
                    "attempts": attempts,
                    "failures": failures,
                    "rate": _rate(failures, attempts),
                }
            )
    return categories


def _totals(categories: Iterable[answers.CategoryFailures]) -> tuple[int, int]:
    """Return failures and attempts over all categories."""
    rows = list(categories)
    return sum(row["failures"] for row in rows), sum(row["attempts"] for row in rows)


def _node(node: str, rows: Iterable[Json], counts: Mapping[int, int]) -> answers.NodeFailures:
    types: Counter[int] = Counter()
    for row in rows:
        if row["node"] == node:
            types[row["type"]] += row["count"]
    failures, attempts = _totals(_categories(counts, types))
    return {
        "node_id": node,
        "total_events": sum(counts.values()),
        "failures": failures,
        "failure_rate": _rate(failures, attempts),
        "top_failure_type": min(types, key=lambda number: (-types[number], number)),
        "attempts": attempts,
    }


def _by_reason(rows: Iterable[Json]) -> list[answers.ReasonFailures]:
    return [
        {
            "event_type": group.type,
            "event_name": EVENTS[group.type].variant,
            "reason": group.reason,
            "count": group.failures,
            "nodes": len(group.nodes),
            "last_at": server_time(group.last_at),
        }
        for group in group_by_reason(rows)[:REASONS]
    ]


def select_failures(
    events: Iterable[Json], discards: Iterable[Json], reasons: Mapping[int, frozenset[str]]
) -> list[Json]:
    """Return the events that report a failure, newest first.

    Args:
        events: Events that are failures whatever their reason.
        discards: Events that are failures for some reasons only.
        reasons: By type, the reasons that are failures.
    """
    selected = [
        *events,
        *(event for event in discards if _reason(event) in reasons[event["event_type"]]),
    ]
    return sorted(selected, key=lambda event: (event["received_at"], event["id"]), reverse=True)


def _reason(event: Json) -> str:
    fields = next(iter(event["data"].values()))
    return str(fields.get("reason", ""))


def recent_failures(events: Iterable[Json]) -> list[answers.RecentFailure]:
    """Return the first ``RECENT`` of events that report a failure."""
    return [_recent(event) for event in list(events)[:RECENT]]


def _recent(event: Json) -> answers.RecentFailure:
    return {
        "id": event["id"],
        "event_type": event["event_type"],
        "event_name": EVENTS[event["event_type"]].variant,
        "node_id": event["node_id"],
        "timestamp": event["timestamp"],
        "received_at": event["received_at"],
        "reason": _reason(event),
    }


def _rate(failures: int, attempts: int) -> float | None:
    """Return a failure rate; ``None`` without attempts.

    It exceeds 1 where more attempts ended in the window than began in it.
    """
    return round(failures / attempts, 4) if attempts else None
