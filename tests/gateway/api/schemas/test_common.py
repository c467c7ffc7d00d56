"""The schemas as such; that answers keep them is shown in ``test_routes``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.schemas.common import SCHEMAS


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def test_every_reference_leads_somewhere() -> None:
    assert set(references(SCHEMAS)) <= SCHEMAS.keys()


def test_every_schema_is_used() -> None:
    named = {name for route in ROUTES for name in (route.schema, route.body)}
    used = named | set(references(SCHEMAS)) | {"Error"}
    assert SCHEMAS.keys() <= used


def test_what_is_required_is_described() -> None:
    for name, schema in SCHEMAS.items():
        assert set(schema["required"]) <= schema["properties"].keys(), name
