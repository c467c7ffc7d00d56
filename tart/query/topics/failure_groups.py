"""Failure groups in a window: counts over time, nodes, implementations and versions.

Pure. A group is an event type and a template (``query.core.failure_templates``); its state comes
from ``query.core.failure_states``. Failures are counted for the version that their node had then:
where a node changed its version, the minutes decide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from tart.protocol.events import EVENTS
from tart.query.answers import failures as answers
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.failure_states import FailureGroup, FailureState
from tart.query.core.failure_templates import failure_fingerprint, failure_template
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.core.version_spans import VersionSpan
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US, SECOND_US

SERIES_BUCKETS = 60
FAILING_NODES = 100
REASONS = 20
OTHER_REASONS = "(other reasons)"
Sort: TypeAlias = Literal["count", "last_seen", "first_seen", "nodes"]
SORTS: tuple[Sort, ...] = ("count", "last_seen", "first_seen", "nodes")
Version: TypeAlias = tuple[str | None, str | None]
_UNKNOWN: Version = (None, None)


@dataclass(frozen=True)
class FailureInput:
    """Rows about the failures of a window.

    Attributes:
        buckets: The buckets of the series.
        by_node: Node, type, template, count, first_at, last_at.
        by_bucket: Bucket, type, template, count, first_at, last_at.
        by_minute: Bucket, node, type, template, count, last_at of the nodes with more than one
            version in the window.
        totals: Number of failures by type.
        spans: Times in which nodes were connected, and with which version.
        groups: Stored groups by fingerprint.
    """

    buckets: Buckets
    by_node: Sequence[Json]
    by_bucket: Sequence[Json]
    by_minute: Sequence[Json]
    totals: Mapping[int, int]
    spans: Sequence[VersionSpan]
    groups: Mapping[str, FailureGroup]


@dataclass
class GroupCounts:
    """The failures of a group in the window."""

    event_type: int
    template: str
    count: int = 0
    first_at: int | None = None
    last_at: int = 0
    nodes: dict[str | None, Json] = field(default_factory=dict)
    versions: Counter[Version] = field(default_factory=Counter)
    nodes_by_version: dict[Version, set[str | None]] = field(default_factory=dict)
    series: list[int] = field(default_factory=list)

    def add_version(self, version: Version, node: str | None, count: int) -> None:
        """Count failures of a node that had a version."""
        self.versions[version] += count
        self.nodes_by_version.setdefault(version, set()).add(node)


def series_step_us(length_us: int) -> int:
    """Return the length of the buckets of the series: whole minutes.

    Args:
        length_us: The length of the window.
    """
    return max(1, -(-length_us // (SERIES_BUCKETS * MINUTE_US))) * MINUTE_US


class VersionHistory:
    """The versions that nodes had over time."""

    def __init__(self, spans: Iterable[VersionSpan]) -> None:
        self._spans: defaultdict[str, list[VersionSpan]] = defaultdict(list)
        for span in sorted(spans, key=lambda span: span.start_us):
            self._spans[span.node].append(span)

    def changed(self) -> list[str]:
        """Return the nodes that had more than one version."""
        return [node for node, spans in self._spans.items() if len({s[1:3] for s in spans}) > 1]

    def at(self, node: str | None, time_us: int) -> Version:
        """Return a node's version at a time: of the last connection that began before it."""
        spans = self._spans.get(node or "", [])
        before = [span for span in spans if span.start_us <= time_us] or spans[:1]
        return (before[-1].name, before[-1].version) if before else _UNKNOWN

    def nodes_of(self, implementation: str) -> list[str]:
        """Return the nodes that had an implementation at some time, in any letter case."""
        wanted = implementation.casefold()
        return [
            node
            for node, spans in self._spans.items()
            if any((span.name or "").casefold() == wanted for span in spans)
        ]


def failure_groups(
    rows: FailureInput,
    *,
    state: str | None,
    sort: Sort,
    limit: int,
) -> answers.Failures:
    """Return the answer of ``/api/failures`` without the state of the watch.

    Args:
        rows: Rows about the failures of the window.
        state: Only groups in this state.
        sort: The order, the greatest first.
        limit: The most groups.
    """
    counts = count_groups(rows)
    members = [
        group_members(fingerprint, group, rows.groups.get(fingerprint), rows.buckets)
        for fingerprint, group in counts.items()
    ]
    selected = [each for each in members if state is None or each["state"] == state]
    selected.sort(key=lambda each: each["fingerprint"])
    selected.sort(key=_SORT_KEYS[sort], reverse=True)
    by_state = Counter(each["state"] for each in members)
    grouped = sum(group.count for group in counts.values())
    return {
        "failures": selected[:limit],
        "buckets": bucket_header(rows.buckets),
        "totals": {
            "groups": len(selected),
            "failures": sum(each["count"] for each in selected),
            "new": sum(each["is_new"] for each in selected),
            "by_state": {str(name): by_state[_state(name)] for name in FailureState},
            "other_reasons": sum(
                group.count for group in counts.values() if group.template == OTHER_REASONS
            ),
            "ungrouped": max(0, sum(rows.totals.values()) - grouped),
        },
        "watch": {
            "scanned_at": None,
            "is_complete": False,
            "groups": len(rows.groups),
            "evicted": 0,
            "problem": None,
        },
        "has_more": len(selected) > limit,
    }


_SORT_KEYS: Mapping[Sort, Callable[[answers.FailureMembers], Any]] = {
    "count": lambda group: group["count"],
    "last_seen": lambda group: group["last_seen"],
    "first_seen": lambda group: group["first_seen"],
    "nodes": lambda group: group["nodes"],
}


def count_groups(rows: FailureInput) -> dict[str, GroupCounts]:
    """Return the failures of each group by fingerprint."""
    groups: dict[str, GroupCounts] = {}
    size = len(rows.buckets.starts)
    for row in rows.by_bucket:
        group = _group(groups, row, size)
        group.count += row["count"]
        index = (row["bucket"] - rows.buckets.start_us) // rows.buckets.step_us
        if 0 <= index < size:
            group.series[index] += row["count"]
        group.last_at = max(group.last_at, row["last_at"])
        first_at = row["first_at"] or row["bucket"]
        group.first_at = first_at if group.first_at is None else min(group.first_at, first_at)
    history = VersionHistory(rows.spans)
    changed = set(history.changed())
    for row in rows.by_node:
        group, node = _group(groups, row, size), row["node"]
        group.nodes[node] = row
        if node not in changed:
            group.add_version(history.at(node, row["last_at"]), node, row["count"])
    for row in rows.by_minute:
        group = _group(groups, row, size)
        version = history.at(row["node"], row["last_at"])
        group.add_version(version, row["node"], row["count"])
    return groups


def _group(groups: dict[str, GroupCounts], row: Json, size: int) -> GroupCounts:
    fingerprint = failure_fingerprint(row["type"], row["template"])
    group = groups.get(fingerprint)
    if group is None:
        group = groups[fingerprint] = GroupCounts(row["type"], row["template"], series=[0] * size)
    return group


def group_members(
    fingerprint: str, counts: GroupCounts, stored: FailureGroup | None, buckets: Buckets
) -> answers.FailureMembers:
    """Return the members of a group.

    Args:
        fingerprint: Of the group.
        counts: Its failures in the window.
        stored: As it is stored; ``None`` until the watch has seen it.
        buckets: The buckets of the series.
    """
    group = stored or FailureGroup(
        fingerprint=fingerprint,
        event_type=counts.event_type,
        template=counts.template,
        first_seen=counts.first_at or counts.last_at,
        last_seen=counts.last_at,
    )
    first_seen = min(counts.first_at or group.first_seen, group.first_seen)
    return {
        "fingerprint": fingerprint,
        "event_type": group.event_type,
        "event_name": EVENTS[group.event_type].variant,
        "template": group.template,
        "state": _state(group.state),
        "is_new": not group.is_baseline and buckets.start_us <= first_seen <= buckets.end_us,
        "count": counts.count,
        "nodes": len(counts.nodes),
        "versions": _versions(counts),
        "first_seen": server_time(first_seen),
        "last_seen": server_time(max(counts.last_at, group.last_seen)),
        "first_version": group.first_version,
        "changed_at": time_or_none(group.changed_at),
        "changed_by": group.changed_by,
        "comment": group.comment,
        "resolved_at": time_or_none(group.resolved_at),
        "resolved_version": group.resolved_version,
        "regressed_at": time_or_none(group.regressed_at),
        "regressed_version": group.regressed_version,
        "series": counts.series,
    }


def empty_counts(group: FailureGroup, buckets: Buckets) -> GroupCounts:
    """Return the counts of a group without a failure in the window."""
    return GroupCounts(group.event_type, group.template, series=[0] * len(buckets.starts))


def failing_nodes(counts: GroupCounts, spans: Iterable[VersionSpan]) -> list[answers.FailingNode]:
    """Return the nodes with the most failures of a group, with their versions at the newest."""
    history = VersionHistory(spans)
    rows = [row for row in counts.nodes.values() if row["node"] is not None]
    rows.sort(key=lambda row: (-row["count"], row["node"]))
    nodes: list[answers.FailingNode] = []
    for row in rows[:FAILING_NODES]:
        name, version = history.at(row["node"], row["last_at"])
        nodes.append(
            {
                "node_id": row["node"],
                "name": name,
                "version": version,
                "count": row["count"],
                "last_at": server_time(row["last_at"]),
            }
        )
    return nodes


def failure_reasons(rows: Iterable[Json], template: str) -> tuple[list[answers.FailureReason], int]:
    """Return the most frequent reasons of a group, and the number of different ones.

    Args:
        rows: Reason, count, last_at of failures of the group's type.
        template: Of the group.
    """
    members = [row for row in rows if failure_template(row["reason"]) == template]
    members.sort(key=lambda row: (-row["count"], row["reason"]))
    reasons: list[answers.FailureReason] = [
        {
            "reason": row["reason"],
            "count": row["count"],
            "last_at": server_time(row["last_at"]),
        }
        for row in members[:REASONS]
    ]
    return reasons, len(members)


def summary(group: answers.FailureMembers) -> str:
    """Return a group in a sentence."""
    name, template = group["event_name"], group["template"] or "without a reason"
    text = f"{name}: {template}; {group['count']:,} failures of {group['nodes']:,} nodes"
    if group["state"] == "regressed":
        text += f"; resolved, seen again in {group['regressed_version'] or 'an unknown version'}"
    elif group["state"] != "open":
        text += f"; {group['state']}"
    elif group["is_new"]:
        text += "; new"
    return text


def bucket_header(buckets: Buckets) -> answers.FailureBuckets:
    """Return the members that describe the buckets of the series."""
    return {
        "start": server_time(buckets.start_us),
        "seconds": buckets.step_us // SECOND_US,
        "count": len(buckets.starts),
    }


def time_or_none(time_us: int | None) -> str | None:
    """Return a time as text; ``None`` stays."""
    return None if time_us is None else server_time(time_us)


def failure_rate(event_type: int, count: int, attempts: Mapping[int, int]) -> float | None:
    """Return failures of one type divided by the attempts of its pipeline; ``None`` without any.

    Args:
        event_type: The number of the type.
        count: Number of failures.
        attempts: Number of events by type.
    """
    total = sum(attempts.get(kind, 0) for kind in attempt_types(event_type))
    return round(count / total, 6) if total else None


def attempt_types(event_type: int) -> tuple[int, ...]:
    """Return the types whose events are attempts at what a failure is of."""
    for pipeline in PIPELINES.values():
        if event_type in pipeline.failures:
            return pipeline.attempts
    return (event_type,)


def _versions(counts: GroupCounts) -> list[answers.FailureVersion]:
    rows: list[answers.FailureVersion] = [
        {
            "name": name,
            "version": version,
            "count": counts.versions[name, version],
            "nodes": len(nodes),
        }
        for (name, version), nodes in counts.nodes_by_version.items()
    ]
    rows.sort(key=lambda row: (-row["count"], str(row["name"]), str(row["version"])))
    return rows


def _state(state: FailureState) -> answers.State:
    return cast(answers.State, str(state))
