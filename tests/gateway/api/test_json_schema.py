"""``tart/gateway/api/json_schema.py``: what schemas are made of."""

from __future__ import annotations

from tart.gateway.api.json_schema import COUNT, INTEGER, TEXT, described, nullable, record, ref


def test_null_is_one_more_type() -> None:
    assert nullable(INTEGER) == {"type": ["integer", "null"]}
    assert nullable(ref("Node"))["anyOf"][1] == {"type": "null"}


def test_what_is_not_optional_is_required() -> None:
    schema = record({"two": TEXT}, one=COUNT)
    assert schema["required"] == ["one"]
    assert schema["properties"].keys() == {"one", "two"}


def test_a_description_changes_nothing_else() -> None:
    assert described(COUNT, "so many") == {**COUNT, "description": "so many"}
