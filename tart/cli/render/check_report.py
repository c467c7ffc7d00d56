"""What ``tart check`` says in the end: as text, as JSON, as JUnit's XML.

Pure: the report and the findings that are shown in, text out.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree

from tart.cli.render.findings import Ink, Shortlist, Shown, as_text, printable
from tart.protocol.rules import RULES
from tart.query.answers.sessions import BrokenRule, ConformanceClock, JudgedNode
from tart.shard.check.conformance_stats import distance
from tart.shard.check.offline_check import Report

# Raised when a member of the JSON is taken away or means something else.
JSON_VERSION = 1
NOTHING_HEARD = "nothing was received"
_CUT_SHORT = "what was to be judged did not come to its end"
_FAILURE = "tart failed to judge some events; that is a fault of tart, please report it"
_WIDTH = 92
_INDENT = " " * 11
_NO_COLOURS = Ink()
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(report: Report, list_: Shortlist, *, strict: bool, source: str) -> str:
    """As ``docs/checking.md`` describes it."""
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
        "unjudged": report.unjudged,
        "failures": report.failures,
        "rules": [_without_examples(each) for each in report.rules],
        "nodes": report.conformance["nodes"],
        "findings": [each.as_json() for each in list_.shown],
        "left_out": dict(sorted(list_.left_out.items())),
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def as_junit(report: Report, list_: Shortlist, *, strict: bool, source: str) -> str:
    """One test case for each rule, and one for whether anything came at all."""
    broken = {each["code"]: each for each in report.rules}
    fatal = ("error", "warning") if strict else ("error",)
    suite = ElementTree.Element("testsuite", name="tart check", package=_clean(source))
    cases = [_heard(report)]
    for code, rule in RULES.items():
        case = ElementTree.Element("testcase", classname=f"tart.check.{rule.scope}", name=code)
        if found := broken.get(code):
            text = _clean(_examples(found, [e for e in list_.shown if e.rule == code]))
            if rule.severity in fatal:
                failure = ElementTree.SubElement(case, "failure", type=rule.severity)
                failure.set("message", _counted(found))
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


def as_report(report: Report, list_: Shortlist, *, strict: bool, source: str) -> str:
    """The findings that are shown, and the summary."""
    parts = [as_text(each, _NO_COLOURS) for each in list_.shown]
    return "\n".join([*parts, as_summary(report, strict=strict)])


def as_summary(report: Report, *, strict: bool, ink: Ink = _NO_COLOURS) -> str:
    """What was heard, of whom, and which rules were broken how often."""
    lines = [_heading(report)]
    for node in report.conformance["nodes"]:
        lines += ["", *_node(node)]
    lines += _remarks(report)
    if report.rules:
        lines.append("")
    for each in report.rules:
        severity = ink(each["severity"], f"{each['severity']:<7}")
        lines.append(f"  {severity}  {each['code']}: {_count(each)}")
        lines += textwrap.wrap(
            each["explanation"], _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    lines += ["", _conclusion(report, strict, ink)]
    return "\n".join(lines) + "\n"


def _heading(report: Report) -> str:
    nodes = len(report.conformance["nodes"])
    return (
        f"checked {_many(nodes, 'node')}, {_many(report.connections, 'connection')}, "
        f"{_many(report.events, 'event')}, {_many(report.bytes, 'byte')}"
    )


def _node(node: JudgedNode) -> list[str]:
    name = printable(f"{node['implementation_name']} {node['implementation_version']}").strip()
    spoken = ", ".join(
        f"protocol {each['protocol_version']} with {each['params_layout']} parameters"
        for each in node["handshakes"]
    )
    figures = [_many(node["event_count"], "event")]
    if node["connected_seconds"]:
        figures[0] += f" in {node['connected_seconds']:,.1f} s"
    if node["status_interval_seconds"]:
        figures.append(f"Status every {node['status_interval_seconds']:.1f} s")
    if (offset_ms := node["clock"]["offset_ms"]) is not None:
        figures.append(_clock(node["clock"], offset_ms))
    return [f"node {node['node_id']}", f"  {name}; {spoken}", f"  {'; '.join(figures)}"]


def _clock(clock: ConformanceClock, offset_ms: float) -> str:
    if clock["looks_like"]:
        return f"clock of {clock['looks_like']}"
    return f"clock {distance(round(offset_ms * 1000))}"


def _remarks(report: Report) -> list[str]:
    found = []
    if report.unfinished:
        found.append(f"{_many(report.unfinished, 'connection')} ended within a message")
    if report.unjudged:
        found.append(f"{_many(report.unjudged, 'connection')} beyond the limits, not judged")
    if report.failures:
        found.append(
            f"{_many(report.failures, 'event')} not judged whole: tart failed, please report it"
        )
    if not report.whole:
        found.append("parts are missing: references, intervals and pipelines were not judged")
    return ["", *(f"  note: {each}" for each in found)] if found else []


def _conclusion(report: Report, strict: bool, ink: Ink) -> str:
    if report.complete and not report.sessions and not report.rules:
        return ink("error", f"FAILED: {NOTHING_HEARD}")
    severities = [each["severity"] for each in report.rules]
    parts = [
        f"{severity}s against {_many(count, 'rule')}"
        for severity in ("error", "warning")
        if (count := severities.count(severity))
    ]
    said = f": {', '.join(parts)}" if parts else ""
    if report.passed(strict=strict):
        return ink("good", "PASSED") + said
    if not report.complete:
        return ink("error", f"NOT JUDGED: {_CUT_SHORT}") + said
    if report.failures:
        return ink("error", f"NOT JUDGED: {_FAILURE}") + said
    return ink("error", "FAILED") + said


def _heard(report: Report) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="tart.check", name="something_received")
    if not report.sessions:
        message = "no node said who it is" if report.connections else NOTHING_HEARD
        ElementTree.SubElement(case, "failure", type="error", message=message)
    elif not report.complete:
        ElementTree.SubElement(case, "failure", type="error", message=_CUT_SHORT)
    elif report.failures:
        ElementTree.SubElement(case, "failure", type="error", message=_FAILURE)
    return case


def _examples(found: BrokenRule, list_: Sequence[Shown]) -> str:
    parts = [RULES[found["code"]].explanation, _counted(found), ""]
    return "\n".join(parts) + "\n" + "\n".join(as_text(each, _NO_COLOURS) for each in list_)


def _counted(found: BrokenRule) -> str:
    return f"{found['code']}: {_count(found)}"


def _count(found: BrokenRule) -> str:
    of = f" of {_many(found['nodes'], 'node')}" if found["nodes"] > 1 else ""
    return f"{found['count']:,} {_unit(found)}{of}"


def _unit(found: BrokenRule) -> str:
    counted = found["counted"]
    return counted.removesuffix("s") if found["count"] == 1 else counted


def _without_examples(rule: BrokenRule) -> dict[str, object]:
    return {name: value for name, value in rule.items() if name != "examples"}


def _many(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot carry."""
    return _NO_XML.sub("\ufffd", text)
