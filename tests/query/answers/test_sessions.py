"""``tart/query/answers/sessions.py``: figures have the members and values that it declares."""

from __future__ import annotations

from typing import get_args

import pytest

from tart.aggregate.keyed.sessions import CLOSED, DIED, OPEN, REFUSED
from tart.protocol.rules import RULES, SEVERITIES, Severity
from tart.query.answers.sessions import Verdict
from tart.query.core.sessions import session_json
from tart.query.topics.conformance import network_conformance, node_conformance, verdict
from tests.gateway.json_schema import SCHEMAS, violations
from tests.query.core.test_sessions import ROW
from tests.query.topics.test_conformance import (
    A,
    clock,
    conformance_input,
    connection,
    example,
    finding_row,
    node,
)

WINDOW = {"start": None, "end": "2026-11-20T12:00:00.000000Z"}


def everything():
    """Every rule broken, and one that no release has."""
    return conformance_input(
        counts=[finding_row(rule) for rule in (*RULES, "of_old")]
        + [finding_row("truncated", None)],
        examples=[example(rule) for rule in RULES]
        + [example("node_information", None, id=None, event_id=None, type=None)],
        connections=[connection(), connection(version=None, params_layout=None)],
        clocks=[clock(5)],
    )


@pytest.mark.parametrize("outcome", [OPEN, CLOSED, REFUSED, DIED])
def test_a_session_of_every_outcome_is_valid(outcome):
    times = dict.fromkeys(("started_at", "last_at"), WINDOW["end"])
    shown = session_json({**ROW, **times, "outcome": outcome})
    assert violations(shown, SCHEMAS["Session"]) == []
    assert shown.keys() == SCHEMAS["Session"]["properties"].keys()


def test_conformance_of_a_node_is_valid():
    for found in (conformance_input(), everything()):
        shown = {**node_conformance(node(), found), "window": WINDOW}
        assert violations(shown, SCHEMAS["NodeConformance"]) == []


def test_conformance_of_all_nodes_is_valid():
    for found in (conformance_input(), everything()):
        shown = {**network_conformance([node()], found), "window": WINDOW}
        assert violations(shown, SCHEMAS["Conformance"]) == []
    assert [each["node_id"] for each in shown["nodes"]] == [A]


def test_the_declared_severities_and_verdicts_are_those_of_the_rules():
    assert set(get_args(Severity)) == set(SEVERITIES)
    assert verdict([]) in get_args(Verdict)
