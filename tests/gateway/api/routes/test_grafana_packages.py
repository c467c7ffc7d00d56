"""``tart/gateway/api/routes/grafana_packages.py``: the routes."""

from __future__ import annotations

from tart.gateway.api.routes.grafana_packages import GRAFANA_PACKAGE_ROUTES
from tart.gateway.handlers.grafana_packages import GRAFANA_PACKAGE_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in GRAFANA_PACKAGE_ROUTES} == GRAFANA_PACKAGE_HANDLERS.keys()
