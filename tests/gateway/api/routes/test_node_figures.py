"""``tart/gateway/api/routes/node_figures.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.node_figures import MAX_LINKS, NODE_FIGURE_ROUTES, Step
from tart.gateway.handlers.node_figures import NODE_FIGURE_HANDLERS
from tart.units import DAY_US, HOUR_US

BY_NAME = {route.name: route for route in NODE_FIGURE_ROUTES}
NODE = {"id": "aa" * 32}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == NODE_FIGURE_HANDLERS.keys()


def test_a_step_is_read_as_two_types() -> None:
    read = BY_NAME["node_slowest_steps"].read
    assert (read("", NODE)["step"], read("", NODE)["limit"]) == ((43, 47), 10)
    assert read("step=Authoring_to_Authored", NODE)["step"] == (40, 42)
    with pytest.raises(BadQuery, match="step must be"):
        read("step=", NODE)
    assert Step().schema()["type"] == "string"


def test_links_are_of_a_kind_and_limited() -> None:
    values = BY_NAME["links"].read("limit=99999999", {})
    assert (values["kind"], values["limit"], values["node_id"]) == (
        *("announcements", MAX_LINKS, None),
    )
    with pytest.raises(BadQuery, match="announcements"):
        BY_NAME["links"].read("kind=announcement", {})


def test_windows_have_the_lengths_that_pages_begin_with() -> None:
    lengths = {name: route.read("", _path(name))["duration"] for name, route in BY_NAME.items()}
    assert lengths.pop("implementations") == DAY_US
    assert set(lengths.values()) == {HOUR_US}


def _path(name: str) -> dict[str, str]:
    return NODE if "{id}" in BY_NAME[name].path else {}
