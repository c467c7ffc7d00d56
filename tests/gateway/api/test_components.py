"""Components of the OpenAPI document; tests of the handlers validate real answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, TypedDict

import pytest
from msgspec import Meta

from tart.gateway.api.components import components, reference
from tart.gateway.api.contract import ROUTES
from tart.query.answers.common import ADDED, Count
from tests.gateway.json_schema import SCHEMAS


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def test_every_reference_has_its_component() -> None:
    assert set(references(SCHEMAS)) <= SCHEMAS.keys()


def test_every_component_is_used() -> None:
    types = [each for route in ROUTES for each in (route.answer, route.body) if each]
    used = set(references([reference(each) for each in types])) | set(references(SCHEMAS))
    used |= {"Error"}
    assert SCHEMAS.keys() <= used


def test_required_members_are_declared() -> None:
    for name, schema in SCHEMAS.items():
        assert set(schema["required"]) <= schema["properties"].keys(), name


class Inner(TypedDict):
    """An object
    inside.

    Second paragraph.
    """

    count: Count


class Outer(TypedDict):
    """An answer."""

    some: NotRequired[Inner]
    window: NotRequired[Annotated[Inner, ADDED]]
    last: Annotated[list[Inner] | None, Meta(description="The last ones.")]


def test_a_type_becomes_a_component_with_those_inside_it() -> None:
    found = components([Outer])
    assert list(found) == ["Outer", "Inner"]
    inner = {"$ref": "#/components/schemas/Inner"}
    assert found["Outer"]["properties"] == {
        "window": inner,
        "last": {
            "description": "The last ones.",
            "anyOf": [{"type": "array", "items": inner}, {"type": "null"}],
        },
        "some": inner,
    }
    assert found["Inner"]["description"] == "An object inside.\n\nSecond paragraph."


def test_a_list_is_an_array_of_the_component() -> None:
    assert reference(list[Outer]) == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Outer"},
    }
    assert list(components([list[Outer]])) == ["Outer", "Inner"]


def test_members_that_the_gateway_adds_are_required() -> None:
    found = components([Outer])["Outer"]
    assert found["required"] == ["window", "last"]


def test_two_types_of_one_name_are_refused() -> None:
    class Other(TypedDict):
        outer: Outer

    Other.__name__ = "Outer"
    with pytest.raises(ValueError, match="Outer"):
        components([Outer, Other])
