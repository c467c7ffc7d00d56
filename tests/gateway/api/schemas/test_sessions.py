"""``tart/gateway/api/schemas/sessions.py``: what the figures give has the shape they promise."""

from __future__ import annotations

import pytest

from tart.aggregate.keyed.sessions import CLOSED, DIED, OPEN, REFUSED
from tart.gateway.api.schemas.sessions import SESSION_SCHEMAS
from tart.protocol.rules import RULES, SEVERITIES
from tart.query.core.sessions import session_json
from tart.query.topics.conformance import network_conformance, node_conformance, verdict
from tests.gateway.json_schema import violations
from tests.query.core.test_sessions import ROW
from tests.query.topics.test_conformance import A, clock, counted, example, material, node, spoken

WINDOW = {"start": None, "end": "2026-11-20T12:00:00.000000Z"}


def everything():
    """Every rule broken, and one that no release has."""
    return material(
        counted=[counted(rule) for rule in (*RULES, "of_old")] + [counted("truncated", None)],
        examples=[example(rule) for rule in RULES]
        + [example("node_information", None, id=None, event_id=None, type=None)],
        spoken=[spoken(), spoken(version=None, params_layout=None)],
        clocks=[clock(5)],
    )


@pytest.mark.parametrize("outcome", [OPEN, CLOSED, REFUSED, DIED])
def test_a_connection(outcome):
    times = dict.fromkeys(("started_at", "last_at"), WINDOW["end"])
    shown = session_json({**ROW, **times, "outcome": outcome})
    assert violations(shown, SESSION_SCHEMAS["Session"]) == []
    assert shown.keys() == SESSION_SCHEMAS["Session"]["properties"].keys()


def test_what_a_node_did_wrong():
    for found in (material(), everything()):
        shown = {**node_conformance(node(), found), "window": WINDOW}
        assert violations(shown, SESSION_SCHEMAS["NodeConformance"]) == []


def test_what_all_did_wrong():
    for found in (material(), everything()):
        shown = {**network_conformance([node()], found), "window": WINDOW}
        assert violations(shown, SESSION_SCHEMAS["Conformance"]) == []
    assert [each["node_id"] for each in shown["nodes"]] == [A]


def test_every_severity_and_verdict_there_is_may_be_shown():
    properties = SESSION_SCHEMAS["Conformance"]["properties"]
    shown = properties["rules"]["items"]["properties"]["severity"]["enum"]
    assert set(shown) == set(SEVERITIES)
    assert verdict([]) in properties["verdict"]["enum"]
