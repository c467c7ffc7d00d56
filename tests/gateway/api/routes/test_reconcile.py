"""``tart/gateway/api/routes/reconcile.py``: parameters of the route."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.reconcile import RECONCILE_ROUTES
from tart.gateway.fanout.reconcile_queries import MAX_CELLS
from tart.gateway.handlers.reconcile import RECONCILE_HANDLERS

(ROUTE,) = RECONCILE_ROUTES


def test_the_route_has_a_handler() -> None:
    assert {ROUTE.name} == RECONCILE_HANDLERS.keys()


def test_an_epoch_takes_the_place_of_a_window() -> None:
    assert ROUTE.read("", {})["epoch"] is None
    assert ROUTE.read("epoch=5&limit=3", {})["epoch"] == 5
    with pytest.raises(BadQuery):
        ROUTE.read("epoch=-1", {})


def test_the_bound_is_documented() -> None:
    assert f"{MAX_CELLS:,}" in ROUTE.description
