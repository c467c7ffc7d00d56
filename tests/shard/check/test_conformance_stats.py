"""``tart/shard/check/conformance_stats.py``: findings of long observation."""

from __future__ import annotations

import pytest

from tart.shard.check.conformance_stats import describe_offset
from tart.units import JCE_US, SECOND_US
from tests.aggregate.node_script import NodeScript
from tests.shard.check.test_offline_check import Recorder


@pytest.mark.parametrize(
    ("behind", "rule", "actual"),
    [
        (JCE_US, "clock_not_jce", "not microseconds since 1970-01-01"),
        (5 * SECOND_US, "clock_offset", "not 5 s behind"),
        (-3 * 3600 * SECOND_US, "clock_offset", "not 3 hours ahead"),
    ],
)
def test_a_wrong_clock_is_reported_at_the_first_event(behind, rule, actual):
    recorder, script = Recorder(), NodeScript()
    script.send_best(0)
    # Unix microseconds are ahead by the time between the epochs.
    at = script.now if behind == JCE_US else script.now + JCE_US + behind
    recorder.receive(script, at)
    assert recorder.counts() == {rule: 1}
    ((finding, _, _),) = recorder.findings
    assert finding.expectation == f"microseconds since 2025-01-01T12:00:00Z, {actual}"
    assert (finding.field, finding.offset, finding.event_id) == ("timestamp", 0, 0)
    assert finding.frame == script.frames[-1][4:]


@pytest.mark.parametrize(
    ("offset_us", "text"),
    [
        (0, "0 ms behind"),
        (-999_000, "999 ms ahead"),
        (61 * SECOND_US, "61 s behind"),
        (-5 * 3600 * SECOND_US, "5 hours ahead"),
        (1_000 * 86_400 * SECOND_US, "1,000 days behind"),
    ],
)
def test_clock_distances_have_fitting_units(offset_us, text):
    assert describe_offset(offset_us) == text


def test_a_clock_that_was_right_at_first_is_reported_without_bytes():
    recorder, script = Recorder(), NodeScript()
    hour = 3600 * SECOND_US
    script.send_best(0)
    start = script.now + JCE_US
    session = recorder.checker.open("", start)
    recorder.checker.receive(session, b"".join(script.frames), start)
    script.send_best(hour)
    recorder.checker.receive(session, script.frames[-1], start + 2 * hour)
    assert recorder.counts().keys() == {"clock_offset", "status_missing"}
    (finding,) = [each.finding for each in recorder.findings if each.finding.rule == "clock_offset"]
    assert (finding.frame, finding.event_id) == (b"", None)
    assert finding.expectation.endswith(", not 3,600 s behind")


def test_counts_of_two_nodes_are_distinct():
    recorder = Recorder()
    for number in (1, 2):
        script = NodeScript(number=number)
        for _ in range(number):
            script.send_status()
        script.send_best()
        recorder.receive(script)
    nodes = {each["node_id"][:2]: each for each in recorder.checker.finish().conformance["nodes"]}
    assert {key: (each["event_count"], each["status_count"]) for key, each in nodes.items()} == {
        "01": (2, 1),
        "02": (3, 2),
    }
