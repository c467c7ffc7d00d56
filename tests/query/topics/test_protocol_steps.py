"""``tart/query/topics/protocol_steps.py``: steps that event types report by their role."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from tart.protocol.events import EventKind
from tart.protocol.roles import EventRole, Role
from tart.query.topics import protocol_steps as module
from tart.query.topics.protocol_steps import StepRows, audit_steps, events_by_node, finality_steps
from tart.units import MINUTE_US

A, B = "aa" * 32, "bb" * 32
NOTHING = StepRows([], [])
# Any two types play those to come.
JUDGED, VOTED = EventKind.PREIMAGE_ANNOUNCED, EventKind.PREIMAGE_DISCARDED


def test_without_an_event_type_every_step_is_null():
    assert set(audit_steps(NOTHING, [0]).values()) == {None}
    assert set(finality_steps(NOTHING, [0]).values()) == {None}
    assert events_by_node(Role.JUDGMENT_MADE, NOTHING) is None


@pytest.fixture
def declared(monkeypatch):
    """Two event types with roles."""
    monkeypatch.setattr(
        JUDGED, "role", EventRole(Role.JUDGMENT_MADE, tranche="length", valid="service")
    )
    monkeypatch.setattr(VOTED, "role", EventRole(Role.VOTE_SENT, round="length"))
    by_role = {role: () for role in Role}
    by_role |= {Role.JUDGMENT_MADE: (JUDGED,), Role.VOTE_SENT: (VOTED,)}
    monkeypatch.setattr(module, "BY_ROLE", MappingProxyType(by_role))


def row(kind, bucket, count, tranche=None, valid=None, number=None):
    return {
        "bucket": bucket,
        "type": kind.number,
        "tranche": tranche,
        "valid": valid,
        "count": count,
        "last_at": bucket + 5,
        "round": number,
    }


ROWS = StepRows(
    [
        row(JUDGED, 0, 3, 0, 1),
        row(JUDGED, MINUTE_US, 2, 0, 0),
        row(JUDGED, MINUTE_US, 1, 1, 1),
        row(VOTED, 0, 4, number=7),
        row(VOTED, MINUTE_US, 4, number=9),
    ],
    [
        {"node": A, "type": JUDGED.number, "count": 2},
        {"node": B, "type": JUDGED.number, "count": 4},
        {"node": None, "type": JUDGED.number, "count": 1},
        {"node": A, "type": VOTED.number, "count": 8},
    ],
)


def test_a_step_with_an_event_type_is_counted_with_its_values(declared):
    found = audit_steps(ROWS, [0, MINUTE_US])["judgment_made"]
    assert found == {
        "event_types": [JUDGED.variant],
        "events": 6,
        "series": [3, 3],
        "nodes": [{"node_id": B, "events": 4}, {"node_id": A, "events": 2}],
        "tranches": [
            {"tranche": 0, "events": 5, "invalid": 2},
            {"tranche": 1, "events": 1, "invalid": 0},
        ],
        "invalid": 2,
        "highest_round": None,
        "last_at": "1970-01-01T00:01:00.000005Z",
    }


def test_a_step_without_verdict_and_tranche_has_neither(declared):
    found = finality_steps(ROWS, [0, MINUTE_US])["vote_sent"]
    assert (found["events"], found["highest_round"]) == (8, 9)
    assert found["tranches"] is found["invalid"] is None


def test_a_step_that_did_not_occur_is_zero_and_not_null(declared):
    found = audit_steps(NOTHING, [0])["judgment_made"]
    assert (found["events"], found["series"], found["last_at"]) == (0, [0], None)
    assert events_by_node(Role.JUDGMENT_MADE, NOTHING) == {}
