"""Schemas as Python types."""

from __future__ import annotations

import typing
from typing import Any, Literal, NotRequired, TypedDict, get_type_hints

import pytest

from tart.gateway.api.json_schema import (
    BOOLEAN,
    BYTES,
    COUNT,
    COUNTERS,
    NUMBER,
    TEXT,
    TIME,
    Schema,
    described,
    listing,
    nullable,
    record,
    ref,
)
from tart.gateway.codegen.python_types import Types, of_parameter


def module(**schemas: Schema) -> dict[str, Any]:
    """The names that a module of these types has."""
    names: dict[str, Any] = {
        "Any": Any,
        "Literal": Literal,
        "NotRequired": NotRequired,
        "TypedDict": TypedDict,
    }
    # Without this module's own postponed annotations, so that they are types at once.
    exec(compile(Types(schemas).classes(), "answers", "exec", dont_inherit=True), names)
    return names


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (COUNT, "int"),
        (NUMBER, "float"),
        (TEXT, "str"),
        (BOOLEAN, "bool"),
        (TIME, "str"),
        (BYTES, "str"),
        (described(BYTES, "of a block"), "str"),
        (nullable(BYTES), "str | None"),
        (nullable(COUNT), "int | None"),
        (nullable(ref("Node")), "Node | None"),
        (listing(nullable(TEXT)), "list[str | None]"),
        (COUNTERS, "dict[str, int]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "array"}, "list[Any]"),
        ({"type": "null"}, "None"),
        ({"enum": ["a", "b"]}, "Literal['a', 'b']"),
        ({}, "Any"),
    ],
)
def test_a_schema_is_a_type(schema: Schema, expected: str) -> None:
    assert Types({}).annotation(schema) == expected


def test_a_parameter_may_be_a_time() -> None:
    assert of_parameter(TIME, Types({})) == "datetime | str"
    assert of_parameter(COUNT, Types({})) == "int"


def test_objects_are_classes_with_what_they_must_and_may_have() -> None:
    found = module(Answer=record({"more": TEXT}, count=COUNT))["Answer"]
    assert found.__required_keys__ == {"count"}
    assert found.__optional_keys__ == {"more"}


def test_objects_inside_are_named_after_the_path_to_them() -> None:
    inner = record(n=COUNT)
    names = module(Answer=record(by_node=listing(inner), whole=nullable(record(b=record(c=TEXT)))))
    hints = get_type_hints(names["Answer"], names)
    assert typing.get_args(hints["by_node"]) == (names["AnswerByNode"],)
    assert hints["whole"] == names["AnswerWhole"] | None
    assert get_type_hints(names["AnswerWhole"], names)["b"] == names["AnswerWholeB"]


def test_the_same_object_in_several_places_is_one_type() -> None:
    window = record(start=TIME)
    told = described(nullable(window), "Other words.")
    names = module(One=record(window=window), Two=record(window=told, last=window))
    assert {name for name in names if name[0].isupper()} >= {"One", "Two", "Window"}
    assert get_type_hints(names["Two"], names)["last"] is names["Window"]


def test_a_short_name_that_is_taken_is_not_used_twice() -> None:
    one, other = record(start=TIME), record(stop=TIME)
    names = module(
        A=record(window=one), B=record(window=one), C=record(window=other), D=record(window=other)
    )
    hints = [get_type_hints(names[name], names)["window"] for name in "ABCD"]
    assert hints[0] is hints[1] is names["Window"]
    assert hints[2] is hints[3] is names["CWindow"]


def test_members_that_python_cannot_name_are_kept() -> None:
    found = module(Answer=record(**{"from": TEXT, "to-day": COUNT}))["Answer"]
    assert found.__required_keys__ == {"from", "to-day"}


def test_what_is_said_of_a_member_stands_above_it() -> None:
    text = Types({"Answer": record(count=described(COUNT, "How many. " * 20))}).classes()
    lines = text.splitlines()
    assert lines[3].startswith("    # How many. How many.")
    assert all(len(line) <= 100 for line in lines)
    assert lines[-1] == "    count: int"
