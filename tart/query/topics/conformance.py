"""What nodes did not do as specified, as the API tells it: rows in, findings out.

Pure. ``protocol.rules`` says what the rules mean. Most findings are counted as events come
(``aggregate.keyed.conformance``); those that need the long run are made here: clocks, Status that
never comes, events that were shed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tart.protocol.rules import RULES, SEVERITIES, Severity
from tart.query.answers import sessions as answers
from tart.query.core.rfc3339 import server_time
from tart.units import DAY_US, HOUR_US, JCE_US, SECOND_US

Json = dict[str, Any]
Row = Mapping[str, Any]

# A third of a slot.
CLOCK_US = 2 * SECOND_US
# No clock that counts from the right moment is that far off.
NOT_JCE_US = 30 * DAY_US
# Status every 2 seconds would have come fifteen times.
SILENT_US = 30 * SECOND_US
STATUS = 10
# Of one rule.
EXAMPLES = 3
# Where the rules are explained; below it each has a page of its own.
RULE_PAGES = "/api/docs/rules"
# How many microseconds they are.
_UNITS: Mapping[str, float] = {
    "nanoseconds": 0.001,
    "microseconds": 1,
    "milliseconds": 1_000,
    "seconds": 1_000_000,
}
# The worst first.
_VERDICTS = ("error", "warning", "conformant")


@dataclass
class Finding:
    """One rule that one node broke; times are Unix microseconds."""

    code: str
    count: int
    first_at: int
    last_at: int
    examples: list[answers.Example] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, int, str]:
        """The most severe first, then the most frequent."""
        return SEVERITIES.index(_severity(self.code)), -self.count, self.code

    def as_json(self) -> answers.Finding:
        """Without words and examples."""
        return {
            "code": self.code,
            "severity": _severity(self.code),
            "count": self.count,
            "counted": _counted(self.code),
            "first_at": server_time(self.first_at),
            "last_at": server_time(self.last_at),
            "docs": rule_page(self.code) if self.code in RULES else None,
        }

    def explained(self) -> answers.ExplainedFinding:
        """With both."""
        return {**self.as_json(), **_words(self.code), "examples": self.examples}


@dataclass
class ConformanceInput:
    """What is known of nodes in a window.

    Attributes:
        counted: rows of ``conformance``: node, rule, count, first_at, last_at.
        spoken: rows of the query of that name.
        clocks: hourly rows of ``clocks``: bucket, node, offset_us.
        events: rows of ``counts``: node, count; ``status`` the same of Status alone.
        examples: rows of the query of that name.
    """

    counted: Sequence[Row]
    spoken: Sequence[Row]
    clocks: Sequence[Row]
    events: Sequence[Row]
    status: Sequence[Row]
    examples: Sequence[Row]


def rule_page(code: str) -> str:
    """Where a rule is explained."""
    return f"{RULE_PAGES}/{code}"


def node_conformance(node: Row, material: ConformanceInput) -> answers.NodeConformance:
    """``/api/nodes/{id}/conformance``, without the window.

    Args:
        node: as the ``nodes`` query merges it; all material is of this node.
    """
    found = collect_findings(material).get(node["node_id"], [])
    shown = examples(material.examples)
    for each in found:
        each.examples = shown.get((node["node_id"], each.code), [])[:EXAMPLES]
    return {
        **_introduction(node),
        "verdict": verdict(found),
        "handshakes": handshakes(material.spoken),
        **figures(material.spoken, material.clocks, material.events, material.status),
        "findings": [each.explained() for each in found],
    }


def network_conformance(nodes: Sequence[Row], material: ConformanceInput) -> answers.Conformance:
    """``/api/conformance``, without the window; who never said a name is nobody's.

    Nodes with the worst verdict come first, otherwise in the order given.
    """
    found = collect_findings(material)
    kinds = (material.spoken, material.clocks, material.events, material.status)
    by_node = [_by_node(rows) for rows in kinds]
    spoken = by_node[0]
    known = {node["node_id"] for node in nodes}
    nodes = sorted(nodes, key=lambda node: _VERDICTS.index(verdict(found.get(node["node_id"], []))))
    return {
        "verdict": verdict(each for every in found.values() for each in every),
        "rules": _rules(found, material.examples),
        "nodes": [
            {
                **_introduction(node),
                "verdict": verdict(found.get(node_id, [])),
                "handshakes": handshakes(spoken.get(node_id, [])),
                **figures(*(rows.get(node_id, []) for rows in by_node)),
                "findings": [each.as_json() for each in found.get(node_id, [])],
            }
            for node in nodes
            for node_id in [node["node_id"]]
            if node_id in spoken or node_id in found
        ],
        "unidentified": [
            each.as_json()
            for node_id, every in found.items()
            if node_id not in known
            for each in every
        ],
    }


def collect_findings(material: ConformanceInput) -> dict[str | None, list[Finding]]:
    """By node, the most severe first."""
    found: dict[str | None, list[Finding]] = {}
    for row in material.counted:
        each = Finding(row["rule"], row["count"], row["first_at"], row["last_at"])
        found.setdefault(row["node"], []).append(each)
    for node, each in (*_clock_findings(material.clocks), *_silent(material), *_shed(material)):
        found.setdefault(node, []).append(each)
    for every in found.values():
        every.sort(key=lambda each: each.order)
    return found


def verdict(found: Iterable[Finding]) -> answers.Verdict:
    """The worst severity there is, or ``conformant`` where there is none but ``info``."""
    worst = min((SEVERITIES.index(_severity(each.code)) for each in found), default=None)
    if worst is None or (severity := SEVERITIES[worst]) == "info":
        return "conformant"
    return severity


def handshakes(spoken: Iterable[Row]) -> list[answers.Handshake]:
    """How connections began: each version and parameter layout, the newest first."""
    merged: dict[tuple[Any, Any], list[int]] = {}
    for row in spoken:
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
            merged.items(), key=lambda each: each[1][2], reverse=True
        )
    ]


def figures(
    spoken: Sequence[Row], clocks: Sequence[Row], events: Sequence[Row], status: Sequence[Row]
) -> answers.ConformanceFigures:
    """How much one node said, how often Status, and by what clock."""
    connected = sum(row["connected_us"] for row in spoken)
    total, of_status = (sum(row["count"] for row in rows) for rows in (events, status))
    return {
        "sessions": sum(row["sessions"] for row in spoken),
        "connected_seconds": round(connected / SECOND_US, 3),
        "event_count": total,
        "events_per_second": round(total * SECOND_US / connected, 3) if connected else None,
        "status_count": of_status,
        "status_interval_seconds": (
            round(connected / SECOND_US / of_status, 3) if of_status else None
        ),
        "clock": _clock(max(clocks, key=lambda row: row["bucket"], default=None)),
    }


def _clock(newest: Row | None) -> answers.ConformanceClock:
    if newest is None:
        return {"offset_ms": None, "is_jce": None, "looks_like": None}
    offset = newest["offset_us"]
    return {
        "offset_ms": round(offset / 1000, 3),
        "is_jce": abs(offset) < NOT_JCE_US,
        "looks_like": describe_clock(newest["bucket"], offset),
    }


def describe_clock(hour_us: int, offset_us: int) -> str | None:
    """What a clock that is far off seems to count; ``None`` if it is right, or who knows what.

    Args:
        hour_us: the hour in which the offset was the least, Unix microseconds.
        offset_us: our clock less the node's, read as microseconds of the JAM Common Era.
    """
    if abs(offset_us) < NOT_JCE_US:
        return None
    claimed = hour_us - JCE_US - offset_us
    for unit, size in _UNITS.items():
        for epoch, since_us in (("1970-01-01", hour_us), ("2025-01-01T12:00", hour_us - JCE_US)):
            if abs(claimed - since_us / size) <= HOUR_US + DAY_US / size:
                # Since when cannot be told of what hardly moves.
                return f"{unit} since {epoch}" if JCE_US / size > HOUR_US else f"{unit}, or nothing"
    return None


def examples(rows: Iterable[Row]) -> dict[tuple[str | None, str], list[answers.Example]]:
    """By node and rule, in the order given."""
    found: dict[tuple[str | None, str], list[answers.Example]] = {}
    for row in rows:
        found.setdefault((row["node"], row["rule"]), []).append(_example(row))
    return found


def _example(row: Row) -> answers.Example:
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


def _rules(
    found: Mapping[str | None, list[Finding]], rows: Iterable[Row]
) -> list[answers.BrokenRule]:
    """Every rule that was broken, over all nodes."""
    total: dict[str, Finding] = {}
    nodes: dict[str, int] = {}
    for node, every in found.items():
        for each in every:
            nodes[each.code] = nodes.get(each.code, 0) + (node is not None)
            known = total.get(each.code)
            if known is None:
                total[each.code] = Finding(each.code, each.count, each.first_at, each.last_at)
                continue
            known.count += each.count
            known.first_at = min(known.first_at, each.first_at)
            known.last_at = max(known.last_at, each.last_at)
    examples: dict[str, list[answers.NodeExample]] = {}
    for row in sorted(rows, key=lambda row: row["at"], reverse=True):
        shown = examples.setdefault(row["rule"], [])
        if len(shown) < EXAMPLES:
            shown.append({"node_id": row["node"], **_example(row)})
    return [
        {
            **finding.as_json(),
            "nodes": nodes[finding.code],
            **_words(finding.code),
            "examples": examples.get(finding.code, []),
        }
        for finding in sorted(total.values(), key=lambda each: each.order)
    ]


def _clock_findings(rows: Iterable[Row]) -> Iterable[tuple[str | None, Finding]]:
    """Counted are hours."""
    found: dict[tuple[str | None, str], list[int]] = {}
    for row in rows:
        offset = abs(row["offset_us"])
        if offset >= CLOCK_US:
            code = "clock_not_jce" if offset >= NOT_JCE_US else "clock_offset"
            found.setdefault((row["node"], code), []).append(row["bucket"])
    for (node, code), buckets in found.items():
        yield node, Finding(code, len(buckets), min(buckets), max(buckets))


def _silent(material: ConformanceInput) -> Iterable[tuple[str | None, Finding]]:
    """Counted are connections."""
    spoke = {row["node"] for row in material.status}
    for node, rows in _by_node(material.spoken).items():
        if node not in spoke and sum(row["connected_us"] for row in rows) >= SILENT_US:
            yield node, _over(rows, "status_missing", "sessions")


def _shed(material: ConformanceInput) -> Iterable[tuple[str | None, Finding]]:
    for node, rows in _by_node(material.spoken).items():
        if shed := [row for row in rows if row["shed"]]:
            yield node, _over(shed, "events_shed", "shed")


def _over(rows: Sequence[Row], code: str, counted: str) -> Finding:
    """A finding about connections as a whole."""
    first_at, last_at = (min(r["first_at"] for r in rows), max(r["last_at"] for r in rows))
    return Finding(code, sum(row[counted] for row in rows), first_at, last_at)


def _introduction(node: Row) -> answers.ConformanceNode:
    return {
        "node_id": node["node_id"],
        "implementation_name": node["implementation_name"],
        "implementation_version": node["implementation_version"],
        "is_connected": node["is_connected"],
    }


def _by_node(rows: Iterable[Row]) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = {}
    for row in rows:
        found.setdefault(row["node"], []).append(row)
    return found


def _severity(code: str) -> Severity:
    # A file may have what an older release counted.
    return RULES[code].severity if code in RULES else "warning"


def _counted(code: str) -> str:
    return RULES[code].counted if code in RULES else "events"


def _words(code: str) -> answers.RuleText:
    rule = RULES.get(code)
    return {
        "scope": None if rule is None else rule.scope,
        "explanation": "" if rule is None else rule.explanation,
    }
