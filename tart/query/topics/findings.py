"""Conformance findings as a matrix of rules and nodes, and as single examples.

Pure. ``query.topics.conformance`` collects the findings; here they are arranged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tart.protocol.events import EVENTS
from tart.protocol.rules import RULES
from tart.query.answers import findings as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.topics import conformance
from tart.query.topics.conformance import ConformanceInput, Findings

# Bytes of a message that are shown as what was found.
FOUND_BYTES = 16
_Implementation = tuple[str | None, str | None]


def conformance_matrix(nodes: Sequence[Json], rows: ConformanceInput) -> answers.ConformanceMatrix:
    """Return the answer of ``/api/conformance/matrix``.

    Args:
        nodes: All known nodes, merged.
        rows: Rows about all nodes, without examples.
    """
    findings = conformance.collect_findings(rows)
    connected = {row["node"] for row in rows.connections}
    shown = sorted(
        (node for node in nodes if node["node_id"] in connected or node["node_id"] in findings),
        key=lambda node: (*_order(_implementation(node)), node["node_id"]),
    )
    implementations = list(dict.fromkeys(map(_implementation, shown)))
    rules = conformance.broken_rules(findings, [])
    places = {node["node_id"]: place for place, node in enumerate(shown)}
    counts = {row["node"]: row["count"] for row in rows.events}
    return {
        "verdict": conformance.verdict(each for group in findings.values() for each in group),
        "event_count": sum(row["count"] for row in rows.events),
        "rules": [
            {
                "code": rule["code"],
                "severity": rule["severity"],
                "scope": rule["scope"],
                "explanation": rule["explanation"],
                "counted": rule["counted"],
                "docs": rule["docs"],
                "count": rule["count"],
                "nodes": rule["nodes"],
                "first_at": rule["first_at"],
                "last_at": rule["last_at"],
            }
            for rule in rules
        ],
        "implementations": [
            _summary(one, [node for node in shown if _implementation(node) == one], findings)
            for one in implementations
        ],
        "nodes": [
            {
                "node_id": node["node_id"],
                "implementation": implementations.index(_implementation(node)),
                "is_connected": node["is_connected"],
                "verdict": conformance.verdict(findings.get(node["node_id"], [])),
                "event_count": counts.get(node["node_id"], 0),
            }
            for node in shown
        ],
        "cells": _cells(findings, places, [rule["code"] for rule in rules]),
        "unidentified": sum(
            finding.count
            for node_id, group in findings.items()
            if node_id not in places
            for finding in group
        ),
    }


def _cells(
    findings: Findings, places: Mapping[str, int], codes: Sequence[str]
) -> list[answers.MatrixCell]:
    rules = {code: place for place, code in enumerate(codes)}
    cells: list[answers.MatrixCell] = [
        {
            "rule": rules[finding.code],
            "node": places[node_id],
            "count": finding.count,
            "first_at": server_time(finding.first_at),
            "last_at": server_time(finding.last_at),
        }
        for node_id, group in findings.items()
        if node_id is not None and node_id in places
        for finding in group
    ]
    return sorted(cells, key=lambda cell: (cell["rule"], cell["node"]))


def _implementation(node: Json) -> _Implementation:
    return node["implementation_name"], node["implementation_version"]


def _order(implementation: _Implementation) -> tuple[bool, str, str]:
    name, version = implementation
    return name is None, name or "", version or ""


def _summary(
    implementation: _Implementation, nodes: Sequence[Json], findings: Findings
) -> answers.MatrixImplementation:
    name, version = implementation
    return {
        "name": name,
        "version": version,
        "nodes": len(nodes),
        "verdict": conformance.verdict(
            finding for node in nodes for finding in findings.get(node["node_id"], [])
        ),
    }


def nodes_of(nodes: Iterable[Json], name: str | None, version: str | None) -> list[str] | None:
    """Return the ids of the nodes of an implementation; ``None`` means all nodes."""
    if name is None and version is None:
        return None
    return [
        node["node_id"]
        for node in nodes
        if name in (None, node["implementation_name"])
        and version in (None, node["implementation_version"])
    ]


def conformance_examples(
    rows: Sequence[Mapping[str, Any]], nodes: Iterable[Json], limit: int
) -> answers.ConformanceExamples:
    """Return the answer of ``/api/conformance/examples``.

    Args:
        rows: Rows of the query ``finding_examples``, newest first.
        nodes: All known nodes, merged.
        limit: Maximum number of examples.
    """
    known = {node["node_id"]: _implementation(node) for node in nodes}
    return {
        "examples": [_example(row, known.get(row["node"], (None, None))) for row in rows[:limit]],
        "has_more": len(rows) > limit,
    }


def _example(row: Mapping[str, Any], implementation: _Implementation) -> answers.FindingExample:
    code, kind = row["rule"], EVENTS.get(row["type"])
    name, version = implementation
    return {
        "code": code,
        "severity": conformance.severity_of(code),
        "docs": conformance.rule_page(code) if code in RULES else None,
        "node_id": row["node"],
        "implementation_name": name,
        "implementation_version": version,
        "event_name": kind.variant if kind is not None else None,
        "found": _found(row["frame"], row["byte_offset"]),
        **conformance.example_json(row),
    }


def _found(frame: str, offset: int) -> str | None:
    """Return the bytes of a frame, both as hex, that begin at an offset."""
    part = frame[2 * offset : 2 * (offset + FOUND_BYTES)]
    return f"0x{part}" if part else None
