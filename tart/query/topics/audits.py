"""Audits: the bundles that auditors recover, by node and by work-report.

Pure: rows of the aggregates in, the answer of ``/api/audits`` out. JIP-3 has no events of audits
themselves yet; ``protocol.roles`` says what they will fill.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tart.protocol.events import EventKind
from tart.protocol.roles import Role
from tart.query.answers import audits as answers
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.topics.node_summary import implementation_of
from tart.query.topics.protocol_steps import StepRows, audit_steps, events_by_node
from tart.query.topics.time_series import Buckets
from tart.units import SECOND_US

# Erasure roots that are read, the newest.
MAX_REPORTS = 10_000
# Types that an auditor reports, without the ends of requests, which either side reports.
SENT_KINDS = (
    EventKind.SENDING_BUNDLE_SHARD_REQUEST,
    EventKind.RECONSTRUCTING_BUNDLE,
    EventKind.BUNDLE_RECONSTRUCTED,
    EventKind.SENDING_BUNDLE_REQUEST,
)
# Requests of auditors that assurers and guarantors receive.
SERVED_KINDS = (EventKind.RECEIVING_BUNDLE_SHARD_REQUEST, EventKind.RECEIVING_BUNDLE_REQUEST)
# Ends of the auditor's requests: the parent tells its side.
ENDED_STEPS: Mapping[str, tuple[int, int]] = {
    "shards_transferred": (
        EventKind.SENDING_BUNDLE_SHARD_REQUEST,
        EventKind.BUNDLE_SHARD_TRANSFERRED,
    ),
    "shard_requests_failed": (
        EventKind.SENDING_BUNDLE_SHARD_REQUEST,
        EventKind.BUNDLE_SHARD_REQUEST_FAILED,
    ),
    "bundles_transferred": (EventKind.SENDING_BUNDLE_REQUEST, EventKind.BUNDLE_TRANSFERRED),
    "bundle_requests_failed": (EventKind.SENDING_BUNDLE_REQUEST, EventKind.BUNDLE_REQUEST_FAILED),
}
RECOVERY_STEP = (EventKind.SENDING_BUNDLE_SHARD_REQUEST, EventKind.BUNDLE_RECONSTRUCTED)
# Columns of ``erasures`` that auditors make.
ROOT_COUNTS = (
    "bundle_shards_served",
    "bundle_shards_transferred",
    "bundle_shards_failed",
    "bundles_served",
    "bundles_transferred",
    "bundles_failed",
)


@dataclass(frozen=True)
class AuditRows:
    """The rows that the figures are made from; times are Unix microseconds.

    Attributes:
        buckets: The window, cut into buckets.
        counts: Bucket, type, count of the types of auditors.
        by_node: Node, type, count of the same and of ``SERVED_KINDS``.
        durations: Bucket, node, parent, type, bin, count of the steps above.
        roots: Rows of ``erasures``.
        reports: Erasure root, report, hash, core of ``packages``.
        steps: Rows of ``role_events``.
        nodes: All nodes.
    """

    buckets: Buckets
    counts: Sequence[Json]
    by_node: Sequence[Json]
    durations: Sequence[Json]
    roots: Sequence[Json]
    reports: Sequence[Json]
    steps: StepRows
    nodes: Sequence[Json]


def audited_roots(roots: Iterable[Json]) -> list[Json]:
    """Return the erasure roots of which auditors requested something, the newest first."""
    audited = [row for row in roots if any(row[name] for name in ROOT_COUNTS)]
    return sorted(audited, key=lambda row: (row["last_at"], row["root"]), reverse=True)


def audits(rows: AuditRows, limit: int) -> answers.Audits:
    """Return the answer.

    Args:
        rows: Of the window.
        limit: Maximum number of nodes, and of reports.
    """
    starts = rows.buckets.starts[::-1]
    by_bucket: Counter[tuple[int, int]] = Counter()
    types: Counter[int] = Counter()
    for row in rows.counts:
        by_bucket[row["type"], row["bucket"]] += row["count"]
        types[row["type"]] += row["count"]
    ended, by_node, ended_by_bucket = _durations(rows.durations)
    nodes = _nodes(rows, by_node)
    roots = audited_roots(rows.roots)
    transferred = ENDED_STEPS["bundles_transferred"]
    return {
        "bucket_seconds": rows.buckets.step_us // SECOND_US,
        "times": [server_time(start) for start in starts],
        "recovery": _recovery(types, ended),
        "series": {
            "shard_requests": [
                by_bucket[EventKind.SENDING_BUNDLE_SHARD_REQUEST, start] for start in starts
            ],
            "reconstructed": [by_bucket[EventKind.BUNDLE_RECONSTRUCTED, start] for start in starts],
            "bundle_requests": [
                by_bucket[EventKind.SENDING_BUNDLE_REQUEST, start] for start in starts
            ],
            "bundles_transferred": [ended_by_bucket[transferred, start] for start in starts],
        },
        "nodes": nodes[:limit],
        "nodes_total": len(nodes),
        "reports": _reports(roots[:limit], rows.reports),
        "reports_total": len(roots),
        "steps": audit_steps(rows.steps, starts),
    }


_Step = tuple[int, int]
_Bins = Mapping[_Step, Counter[int]]


def _durations(
    rows: Iterable[Json],
) -> tuple[_Bins, Mapping[str, _Bins], Counter[tuple[_Step, int]]]:
    """Return the durations of each step; the same by node; their number by bucket."""
    bins: defaultdict[_Step, Counter[int]] = defaultdict(Counter)
    nodes: defaultdict[str, defaultdict[_Step, Counter[int]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    buckets: Counter[tuple[_Step, int]] = Counter()
    for row in rows:
        step = row["parent"], row["type"]
        bins[step][row["bin"]] += row["count"]
        nodes[row["node"]][step][row["bin"]] += row["count"]
        buckets[step, row["bucket"]] += row["count"]
    return bins, nodes, buckets


def _recovery(types: Mapping[int, int], bins: _Bins) -> answers.BundleRecovery:
    ended = {name: bins.get(step, Counter()).total() for name, step in ENDED_STEPS.items()}
    recovery = bins.get(RECOVERY_STEP, Counter())
    return {
        "shard_requests": types.get(EventKind.SENDING_BUNDLE_SHARD_REQUEST, 0),
        "shards_transferred": ended["shards_transferred"],
        "shard_requests_failed": ended["shard_requests_failed"],
        "reconstructions": types.get(EventKind.RECONSTRUCTING_BUNDLE, 0),
        "reconstructed": types.get(EventKind.BUNDLE_RECONSTRUCTED, 0),
        "bundle_requests": types.get(EventKind.SENDING_BUNDLE_REQUEST, 0),
        "bundles_transferred": ended["bundles_transferred"],
        "bundle_requests_failed": ended["bundle_requests_failed"],
        "p50_ms": percentile_ms(recovery, 0.5),
        "p95_ms": percentile_ms(recovery, 0.95),
    }


def _nodes(rows: AuditRows, bins: Mapping[str, _Bins]) -> list[answers.AuditingNode]:
    types: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows.by_node:
        types[row["node"]][row["type"]] += row["count"]
    judgments = events_by_node(Role.JUDGMENT_MADE, rows.steps)
    known = {node["node_id"]: node for node in rows.nodes}
    lines: list[answers.AuditingNode] = []
    for node_id in types.keys() | bins.keys() | (judgments or {}).keys():
        name, version = implementation_of(known[node_id]) if node_id in known else (None, None)
        lines.append(
            {
                "node_id": node_id,
                "implementation_name": name,
                "implementation_version": version,
                **_recovery(types[node_id], bins.get(node_id, {})),
                "served": sum(types[node_id][kind] for kind in SERVED_KINDS),
                "judgments": None if judgments is None else judgments.get(node_id, 0),
            }
        )
    return sorted(lines, key=lambda line: (-_sent(line), -line["served"], line["node_id"]))


def _sent(line: answers.AuditingNode) -> int:
    return line["shard_requests"] + line["bundle_requests"]


def _reports(roots: Iterable[Json], packages: Iterable[Json]) -> list[answers.AuditedReport]:
    known: dict[str, Json] = {}
    for row in sorted(packages, key=lambda row: str(row["hash"])):
        before = known.setdefault(row["erasure_root"], row)
        if before["report"] is None:
            known[row["erasure_root"]] = row
    reports: list[answers.AuditedReport] = []
    for root in roots:
        package = known.get(root["root"], {})
        reports.append(
            {
                "erasure_root": root["root"],
                "report_hash": package.get("report"),
                "work_package_hash": package.get("hash"),
                "core": package.get("core"),
                "first_at": server_time(root["first_at"]),
                "last_at": server_time(root["last_at"]),
                "shards_served": root["bundle_shards_served"],
                "shards_transferred": root["bundle_shards_transferred"],
                "shards_failed": root["bundle_shards_failed"],
                "bundles_served": root["bundles_served"],
                "bundles_transferred": root["bundles_transferred"],
                "bundles_failed": root["bundles_failed"],
            }
        )
    return reports
