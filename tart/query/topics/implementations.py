"""Implementations and their versions: shares over time, and figures of their nodes.

Pure: rows of the aggregates and merged nodes in, the answer of ``/api/implementations`` out.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from tart.protocol.events import EventKind
from tart.query.answers import implementations as answers
from tart.query.answers.node_summary import NodeColumns
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.core.version_spans import VersionSpan
from tart.query.topics.node_states import level_of
from tart.query.topics.node_summary import (
    SummaryInput,
    findings_in,
    implementation_of,
    nodes_summary,
)
from tart.query.topics.time_series import Buckets
from tart.query.topics.version_spread import version_spread
from tart.units import MINUTE_US, SECOND_US

SERIES_BUCKETS = 60
# Nodes name themselves what they like, and may change it with each connection.
MAX_VERSIONS = 200
# The step whose durations are shown for each version.
IMPORT = (EventKind.IMPORTING, EventKind.BLOCK_EXECUTED)
Version = tuple[str | None, str | None]


@dataclass(frozen=True)
class ImplementationInput:
    """Rows about all nodes in a window.

    Attributes:
        spans: Times in which nodes were connected, and with which version.
        summary: The rows of ``/api/nodes/summary``.
        imports: Node, bin, count of durations of ``IMPORT``.
        events: Each node's number of events by type.
        buckets: The buckets of the series.
    """

    spans: Sequence[VersionSpan]
    summary: SummaryInput
    imports: Sequence[Json]
    buckets: Buckets
    events: ByNode = field(default_factory=dict)


def version_step_us(length_us: int) -> int:
    """Return the length of the buckets of the series: whole minutes.

    Args:
        length_us: The length of the window.
    """
    return max(1, -(-length_us // (SERIES_BUCKETS * MINUTE_US))) * MINUTE_US


def implementations(rows: ImplementationInput) -> answers.Implementations:
    """Return the answer of ``/api/implementations``."""
    versions = _last_versions(rows)
    members: defaultdict[Version, list[str]] = defaultdict(list)
    for node, version in versions.items():
        members[version].append(node)
    earlier: defaultdict[str, set[Version]] = defaultdict(set)
    for span in rows.spans:
        earlier[span.node].add((span.name, span.version))
    table = nodes_summary(rows.summary)
    columns = table["nodes"]
    index_of = {node: index for index, node in enumerate(columns["node_id"])}
    durations = _durations(rows.imports, versions)
    codes = _codes_by_node(rows.summary)
    usage = _Usage(rows)
    spread = version_spread(rows.spans, rows.buckets.start_us)
    series, connected = version_series(rows.spans, rows.buckets)
    versions_seen = members.keys() | series.keys()
    figures = [
        _figures(
            version,
            members[version],
            columns=columns,
            index_of=index_of,
            durations=durations.get(version, Counter()),
            codes=codes,
            changed=sum(len(earlier[node]) > 1 for node in members[version]),
            series=series.get(version, [0] * len(connected)),
            usage=usage,
            spread=spread.get(version, _NOT_SPREAD),
        )
        for version in _most_nodes(versions_seen, members, series)
    ]
    figures.sort(key=lambda row: (-row["nodes"], str(row["name"]), str(row["version"])))
    return {
        "network": table["network"],
        "buckets": {
            "start": server_time(rows.buckets.start_us),
            "seconds": rows.buckets.step_us // SECOND_US,
            "count": len(connected),
            "total": connected,
        },
        "implementations": figures,
        "versions_left_out": len(versions_seen) - len(figures),
    }


def _most_nodes(
    versions: Iterable[Version],
    members: Mapping[Version, Sequence[str]],
    series: Mapping[Version, Sequence[int]],
) -> list[Version]:
    """Return the versions that are answered: those of most nodes, and that ran longest."""
    return heapq.nsmallest(
        MAX_VERSIONS,
        versions,
        key=lambda version: (
            -len(members.get(version, ())),
            -sum(series.get(version, ())),
            str(version[0]),
            str(version[1]),
        ),
    )


def version_series(
    spans: Iterable[VersionSpan], buckets: Buckets
) -> tuple[dict[Version, list[int]], list[int]]:
    """Return the nodes of each version by bucket, and the nodes of all versions by bucket.

    A node counts in each bucket that one of its spans touches, with the version of the span that
    ends last in it.
    """
    size = len(buckets.starts)
    last: list[dict[str, tuple[int, int, Version]]] = [{} for _ in range(size)]
    for span in spans:
        first = max(0, (span.start_us - buckets.start_us) // buckets.step_us)
        final = min(size - 1, (span.end_us - buckets.start_us) // buckets.step_us)
        for index in range(first, final + 1):
            end_us = min(span.end_us, buckets.start_us + (index + 1) * buckets.step_us)
            candidate = end_us, span.start_us, (span.name, span.version)
            known = last[index].get(span.node)
            if known is None or candidate[:2] > known[:2]:
                last[index][span.node] = candidate
    series: defaultdict[Version, list[int]] = defaultdict(lambda: [0] * size)
    for index, versions in enumerate(last):
        for _, _, version in versions.values():
            series[version][index] += 1
    return dict(series), [len(versions) for versions in last]


class _Features(TypedDict):
    """Parts of the protocol that nodes use, and figures of their connections."""

    protocol_versions: list[int]
    params_layouts: list[str]
    event_types: list[int]
    uptime_share: float | None
    restarts: int
    dropped_messages: int


class _Usage:
    """Connections and event types of all nodes."""

    def __init__(self, rows: ImplementationInput) -> None:
        self._length_us = rows.buckets.end_us + 1 - rows.buckets.start_us
        self._connections: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows.summary.conformance.connections:
            self._connections[row["node"]].append(row)
        self._types: defaultdict[str, set[int]] = defaultdict(set)
        for (kind,), by_node in rows.events.items():
            for node in by_node:
                self._types[node].add(kind)
        self._dropped: Counter[str] = Counter()
        for row in rows.summary.dropped:
            self._dropped[row["node"]] += row["count"]

    def figures(self, nodes: Sequence[str]) -> _Features:
        """Return the figures of some nodes."""
        rows = [row for node in nodes for row in self._connections[node]]
        # A node with two connections at once is connected once.
        connected_us = sum(
            min(self._length_us, sum(row["connected_us"] for row in self._connections[node]))
            for node in nodes
        )
        return {
            "protocol_versions": sorted({row["protocol_version"] for row in rows} - {None}),
            "params_layouts": sorted({row["params_layout"] for row in rows} - {None}),
            "event_types": sorted({kind for node in nodes for kind in self._types[node]}),
            "uptime_share": (
                round(connected_us / (len(nodes) * self._length_us), 6)
                if nodes and self._length_us > 0
                else None
            ),
            "restarts": sum(
                max(0, sum(row["sessions"] for row in self._connections[node]) - 1)
                for node in nodes
            ),
            "dropped_messages": sum(self._dropped[node] for node in nodes),
        }


_NOT_SPREAD: answers.VersionSpread = {
    "nodes": 0,
    "reached": 0,
    "at_start": 0,
    "first_at": None,
    "half_at": None,
    "most_at": None,
    "all_at": None,
}


def _last_versions(rows: ImplementationInput) -> dict[str, Version]:
    """Return the last version of each node that was connected in the window."""
    last: dict[str, tuple[int, int, Version]] = {}
    for span in rows.spans:
        candidate = span.end_us, span.start_us, (span.name, span.version)
        if span.node not in last or candidate[:2] > last[span.node][:2]:
            last[span.node] = candidate
    named = {node["node_id"]: implementation_of(node) for node in rows.summary.nodes}
    # Where no file has the connection's node information, that of the node may still be known.
    return {
        node: named.get(node, version) if version == (None, None) else version
        for node, (_, _, version) in last.items()
    }


def _durations(
    rows: Iterable[Json], versions: Mapping[str, Version]
) -> dict[Version, Counter[int]]:
    durations: defaultdict[Version, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["node"] in versions:
            durations[versions[row["node"]]][row["bin"]] += row["count"]
    return durations


def _figures(
    version: Version,
    nodes: Sequence[str],
    *,
    columns: NodeColumns,
    index_of: Mapping[str, int],
    durations: Counter[int],
    codes: Mapping[str, Mapping[str, str]],
    changed: int,
    series: list[int],
    usage: _Usage,
    spread: answers.VersionSpread,
) -> answers.ImplementationFigures:
    indices = [index_of[node] for node in nodes if node in index_of]
    online = [index for index in indices if columns["is_connected"][index]]
    levels = Counter(level_of(columns["state"][index]) for index in indices)
    best = _known(columns["best_lag"], online)
    finalized = _known(columns["finalized_lag"], online)
    broken = {code: severity for node in nodes for code, severity in codes.get(node, {}).items()}
    severities = Counter(broken.values())
    return {
        "name": version[0],
        "version": version[1],
        "nodes": len(nodes),
        "changed": changed,
        "connected": len(online),
        "levels": {
            "well": levels["well"],
            "warning": levels["warning"],
            "bad": levels["bad"],
            "no_data": levels["no_data"],
        },
        "best_lag_p50": _median(best),
        "best_lag_max": max(best, default=None),
        "finalized_lag_p50": _median(finalized),
        "finalized_lag_max": max(finalized, default=None),
        "events": sum(columns["events"][index] for index in indices),
        "imports": durations.total(),
        "import_p50_ms": percentile_ms(durations, 0.5),
        "import_p95_ms": percentile_ms(durations, 0.95),
        "failures": sum(columns["failures"][index] for index in indices),
        "failing_nodes": sum(columns["failures"][index] > 0 for index in indices),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "infos": severities["info"],
        "deviating_nodes": sum(
            columns["errors"][index] + columns["warnings"][index] > 0 for index in indices
        ),
        **usage.figures(nodes),
        "spread": spread,
        "series": series,
    }


def _codes_by_node(rows: SummaryInput) -> dict[str, dict[str, str]]:
    """Return the rules that each node broke in the window, with their severities."""
    return {
        node: {finding.code: finding.summary()["severity"] for finding in findings}
        for node, findings in findings_in(rows.conformance, rows.buckets).items()
        if node is not None
    }


def _known(column: Sequence[int | None], indices: Iterable[int]) -> list[int]:
    return sorted(value for index in indices if (value := column[index]) is not None)


def _median(ordered: Sequence[int]) -> int | None:
    return ordered[(len(ordered) - 1) // 2] if ordered else None
