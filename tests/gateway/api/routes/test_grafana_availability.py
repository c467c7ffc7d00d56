"""``tart/gateway/api/routes/grafana_availability.py``: the routes."""

from __future__ import annotations

from tart.gateway.api.routes.grafana_availability import GRAFANA_AVAILABILITY_ROUTES
from tart.gateway.handlers.grafana_availability import GRAFANA_AVAILABILITY_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {
        route.name for route in GRAFANA_AVAILABILITY_ROUTES
    } == GRAFANA_AVAILABILITY_HANDLERS.keys()
