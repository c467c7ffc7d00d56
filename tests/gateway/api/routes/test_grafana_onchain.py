"""``tart/gateway/api/routes/grafana_onchain.py``: the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.grafana_onchain import GRAFANA_ONCHAIN_ROUTES, ServiceNumber
from tart.gateway.handlers.grafana_onchain import GRAFANA_ONCHAIN_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in GRAFANA_ONCHAIN_ROUTES} == GRAFANA_ONCHAIN_HANDLERS.keys()


def test_a_service_in_a_path_is_one_number() -> None:
    kind = ServiceNumber()
    assert kind.read("0x1F", "service_id") == kind.read("31", "service_id") == 31
    for text in ("1,2", "x", "0x1ffffffff"):
        with pytest.raises(BadQuery, match="service_id"):
            kind.read(text, "service_id")
