"""``tart/gateway/api/routes/failures.py``: parameters of the routes."""

from __future__ import annotations

from typing import get_args

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.failures import _SORTS, _STATES, FAILURE_ROUTES
from tart.query.answers.failures import State
from tart.query.topics.failure_groups import SORTS
from tart.units import DAY_US

BY_NAME = {route.name: route for route in FAILURE_ROUTES}


def test_conditions_have_short_names_too() -> None:
    values = BY_NAME["failures"].read("type=92&node=abcd&state=open", {})
    assert (values["event_types"], values["state"]) == ([92], "open")
    assert (values["sort"], values["duration"], values["limit"]) == ("count", DAY_US, 100)


def test_choices_are_those_of_the_answers() -> None:
    assert get_args(State) == _STATES
    assert _SORTS == SORTS


def test_a_fingerprint_has_16_hex_digits_in_any_case() -> None:
    assert BY_NAME["failure"].read("", {"fingerprint": "ABCDEF0123456789"})["fingerprint"] == (
        "abcdef0123456789"
    )
    for text in ("abc", "x" * 16, "a" * 17):
        with pytest.raises(BadQuery, match="16 hex digits"):
            BY_NAME["failure"].read("", {"fingerprint": text})
