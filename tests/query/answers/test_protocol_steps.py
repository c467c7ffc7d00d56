"""``tart/query/answers/protocol_steps.py``: steps have the members that it declares."""

from __future__ import annotations

from tart.protocol.roles import AUDIT_ROLES, FINALITY_ROLES
from tart.query.answers.protocol_steps import AuditSteps, FinalitySteps
from tart.query.topics.protocol_steps import audit_steps, finality_steps
from tests.query.answers.checking import check
from tests.query.topics.test_protocol_steps import ROWS, declared

__all__ = ["declared"]


def test_there_is_a_member_for_each_role() -> None:
    assert tuple(AuditSteps.__annotations__) == AUDIT_ROLES
    assert tuple(FinalitySteps.__annotations__) == FINALITY_ROLES


def test_steps_that_event_types_report(declared: None) -> None:
    check("AuditSteps", audit_steps(ROWS, [0]))
    check("FinalitySteps", finality_steps(ROWS, [0]))
