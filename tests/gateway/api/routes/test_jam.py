"""``tart/gateway/api/routes/jam.py``: the routes."""

from __future__ import annotations

from tart.gateway.api.routes.jam import JAM_ROUTES
from tart.gateway.handlers.jam import JAM_HANDLERS


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in JAM_ROUTES} == JAM_HANDLERS.keys()


def test_every_route_documents_that_it_may_not_be_configured() -> None:
    for route in JAM_ROUTES:
        assert "not_configured" in route.description
        assert {503, 504} <= set(route.errors)
