"""Schemas that have no type yet."""

from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.schemas.common import SCHEMAS as UNTYPED


def test_untyped_schemas_are_components() -> None:
    assert UNTYPED.items() <= SCHEMAS.items()
