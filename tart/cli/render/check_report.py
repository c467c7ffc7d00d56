"""The report of ``tart check``: as text, as JSON, as JUnit XML.

Pure: the report and the shown findings in, text out.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree

from tart.amounts import plural
from tart.cli.render.findings import Ink, Shortlist, Shown, as_text
from tart.printable import replace_unprintable
from tart.protocol.rules import RULES
from tart.query.answers.sessions import BrokenRule, ConformanceClock, NodeFindings
from tart.shard.check.conformance_stats import describe_offset
from tart.shard.check.offline_check import CheckReport

# Incremented when a member of the JSON is removed or changes its meaning.
JSON_VERSION = 1
NOTHING_RECEIVED = "nothing was received"
_CUT_SHORT = "the input is incomplete"
_FAILURE = "tart failed to check some events; this is a bug in tart, please report it"
_WIDTH = 92
_INDENT = " " * 11
_NO_COLOURS = Ink()
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(report: CheckReport, shortlist: Shortlist, *, strict: bool, source: str) -> str:
    """Return the JSON that ``docs/checking.md`` describes."""
    body = {
        "format": "tart-check",
        "version": JSON_VERSION,
        "source": source,
        "passed": report.passed(strict=strict),
        "strict": strict,
        "verdict": report.verdict if report.sessions else "nothing",
        "complete": report.complete,
        "whole": report.whole,
        "connections": report.connections,
        "sessions": report.sessions,
        "events": report.events,
        "bytes": report.bytes,
        "unfinished": report.unfinished,
        "unjudged": report.abandoned,
        "failures": report.failures,
        "rules": [_without_examples(rule) for rule in report.rules],
        "nodes": report.conformance["nodes"],
        "findings": [finding.as_json() for finding in shortlist.shown],
        "left_out": dict(sorted(shortlist.left_out.items())),
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def as_junit(report: CheckReport, shortlist: Shortlist, *, strict: bool, source: str) -> str:
    """Return JUnit XML: a test case for each rule, and one that something was received."""
    violations = {rule["code"]: rule for rule in report.rules}
    fatal = ("error", "warning") if strict else ("error",)
    suite = ElementTree.Element("testsuite", name="tart check", package=_clean(source))
    cases = [_received_case(report)]
    for code, rule in RULES.items():
        case = ElementTree.Element("testcase", classname=f"tart.check.{rule.scope}", name=code)
        if violation := violations.get(code):
            text = _clean(_examples(violation, [e for e in shortlist.shown if e.rule == code]))
            if rule.severity in fatal:
                failure = ElementTree.SubElement(case, "failure", type=rule.severity)
                failure.set("message", _code_and_count(violation))
                failure.text = text
            else:
                ElementTree.SubElement(case, "system-out").text = text
        cases.append(case)
    suite.extend(cases)
    failures = sum(case.find("failure") is not None for case in cases)
    suite.attrib.update(tests=str(len(cases)), failures=str(failures), errors="0", skipped="0")
    root = ElementTree.Element("testsuites", suite.attrib | {"name": "tart check"})
    root.attrib.pop("package")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def as_report(report: CheckReport, shortlist: Shortlist, *, strict: bool, source: str) -> str:
    """Return the shown findings and the summary as text."""
    parts = [as_text(finding, _NO_COLOURS) for finding in shortlist.shown]
    return "\n".join([*parts, as_summary(report, strict=strict)])


def as_summary(report: CheckReport, *, strict: bool, ink: Ink = _NO_COLOURS) -> str:
    """Return the summary as text: totals, nodes, violated rules with counts, conclusion."""
    lines = [_heading(report)]
    for node in report.conformance["nodes"]:
        lines += ["", *_node(node)]
    lines += _notes(report)
    if report.rules:
        lines.append("")
    for rule in report.rules:
        severity = ink(rule["severity"], f"{rule['severity']:<7}")
        lines.append(f"  {severity}  {rule['code']}: {_count(rule)}")
        lines += textwrap.wrap(
            rule["explanation"], _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    lines += ["", _conclusion(report, strict, ink)]
    return "\n".join(lines) + "\n"


def _heading(report: CheckReport) -> str:
    nodes = len(report.conformance["nodes"])
    return (
        f"checked {plural(nodes, 'node')}, {plural(report.connections, 'connection')}, "
        f"{plural(report.events, 'event')}, {plural(report.bytes, 'byte')}"
    )


def _node(node: NodeFindings) -> list[str]:
    name = replace_unprintable(
        f"{node['implementation_name']} {node['implementation_version']}"
    ).strip()
    protocols = ", ".join(
        f"protocol {handshake['protocol_version']} with {handshake['params_layout']} parameters"
        for handshake in node["handshakes"]
    )
    figures = [plural(node["event_count"], "event")]
    if node["connected_seconds"]:
        figures[0] += f" in {node['connected_seconds']:,.1f} s"
    if node["status_interval_seconds"]:
        figures.append(f"Status every {node['status_interval_seconds']:.1f} s")
    if (offset_ms := node["clock"]["offset_ms"]) is not None:
        figures.append(_clock(node["clock"], offset_ms))
    return [f"node {node['node_id']}", f"  {name}; {protocols}", f"  {'; '.join(figures)}"]


def _clock(clock: ConformanceClock, offset_ms: float) -> str:
    if clock["looks_like"]:
        return f"clock of {clock['looks_like']}"
    return f"clock {describe_offset(round(offset_ms * 1000))}"


def _notes(report: CheckReport) -> list[str]:
    notes = []
    if report.unfinished:
        notes.append(f"{plural(report.unfinished, 'connection')} ended within a message")
    if report.abandoned:
        notes.append(f"{plural(report.abandoned, 'connection')} beyond the limits, not checked")
    if report.failures:
        notes.append(
            f"{plural(report.failures, 'event')} not checked completely: tart failed, "
            "please report it"
        )
    if not report.whole:
        notes.append("messages are missing: references, intervals and pipelines were not checked")
    return ["", *(f"  note: {note}" for note in notes)] if notes else []


def _conclusion(report: CheckReport, strict: bool, ink: Ink) -> str:
    if report.complete and not report.sessions and not report.rules:
        return ink("error", f"FAILED: {NOTHING_RECEIVED}")
    severities = [rule["severity"] for rule in report.rules]
    parts = [
        f"{severity}s against {plural(count, 'rule')}"
        for severity in ("error", "warning")
        if (count := severities.count(severity))
    ]
    details = f": {', '.join(parts)}" if parts else ""
    if report.passed(strict=strict):
        return ink("good", "PASSED") + details
    if not report.complete:
        return ink("error", f"NOT CHECKED: {_CUT_SHORT}") + details
    if report.failures:
        return ink("error", f"NOT CHECKED: {_FAILURE}") + details
    return ink("error", "FAILED") + details


def _received_case(report: CheckReport) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="tart.check", name="something_received")
    if not report.sessions:
        message = "no node identified itself" if report.connections else NOTHING_RECEIVED
        ElementTree.SubElement(case, "failure", type="error", message=message)
    elif not report.complete:
        ElementTree.SubElement(case, "failure", type="error", message=_CUT_SHORT)
    elif report.failures:
        ElementTree.SubElement(case, "failure", type="error", message=_FAILURE)
    return case


def _examples(violation: BrokenRule, findings: Sequence[Shown]) -> str:
    head = [RULES[violation["code"]].explanation, _code_and_count(violation), ""]
    examples = "\n".join(as_text(finding, _NO_COLOURS) for finding in findings)
    return "\n".join(head) + "\n" + examples


def _code_and_count(violation: BrokenRule) -> str:
    return f"{violation['code']}: {_count(violation)}"


def _count(violation: BrokenRule) -> str:
    nodes = f" of {plural(violation['nodes'], 'node')}" if violation["nodes"] > 1 else ""
    return f"{violation['count']:,} {_unit(violation)}{nodes}"


def _unit(violation: BrokenRule) -> str:
    counted = violation["counted"]
    return counted.removesuffix("s") if violation["count"] == 1 else counted


def _without_examples(rule: BrokenRule) -> dict[str, object]:
    return {name: value for name, value in rule.items() if name != "examples"}


def _clean(text: str) -> str:
    """Return the text with characters replaced that XML 1.0 does not permit."""
    return _NO_XML.sub("\ufffd", text)
