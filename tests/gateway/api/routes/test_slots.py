"""``tart/gateway/api/routes/slots.py``: parameters of slots."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.slots import MAX_SLOTS, SLOT_ROUTES

BY_NAME = {route.name: route for route in SLOT_ROUTES}


def test_the_newest_sixty_slots_by_the_clock_of_the_server_are_the_default() -> None:
    assert BY_NAME["slots"].read("", {}) == {"count": 60, "before": None, "clock": "server"}
    assert BY_NAME["slot_propagation"].read("", {"slot": "7"}) == {"slot": 7, "clock": "server"}


@pytest.mark.parametrize(("text", "count"), [("0", 1), ("7", 7), ("100000", MAX_SLOTS)])
def test_the_number_of_slots_is_clamped(text: str, count: int) -> None:
    assert BY_NAME["slots"].read(f"count={text}", {})["count"] == count


@pytest.mark.parametrize(
    ("query", "parameter"), [("clock=wall", "clock"), ("before=0", "before"), ("count=x", "count")]
)
def test_a_value_that_is_not_valid_is_refused(query: str, parameter: str) -> None:
    with pytest.raises(BadQuery) as refused:
        BY_NAME["slots"].read(query, {})
    assert refused.value.parameter == parameter
