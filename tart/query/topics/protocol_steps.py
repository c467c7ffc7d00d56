"""Figures of the steps of audits and finality that event types report by their role.

Pure: rows of the aggregates in, members of ``/api/audits`` and ``/api/finality`` out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tart.protocol.events import BY_ROLE, EVENTS, EventKind
from tart.protocol.roles import Role
from tart.query.answers import protocol_steps as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

# Nodes that are listed of each step.
MAX_NODES = 50


class StepRows(NamedTuple):
    """Rows of ``role_events``.

    Attributes:
        values: Bucket, type, tranche, valid, with count, last_at, round.
        nodes: Node, type, count.
    """

    values: Sequence[Json]
    nodes: Sequence[Json]


def kinds_of(roles: Iterable[Role]) -> list[int]:
    """Return the event types with one of these roles."""
    return [kind.number for role in roles for kind in BY_ROLE[role]]


def audit_steps(rows: StepRows, starts: Sequence[int]) -> answers.AuditSteps:
    """Return the steps of audits.

    Args:
        rows: Of the window.
        starts: The beginnings of the buckets, Unix microseconds.
    """
    return {
        "audit_started": _step(Role.AUDIT_STARTED, rows, starts),
        "announcement_sent": _step(Role.ANNOUNCEMENT_SENT, rows, starts),
        "announcement_received": _step(Role.ANNOUNCEMENT_RECEIVED, rows, starts),
        "judgment_made": _step(Role.JUDGMENT_MADE, rows, starts),
        "judgment_received": _step(Role.JUDGMENT_RECEIVED, rows, starts),
        "dispute_concluded": _step(Role.DISPUTE_CONCLUDED, rows, starts),
    }


def finality_steps(rows: StepRows, starts: Sequence[int]) -> answers.FinalitySteps:
    """Return the steps of rounds of finality; see ``audit_steps``."""
    return {
        "round_started": _step(Role.ROUND_STARTED, rows, starts),
        "vote_sent": _step(Role.VOTE_SENT, rows, starts),
        "vote_received": _step(Role.VOTE_RECEIVED, rows, starts),
        "round_completed": _step(Role.ROUND_COMPLETED, rows, starts),
    }


def events_by_node(role: Role, rows: StepRows) -> Mapping[str, int] | None:
    """Return the events of a step by node; ``None`` if no event type reports the step."""
    if not BY_ROLE[role]:
        return None
    kinds = set(kinds_of([role]))
    counts: Counter[str] = Counter()
    for row in rows.nodes:
        if row["type"] in kinds and row["node"] is not None:
            counts[row["node"]] += row["count"]
    return counts


def _step(role: Role, rows: StepRows, starts: Sequence[int]) -> answers.ProtocolStep | None:
    nodes = events_by_node(role, rows)
    if nodes is None:
        return None
    kinds = BY_ROLE[role]
    own = [row for row in rows.values if EVENTS[row["type"]] in kinds]
    by_bucket: Counter[int] = Counter()
    for row in own:
        by_bucket[row["bucket"]] += row["count"]
    has_verdict = _names(kinds, "valid")
    invalid = sum(row["count"] for row in own if row["valid"] == 0)
    rounds = (row["round"] for row in own if row["round"] is not None)
    last = max((row["last_at"] for row in own), default=None)
    ordered = sorted(nodes.items(), key=lambda item: (-item[1], item[0]))
    return {
        "event_types": [kind.variant for kind in kinds],
        "events": sum(by_bucket.values()),
        "series": [by_bucket[start] for start in starts],
        "nodes": [{"node_id": node, "events": count} for node, count in ordered[:MAX_NODES]],
        "tranches": _tranches(own, has_verdict) if _names(kinds, "tranche") else None,
        "invalid": invalid if has_verdict else None,
        "highest_round": max(rounds, default=None),
        "last_at": None if last is None else server_time(last),
    }


def _names(kinds: Iterable[EventKind], field: str) -> bool:
    """Return whether the role of one of these types names a field for a value."""
    return any(getattr(kind.role, field) is not None for kind in kinds)


def _tranches(rows: Iterable[Json], has_verdict: bool) -> list[answers.TrancheEvents]:
    events: Counter[int] = Counter()
    invalid: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        if (tranche := row["tranche"]) is not None:
            events[tranche] += row["count"]
            invalid[tranche] += row["count"] * (row["valid"] == 0)
    return [
        {
            "tranche": tranche,
            "events": events[tranche],
            "invalid": invalid[tranche] if has_verdict else None,
        }
        for tranche in sorted(events)
    ]
