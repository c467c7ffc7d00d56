"""``tart/gateway/api/routes/packages.py``: what these routes promise beyond being complete."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.packages import PACKAGE_ROUTES, Reference
from tart.gateway.handlers.cores import CORE_HANDLERS
from tart.gateway.handlers.packages import PACKAGE_HANDLERS

BY_NAME = {route.name: route for route in PACKAGE_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == {**PACKAGE_HANDLERS, **CORE_HANDLERS}.keys()


@pytest.mark.parametrize(
    ("text", "value"),
    [("AB" * 32, "ab" * 32), ("0x" + "ab" * 32, "ab" * 32), ("0", 0), (str(2**64 - 1), 2**64 - 1)],
)
def test_a_package_reference_is_a_hash_or_an_event_id(text: str, value: object) -> None:
    assert Reference().read(text, "hash") == value


def test_a_reference_of_64_decimal_digits_is_a_hash() -> None:
    assert Reference().read("1" * 64, "hash") == "1" * 64


@pytest.mark.parametrize("text", ["", "ab", "-1", "xyz", str(2**64), "ab" * 31, "١"])
def test_an_invalid_package_reference_is_refused_with_its_parameter(text: str) -> None:
    with pytest.raises(BadQuery) as refused:
        Reference().read(text, "hash")
    assert refused.value.parameter == "hash"


def test_default_windows_are_those_of_jamtart() -> None:
    defaults = {
        route.name: {each.name: each.default for each in route.parameters}["duration"]
        for route in PACKAGE_ROUTES
        # jamtart has no grid.
        if route.name != "cores_grid" and any(each.name == "duration" for each in route.parameters)
    }
    days = {name for name, default in defaults.items() if default == "24h"}
    assert days == {
        "workpackages",
        "guarantees",
        "guarantors",
        "core_guarantors",
        "enhanced_core_guarantors",
    }
    assert set(defaults.values()) == {"24h", "1h"}
