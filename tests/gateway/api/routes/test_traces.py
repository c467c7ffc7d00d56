"""``tart/gateway/api/routes/traces.py``: the names that traces are requested by."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.routes.traces import TRACE_ROUTES

BY_NAME = {route.name: route for route in TRACE_ROUTES}


def test_a_package_is_named_as_its_journey_is() -> None:
    values = BY_NAME["package_trace"].read("session=3", {"hash": "7"})
    assert (values["hash"], values["session"], values["node_id"]) == (7, 3, None)
    assert BY_NAME["package_trace"].read("", {"hash": "0x" + "AB" * 32})["hash"] == "ab" * 32


def test_a_block_is_named_by_its_hash() -> None:
    assert BY_NAME["block_trace"].read("", {"hash": "0x" + "AB" * 32}) == {"hash": "ab" * 32}
    with pytest.raises(BadQuery):
        BY_NAME["block_trace"].read("", {"hash": "7"})
