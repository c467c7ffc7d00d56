"""``tart/gateway/api/routes/sessions.py``: what these routes promise beyond being complete."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery, NotFound
from tart.gateway.api.routes.sessions import SESSION_ROUTES, BrokenRule
from tart.gateway.handlers.sessions import SESSION_HANDLERS
from tart.protocol.rules import RULES, SEVERITY_MEANINGS
from tests.cases import all_cases

BY_NAME = {route.name: route for route in SESSION_ROUTES}


def test_every_route_has_a_handler() -> None:
    assert BY_NAME.keys() == {*SESSION_HANDLERS, "session_fields"}


def test_severities_are_explained_in_the_conformance_routes() -> None:
    for name in ("conformance", "node_conformance"):
        assert all(each in BY_NAME[name].description for each in SEVERITY_MEANINGS.values())


@all_cases("code", RULES)
def test_every_rule_has_a_page(code: str) -> None:
    assert BY_NAME["rule"].read("", {"code": code})["code"] == code


@pytest.mark.parametrize("code", ["", "TRUNCATED", "<b>", "x" * 4000])
def test_an_unknown_rule_is_not_found_and_not_echoed(code: str) -> None:
    with pytest.raises(NotFound) as refused:
        BY_NAME["rule"].read("", {"code": code})
    assert refused.value.parameter == "code"
    assert len(str(refused.value)) < 100


def test_a_selection_by_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    (code, *_) = RULES
    assert BrokenRule().read(code, "rule") == code
    with pytest.raises(BadQuery, match="did you mean truncated") as refused:
        BrokenRule().read("truncatd", "rule")
    assert refused.value.parameter == "rule"
