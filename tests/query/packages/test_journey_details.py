"""``tart/query/packages/journey_details.py``: durations, signers, errors, audits."""

from __future__ import annotations

from tart.query.packages.journey_details import audit, enhanced
from tests.query.packages.test_journeys import HASH, answer, event, journey, row

OTHER = "0x" + "09" * 32


def test_step_durations_are_between_steps_of_one_guarantor():
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


def test_journey_errors_have_the_reasons_of_the_events():
    events = [event(99, reason="not connected"), event(92, 5, reason="timed out")]
    body = enhanced(journey(answer(pipelines={"1/0": events})), HASH)
    assert [each["error_code"] for each in body["errors"]] == ["not connected", "timed out"]
    assert body["has_errors"] is True
    assert body["current_status"] == "failed"


def test_a_signature_reported_by_the_primary_is_not_local():
    events = [
        event(104, secondary=OTHER),
        event(105, 1, outline={"slot": 3, "guarantors": [1, 2]}),
    ]
    info = enhanced(journey(answer(pipelines={"1/0": events})), HASH)["guarantor_info"]
    assert [(e["node_id"], e["role"], e["is_local"]) for e in info] == [
        ("01" * 32, "primary", True),
        (OTHER[2:], "secondary", False),
    ]


def test_costs_and_durations_without_events_are_null():
    body = enhanced(journey(), HASH)
    assert body["execution_details"] is None
    assert body["timing"]["submission_to_guarantee_ms"] is None
    assert body["timing"]["total_duration_ms"] is None
    told = enhanced(journey(started=1_000, guaranteed=6_000, refine_gas=5), HASH)
    assert told["timing"]["submission_to_guarantee_ms"] == 5.0
    assert told["execution_details"]["refine_gas"] == 5


def test_an_audit_without_events_is_pending():
    body = audit(journey(), HASH)
    assert (body["status"], body["events"], body["is_failed"]) == ("pending", [], False)
    assert (body["tranche"], body["panic_mode"], body["is_accumulated"]) == (None, None, None)


def test_auditors_are_the_nodes_that_requested_the_bundle():
    heard = answer(erasures=[event(120), event(144, 1)], auditors=["07" * 32])
    body = audit(journey(heard), HASH)
    assert body["status"] == "auditing"
    assert body["audit_progress"]["auditor_node_ids"] == ["07" * 32]
    assert [each["event_type"] for each in body["events"]] == [144]


def test_steps_show_fields_of_their_events_with_numbers_as_text():
    outline = {"slot": 3, "guarantors": [1, 2], "work_package_size": 70}
    events = [
        event(94, 1, core=2, outline=outline),
        event(101, 2, costs=[{"gas_used": 5}]),
        event(105, 3, outline=outline),
        event(112, 4, outline=outline),
        event(113, 5, reason="Other", outline=outline),
        event(120, 6, shard=7),
        event(122, 7, request_id=8, reason="reset"),
        event(124, 8, shard=7, request_id=8),
        event(125, 9, request_id=8),
        event(95, 10),
    ]
    stages = enhanced(journey(answer(pipelines={"1/0": events})), HASH)["stages"]
    assert {each["event_type"]: each["data"] for each in stages} == {
        94: {"core": "2", "work_package_size": "70"},
        101: {"refine_costs": [{"gas_used": 5}]},
        105: {"slot": "3", "guarantors": [1, 2]},
        112: {"slot": "3"},
        113: {"reason": "Other", "slot": "3"},
        120: {"shard": "7"},
        122: {"request_id": "8"},
        124: {"shard": "7", "request_id": "8"},
        125: {"request_id": "8"},
        95: {},
    }
