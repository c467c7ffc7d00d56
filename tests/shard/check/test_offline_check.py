"""``tart/shard/check/offline_check.py``: the findings of a shard, without one."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.references.tracker import FOLLOW_SECONDS
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.framing import frame
from tart.protocol.rules import INFO, RULES
from tart.query.topics.conformance import SILENT_US
from tart.shard.check.offline_check import Checker, CheckLimits, check
from tart.simulate.model.in_memory import play, play_troubled
from tart.units import JCE_US, SECOND_US
from tests.aggregate.node_script import NodeScript, misbehaving_script
from tests.cases import all_cases, examples
from tests.protocol.strategies import segmentations
from tests.shard.running import best, fake_node, framed, run
from tests.vectors import event_vectors, node_vectors, stream_vectors
from vectors import generate

PUBLISHED = json.loads(generate.TARGET.read_text(encoding="utf-8"))

NOW = 1_795_262_400_000_000
# The rule that each deviating vector breaks, with field and offset.
DEVIATING = {
    "ACCUMULATE_RESULT_AVAILABLE": ("unknown_event", "", 8),
    "BLOCK_ANNOUNCEMENT_MALFORMED": ("unknown_event", "", 8),
    "WORK_PACKAGE_SUBMISSION": ("bool_out_of_range", "bundle", 41),
    "WORK_PACKAGE_RECEIVED": ("truncated", "outline.prerequisites", 91),
    "SHARING_WORK_PACKAGE": ("trailing_bytes", "", 49),
    "WORK_REPORT_SIGNATURE_RECEIVED": ("trailing_bytes", "", 49),
    "CONTEXT_AVAILABLE": ("unknown_event", "", 8),
    "ASSURANCE_PROVIDED": ("unknown_event", "", 8),
    "REASON128": ("leb128_length", "reason", 41),
    "TICKETS130": ("leb128_length", "ids", 17),
    "10 Status": ("unknown_event", "", 8),
    "11 Best block changed": ("truncated", "outline.hash", 21),
    "0 Dropped": ("unknown_event", "", 8),
    "22 Connect in failed": ("trailing_bytes", "", 17),
    "27 Disconnected": ("unknown_event", "", 8),
    "63 Sending block request": ("unknown_event", "", 8),
    "90 Work-package submission": ("unknown_event", "", 8),
}
# Rules that a vector on its own breaks, since it cannot refer to an earlier event.
ALONE = {"reference_unknown", "events_dropped"}
# Their largest values are of no network.
LARGEST = {"dropped_implausible", "implausible_slot"}


def findings_of(vector):
    """Return the findings if a vector is all that a node sends."""
    node = fake_node(cores=vector.cores or 2, version=vector.protocol_version)
    findings = check([(NOW, node.connect() + frame(vector.content))])
    return [each for each in findings if each.rule not in ALONE | LARGEST]


@pytest.mark.parametrize("vector", event_vectors(conformant=False), ids=str)
def test_deviating_event_vectors_are_reported_with_their_place(vector):
    (name,) = [each for each in DEVIATING if each in vector.description]
    (found,) = findings_of(vector)
    assert (found.rule, found.field, found.offset) == DEVIATING[name]
    assert found.frame == vector.content
    assert found.expectation


@pytest.mark.no_cover
def test_conformant_event_vectors_have_no_findings():
    assert [finding for vector in event_vectors() for finding in findings_of(vector)] == []


@pytest.mark.parametrize("vector", node_vectors(), ids=str)
def test_findings_of_first_message_vectors(vector):
    found = check([(NOW, frame(vector.content))])
    assert all((each.seq, each.event_id, each.number) == (None,) * 3 for each in found)
    assert all(each.frame == vector.content for each in found)
    rules = {each.rule for each in found}
    if vector.conformant:
        # Some of them have parameters that no network has.
        assert rules <= {"core_count_out_of_range"}
    else:
        assert rules & {"parameters_prefixed", "parameters_length"}


@pytest.mark.parametrize("vector", stream_vectors(), ids=str)
def test_findings_of_connection_vectors(vector):
    rules = {each.rule for each in check([(NOW, vector.data)])}
    assert rules <= RULES.keys()
    wrong = rules - {"events_dropped", "core_count_out_of_range"}
    assert bool(wrong) is not vector.conformant


def test_the_finding_that_closes_the_connection_is_last():
    node = fake_node()
    after = framed(b"short")
    data = node.connect() + best(node, 1) + b"\xff\xff\xff\xff" + after
    (found,) = check([(NOW, data), (NOW + 1, after)])
    assert (found.rule, found.received_at, found.seq) == ("frame_too_long", NOW, 1)
    (found,) = check([(NOW, framed(b"GET / HTTP/1.1"))])
    assert found.rule == "node_information"


def test_a_shard_has_the_same_findings(tmp_path):
    data = b"".join(misbehaving_script().frames)

    async def scenario(shard):
        shard.session(data)
        return await shard.ask("aggregate_sum", table="conformance", by=["rule"], values=["count"])

    expected: dict[str, int] = {}
    for finding in check([(NOW, data)]):
        expected[finding.rule] = expected.get(finding.rule, 0) + 1
    assert dict(run(scenario, tmp_path)) == expected


# --- Many connections ------------------------------------------------------------------


class Recorder:
    """A checker with its findings."""

    def __init__(self, **more):
        self.findings = []
        self.checker = Checker(self.findings.append, **more)

    def receive(self, script, at=None, source="", ends=True):
        """Receive a whole connection at one time, by default that of its last event."""
        at = script.now + JCE_US if at is None else at
        session = self.checker.open(source, at)
        continues = self.checker.receive(session, b"".join(script.frames), at)
        if ends:
            self.checker.close(session, at)
        return continues

    def rules(self):
        return [each.finding.rule for each in self.findings]

    def counts(self, at=None):
        """Return the number of findings by rule, as the report has it."""
        return {each["code"]: each["count"] for each in self.checker.finish(at).rules}


def receive_network(played, **more):
    """Receive the events of a played network, each a millisecond after it was sent."""
    recorder = Recorder(**more)
    session_of = {id(each): session for session in played.sessions for each in session.emissions}
    left = {id(session): len(session.emissions) for session in played.sessions}
    sessions = {}
    for emission in played.emissions:
        session, at = session_of[id(emission)], emission.timestamp + JCE_US + 1_000
        if id(session) not in sessions:
            sessions[id(session)] = recorder.checker.open(f"node {session.node}", at)
            recorder.checker.receive(sessions[id(session)], session.hello, at)
        recorder.checker.receive(sessions[id(session)], emission.frame, at)
        left[id(session)] -= 1
        if not left[id(session)]:
            recorder.checker.close(sessions[id(session)], at)
    return recorder


def severe(recorder, besides=frozenset()):
    """Return the number of findings by rule of severity error or warning."""
    return {
        code: n
        for code, n in recorder.counts().items()
        if RULES[code].severity != INFO and code not in besides
    }


@pytest.mark.no_cover
@pytest.mark.parametrize("protocol", [0, 1])
def test_a_simulated_network_has_no_severe_findings(protocol):
    recorder = receive_network(play(30, seed=5, protocol=protocol))
    assert severe(recorder) == {}
    assert len(recorder.findings) < 100


@pytest.mark.no_cover
def test_a_simulated_network_with_faults_has_no_severe_findings():
    played = play_troubled(40, seed=9)
    recorder = receive_network(played)
    assert severe(recorder) == {}
    assert recorder.rules().count("events_dropped") == len(played.facts.events("Dropped"))


@pytest.mark.soak
@pytest.mark.parametrize("playing", [play, play_troubled])
def test_a_simulated_hour_has_no_severe_findings(playing):
    played = playing(600, seed=2)
    recorder = receive_network(played)
    assert len(played.emissions) > 100_000
    assert severe(recorder) == {}


@pytest.mark.no_cover
@all_cases("vector", PUBLISHED["events"], ids=lambda x: f"{x['event']} {x['case']} {x['cores']}")
def test_published_event_vectors_have_no_severe_findings(vector):
    for version in vector["protocol_versions"]:
        script = NodeScript(version=version, cores=vector["cores"])
        layout = EVENTS[vector["number"]].layout(version)
        if leading_reference(layout) is not None:
            refers_to = int(vector["fields"][layout.fields[0][0]])
            if refers_to == 2**64 - 1:
                continue  # No event can come after that one.
            script.send_dropped(refers_to + 1)
        content = bytes.fromhex(vector["hex"])[4:]
        # Their timestamps are of any time.
        script.frames.append(framed(script.now.to_bytes(8, "little") + content[8:]))
        recorder = Recorder()
        recorder.receive(script)
        assert severe(recorder, LARGEST) == {}


@pytest.mark.parametrize("vector", PUBLISHED["connections"], ids=lambda x: x["case"])
def test_published_connection_vectors_have_no_severe_findings(vector):
    recorder = Recorder()
    at = JCE_US + SECOND_US
    session = recorder.checker.open("", at)
    recorder.checker.receive(session, bytes.fromhex(vector["hex"]), at)
    assert severe(recorder) == {}


@pytest.mark.parametrize("vector", PUBLISHED["node_information"], ids=lambda x: x["case"])
def test_published_first_message_vectors_have_no_other_findings(vector):
    recorder = Recorder()
    recorder.checker.receive(recorder.checker.open("", NOW), bytes.fromhex(vector["hex"]), NOW)
    # Some have the flags and core counts that no network has.
    assert set(severe(recorder)) <= {"unknown_flags", "core_count_out_of_range"}


@pytest.mark.no_cover
@given(st.data())
@examples(0.2)
def test_findings_do_not_depend_on_the_pieces_received(data):
    stream = b"".join(misbehaving_script().frames)
    pieces = data.draw(segmentations(stream))
    whole = Counter(check([(NOW, stream)]))
    assert Counter(check([(NOW, each) for each in pieces])) == whole


def test_findings_have_their_node_and_source():
    recorder = Recorder()
    for number in (1, 2):
        script = NodeScript(number=number)
        script.send_authoring_failed(script.send_best())
        recorder.receive(script, source=f"192.0.2.{number}:4")
    refused = recorder.checker.open("192.0.2.3:4", NOW)
    assert not recorder.checker.receive(refused, framed(b"GET / HTTP/1.1"), NOW)
    assert [(each.node_id, each.source) for each in recorder.findings] == [
        ("01" * 32, "192.0.2.1:4"),
        ("02" * 32, "192.0.2.2:4"),
        (None, "192.0.2.3:4"),
    ]
    report = recorder.checker.finish()
    assert (report.connections, report.sessions, report.events) == (3, 2, 4)
    assert report.verdict == "error"
    (rule,) = [each for each in report.rules if each["code"] == "reference_wrong_type"]
    assert (rule["count"], rule["nodes"]) == (2, 2)


# --- The long run ----------------------------------------------------------------------


def submitting():
    script = NodeScript()
    script.send("WorkPackageSubmission", builder=bytes(32), bundle=False)
    return script


def test_pipesessions_are_cut_short_by_the_node_s_close_only():
    recorder = Recorder()
    recorder.receive(submitting())
    assert recorder.rules() == ["pipeline_cut_short"]
    recorder = Recorder()
    recorder.receive(submitting(), ends=False)
    assert recorder.counts() == {}


def test_a_pipeline_without_an_end_is_reported_after_ten_minutes():
    recorder, script = Recorder(), submitting()
    at = script.now + JCE_US
    recorder.receive(script, ends=False)
    recorder.checker.advance(at + FOLLOW_SECONDS * SECOND_US)
    assert recorder.rules() == []
    recorder.checker.advance(at + (FOLLOW_SECONDS + 31) * SECOND_US)
    assert recorder.rules() == ["pipeline_unfinished"]


def test_a_missing_status_is_reported_after_half_a_minute():
    for silent, expected in ((SILENT_US - 1, {}), (SILENT_US, {"status_missing": 1})):
        recorder, script = Recorder(), NodeScript()
        script.send_best()
        recorder.receive(script, ends=False)
        assert recorder.counts(script.now + JCE_US + silent) == expected
    assert recorder.findings[-1].finding.expectation == "about every 2 s, none came in 30.0 s"


def test_no_status_is_missing_without_a_time_of_the_end():
    recorder, script = Recorder(), NodeScript()
    script.send_best()
    recorder.receive(script, ends=False)
    assert recorder.counts() == {}


def test_a_partial_recording_is_checked_by_single_messages_only():
    recorder = Recorder(whole=False)
    script = misbehaving_script()
    script.send("WorkPackageSubmission", builder=bytes(32), bundle=False)
    recorder.receive(script)
    counts = recorder.counts(script.now + JCE_US + 3600 * SECOND_US)
    assert counts.keys() == {"events_dropped", "unknown_event"}
    recorder = Recorder(whole=False)
    recorder.receive(NodeScript(), NOW)
    assert recorder.checker.finish(NOW + 3600 * SECOND_US).rules == []


# --- Limits ----------------------------------------------------------------------------


def test_the_quietest_connection_beyond_the_limit_is_abandoned():
    recorder, script = Recorder(limits=CheckLimits(connections=2)), submitting()
    for at in range(3):
        recorder.receive(script, script.now + JCE_US + at, ends=False)
    report = recorder.checker.finish()
    assert (report.abandoned, report.connections, report.sessions) == (1, 3, 3)
    assert report.rules == []


def test_nodes_beyond_the_limit_are_not_checked():
    recorder = Recorder(limits=CheckLimits(nodes=1))
    for number in (1, 2, 1):
        script = NodeScript(number=number)
        script.send_undecodable()
        assert recorder.receive(script) is (number == 1)
    report = recorder.checker.finish()
    assert (report.abandoned, report.sessions) == (1, 2)
    assert {each["code"]: each["count"] for each in report.rules} == {"unknown_event": 2}


def test_the_longest_partial_message_beyond_the_limit_is_abandoned():
    recorder = Recorder(limits=CheckLimits(partial_bytes=1_000))
    long, short = (recorder.checker.open("", NOW) for _ in range(2))
    assert recorder.checker.receive(long, b"\xff\0\0\0" + bytes(200), NOW)
    assert recorder.checker.receive(long, b"", NOW)
    assert recorder.checker.receive(short, b"\xff\xff\0\0" + bytes(900), NOW) is False
    assert recorder.checker.receive(long, bytes(10), NOW)
    recorder.checker.close(long, NOW)
    report = recorder.checker.finish()
    assert (report.abandoned, report.unfinished) == (1, 2)
    assert not report.passed(strict=False)


def test_bytes_after_the_end_are_ignored():
    recorder, node = Recorder(), fake_node()
    session = recorder.checker.open("", NOW)
    assert not recorder.checker.receive(session, node.connect() + b"\xff\xff\xff\xff", NOW)
    assert not recorder.checker.receive(session, framed(b"short"), NOW)
    recorder.checker.close(session, NOW)
    assert recorder.counts() == {"frame_too_long": 1}
