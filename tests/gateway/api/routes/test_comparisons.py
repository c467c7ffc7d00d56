"""``tart/gateway/api/routes/comparisons.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.comparisons import COMPARISON_ROUTES, Level, Metrics, Steps
from tart.gateway.handlers.comparisons import COMPARISON_HANDLERS
from tart.units import HOUR_US

(ROUTE,) = COMPARISON_ROUTES


def test_every_route_has_a_handler() -> None:
    assert {route.name for route in COMPARISON_ROUTES} == COMPARISON_HANDLERS.keys()


def test_without_parameters_implementations_are_compared_by_everything() -> None:
    values = ROUTE.read("", {})
    assert (values["step"], values["metric"], values["baseline"]) == (None, None, None)
    assert (values["by"], values["level"], values["duration"]) == ("implementation", 0.95, HOUR_US)


def test_steps_and_metrics_are_lists_of_names() -> None:
    values = ROUTE.read("step=importing_to_blockverified&metric=restarts,clock_offset", {})
    assert values["step"] == ("Importing_to_BlockVerified",)
    assert values["metric"] == ("restarts", "clock_offset")
    with pytest.raises(BadQuery, match="step has no 'Importing'"):
        ROUTE.read("step=Importing", {})
    with pytest.raises(BadQuery, match="metric has no"):
        ROUTE.read("metric=speed", {})
    assert {Steps().schema()["type"], Metrics().schema()["type"]} == {"string"}


def test_a_level_is_a_probability() -> None:
    assert ROUTE.read("level=0.99", {})["level"] == 0.99
    for text in ("1", "0", "nan", "inf", "-0.95", "ninety", "٠.٩", "0." + "9" * 30):
        with pytest.raises(BadQuery, match=r"level must be a number from 0\.5 to 0\.9999"):
            ROUTE.read(f"level={text}", {})
    assert Level().schema() == {"type": "number", "minimum": 0.5, "maximum": 0.9999}
