"""The types of answers have the members that the schemas have."""

from __future__ import annotations

import typing

from tart.client._generated import answers
from tart.gateway.codegen.client import client_types
from tests.cases import all_cases
from tests.gateway.json_schema import SCHEMAS


@all_cases("name", client_types())
def test_a_type_has_the_members_of_its_schema(name):
    found = getattr(answers, name)
    assert typing.is_typeddict(found)
    hints = typing.get_type_hints(found, include_extras=True)
    optional = {member for member, hint in hints.items() if "NotRequired" in str(hint)}
    assert set(hints) == set(SCHEMAS[name]["properties"])
    assert set(hints) - optional == set(SCHEMAS[name]["required"])
