"""``tart/protocol/roles.py``: roles are declared with fields that their events have."""

from __future__ import annotations

import pytest

from tart.protocol.events import BY_ROLE, EventKind
from tart.protocol.roles import AUDIT_ROLES, FINALITY_ROLES, EventRole, Role
from tart.protocol.types import BOOL, U8, struct


def test_every_role_is_of_audits_or_of_finality():
    assert sorted((*AUDIT_ROLES, *FINALITY_ROLES)) == sorted(Role)


def test_the_event_types_of_a_role_are_those_that_declare_it():
    assert BY_ROLE.keys() == set(Role)
    declared = {kind for kind in EventKind if kind.role is not None}
    assert {kind for kinds in BY_ROLE.values() for kind in kinds} == declared


def test_a_role_names_fields_of_its_event_type_only():
    fields = struct("JudgmentMade", tranche=U8, is_valid=BOOL)
    EventRole(Role.JUDGMENT_MADE, tranche="tranche", valid="is_valid").check(fields)
    with pytest.raises(ValueError, match="JudgmentMade has no field valid, which its role names"):
        EventRole(Role.JUDGMENT_MADE, valid="valid").check(fields)
