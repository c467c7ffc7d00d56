"""``tart/gateway/api/routes/finality.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.gateway.api.routes.finality import FINALITY_ROUTES
from tart.gateway.handlers.finality import FINALITY_HANDLERS
from tart.units import HOUR_US

BY_NAME = {route.name: route for route in FINALITY_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == FINALITY_HANDLERS.keys()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_route_takes_a_window_and_a_limit(name: str) -> None:
    values = BY_NAME[name].read("start=2026-11-20T12:00:00Z&end=2026-11-20T13:00:00Z&limit=3", {})
    assert values["end"] - values["start"] == HOUR_US
    assert values["limit"] == 3
