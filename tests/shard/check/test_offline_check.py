"""``tart/shard/check/offline_check.py``: what nodes send, judged as a shard judges it."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.aggregate.references.tracker import FOLLOW_SECONDS
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.framing import frame
from tart.protocol.rules import INFO, RULES
from tart.query.topics.conformance import SILENT_US
from tart.shard.check import offline_check as module
from tart.shard.check.offline_check import Checker, check
from tart.simulate.model.in_memory import play, play_troubled
from tart.units import JCE_US, SECOND_US
from tests.aggregate.rules.test_conformance_checks import Talk, misbehaving
from tests.protocol.strategies import segmentations
from tests.shard.running import best, fake_node, framed, run
from tests.vectors import event_vectors, node_vectors, stream_vectors
from vectors import generate

PUBLISHED = json.loads(generate.TARGET.read_text(encoding="utf-8"))

NOW = 1_795_262_400_000_000
# The rules of what is wrong with the deviating vectors, in order, with field and offset.
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
# What a vector on its own cannot do: refer to an event that came before it.
ALONE = {"reference_unknown", "events_dropped"}


def said(vector):
    """What is found when a vector is all that a node says."""
    node = fake_node(cores=vector.cores or 2, version=vector.protocol_version)
    found = check([(NOW, node.connect() + frame(vector.content))])
    return [each for each in found if each.rule not in ALONE]


@pytest.mark.parametrize("vector", event_vectors(conformant=False), ids=str)
def test_deviating_event_vectors_are_reported_with_their_place(vector):
    (name,) = [each for each in DEVIATING if each in vector.description]
    (found,) = said(vector)
    assert (found.rule, found.field, found.offset) == DEVIATING[name]
    assert found.frame == vector.content
    assert found.expectation


def test_conformant_event_vectors_have_no_findings():
    assert [finding for vector in event_vectors() for finding in said(vector)] == []


@pytest.mark.parametrize("vector", node_vectors(), ids=str)
def test_findings_of_first_message_vectors(vector):
    found = check([(NOW, frame(vector.content))])
    assert all((each.seq, each.event_id, each.number) == (None,) * 3 for each in found)
    assert all(each.frame == vector.content for each in found)
    rules = {each.rule for each in found}
    if vector.conformant:
        # Some of them fill the parameters with what no network has.
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
    data = b"".join(misbehaving().frames)

    async def scenario(shard):
        shard.session(data)
        return await shard.ask("summed", table="conformance", by=["rule"], values=["count"])

    expected: dict[str, int] = {}
    for finding in check([(NOW, data)]):
        expected[finding.rule] = expected.get(finding.rule, 0) + 1
    assert dict(run(scenario, tmp_path)) == expected


# --- Many connections ------------------------------------------------------------------


class Judged:
    """A checker, and what it found."""

    def __init__(self, **more):
        self.found = []
        self.checker = Checker(self.found.append, **more)

    def say(self, talk, at=None, source="", ends=True):
        """A whole connection at one moment, by default that of its last event."""
        at = talk.now + JCE_US if at is None else at
        session = self.checker.open(source, at)
        goes_on = self.checker.receive(session, b"".join(talk.frames), at)
        if ends:
            self.checker.close(session, at)
        return goes_on

    def rules(self):
        return [each.finding.rule for each in self.found]

    def counts(self, at=None):
        """How often each rule was broken, as the report has it."""
        return {each["code"]: each["count"] for each in self.checker.finish(at).rules}


def played_through(played, **more):
    """A played network, each event a millisecond after it was sent."""
    judged = Judged(**more)
    of = {id(each): session for session in played.sessions for each in session.emissions}
    left = {id(session): len(session.emissions) for session in played.sessions}
    lines = {}
    for emission in played.emissions:
        session, at = of[id(emission)], emission.timestamp + JCE_US + 1_000
        if id(session) not in lines:
            lines[id(session)] = judged.checker.open(f"node {session.node}", at)
            judged.checker.receive(lines[id(session)], session.hello, at)
        judged.checker.receive(lines[id(session)], emission.frame, at)
        left[id(session)] -= 1
        if not left[id(session)]:
            judged.checker.close(lines[id(session)], at)
    return judged


def severe(judged):
    """Rules of severity error or warning, with how often they were broken."""
    return {code: n for code, n in judged.counts().items() if RULES[code].severity != INFO}


@pytest.mark.parametrize("protocol", [0, 1])
def test_a_simulated_network_has_no_severe_findings(protocol):
    judged = played_through(play(60, seed=5, protocol=protocol))
    assert severe(judged) == {}
    assert len(judged.found) < 100


def test_a_simulated_network_with_faults_has_no_severe_findings():
    played = play_troubled(60, seed=9)
    judged = played_through(played)
    assert severe(judged) == {}
    assert judged.rules().count("events_dropped") == len(played.facts.events("Dropped"))


@pytest.mark.soak
@pytest.mark.parametrize("playing", [play, play_troubled])
def test_a_simulated_hour_has_no_severe_findings(playing):
    played = playing(600, seed=2)
    judged = played_through(played)
    assert len(played.emissions) > 100_000
    assert severe(judged) == {}


@pytest.mark.parametrize(
    "vector", PUBLISHED["events"], ids=lambda x: f"{x['event']} {x['case']} {x['cores']}"
)
def test_published_event_vectors_have_no_severe_findings(vector):
    for version in vector["protocol_versions"]:
        talk = Talk(version=version, cores=vector["cores"])
        layout = EVENTS[vector["number"]].layout(version)
        if leading_reference(layout) is not None:
            refers_to = int(vector["fields"][layout.fields[0][0]])
            if refers_to == 2**64 - 1:
                continue  # No event can come after that one.
            talk.lose(refers_to + 1)
        content = bytes.fromhex(vector["hex"])[4:]
        # Their timestamps are of any time.
        talk.frames.append(framed(talk.now.to_bytes(8, "little") + content[8:]))
        judged = Judged()
        judged.say(talk)
        assert severe(judged) == {}


@pytest.mark.parametrize("vector", PUBLISHED["connections"], ids=lambda x: x["case"])
def test_published_connection_vectors_have_no_severe_findings(vector):
    judged = Judged()
    at = JCE_US + SECOND_US
    session = judged.checker.open("", at)
    judged.checker.receive(session, bytes.fromhex(vector["hex"]), at)
    assert severe(judged) == {}


@pytest.mark.parametrize("vector", PUBLISHED["node_information"], ids=lambda x: x["case"])
def test_published_first_message_vectors_have_no_other_findings(vector):
    judged = Judged()
    judged.checker.receive(judged.checker.open("", NOW), bytes.fromhex(vector["hex"]), NOW)
    # Some have the flags and core counts that no network has.
    assert set(severe(judged)) <= {"unknown_flags", "core_count_out_of_range"}


@given(st.data())
@settings(max_examples=30)
def test_findings_do_not_depend_on_the_pieces_received(data):
    stream = b"".join(misbehaving().frames)
    pieces = data.draw(segmentations(stream))
    whole = Counter(check([(NOW, stream)]))
    assert Counter(check([(NOW, each) for each in pieces])) == whole


def test_findings_have_their_node_and_source():
    judged = Judged()
    for number in (1, 2):
        talk = Talk(number=number)
        talk.failed(talk.best())
        judged.say(talk, source=f"192.0.2.{number}:4")
    refused = judged.checker.open("192.0.2.3:4", NOW)
    assert not judged.checker.receive(refused, framed(b"GET / HTTP/1.1"), NOW)
    assert [(each.node_id, each.source) for each in judged.found] == [
        ("01" * 32, "192.0.2.1:4"),
        ("02" * 32, "192.0.2.2:4"),
        (None, "192.0.2.3:4"),
    ]
    report = judged.checker.finish()
    assert (report.connections, report.sessions, report.events) == (3, 2, 4)
    assert report.verdict == "error"
    (rule,) = [each for each in report.rules if each["code"] == "reference_wrong_type"]
    assert (rule["count"], rule["nodes"]) == (2, 2)


# --- The long run ----------------------------------------------------------------------


def submitting():
    talk = Talk()
    talk.say("WorkPackageSubmission", builder=bytes(32), bundle=False)
    return talk


def test_pipelines_are_cut_short_by_the_node_s_close_only():
    judged = Judged()
    judged.say(submitting())
    assert judged.rules() == ["pipeline_cut_short"]
    judged = Judged()
    judged.say(submitting(), ends=False)
    assert judged.counts() == {}


def test_a_pipeline_without_an_end_is_reported_after_ten_minutes():
    judged, talk = Judged(), submitting()
    at = talk.now + JCE_US
    judged.say(talk, ends=False)
    judged.checker.advance(at + FOLLOW_SECONDS * SECOND_US)
    assert judged.rules() == []
    judged.checker.advance(at + (FOLLOW_SECONDS + 31) * SECOND_US)
    assert judged.rules() == ["pipeline_unfinished"]


def test_a_missing_status_is_reported_after_half_a_minute():
    for silent, expected in ((SILENT_US - 1, {}), (SILENT_US, {"status_missing": 1})):
        judged, talk = Judged(), Talk()
        talk.best()
        judged.say(talk, ends=False)
        assert judged.counts(talk.now + JCE_US + silent) == expected
    assert judged.found[-1].finding.expectation == "about every 2 s, none came in 30.0 s"


def test_no_status_is_missing_without_a_time_of_the_end():
    judged, talk = Judged(), Talk()
    talk.best()
    judged.say(talk, ends=False)
    assert judged.counts() == {}


def test_a_partial_recording_is_checked_by_single_messages_only():
    judged = Judged(whole=False)
    talk = misbehaving()
    talk.say("WorkPackageSubmission", builder=bytes(32), bundle=False)
    judged.say(talk)
    counts = judged.counts(talk.now + JCE_US + 3600 * SECOND_US)
    assert counts.keys() == {"events_dropped", "unknown_event"}
    judged = Judged(whole=False)
    judged.say(Talk(), NOW)
    assert judged.checker.finish(NOW + 3600 * SECOND_US).rules == []


# --- Limits ----------------------------------------------------------------------------


def test_the_quietest_connection_beyond_the_limit_is_abandoned(monkeypatch):
    monkeypatch.setattr(module, "MAX_OPEN", 2)
    judged, talk = Judged(), submitting()
    for at in range(3):
        judged.say(talk, talk.now + JCE_US + at, ends=False)
    report = judged.checker.finish()
    assert (report.unjudged, report.connections, report.sessions) == (1, 3, 3)
    assert report.rules == []


def test_nodes_beyond_the_limit_are_not_checked(monkeypatch):
    monkeypatch.setattr(module, "MAX_NODES", 1)
    judged = Judged()
    for number in (1, 2, 1):
        talk = Talk(number=number)
        talk.broken()
        assert judged.say(talk) is (number == 1)
    report = judged.checker.finish()
    assert (report.unjudged, report.sessions) == (1, 2)
    assert {each["code"]: each["count"] for each in report.rules} == {"unknown_event": 2}


def test_the_longest_partial_message_beyond_the_limit_is_abandoned(monkeypatch):
    monkeypatch.setattr(module, "MAX_UNFINISHED", 1_000)
    judged = Judged()
    long, short = (judged.checker.open("", NOW) for _ in range(2))
    assert judged.checker.receive(long, b"\xff\0\0\0" + bytes(200), NOW)
    assert judged.checker.receive(long, b"", NOW)
    assert judged.checker.receive(short, b"\xff\xff\0\0" + bytes(900), NOW) is False
    assert judged.checker.receive(long, bytes(10), NOW)
    judged.checker.close(long, NOW)
    report = judged.checker.finish()
    assert (report.unjudged, report.unfinished) == (1, 2)
    assert not report.passed(strict=False)


def test_bytes_after_the_end_are_ignored():
    judged, node = Judged(), fake_node()
    session = judged.checker.open("", NOW)
    assert not judged.checker.receive(session, node.connect() + b"\xff\xff\xff\xff", NOW)
    assert not judged.checker.receive(session, framed(b"short"), NOW)
    judged.checker.close(session, NOW)
    assert judged.counts() == {"frame_too_long": 1}
