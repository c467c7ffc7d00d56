"""``tart/gateway/codegen/answer_types.py``: types of answers as the SDK's source."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_type_hints

import pytest
from msgspec import Meta

from tart.gateway.api.components import ROOTS, answer_types
from tart.gateway.codegen.answer_types import class_source, description, source
from tart.query.answers.common import Bytes, Count, Counters, Fraction, Shards, Time, Total
from tart.query.answers.sessions import Session
from tests.cases import all_cases
from tests.gateway.json_schema import SCHEMAS

TYPES = answer_types(ROOTS)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Count, "int"),
        (Time, "str"),
        (Total, "int | str"),
        (Fraction, "float | None"),
        (Bytes, "str"),
        (Bytes | None, "str | None"),
        (Count | None, "int | None"),
        (list[Count | None], "list[int | None]"),
        (Counters, "dict[str, int]"),
        (dict[str, Any], "dict[str, Any]"),
        (Literal["a", "b"], "Literal['a', 'b']"),
        (NotRequired[Annotated[Shards, Meta(description="x")]], "Shards"),
        (Session | None, "Session | None"),
        (None, "None"),
    ],
)
def test_an_annotation_is_written_without_its_metadata(annotation, expected):
    hints = get_type_hints(TypedDict("Holder", {"member": annotation}), include_extras=True)
    assert source(hints["member"]) == expected


def test_the_last_description_counts():
    assert description(Annotated[Total, Meta(description="Gas.")]) == "Gas."
    assert description(NotRequired[Annotated[int, Meta(description="n")]]) == "n"
    assert description(Count) == ""


@all_cases("name", TYPES)
def test_a_written_type_has_the_members_of_its_component(name):
    names = vars(typing) | TYPES
    exec(compile(class_source(TYPES[name]), name, "exec", dont_inherit=True), names)
    written = names[name]
    assert written.__required_keys__ == set(SCHEMAS[name]["required"])
    assert written.__required_keys__ | written.__optional_keys__ == set(SCHEMAS[name]["properties"])
