"""``tart/gateway/api/schemas/cores.py``: every schema is somebody's answer."""

from __future__ import annotations

from tart.gateway.api.routes.packages import PACKAGE_ROUTES
from tart.gateway.api.schemas.common import SCHEMAS
from tart.gateway.api.schemas.cores import CORE_SCHEMAS as DECLARED

PARTS = {"Guarantor"}


def test_every_schema_is_that_of_an_answer_a_body_or_a_part() -> None:
    used = {name for route in PACKAGE_ROUTES for name in (route.schema_name, route.body_name)}
    assert used >= DECLARED.keys() - PARTS


def test_all_are_served() -> None:
    assert DECLARED.items() <= SCHEMAS.items()
