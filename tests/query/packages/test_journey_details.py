"""``tart/query/packages/journey_details.py``: durations, signers, errors, audits."""

from __future__ import annotations

from tart.query.packages.journey_details import audit, enhanced
from tests.query.packages.test_journeys import HASH, answer, event, journey, row

OTHER = "0x" + "09" * 32


def test_durations_are_within_a_guarantor_s_own_stages():
    found = journey(
        answer(pipelines={"1/0": [event(90), event(95, 3_000)], "2/7": [event(91, 1_000)]}),
        rows=[row(), row(2, 7)],
    )
    stages = enhanced(found, HASH)["stages"]
    assert [(e["event_type"], e["duration_ms"]) for e in stages] == [
        (90, None),
        (91, None),
        (95, 3.0),
    ]


def test_errors_are_the_events_own_words():
    events = [event(99, reason="not connected"), event(92, 5, reason="timed out")]
    body = enhanced(journey(answer(pipelines={"1/0": events})), HASH)
    assert [each["error_code"] for each in body["errors"]] == ["not connected", "timed out"]
    assert body["has_errors"] is True
    assert body["current_status"] == "failed"


def test_who_signed_is_told_by_itself_or_by_the_primary():
    events = [
        event(104, secondary=OTHER),
        event(105, 1, outline={"slot": 3, "guarantors": [1, 2]}),
    ]
    info = enhanced(journey(answer(pipelines={"1/0": events})), HASH)["guarantor_info"]
    assert [(e["node_id"], e["role"], e["is_local"]) for e in info] == [
        ("01" * 32, "primary", True),
        (OTHER[2:], "secondary", False),
    ]


def test_costs_and_times_that_nobody_told_are_null():
    body = enhanced(journey(), HASH)
    assert body["execution_details"] is None
    assert body["timing"]["submission_to_guarantee_ms"] is None
    assert body["timing"]["total_duration_ms"] is None
    told = enhanced(journey(started=1_000, guaranteed=6_000, refine_gas=5), HASH)
    assert told["timing"]["submission_to_guarantee_ms"] == 5.0
    assert told["execution_details"]["refine_gas"] == 5


def test_an_audit_without_a_word_is_pending():
    body = audit(journey(), HASH)
    assert (body["status"], body["events"], body["is_failed"]) == ("pending", [], False)
    assert (body["tranche"], body["panic_mode"], body["is_accumulated"]) == (None, None, None)


def test_an_audit_is_who_asked_for_the_bundle():
    heard = answer(erasures=[event(120), event(144, 1)], auditors=["07" * 32])
    body = audit(journey(heard), HASH)
    assert body["status"] == "auditing"
    assert body["audit_progress"]["auditor_node_ids"] == ["07" * 32]
    assert [each["event_type"] for each in body["events"]] == [144]
