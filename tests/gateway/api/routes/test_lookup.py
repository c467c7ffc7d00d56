"""``tart/gateway/api/routes/lookup.py``: any text is accepted."""

from __future__ import annotations

import pytest

from tart.gateway.api.routes.lookup import LOOKUP_ROUTES
from tart.gateway.handlers.lookup import LOOKUP_HANDLERS

(ROUTE,) = LOOKUP_ROUTES


def test_the_route_has_a_handler() -> None:
    assert {ROUTE.name} == LOOKUP_HANDLERS.keys()


@pytest.mark.parametrize(("query", "text"), [("", ""), ("q=", ""), ("q=%00%ff", "\0\ufffd")])
def test_any_text_is_accepted(query: str, text: str) -> None:
    assert ROUTE.read(query, {})["q"] == text


def test_a_long_text_is_cut() -> None:
    assert len(ROUTE.read("q=" + "a" * 9_000, {})["q"]) < 1_000
