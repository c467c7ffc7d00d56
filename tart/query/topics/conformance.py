"""Conformance of nodes to JIP-3: rows of the aggregates in, findings and verdicts out.

Pure. ``protocol.rules`` explains the rules. Most findings are counted as events arrive
(``aggregate.keyed.conformance``). Those that take a longer observation are made here: clocks,
missing Status events, shed events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tart.protocol.events import EventKind
from tart.protocol.rules import RULES, SEVERITIES, Severity
from tart.query.answers import sessions as answers
from tart.query.core.rfc3339 import server_time
from tart.units import DAY_US, HOUR_US, JCE_US, SECOND_US

Row = Mapping[str, Any]

# Offset of a clock that is a finding: a third of a slot.
CLOCK_US = 2 * SECOND_US
# Offset from which a clock is taken to count from another epoch or in another unit.
NOT_JCE_US = 30 * DAY_US
# Time connected without a Status that is a finding; Status is due every 2 seconds.
SILENT_US = 30 * SECOND_US
STATUS = EventKind.STATUS
# Examples of one rule in an answer.
EXAMPLES = 3
# Path of the index of the rules; each rule has a page below it.
RULE_PAGES = "/api/docs/rules"
# Microseconds in each unit that a clock may count.
_UNITS: Mapping[str, float] = {
    "nanoseconds": 0.001,
    "microseconds": 1,
    "milliseconds": 1_000,
    "seconds": 1_000_000,
}
# Worst first.
_VERDICTS: tuple[answers.Verdict, ...] = ("error", "warning", "conformant")


@dataclass
class Finding:
    """A rule that one node broke, or several; times are Unix microseconds."""

    code: str
    count: int
    first_at: int
    last_at: int
    examples: list[answers.Example] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, int, str]:
        """Sort key: most severe first, then most frequent."""
        return SEVERITIES.index(severity_of(self.code)), -self.count, self.code

    def summary(self) -> answers.Finding:
        """Return the finding without explanation and examples."""
        return {
            "code": self.code,
            "severity": severity_of(self.code),
            "count": self.count,
            "counted": _unit(self.code),
            "first_at": server_time(self.first_at),
            "last_at": server_time(self.last_at),
            "docs": rule_page(self.code) if self.code in RULES else None,
        }

    def details(self) -> answers.ExplainedFinding:
        """Return the finding with explanation and examples."""
        return {**self.summary(), **_explanation(self.code), "examples": self.examples}

    def merge(self, other: Finding) -> None:
        """Add the counts of another node's finding of the same rule."""
        self.count += other.count
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)


# Findings by node id; ``None`` is the node of connections that never named one.
Findings = dict[str | None, list[Finding]]


@dataclass
class ConformanceInput:
    """Rows about nodes in a window.

    Attributes:
        counts: Node, rule, count, first_at, last_at of ``conformance``.
        connections: Node, protocol_version, params_layout, sessions, first_at, last_at,
            connected_us, shed.
        clocks: Bucket, node, offset_us of ``clocks``, by the hour.
        events: Node, count of all events.
        status: Node, count of Status events.
        examples: Rows of the query ``examples``.
    """

    counts: Sequence[Row]
    connections: Sequence[Row]
    clocks: Sequence[Row]
    events: Sequence[Row]
    status: Sequence[Row]
    examples: Sequence[Row]


def rule_page(code: str) -> str:
    """Return the path of a rule's page."""
    return f"{RULE_PAGES}/{code}"


def node_conformance(node: Row, rows: ConformanceInput) -> answers.NodeConformance:
    """Return the answer of ``/api/nodes/{id}/conformance``.

    Args:
        node: The merged node.
        rows: Rows about this node alone.
    """
    findings = collect_findings(rows).get(node["node_id"], [])
    known = _examples(rows.examples)
    for finding in findings:
        finding.examples = known.get((node["node_id"], finding.code), [])[:EXAMPLES]
    return {
        **_node(node),
        "verdict": verdict(findings),
        "handshakes": handshakes(rows.connections),
        **connection_figures(rows.connections, rows.clocks, rows.events, rows.status),
        "findings": [finding.details() for finding in findings],
    }


def network_conformance(nodes: Sequence[Row], rows: ConformanceInput) -> answers.Conformance:
    """Return the answer of ``/api/conformance``.

    Nodes with the worst verdict come first, otherwise in the given order. Findings of connections
    that never named a node are ``unidentified``.

    Args:
        nodes: All known nodes, merged.
        rows: Rows about all nodes.
    """
    findings = collect_findings(rows)
    connections, clocks = _by_node(rows.connections), _by_node(rows.clocks)
    events, status = _by_node(rows.events), _by_node(rows.status)
    judgements: list[answers.NodeFindings] = [
        {
            **_node(node),
            "verdict": verdict(findings.get(node_id, [])),
            "handshakes": handshakes(connections[node_id]),
            **connection_figures(
                connections[node_id], clocks[node_id], events[node_id], status[node_id]
            ),
            "findings": [finding.summary() for finding in findings.get(node_id, [])],
        }
        for node_id, node in ((node["node_id"], node) for node in nodes)
        if node_id in connections or node_id in findings
    ]
    known = {node["node_id"] for node in nodes}
    return {
        "verdict": verdict(finding for group in findings.values() for finding in group),
        "rules": broken_rules(findings, rows.examples),
        "nodes": sorted(judgements, key=lambda node: _VERDICTS.index(node["verdict"])),
        "unidentified": [
            finding.summary()
            for node_id, group in findings.items()
            if node_id not in known
            for finding in group
        ],
    }


def collect_findings(rows: ConformanceInput) -> Findings:
    """Return the findings by node, the most severe first."""
    findings: defaultdict[str | None, list[Finding]] = defaultdict(list)
    for row in rows.counts:
        finding = Finding(row["rule"], row["count"], row["first_at"], row["last_at"])
        findings[row["node"]].append(finding)
    for node_id, finding in (
        *_clock_findings(rows.clocks),
        *_silence_findings(rows),
        *_shed_findings(rows),
    ):
        findings[node_id].append(finding)
    for group in findings.values():
        group.sort(key=lambda finding: finding.order)
    return dict(findings)


def verdict(findings: Iterable[Finding]) -> answers.Verdict:
    """Return the worst severity; ``conformant`` if there is none above ``info``."""
    worst = min((SEVERITIES.index(severity_of(finding.code)) for finding in findings), default=None)
    if worst is None or (severity := SEVERITIES[worst]) == "info":
        return "conformant"
    return severity


def handshakes(connections: Iterable[Row]) -> list[answers.Handshake]:
    """Return the protocol versions and parameter layouts of connections, newest first."""
    merged: dict[tuple[Any, Any], list[int]] = {}
    for row in connections:
        first_at, last_at = row["first_at"], row["last_at"]
        key = row["protocol_version"], row["params_layout"]
        known = merged.setdefault(key, [0, first_at, last_at])
        known[0] += row["sessions"]
        known[1], known[2] = min(known[1], first_at), max(known[2], last_at)
    return [
        {
            "protocol_version": version,
            "params_layout": layout,
            "sessions": sessions,
            "first_at": server_time(first_at),
            "last_at": server_time(last_at),
        }
        for (version, layout), (sessions, first_at, last_at) in sorted(
            merged.items(), key=lambda item: item[1][2], reverse=True
        )
    ]


def connection_figures(
    connections: Sequence[Row],
    clocks: Sequence[Row],
    events: Sequence[Row],
    status: Sequence[Row],
) -> answers.ConformanceFigures:
    """Return rates of events and of Status events of one node, and its clock."""
    connected_us = sum(row["connected_us"] for row in connections)
    event_count = sum(row["count"] for row in events)
    status_count = sum(row["count"] for row in status)
    return {
        "sessions": sum(row["sessions"] for row in connections),
        "connected_seconds": round(connected_us / SECOND_US, 3),
        "event_count": event_count,
        "events_per_second": (
            round(event_count * SECOND_US / connected_us, 3) if connected_us else None
        ),
        "status_count": status_count,
        "status_interval_seconds": (
            round(connected_us / SECOND_US / status_count, 3) if status_count else None
        ),
        "clock": _clock(max(clocks, key=lambda row: row["bucket"], default=None)),
    }


def _clock(newest: Row | None) -> answers.ConformanceClock:
    if newest is None:
        return {"offset_ms": None, "is_jce": None, "looks_like": None}
    offset_us = newest["offset_us"]
    return {
        "offset_ms": round(offset_us / 1000, 3),
        "is_jce": abs(offset_us) < NOT_JCE_US,
        "looks_like": describe_clock(newest["bucket"], offset_us),
    }


def describe_clock(hour_us: int, offset_us: int) -> str | None:
    """Return the unit and epoch that a wrong clock seems to count.

    ``None`` if the clock counts from the right epoch, or if no unit and epoch match.

    Args:
        hour_us: The hour of the least offset, Unix microseconds.
        offset_us: The server's clock minus the node's, both in microseconds of the JAM Common Era.
    """
    if abs(offset_us) < NOT_JCE_US:
        return None
    claimed = hour_us - JCE_US - offset_us
    for unit, size in _UNITS.items():
        for epoch, since_us in (("1970-01-01", hour_us), ("2025-01-01T12:00", hour_us - JCE_US)):
            if abs(claimed - since_us / size) <= HOUR_US + DAY_US / size:
                # The epoch of a clock that hardly moves cannot be inferred.
                return f"{unit} since {epoch}" if JCE_US / size > HOUR_US else f"{unit}, or nothing"
    return None


def _examples(rows: Iterable[Row]) -> dict[tuple[str | None, str], list[answers.Example]]:
    """Return the examples by node and rule, in the given order."""
    examples: defaultdict[tuple[str | None, str], list[answers.Example]] = defaultdict(list)
    for row in rows:
        examples[row["node"], row["rule"]].append(example_json(row))
    return examples


def example_json(row: Row) -> answers.Example:
    """Return an example of an answer.

    Args:
        row: A row of the queries ``examples`` and ``finding_examples``.
    """
    return {
        "id": row["id"],
        "session": row["session"],
        "event_id": row["event_id"],
        "event_type": row["type"],
        "at": server_time(row["at"]),
        "field": row["field"],
        "offset": row["byte_offset"],
        "expectation": row["expectation"],
        "hex": "0x" + row["frame"] if row["size"] else None,
        "size": row["size"] or None,
    }


def broken_rules(findings: Findings, rows: Iterable[Row]) -> list[answers.BrokenRule]:
    """Return every broken rule, over all nodes, the most severe first."""
    total: dict[str, Finding] = {}
    nodes: Counter[str] = Counter()
    for node_id, group in findings.items():
        for finding in group:
            nodes[finding.code] += node_id is not None
            if finding.code in total:
                total[finding.code].merge(finding)
            else:
                total[finding.code] = Finding(
                    finding.code, finding.count, finding.first_at, finding.last_at
                )
    examples: defaultdict[str, list[answers.NodeExample]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["at"], reverse=True):
        if len(examples[row["rule"]]) < EXAMPLES:
            examples[row["rule"]].append({"node_id": row["node"], **example_json(row)})
    return [
        {
            **finding.summary(),
            "nodes": nodes[finding.code],
            **_explanation(finding.code),
            "examples": examples[finding.code],
        }
        for finding in sorted(total.values(), key=lambda finding: finding.order)
    ]


def _clock_findings(rows: Iterable[Row]) -> Iterable[tuple[str | None, Finding]]:
    """Yield findings about clocks; their count is a number of hours."""
    hours: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
    for row in rows:
        offset_us = abs(row["offset_us"])
        if offset_us >= CLOCK_US:
            code = "clock_not_jce" if offset_us >= NOT_JCE_US else "clock_offset"
            hours[row["node"], code].append(row["bucket"])
    for (node_id, code), buckets in hours.items():
        yield node_id, Finding(code, len(buckets), min(buckets), max(buckets))


def _silence_findings(rows: ConformanceInput) -> Iterable[tuple[str | None, Finding]]:
    """Yield findings about missing Status events; their count is a number of connections."""
    with_status = {row["node"] for row in rows.status}
    for node_id, connections in _by_node(rows.connections).items():
        connected_us = sum(row["connected_us"] for row in connections)
        if node_id not in with_status and connected_us >= SILENT_US:
            yield node_id, _connection_finding(connections, "status_missing", "sessions")


def _shed_findings(rows: ConformanceInput) -> Iterable[tuple[str | None, Finding]]:
    """Yield findings about shed events."""
    for node_id, connections in _by_node(rows.connections).items():
        if shed := [row for row in connections if row["shed"]]:
            yield node_id, _connection_finding(shed, "events_shed", "shed")


def _connection_finding(connections: Sequence[Row], code: str, column: str) -> Finding:
    """Return a finding about connections; its count is the sum of a column."""
    return Finding(
        code,
        count=sum(row[column] for row in connections),
        first_at=min(row["first_at"] for row in connections),
        last_at=max(row["last_at"] for row in connections),
    )


def _node(node: Row) -> answers.ConformanceNode:
    return {
        "node_id": node["node_id"],
        "implementation_name": node["implementation_name"],
        "implementation_version": node["implementation_version"],
        "is_connected": node["is_connected"],
    }


def _by_node(rows: Iterable[Row]) -> defaultdict[str | None, list[Row]]:
    by_node: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_node[row["node"]].append(row)
    return by_node


def severity_of(code: str) -> Severity:
    """Return a rule's severity; ``warning`` for a rule that is not known."""
    # A file may have counts of a rule that only an older release has.
    return RULES[code].severity if code in RULES else "warning"


def _unit(code: str) -> str:
    return RULES[code].counted if code in RULES else "events"


def _explanation(code: str) -> answers.RuleText:
    rule = RULES.get(code)
    return {
        "scope": None if rule is None else rule.scope,
        "explanation": "" if rule is None else rule.explanation,
    }
