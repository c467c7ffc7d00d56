"""``tart/gateway/api/routes/grafana_guarantees.py``: the routes."""

from __future__ import annotations

from tart.gateway.api.routes.grafana_guarantees import GRAFANA_GUARANTEE_ROUTES
from tart.gateway.handlers.grafana_guarantees import GRAFANA_GUARANTEE_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in GRAFANA_GUARANTEE_ROUTES} == GRAFANA_GUARANTEE_HANDLERS.keys()
