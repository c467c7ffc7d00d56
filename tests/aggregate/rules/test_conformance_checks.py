"""``tart/aggregate/rules/conformance_checks.py``: what is wrong is found, and nothing else is."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.columnar.recent_types import DEPTH, RecentTypes
from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.references.tracker import FOLLOW_SECONDS
from tart.aggregate.rules import conformance_checks as module
from tart.aggregate.rules.conformance_checks import BACKWARDS_US, STATUS_LATE_US
from tart.protocol.connection import Connection
from tart.shard.check.offline_check import check
from tart.shard.decode.batch_decoder import FrameRun, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.simulate.model.in_memory import play, play_troubled
from tests.aggregate.batches import aggregate, decode_contexts, rows, sum_by, troubled_network
from tests.shard.running import fake_node

NOW = 50_000_000_000_000
HASH = bytes(32)
STATUS = dict.fromkeys(
    ("num_peers", "num_val_peers", "num_sync_peers", "num_shards", "shards_size"), 0
)


class Talk:
    """One connection, event by event."""

    def __init__(self, **more):
        self.node = fake_node(**more)
        self.frames = [self.node.connect()]
        self.now = NOW

    def say(self, variant, after=1_000, **fields):
        """One event, so many microseconds after the one before; its id."""
        self.now += after
        event_id, frame = self.node.event(variant, self.now, **fields)
        self.frames.append(frame)
        return event_id

    def status(self, after=2_000_000):
        fields = {**STATUS, "num_guarantees": [0, 0], "num_preimages": 0, "preimages_size": 0}
        return self.say("Status", after, **fields)

    def best(self, after=1_000):
        return self.say("BestBlockChanged", after, slot=1, hash=HASH)

    def failed(self, authoring_id):
        """An event that refers to an Authoring (40)."""
        return self.say("AuthoringFailed", authoring_id=authoring_id, reason="because")

    def lose(self, num):
        return self.say("Dropped", last_timestamp=self.now, num=num)

    def broken(self):
        """A frame that is no event; it takes an id."""
        self.frames.append((9).to_bytes(4, "little") + bytes(8) + b"\xfe")
        self.node.next_event_id += 1

    def findings(self):
        return check([(NOW, b"".join(self.frames))])

    def rules(self):
        return [finding.rule for finding in self.findings()]


# --- References ------------------------------------------------------------------------


def test_a_reference_to_an_allowed_type_is_conformant():
    talk = Talk()
    talk.failed(talk.say("Authoring", slot=1, parent=HASH))
    assert talk.rules() == []


@pytest.mark.parametrize("ahead", [0, 1, 1_000, 2**64 - 2])
def test_a_reference_to_an_id_not_yet_reached_is_reported(ahead):
    talk = Talk()
    talk.best()
    own = talk.failed(1 + ahead)
    (found,) = talk.findings()
    assert (found.rule, found.event_id, found.number) == ("reference_unknown", own, 41)
    assert (found.offset, found.field) == (9, "authoring_id")
    assert found.expectation == f"an event id below its own, {own}, not {1 + ahead}"
    assert found.frame == talk.frames[-1][4:]
    assert (found.seq, found.received_at) == (1, NOW)


def test_a_reference_to_a_wrong_type_is_reported_with_both_types():
    talk = Talk()
    best = talk.best()
    talk.failed(best)
    (found,) = talk.findings()
    assert (found.rule, found.offset, found.field) == ("reference_wrong_type", 9, "authoring_id")
    assert found.expectation == f"the event id of Authoring; {best} is BestBlockChanged"


def test_a_reference_to_a_failed_work_package_is_conformant():
    talk = Talk()
    package = talk.say("WorkPackageSubmission", builder=HASH, bundle=False)
    talk.say("WorkPackageFailed", submission_or_share_id=package, reason="because")
    talk.say("ExtrinsicDataReceived", submission_or_share_id=package)
    assert talk.rules() == []


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_a_reference_to_a_dropped_event_is_not_reported(offset):
    talk = Talk()
    dropped = talk.lose(5)
    talk.failed(dropped + offset)
    assert talk.rules() == ["events_dropped"]


def test_a_reference_to_an_undecodable_event_is_not_reported():
    talk = Talk()
    talk.best()
    talk.broken()
    talk.failed(1)
    assert talk.rules() == ["unknown_event"]


def test_a_reference_to_a_forgotten_event_is_not_reported():
    talk = Talk()
    for _ in range(DEPTH + 1):
        talk.best()
    talk.failed(0)
    talk.failed(1 + DEPTH // 2)
    (found,) = talk.findings()
    assert found.expectation.endswith(f"{1 + DEPTH // 2} is BestBlockChanged")


@pytest.mark.parametrize("turns", [1, 2, 256, 512])
def test_a_forgotten_event_is_not_taken_for_the_one_that_replaced_it(turns):
    talk = Talk()
    authoring = talk.say("Authoring", slot=1, parent=HASH)
    talk.lose(turns * DEPTH - 1)
    assert talk.best() == authoring + turns * DEPTH
    talk.failed(authoring)
    assert talk.rules() == ["events_dropped"]


def test_an_audit_id_may_be_any_id():
    talk = Talk()
    talk.say("BundleReconstructed", audit_id=2**63)
    talk.say("ReconstructingBundle", audit_id=0, kind="Trivial")
    talk.say("SendingBundleRequest", audit_id=2**64 - 1, guarantor=HASH)
    talk.say("SendingBundleShardRequest", audit_id=1, assurer=HASH, shard=0)
    assert talk.rules() == []


def test_no_reference_is_read_from_the_layout_of_another_version():
    """A stream closed (61) as of version 0, which begins with a peer id."""
    talk = Talk(version=1)
    other = Talk(version=0)
    other.say("BlockAnnouncementStreamClosed", peer=b"\xff" * 32, closer="Local", reason="")
    talk.frames.append(other.frames[-1])
    assert talk.rules() == ["other_version_layout"]


# --- Outcomes --------------------------------------------------------------------------


def importing(talk):
    outline = dict.fromkeys(
        ("size_bytes", "num_tickets", "num_preimages", "total_preimages_size"), 0
    ) | dict.fromkeys(("num_guarantees", "num_assurances", "num_dispute_verdicts"), 0)
    return talk.say("Importing", slot=1, outline={**outline, "hash": HASH})


def verified(talk, block):
    return talk.say("BlockVerified", importing_id=block)


def refuted(talk, block):
    return talk.say("BlockVerificationFailed", importing_id=block, reason="")


def executed(talk, block):
    return talk.say("BlockExecuted", authoring_or_importing_id=block, accumulate_costs=[])


# Digested event by event, and all together.
sizes = pytest.mark.parametrize("size", [1, 1 << 20])


def judged(talk, size):
    """What is found when so many bytes come at a time."""
    data = b"".join(talk.frames)
    return check([(NOW, data[at : at + size]) for at in range(0, len(data), size)])


@sizes
@pytest.mark.parametrize(
    "outcomes",
    [(refuted, executed), (refuted, verified), (verified, refuted), (verified, verified)],
    ids=lambda each: " ".join(one.__name__ for one in each),
)
def test_a_second_outcome_is_reported_at_the_second_event(outcomes, size):
    talk = Talk()
    block, other = importing(talk), importing(talk)
    verified(talk, other)
    _, second = (each(talk, block) for each in outcomes)
    executed(talk, other)
    (found,) = judged(talk, size)
    assert (found.rule, found.event_id) == ("second_outcome", second)
    assert (found.offset, found.expectation) == (
        *(9, f"no second outcome of the event with id {block}"),
    )


@sizes
def test_outcomes_that_may_follow_one_another_are_conformant(size):
    talk = Talk()
    for _ in range(3):
        block = importing(talk)
        executed(talk, block)
        verified(talk, block)
    assert judged(talk, size) == []


def test_outcomes_of_dropped_events_are_not_reported():
    talk = Talk()
    dropped = talk.lose(3)
    for each in (dropped, dropped + 1):
        refuted(talk, each)
        verified(talk, each)
    assert talk.rules() == ["events_dropped"]


def test_a_new_event_has_no_outcome_of_the_one_it_replaced():
    talk = Talk()
    verified(talk, importing(talk))
    talk.lose(DEPTH - 2)
    block = importing(talk)
    assert block == DEPTH
    verified(talk, block)
    assert talk.rules() == ["events_dropped"]


# --- Time ------------------------------------------------------------------------------


def test_timestamps_may_repeat_and_go_back_a_little():
    talk = Talk()
    for after in (0, -BACKWARDS_US, 0, BACKWARDS_US, -1):
        talk.best(after)
    assert talk.rules() == []


def test_a_timestamp_that_goes_back_is_reported_once():
    talk = Talk()
    talk.best()
    talk.best(-BACKWARDS_US - 1)
    talk.best()
    (found,) = talk.findings()
    assert (found.rule, found.event_id) == ("timestamp_backwards", 1)
    assert (found.offset, found.field) == (0, "timestamp")
    assert found.expectation == "not 1.000 s before the event before"


def test_the_largest_timestamp_is_checked():
    talk = Talk()
    talk.now = 2**64 - 1
    talk.best(0)
    talk.now = NOW
    talk.best()
    assert talk.rules() == ["timestamp_backwards"]


def test_a_regular_status_is_conformant():
    talk = Talk()
    for after in (0, 2_000_000, STATUS_LATE_US, 1):
        talk.status(after)
    assert talk.rules() == []


def test_a_late_status_is_reported():
    talk = Talk()
    talk.status()
    talk.best()
    talk.status(STATUS_LATE_US)
    (found,) = talk.findings()
    assert (found.rule, found.event_id) == ("status_late", 2)
    assert found.expectation == "about 2 s after the Status before, not 8.0 s"


@pytest.mark.parametrize(
    "lose", [lambda talk: talk.lose(1), Talk.broken], ids=["dropped", "broken"]
)
def test_a_status_after_missing_events_is_not_late(lose):
    talk = Talk()
    talk.status()
    lose(talk)
    talk.status(STATUS_LATE_US * 2)
    assert "status_late" not in talk.rules()


def test_dropped_events_are_reported_with_their_number():
    talk = Talk()
    talk.lose(7)
    (found,) = talk.findings()
    assert (found.rule, found.expectation) == ("events_dropped", "no events dropped, not 7")
    assert (found.offset, found.field) == (17, "num")
    assert found.frame[found.offset] == 7


# --- Pipelines -------------------------------------------------------------------------


def test_pipelines_cut_short_by_the_end_of_a_connection_are_reported():
    told = aggregate(play_troubled(60, seed=3))
    unfinished = [
        row
        for table in ("blocks", "packages")
        for row in rows(told, table)
        if row["outcome"] == "unfinished"
    ]
    found = sum_by(rows(told, "conformance"), "rule")
    assert 0 < found[("pipeline_cut_short",)] <= len(unfinished)
    assert ("pipeline_unfinished",) not in found


def cut_short(talk):
    """What is told of pipelines when a connection ends."""
    session = Session(3, 0, "", 0, Connection(), node_number=4)
    frames = session.connection.receive_frames(b"".join(talk.frames))
    aggregates = Aggregates(lambda session: decode_contexts(troubled_network())[0])
    aggregates.add(
        decode_batch(frames, [FrameRun(session, len(frames), NOW)], 0, PeerDictionary({})).events
    )
    aggregates.end_session(3)
    return [each["event_id"] for each in rows(aggregates, "examples") if "pipe" in each["rule"]]


def test_a_pipeline_before_dropped_events_is_not_reported_as_cut_short():
    talk = Talk()
    talk.say("WorkPackageSubmission", builder=HASH, bundle=False)
    talk.lose(1)
    last = talk.say("WorkPackageSubmission", builder=HASH, bundle=False)
    assert cut_short(talk) == [last]


def talk_of_a_package(*, lose=0, wait_us=FOLLOW_SECONDS * 1_000_000 + 1):
    """A submission of which nothing more is said, judged so much later."""
    talk = Talk()
    talk.say("WorkPackageSubmission", builder=HASH, bundle=False)
    if lose:
        talk.lose(lose)
    session = Session(3, 0, "", 0, Connection(), node_number=4)
    frames = session.connection.receive_frames(b"".join(talk.frames))
    aggregates = Aggregates(lambda session: decode_contexts(troubled_network())[0])
    aggregates.add(
        decode_batch(frames, [FrameRun(session, len(frames), NOW)], 0, PeerDictionary({})).events
    )
    aggregates.expire(NOW + wait_us)
    return [each for each in rows(aggregates, "examples") if "pipeline" in each["rule"]]


def test_an_old_work_package_without_an_end_is_reported():
    (found,) = talk_of_a_package()
    assert (found["rule"], found["node"], found["session"]) == ("pipeline_unfinished", 4, 3)
    assert (found["seq"], found["event_id"], found["type"]) == (0, 0, 90)
    assert found["expectation"] == ("what became of the 'Work-package submission' with event id 0")


def test_a_recent_work_package_without_an_end_is_not_reported():
    assert talk_of_a_package(wait_us=FOLLOW_SECONDS * 1_000_000) == []


def test_an_old_work_package_before_dropped_events_is_not_reported():
    assert talk_of_a_package(lose=1) == []


# --- All together ----------------------------------------------------------------------


def test_a_network_without_faults_has_no_findings():
    played = play(40, protocol=(0, 1), seed=11)
    found = Counter(
        finding.rule for session in played.sessions for finding in check([(NOW, session.data)])
    )
    assert found.total() == len(played.facts.events("Dropped"))
    assert not found.keys() - {"events_dropped"}


def test_a_network_with_faults_has_findings_of_dropped_events_only():
    found = Counter(
        finding.rule
        for session in troubled_network().sessions
        for finding in check([(NOW, session.data)])
    )
    assert found == {"events_dropped": len(troubled_network().facts.events("Dropped"))}


def misbehaving():
    """A connection with one of everything, again and again."""
    talk = Talk()
    for at in range(30):
        talk.status(2_000_000 if at % 7 else STATUS_LATE_US + 1)
        best = talk.best(-2_000_000 if at % 5 == 0 else 1_000)
        talk.failed(best)
        talk.failed(talk.node.next_event_id + at)
        if at % 6 == 0:
            talk.lose(3)
        if at % 9 == 0:
            talk.broken()
    return talk


def found_in(reads):
    return Counter((each.rule, each.event_id, each.expectation) for each in check(reads))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=30))
def test_findings_do_not_depend_on_how_bytes_arrive(sizes):
    data = b"".join(misbehaving().frames)
    reads, at = [], 0
    for size in sizes:
        reads.append((NOW, data[at : at + size]))
        at += size
    reads.append((NOW, data[at:]))
    expected = found_in([(NOW, data)])
    assert len({rule for rule, _, _ in expected}) == 6
    assert found_in(reads) == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_interleaved_connections_are_checked_independently(seed):
    rng = random.Random(seed)
    talks = [misbehaving(), Talk(), misbehaving()]
    for _ in range(40):
        talks[1].best()
    alone = [Counter((each.rule, each.event_id) for each in talk.findings()) for talk in talks]
    sessions, queues, judged = [], [], []
    for number, talk in enumerate(talks):
        session = Session(number, 0, "", 0, Connection(), node_number=number)
        queues.append(session.connection.receive_frames(b"".join(talk.frames)))
        sessions.append(session)
    aggregates, sequence = Aggregates(lambda session: DecodeContext(1, 2), judged.append), 0
    while any(queues):
        frames, runs = [], []
        for number in rng.choices(range(3), k=rng.randint(1, 6)):
            taken = queues[number][: rng.randint(1, 9)]
            if taken:
                del queues[number][: len(taken)]
                frames += taken
                runs.append(FrameRun(sessions[number], len(taken), NOW))
        if frames:
            aggregates.add(decode_batch(frames, runs, sequence, PeerDictionary({})).events)
            sequence += len(frames)
    for number, expected in enumerate(alone):
        found = Counter((e.rule, e.event_id) for e in judged if e.session == number)
        assert found == expected


def test_rows_of_ended_connections_are_reused(monkeypatch):
    reset_rows = []

    class RecordingTypes(RecentTypes):
        def reset(self, row):
            reset_rows.append(row)
            super().reset(row)

    monkeypatch.setattr(module, "RecentTypes", RecordingTypes)
    findings = []
    aggregates = Aggregates(lambda session: DecodeContext(1, 2), findings.append)
    for number in range(50):
        talk = Talk()
        talk.failed(talk.best())
        session = Session(number, 0, "", 0, Connection(), node_number=0)
        frames = session.connection.receive_frames(b"".join(talk.frames))
        aggregates.add(
            decode_batch(
                frames, [FrameRun(session, len(frames), NOW)], 0, PeerDictionary({})
            ).events
        )
        aggregates.end_session(number)
    assert len(findings) == 50
    assert reset_rows == [0] * 50
