"""The table of all nodes, as columns.

Pure: merged nodes and rows of the aggregates in, the answer of ``/api/nodes/summary`` out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tart.protocol.rules import Severity
from tart.query.answers import node_summary as answers
from tart.query.core.chain_stats import slot_reached
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.topics.conformance import ConformanceInput, Finding, Findings, collect_findings
from tart.query.topics.node_states import RULES, NodeFacts, level_of, state_of
from tart.query.topics.time_series import Buckets, per_second
from tart.units import MINUTE_US, SECOND_US

# Number of buckets of a series; a window that is lengthened to whole buckets or minutes has more.
SERIES_BUCKETS = 30


@dataclass(frozen=True)
class SummaryInput:
    """Rows about all nodes in a window.

    Attributes:
        buckets: The buckets of the series.
        now: Unix microseconds.
        nodes: Merged nodes.
        series: Each node's events by bucket.
        recent: Node and count of the events of the last ``recent_seconds``.
        recent_seconds: Length of the end of the window that ``recent`` covers.
        status: Node and the newest ``num_peers`` and ``num_val_peers``.
        failures: Node and count of events that report a failure.
        dropped: Node and count of Dropped messages.
        dropping: Likewise of the last ``recent_seconds``.
        conformance: Rows from which findings are made.
    """

    buckets: Buckets
    now: int
    nodes: Sequence[Json]
    series: ByNode
    recent: Sequence[Json]
    recent_seconds: float
    status: Sequence[Json]
    failures: Sequence[Json]
    dropped: Sequence[Json]
    dropping: Sequence[Json]
    conformance: ConformanceInput


def series_step_us(length_us: int) -> int:
    """Return the length of the buckets of a series: whole minutes, or 10, 20 or 30 seconds.

    Args:
        length_us: The length of the window.
    """
    ten_us = 10 * SECOND_US
    step_us = max(1, -(-length_us // (SERIES_BUCKETS * ten_us))) * ten_us
    return step_us if step_us <= MINUTE_US // 2 else step_us + -step_us % MINUTE_US


def nodes_summary(rows: SummaryInput, node: str | None = None) -> answers.NodesSummary:
    """Return the answer of ``/api/nodes/summary``.

    Args:
        rows: Rows about all nodes.
        node: The id of the only node that the columns have; ``None`` for all.
    """
    heads = network_heads(rows.nodes)
    implementations = index_implementations(rows.nodes)
    lines = _lines(rows, heads, implementations)
    levels = Counter(level_of(line["state"]) for line in lines)
    shown = [line for line in lines if node in (None, line["node_id"])]
    columns: Any = {
        name: [line[name] for line in shown] for name in answers.NodeColumns.__annotations__
    }
    starts = rows.buckets.starts
    return {
        "total": len(rows.nodes),
        "connected": sum(node["is_connected"] for node in rows.nodes),
        "levels": {
            "well": levels["well"],
            "warning": levels["warning"],
            "bad": levels["bad"],
            "no_data": levels["no_data"],
        },
        "network": heads,
        "implementations": [
            {"name": name, "version": version} for name, version in implementations
        ],
        "rules": list(RULES),
        "buckets": {
            "start": server_time(rows.buckets.start_us),
            "seconds": rows.buckets.step_us // SECOND_US,
            "count": len(starts),
        },
        "nodes": columns,
    }


def network_heads(nodes: Iterable[Json]) -> answers.NetworkHeads:
    """Return the slots that a third of the connected nodes have reached."""
    connected = [node for node in nodes if node["is_connected"]]
    return {
        "best_slot": slot_reached(_slot(node, "best") for node in connected),
        "finalized_slot": slot_reached(_slot(node, "finalized") for node in connected),
    }


def lag(network: int | None, own: int | None) -> int | None:
    """Return how many slots a node is behind the network, at least 0; ``None`` if unknown."""
    return None if network is None or own is None else max(0, network - own)


def implementation_of(node: Json) -> tuple[str | None, str | None]:
    """Return name and version of a node's implementation."""
    return node["implementation_name"], node["implementation_version"]


def findings_in(rows: ConformanceInput, buckets: Buckets) -> Findings:
    """Return findings by node; a rule counts if it was broken in the window of the buckets.

    Breaches are counted by the hour, so ``counts`` of ``rows`` begin with the hour in which the
    window begins; the other rows are those of the window.
    """
    counts = [
        row
        for row in rows.counts
        if row["last_at"] >= buckets.start_us and row["first_at"] <= buckets.end_us
    ]
    return collect_findings(replace(rows, counts=counts))


def _lines(
    rows: SummaryInput,
    heads: answers.NetworkHeads,
    implementations: Mapping[tuple[str | None, str | None], int],
) -> list[Json]:
    series = _series(rows.buckets, rows.series)
    empty = [0] * len(rows.buckets.starts)
    recent = {row["node"]: row["count"] for row in rows.recent}
    status = {row["node"]: row for row in rows.status}
    failures = {row["node"]: row["count"] for row in rows.failures}
    dropped = {row["node"]: row["count"] for row in rows.dropped}
    dropping = {row["node"] for row in rows.dropping}
    findings = findings_in(rows.conformance, rows.buckets)
    clocks = newest_clocks(rows.conformance.clocks)
    lines = []
    for node in sorted(rows.nodes, key=lambda node: str(node["node_id"])):
        node_id = node["node_id"]
        best, finalized = _slot(node, "best"), _slot(node, "finalized")
        peers = status.get(node_id, {})
        counts = series.get(node_id, empty)
        line = {
            "node_id": node_id,
            "implementation": implementations[implementation_of(node)],
            "address": node["address"],
            "is_connected": node["is_connected"],
            "changed_at": node["connected_at" if node["is_connected"] else "disconnected_at"],
            "last_seen_at": node["last_seen_at"],
            "best_slot": best,
            "best_lag": lag(heads["best_slot"], best),
            "finalized_slot": finalized,
            "finalized_lag": lag(heads["finalized_slot"], finalized),
            "synced": node["synced"],
            "clock_offset_ms": _milliseconds(clocks.get(node_id)),
            "peers": peers.get("num_peers"),
            "validator_peers": peers.get("num_val_peers"),
            "events": sum(counts),
            "events_per_second": per_second(recent.get(node_id, 0), rows.recent_seconds),
            "series": counts,
            "dropped": node["dropped_count"],
            "dropped_messages": dropped.get(node_id, 0),
            "undecodable": node["undecodable"],
            "failures": failures.get(node_id, 0),
            **_finding_columns(findings.get(node_id, ())),
        }
        facts = _facts(line, rows.now, clocks.get(node_id))
        line["state"] = state_of(replace(facts, dropping=node_id in dropping))
        lines.append(line)
    return lines


def _facts(line: Json, now: int, clock_offset_us: int | None) -> NodeFacts:
    return NodeFacts(
        connected=line["is_connected"],
        quiet_us=_quiet_us(line["last_seen_at"], now),
        best_lag=line["best_lag"],
        finalized_lag=line["finalized_lag"],
        synced=line["synced"],
        peers=line["peers"],
        clock_offset_us=clock_offset_us,
    )


def _quiet_us(last_seen_at: str | None, now: int) -> int | None:
    if last_seen_at is None:
        return None
    return max(0, now - round(datetime.fromisoformat(last_seen_at).timestamp() * SECOND_US))


def _finding_columns(findings: Iterable[Finding]) -> Json:
    group = list(findings)
    severities = Counter[Severity](finding.summary()["severity"] for finding in group)
    newest = max(group, key=lambda finding: (finding.last_at, finding.code), default=None)
    return {
        "errors": severities["error"],
        "warnings": severities["warning"],
        "infos": severities["info"],
        "finding": newest and newest.code,
        "finding_at": newest and server_time(newest.last_at),
    }


def _series(buckets: Buckets, counts: ByNode) -> dict[str, list[int]]:
    """Return the events of each node by bucket, oldest first."""
    size = len(buckets.starts)
    series: defaultdict[str, list[int]] = defaultdict(lambda: [0] * size)
    for (start_us,), by_node in counts.items():
        index = (start_us - buckets.start_us) // buckets.step_us
        for node, count in by_node.items():
            series[node][index] += count
    return series


def newest_clocks(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the clock offset of each node in its newest bucket, microseconds."""
    newest: dict[str, tuple[int, int]] = {}
    for row in rows:
        known = newest.get(row["node"])
        if known is None or row["bucket"] > known[0]:
            newest[row["node"]] = row["bucket"], row["offset_us"]
    return {node: offset_us for node, (_, offset_us) in newest.items()}


def _milliseconds(time_us: int | None) -> float | None:
    return None if time_us is None else round(time_us / 1000, 3)


def index_implementations(nodes: Iterable[Json]) -> dict[tuple[str | None, str | None], int]:
    """Return the index of each implementation and version, in the order of their names."""
    known = {implementation_of(node) for node in nodes}
    ordered = sorted(known, key=lambda pair: (pair[0] is None, str(pair[0]), str(pair[1])))
    return {pair: index for index, pair in enumerate(ordered)}


def _slot(node: Json, name: str) -> int | None:
    block = node[name]
    return None if block is None else block["slot"]
