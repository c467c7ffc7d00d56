"""``tart/gateway/api/routes/metrics.py``: parameters of the routes."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.metrics import METRIC_ROUTES, Flag
from tart.gateway.handlers.metrics import METRIC_HANDLERS
from tart.units import HOUR_US, SECOND_US

BY_NAME = {route.name: route for route in METRIC_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == METRIC_HANDLERS.keys()


def test_a_flag_is_true_or_false_and_nothing_else() -> None:
    assert [Flag().read(each, "x") for each in ("true", "false")] == [True, False]
    for text in ("", "1", "True"):
        with pytest.raises(BadQuery):
            Flag().read(text, "x")


@pytest.mark.parametrize(("text", "seconds"), [("5", 10), ("60", 60), ("9999", 300), ("-1", 10)])
def test_seconds_are_clamped(text: str, seconds: int) -> None:
    assert BY_NAME["realtime"].read(f"seconds={text}", {}) == {"seconds": seconds}


def test_defaults_are_those_of_jamtart() -> None:
    values = BY_NAME["timeseries"].read("", {})
    assert (values["metric"], values["interval"], values["duration"]) == ("throughput", 5, HOUR_US)
    assert BY_NAME["blocks"].read("", {})["duration"] == HOUR_US
    assert BY_NAME["slot"].read("", {"slot": "7"}) == {
        **{"slot": 7, "include_events": False, "limit": 1000, "bytes": None},
    }
    assert BY_NAME["timeseries"].read("interval=0&duration=99", {})["duration"] == 24 * HOUR_US


def test_event_type_is_an_alias_and_durations_may_have_units() -> None:
    assert BY_NAME["top_nodes"].read("event_type=62", {})["event_types"] == [62]
    assert BY_NAME["latency"].read("duration=90s", {})["duration"] == 90 * SECOND_US


@pytest.mark.parametrize("slot", ["-1", "4294967296", "x", ""])
def test_a_text_that_is_not_a_slot_is_refused(slot: str) -> None:
    with pytest.raises(BadQuery) as refused:
        BY_NAME["slot"].read("", {"slot": slot})
    assert refused.value.parameter == "slot"
