"""``tart/gateway/api/routes/analytics.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.gateway.api.routes.analytics import ANALYTICS_ROUTES
from tart.gateway.handlers.analytics import ANALYTICS_HANDLERS
from tart.units import HOUR_US

BY_NAME = {route.name: route for route in ANALYTICS_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == ANALYTICS_HANDLERS.keys()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_route_takes_a_window(name: str) -> None:
    values = BY_NAME[name].read("start=2026-11-20T12:00:00Z&end=2026-11-20T13:00:00Z", {})
    assert values["end"] - values["start"] == HOUR_US


@pytest.mark.parametrize("name", ["sync_timeline", "connection_timeline"])
def test_timelines_take_a_number_of_hours_as_in_jamtart(name: str) -> None:
    assert BY_NAME[name].read("duration=6", {})["duration"] == 6 * HOUR_US
    assert BY_NAME[name].read("", {})["duration"] == HOUR_US
