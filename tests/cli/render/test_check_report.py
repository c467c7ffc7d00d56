"""``tart/cli/render/check_report.py``: the report as text, JSON and JUnit's XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tart.cli.render.check_report import as_json, as_junit, as_report, as_summary
from tart.cli.render.findings import Ink, Shortlist
from tart.protocol.rules import ERROR, RULES, SEVERITIES, WARNING
from tart.shard.check.offline_check import Checker
from tart.style import Style
from tart.units import JCE_US
from tests.aggregate.node_script import NodeScript, misbehaving_script

# A timestamp that goes back is a warning.
DOUBTFUL = "timestamp_backwards"


def report_of(*scripts, whole=True):
    """What is said of connections that were judged one after another."""
    chosen = Shortlist()
    checker = Checker(chosen.add, whole=whole)
    for script in scripts:
        at = script.now + JCE_US
        session = checker.open("192.0.2.1:4", at)
        checker.receive(session, b"".join(script.frames), at)
        checker.close(session, at)
    return checker.finish(), chosen


def clean():
    script = NodeScript()
    script.send_status()
    script.send_status()
    return script


def doubtful():
    script = NodeScript()
    script.send_best()
    script.send_best(-2_000_000)
    script.send_best(2_000_000)
    return script


def summary(*scripts, strict=False, **more):
    return as_summary(report_of(*scripts, **more)[0], strict=strict)


def rendered(how, *scripts, strict=False):
    report, chosen = report_of(*scripts)
    return how(report, chosen, strict=strict, source="listen 9000")


@pytest.mark.parametrize(
    ("scripts", "strict", "passed", "conclusion"),
    [
        ([], False, False, "FAILED: nothing was received"),
        ([clean()], True, True, "PASSED"),
        ([doubtful()], False, True, "PASSED: warnings against 1 rule"),
        ([doubtful()], True, False, "FAILED: warnings against 1 rule"),
        (
            [misbehaving_script()],
            False,
            False,
            "FAILED: errors against 3 rules, warnings against 2 rules",
        ),
    ],
)
def test_text_json_and_junit_have_the_same_conclusion(scripts, strict, passed, conclusion):
    report, _ = report_of(*scripts)
    assert report.passed(strict=strict) is passed
    assert summary(*scripts, strict=strict).splitlines()[-1] == conclusion
    assert json.loads(rendered(as_json, *scripts, strict=strict))["passed"] is passed
    suite = ElementTree.fromstring(rendered(as_junit, *scripts, strict=strict)).find("testsuite")
    assert (suite.get("failures") == "0") is passed


def test_the_summary_lists_each_node_and_rule():
    lines = summary(misbehaving_script()).splitlines()
    sent = misbehaving_script().frames
    size = sum(map(len, sent))
    assert lines[0] == f"checked 1 node, 1 connection, {len(sent) - 1} events, {size:,} bytes"
    assert lines[2] == f"node {'01' * 32}"
    assert lines[3] == "  fake-node 0.1.0; protocol 1 with gp-0.7 parameters"
    assert "  error    reference_wrong_type: 30 events" in lines
    severities = [line.split()[0] for line in lines if line.startswith("  ") and ": " in line]
    assert [each for each in severities if each in SEVERITIES] == [
        *("error", "error", "error", "warning", "warning", "info"),
    ]


def test_a_report_has_the_findings_before_the_summary():
    text = rendered(as_report, misbehaving_script())
    assert text.startswith("error    unknown_event")
    assert text.endswith(summary(misbehaving_script()))


def test_the_summary_notes_what_was_not_checked():
    assert "\n  note: messages are missing: references" in summary(
        misbehaving_script(), whole=False
    )
    script = NodeScript()
    script.frames.append(b"\x09\0\0\0half")
    assert "\n  note: 1 connection ended within a message\n" in summary(script)


def test_a_wrong_clock_is_named_by_its_epoch():
    script = clean()
    assert "; clock 0 ms behind" in summary(script)
    off = NodeScript()
    off.now += JCE_US
    off.send_status(0)
    report = Checker(lambda found: None)
    report.receive(report.open("", off.now), b"".join(off.frames), off.now)
    text = as_summary(report.finish(), strict=False)
    assert "; clock of microseconds since 1970-01-01" in text


def test_the_summary_has_colours_only_when_enabled():
    report, _ = report_of(misbehaving_script())
    assert "\x1b[1;31m" in as_summary(report, strict=False, ink=Ink(Style(enabled=True)))
    assert "\x1b" not in as_summary(report, strict=False)


def test_control_characters_of_a_node_s_text_are_replaced():
    script = NodeScript(name="\x1b[31m\0")
    script.send_undecodable()
    assert "\x1b" not in summary(script)
    assert ElementTree.fromstring(rendered(as_junit, script)) is not None


# --- JSON ------------------------------------------------------------------------------


def test_the_json_report_matches_its_documentation():
    body = json.loads(rendered(as_json, misbehaving_script()))
    assert (body["format"], body["version"]) == ("tart-check", 1)
    assert (body["source"], body["verdict"], body["strict"]) == ("listen 9000", "error", False)
    assert (body["sessions"], body["connections"], body["events"]) == (
        1,
        1,
        len(misbehaving_script().frames) - 1,
    )
    rules = {each["code"]: each for each in body["rules"]}
    assert rules["reference_wrong_type"]["count"] == 30
    assert "examples" not in rules["reference_wrong_type"]
    (node,) = body["nodes"]
    assert {each["code"]: each["count"] for each in node["findings"]} == {
        code: each["count"] for code, each in rules.items()
    }
    shown = [each["rule"] for each in body["findings"]]
    for code, each in rules.items():
        assert shown.count(code) + body["left_out"].get(code, 0) == each["count"]


def test_the_documentation_names_every_member_of_the_json():
    from tests.test_architecture import ROOT

    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    body = json.loads(rendered(as_json, misbehaving_script()))
    for members in (body, body["findings"][0], body["rules"][0], body["nodes"][0]):
        for name in members:
            assert f"`{name}`" in page, name


# --- JUnit -----------------------------------------------------------------------------


def test_junit_has_a_case_for_each_rule_that_fails_by_severity():
    for strict, fatal in ((False, {ERROR}), (True, {ERROR, WARNING})):
        root = ElementTree.fromstring(rendered(as_junit, misbehaving_script(), strict=strict))
        suite = root.find("testsuite")
        cases = {case.get("name"): case for case in suite.findall("testcase")}
        assert cases.keys() == RULES.keys() | {"something_received"}
        broken = {name for name, case in cases.items() if case.find("failure") is not None}
        found = {each["code"] for each in report_of(misbehaving_script())[0].rules}
        assert broken == {code for code in found if RULES[code].severity in fatal}
        assert suite.get("tests") == root.get("tests") == str(len(cases))
        assert suite.get("failures") == root.get("failures") == str(len(broken))
        told = {name for name, case in cases.items() if case.find("system-out") is not None}
        assert told == found - broken


def test_a_junit_failure_has_its_count_and_bytes():
    root = ElementTree.fromstring(rendered(as_junit, misbehaving_script()))
    failure = root.find(".//testcase[@name='unknown_event']/failure")
    assert failure.get("message") == "unknown_event: 4 messages"
    assert RULES["unknown_event"].explanation in failure.text
    assert "[fe]" in failure.text


def test_receiving_nothing_is_a_junit_failure():
    case = ElementTree.fromstring(rendered(as_junit)).find(
        ".//testcase[@name='something_received']"
    )
    assert case.find("failure").get("message") == "nothing was received"


def test_characters_that_xml_does_not_permit_are_replaced():
    report, chosen = report_of(clean())
    text = as_junit(report, chosen, strict=False, source="a\x00\x1b\ud800\uffff<&é")
    package = ElementTree.fromstring(text).find("testsuite").get("package")
    assert package == "a\ufffd\ufffd\ufffd\ufffd<&é"
    assert DOUBTFUL in text
