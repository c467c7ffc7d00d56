"""``tart/aggregate/rules/conformance_checks.py``: deviations are reported, and nothing else."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.columnar.recent_types import DEPTH, RecentTypes
from tart.aggregate.columnar.session_rows import SessionRows
from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.references.tracker import FOLLOW_SECONDS
from tart.aggregate.rules import conformance_checks as module
from tart.aggregate.rules.conformance_checks import BACKWARDS_US, STATUS_LATE_US, ConformanceChecker
from tart.protocol.connection import Connection
from tart.protocol.events import EventKind
from tart.protocol.frames import Frames
from tart.shard.check.offline_check import check
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.simulate.model.in_memory import play, play_troubled
from tart.units import SECOND_US
from tests.aggregate.batches import aggregate, rows, sum_by, troubled_network
from tests.aggregate.node_script import HASH, NOW, NodeScript, misbehaving_script
from tests.cases import examples

# --- References ------------------------------------------------------------------------


def test_a_reference_to_an_allowed_type_is_conformant():
    script = NodeScript()
    script.send_authoring_failed(script.send("Authoring", slot=1, parent=HASH))
    assert script.rules() == []


@pytest.mark.parametrize("ahead", [0, 1, 1_000, 2**64 - 2])
def test_a_reference_to_an_id_not_yet_reached_is_reported(ahead):
    script = NodeScript()
    script.send_best()
    own = script.send_authoring_failed(1 + ahead)
    (finding,) = script.findings()
    assert (finding.rule, finding.event_id, finding.number) == ("reference_unknown", own, 41)
    assert (finding.offset, finding.field) == (9, "authoring_id")
    assert finding.expectation == f"an event id below its own, {own}, not {1 + ahead}"
    assert finding.frame == script.frames[-1][4:]
    assert (finding.seq, finding.received_at) == (1, NOW)


def test_a_reference_to_a_wrong_type_is_reported_with_both_types():
    script = NodeScript()
    best = script.send_best()
    script.send_authoring_failed(best)
    (finding,) = script.findings()
    assert (finding.rule, finding.offset, finding.field) == (
        "reference_wrong_type",
        9,
        "authoring_id",
    )
    assert finding.expectation == f"the event id of Authoring; {best} is BestBlockChanged"


def test_a_reference_to_a_failed_work_package_is_conformant():
    script = NodeScript()
    package = script.send("WorkPackageSubmission", builder=HASH, bundle=False)
    script.send("WorkPackageFailed", submission_or_share_id=package, reason="because")
    script.send("ExtrinsicDataReceived", submission_or_share_id=package)
    assert script.rules() == []


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_a_reference_to_a_dropped_event_is_not_reported(offset):
    script = NodeScript()
    dropped = script.send_dropped(5)
    script.send_authoring_failed(dropped + offset)
    assert script.rules() == ["events_dropped"]


def test_a_reference_to_an_undecodable_event_is_not_reported():
    script = NodeScript()
    script.send_best()
    script.send_undecodable()
    script.send_authoring_failed(1)
    assert script.rules() == ["unknown_event"]


def test_a_reference_to_a_forgotten_event_is_not_reported():
    script = NodeScript()
    for _ in range(DEPTH + 1):
        script.send_best()
    script.send_authoring_failed(0)
    script.send_authoring_failed(1 + DEPTH // 2)
    (finding,) = script.findings()
    assert finding.expectation.endswith(f"{1 + DEPTH // 2} is BestBlockChanged")


@pytest.mark.no_cover
@pytest.mark.parametrize("size", [1, 700, 10_000])
def test_how_far_back_an_id_is_known_does_not_depend_on_batches(size):
    script = NodeScript()
    for _ in range(DEPTH + 10):
        script.send_best()
    far = [script.send_authoring_failed(script.node.next_event_id - DEPTH + 1) for _ in range(9)]
    script.send_authoring_failed(script.node.next_event_id - DEPTH)
    for _ in range(DEPTH):
        script.send_best()
    batch, found = script.batch(), []
    aggregates = Aggregates(lambda session: DecodeContext(1, 2), found.append)
    for start in range(0, len(batch), size):
        aggregates.add(batch.take(np.arange(start, min(start + size, len(batch)))))
    assert [finding.event_id for finding in found] == far


@pytest.mark.parametrize("turns", [1, 2, 256, 512])
def test_a_forgotten_event_is_not_taken_for_the_one_that_replaced_it(turns):
    script = NodeScript()
    authoring = script.send("Authoring", slot=1, parent=HASH)
    script.send_dropped(turns * DEPTH - 1)
    assert script.send_best() == authoring + turns * DEPTH
    script.send_authoring_failed(authoring)
    assert script.rules() == ["events_dropped"]


def test_an_audit_id_may_be_any_id():
    script = NodeScript()
    script.send("BundleReconstructed", audit_id=2**63)
    script.send("ReconstructingBundle", audit_id=0, kind="Trivial")
    script.send("SendingBundleRequest", audit_id=2**64 - 1, guarantor=HASH)
    script.send("SendingBundleShardRequest", audit_id=1, assurer=HASH, shard=0)
    assert script.rules() == []


def test_no_reference_is_read_from_the_layout_of_another_version():
    """A stream closed (61) as of version 0, which begins with a peer id."""
    script = NodeScript(version=1)
    other = NodeScript(version=0)
    other.send("BlockAnnouncementStreamClosed", peer=b"\xff" * 32, closer="Local", reason="")
    script.frames.append(other.frames[-1])
    assert script.rules() == ["other_version_layout"]


# --- Outcomes --------------------------------------------------------------------------


def importing(script):
    outline = dict.fromkeys(
        ("size_bytes", "num_tickets", "num_preimages", "total_preimages_size"), 0
    ) | dict.fromkeys(("num_guarantees", "num_assurances", "num_dispute_verdicts"), 0)
    return script.send("Importing", slot=1, outline={**outline, "hash": HASH})


def verified(script, block):
    return script.send("BlockVerified", importing_id=block)


def refuted(script, block):
    return script.send("BlockVerificationFailed", importing_id=block, reason="")


def executed(script, block):
    return script.send("BlockExecuted", authoring_or_importing_id=block, accumulate_costs=[])


# Received byte by byte, and all at once.
sizes = pytest.mark.parametrize("size", [1, 1 << 20])


def findings_by_size(script, size):
    """Return the findings if ``size`` bytes are received at a time."""
    data = b"".join(script.frames)
    return check([(NOW, data[start : start + size]) for start in range(0, len(data), size)])


@sizes
@pytest.mark.parametrize(
    "outcomes",
    [(refuted, executed), (refuted, verified), (verified, refuted), (verified, verified)],
    ids=lambda each: " ".join(one.__name__ for one in each),
)
def test_a_second_outcome_is_reported_at_the_second_event(outcomes, size):
    script = NodeScript()
    block, other = importing(script), importing(script)
    verified(script, other)
    _, second = (each(script, block) for each in outcomes)
    executed(script, other)
    (finding,) = findings_by_size(script, size)
    assert (finding.rule, finding.event_id) == ("second_outcome", second)
    assert finding.offset == 9
    assert finding.expectation == f"no second outcome of the event with id {block}"


@sizes
def test_outcomes_that_may_follow_one_another_are_conformant(size):
    script = NodeScript()
    for _ in range(3):
        block = importing(script)
        executed(script, block)
        verified(script, block)
    assert findings_by_size(script, size) == []


def test_outcomes_of_dropped_events_are_not_reported():
    script = NodeScript()
    dropped = script.send_dropped(3)
    for block in (dropped, dropped + 1):
        refuted(script, block)
        verified(script, block)
    assert script.rules() == ["events_dropped"]


def test_a_new_event_has_no_outcome_of_the_one_it_replaced():
    script = NodeScript()
    verified(script, importing(script))
    script.send_dropped(DEPTH - 2)
    block = importing(script)
    assert block == DEPTH
    verified(script, block)
    assert script.rules() == ["events_dropped"]


# --- Time ------------------------------------------------------------------------------


def test_timestamps_may_repeat_and_go_back_a_little():
    script = NodeScript()
    for after in (0, -BACKWARDS_US, 0, BACKWARDS_US, -1):
        script.send_best(after)
    assert script.rules() == []


def test_a_timestamp_that_goes_back_is_reported_once():
    script = NodeScript()
    script.send_best()
    script.send_best(-BACKWARDS_US - 1)
    script.send_best()
    (finding,) = script.findings()
    assert (finding.rule, finding.event_id) == ("timestamp_backwards", 1)
    assert (finding.offset, finding.field) == (0, "timestamp")
    assert finding.expectation == "not 1.000 s before the event before"


def test_the_largest_timestamp_is_checked():
    script = NodeScript()
    script.now = 2**64 - 1
    script.send_best(0)
    script.now = NOW
    script.send_best()
    assert script.rules() == ["timestamp_backwards"]


def test_a_regular_status_is_conformant():
    script = NodeScript()
    for after in (0, 2_000_000, STATUS_LATE_US, 1):
        script.send_status(after)
    assert script.rules() == []


def test_a_late_status_is_reported():
    script = NodeScript()
    script.send_status()
    script.send_best()
    script.send_status(STATUS_LATE_US)
    (finding,) = script.findings()
    assert (finding.rule, finding.event_id) == ("status_late", 2)
    assert finding.expectation == "about 2 s after the Status before, not 8.0 s"


@pytest.mark.parametrize(
    "send_gap",
    [lambda script: script.send_dropped(1), NodeScript.send_undecodable],
    ids=["dropped", "undecodable"],
)
def test_a_status_after_missing_events_is_not_late(send_gap):
    script = NodeScript()
    script.send_status()
    send_gap(script)
    script.send_status(STATUS_LATE_US * 2)
    assert "status_late" not in script.rules()


def test_dropped_events_are_reported_with_their_number():
    script = NodeScript()
    script.send_dropped(7)
    (finding,) = script.findings()
    assert (finding.rule, finding.expectation) == ("events_dropped", "no events dropped, not 7")
    assert (finding.offset, finding.field) == (17, "num")
    assert finding.frame[finding.offset] == 7


# --- Pipelines -------------------------------------------------------------------------


@pytest.mark.no_cover
def test_pipelines_cut_short_by_the_end_of_a_connection_are_reported():
    aggregates = aggregate(play_troubled(60, seed=3))
    unfinished = [
        row
        for table in ("blocks", "packages")
        for row in rows(aggregates, table)
        if row["outcome"] == "unfinished"
    ]
    found = sum_by(rows(aggregates, "conformance"), "rule")
    assert 0 < found[("pipeline_cut_short",)] <= len(unfinished)
    assert ("pipeline_unfinished",) not in found


def cut_short(script):
    """Return the event ids of the pipelines reported when the connection ends."""
    aggregates = Aggregates(lambda session: DecodeContext(1, 2))
    aggregates.add(script.batch(session=3))
    aggregates.end_session(3)
    return [row["event_id"] for row in rows(aggregates, "examples") if "pipe" in row["rule"]]


def test_a_pipeline_before_dropped_events_is_not_reported_as_cut_short():
    script = NodeScript()
    script.send("WorkPackageSubmission", builder=HASH, bundle=False)
    script.send_dropped(1)
    last = script.send("WorkPackageSubmission", builder=HASH, bundle=False)
    assert cut_short(script) == [last]


def unfinished_submission(*, dropped=0, wait_us=FOLLOW_SECONDS * SECOND_US + 1):
    """Return the examples of a submission without further events after this time."""
    script = NodeScript()
    script.send("WorkPackageSubmission", builder=HASH, bundle=False)
    if dropped:
        script.send_dropped(dropped)
    aggregates = Aggregates(lambda session: DecodeContext(1, 2))
    aggregates.add(script.batch(session=3, node=4))
    aggregates.expire(NOW + wait_us)
    return [row for row in rows(aggregates, "examples") if "pipeline" in row["rule"]]


def test_an_old_work_package_without_an_end_is_reported():
    (row,) = unfinished_submission()
    assert (row["rule"], row["node"], row["session"]) == ("pipeline_unfinished", 4, 3)
    assert (row["seq"], row["event_id"]) == (0, 0)
    assert row["type"] == EventKind.WORK_PACKAGE_SUBMISSION
    assert row["expectation"] == "what became of the 'Work-package submission' with event id 0"


def test_a_recent_work_package_without_an_end_is_not_reported():
    assert unfinished_submission(wait_us=FOLLOW_SECONDS * SECOND_US) == []


def test_an_old_work_package_before_dropped_events_is_not_reported():
    assert unfinished_submission(dropped=1) == []


# --- All together ----------------------------------------------------------------------


@pytest.mark.no_cover
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


def count_findings(reads):
    return Counter((each.rule, each.event_id, each.expectation) for each in check(reads))


@pytest.mark.no_cover
@examples(0.3)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=30))
def test_findings_do_not_depend_on_how_bytes_arrive(sizes):
    data = b"".join(misbehaving_script().frames)
    reads, start = [], 0
    for size in sizes:
        reads.append((NOW, data[start : start + size]))
        start += size
    reads.append((NOW, data[start:]))
    expected = count_findings([(NOW, data)])
    assert len({rule for rule, _, _ in expected}) == 6
    assert count_findings(reads) == expected


@pytest.mark.no_cover
@examples(0.2)
@given(st.integers(0, 2**32))
def test_interleaved_connections_are_checked_independently(seed):
    rng = random.Random(seed)
    scripts = [misbehaving_script(), NodeScript(), misbehaving_script()]
    for _ in range(40):
        scripts[1].send_best()
    alone = [
        Counter((each.rule, each.event_id) for each in script.findings()) for script in scripts
    ]
    sessions, queues, findings = [], [], []
    for number, script in enumerate(scripts):
        session = Session(number, 0, "", 0, Connection(), node_number=number)
        queues.append(session.connection.receive_frames(b"".join(script.frames)).contents())
        sessions.append(session)
    aggregates, sequence = Aggregates(lambda session: DecodeContext(1, 2), findings.append), 0
    while any(queues):
        frames, runs = [], FrameRuns()
        for number in rng.choices(range(3), k=rng.randint(1, 6)):
            taken = queues[number][: rng.randint(1, 9)]
            if taken:
                del queues[number][: len(taken)]
                frames += taken
                runs.add(sessions[number], len(taken), NOW)
        if frames:
            aggregates.add(
                decode_batch(Frames.of(frames), runs, sequence, PeerDictionary({})).events
            )
            sequence += len(frames)
    for number, expected in enumerate(alone):
        of_session = [each for each in findings if each.session == number]
        assert Counter((each.rule, each.event_id) for each in of_session) == expected


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
        script = NodeScript()
        script.send_authoring_failed(script.send_best())
        aggregates.add(script.batch(session=number))
        aggregates.end_session(number)
    assert len(findings) == 50
    assert reset_rows == [0] * 50


def test_a_check_that_fails_forgets_the_gap_of_its_batch(monkeypatch):
    """A pipeline without an end is reported, unless its end may be in a gap."""
    script = NodeScript()
    submission = script.send("WorkPackageSubmission", builder=HASH, bundle=False)
    script.send_dropped(1)
    batch, sessions, findings = script.batch(), SessionRows(), []
    checker = ConformanceChecker(sessions, findings.append)
    runs = sessions.assign(batch.columns.session)
    checker.reset(runs.new)
    monkeypatch.setattr(checker, "_check_status", None)
    values = {
        **dict.fromkeys(("ended_at", "node", "session", "seq"), 0),
        "root": submission,
        "kind": EventKind.WORK_PACKAGE_SUBMISSION,
    }
    checker.check(batch, runs)
    checker.report_unfinished(values, cut_short=True)
    assert [finding.rule for finding in findings] == ["events_dropped"]
    checker.reset([0])
    findings.clear()
    script.send_status()
    batch = script.batch()
    with pytest.raises(TypeError):
        checker.check(batch, sessions.assign(batch.columns.session))
    checker.report_unfinished(values, cut_short=True)
    assert [finding.rule for finding in findings] == ["pipeline_cut_short"]
