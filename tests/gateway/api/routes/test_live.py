"""Routes of the present: never served from a cache, and both doors take the same parameters."""

from __future__ import annotations

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import Cache, Kind
from tart.gateway.api.routes.live import LIVE_ROUTES


def test_answers_are_not_cached() -> None:
    answers = [route for route in LIVE_ROUTES if route.kind is Kind.ANSWER]
    assert [route.name for route in answers] == ["summary"]
    assert {route.cache for route in answers} == {Cache.LIVE}


def test_the_stream_continues_behind_the_state_of_an_answer() -> None:
    by_name = {route.name: route for route in ROUTES}
    for name in ("summary", "summary_stream"):
        assert by_name[name].read("since=1795176001040", {})["since"] == 1_795_176_001_040
    assert by_name["summary_stream"].read("interval_ms=1", {})["interval_ms"] == 1000
