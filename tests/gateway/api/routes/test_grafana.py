"""``tart/gateway/api/routes/grafana.py``: the routes."""

from __future__ import annotations

from tart.gateway.api.routes.grafana import GRAFANA_ROUTES
from tart.gateway.handlers.grafana import GRAFANA_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in GRAFANA_ROUTES} == GRAFANA_HANDLERS.keys()
