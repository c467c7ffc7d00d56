"""``tart/gateway/api/routes/availability.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.availability import AVAILABILITY_ROUTES, MAX_ANCHORS
from tart.gateway.handlers.availability import AVAILABILITY_HANDLERS
from tart.query.topics.preimages import MAX_EVENTS
from tart.units import HOUR_US

BY_NAME = {route.name: route for route in AVAILABILITY_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == AVAILABILITY_HANDLERS.keys()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_route_takes_a_window_and_a_limit(name: str) -> None:
    values = BY_NAME[name].read("start=2026-11-20T12:00:00Z&end=2026-11-20T13:00:00Z&limit=3", {})
    assert values["end"] - values["start"] == HOUR_US
    assert values["limit"] == 3


def test_the_number_of_anchors_is_bounded() -> None:
    route = BY_NAME["availability_anchors"]
    assert route.read("limit=99999", {})["limit"] == MAX_ANCHORS


def test_a_kind_of_requests_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadQuery, match="bundle_shard"):
        BY_NAME["availability_requests"].read("kind=bundles", {})


def test_the_number_of_events_that_are_read_is_documented() -> None:
    assert f"{MAX_EVENTS:,}" in BY_NAME["preimages"].description
