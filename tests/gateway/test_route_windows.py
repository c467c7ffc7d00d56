"""Each route with a window does what the texts of its parameters say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Kind, Route
from tests.gateway.fake_network import populate
from tests.gateway.running import Running, path_of, with_gateway

NOW_IS_LATEST = "A time in the future means now."
# Its answer is rows without a window.
EXPORT = "/api/events/export"
# It answers 404 without the group, which only failures make.
FAILURE = "/api/failures/{fingerprint}"


def parameters(route: Route) -> dict[str, Parameter]:
    """The parameters of a route by their names and aliases."""
    return {name: each for each in route.parameters for name in (each.name, *each.aliases)}


WINDOWED = [
    route
    for route in ROUTES
    if {"start", "end"} <= set(parameters(route))
    and route.kind is Kind.ANSWER
    and route.path != FAILURE
]


def moment(**before_now: float) -> str:
    """A time before the present as RFC 3339."""
    return (datetime.now(UTC) - timedelta(**before_now)).isoformat().replace("+00:00", "Z")


async def ask(gateway: Running, route: Route, **values: Any) -> Any:
    return await gateway.get(f"{path_of(route)}?{urlencode(values)}")


async def shown(gateway: Running, route: Route, **values: Any) -> dict[str, datetime]:
    """The window of the answer to a request."""
    response = await ask(gateway, route, **values)
    assert response.status_code == 200, (route.path, response.text)
    window = response.json()["window"]
    return {name: datetime.fromisoformat(text) for name, text in window.items()}


def ends_of_queries(gateway: Running, first: int) -> Iterator[int]:
    """The last microseconds of the windows that the shards were queried for."""
    for request in gateway.shards[0].requests[first:]:
        window = request.parameters.get("window")
        if isinstance(window, dict) and window.get("end_us") is not None:
            yield window["end_us"]


def test_start_and_end_take_precedence_over_duration(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        start, end = moment(hours=3), moment(hours=2)
        compared = 0
        for route in WINDOWED:
            if "duration" not in parameters(route) or route.path == EXPORT:
                continue
            both = await shown(gateway, route, start=start, end=end, duration="5m")
            assert both == await shown(gateway, route, start=start, end=end), route.path
            assert both["end"] - both["start"] >= timedelta(minutes=55), route.path
            assert both["end"] <= datetime.fromisoformat(end), route.path
            compared += 1
        assert compared > 30

    with_gateway(tmp_path, check)


def test_an_end_in_the_future_is_what_the_text_says(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        for route in WINDOWED:
            first = len(gateway.shards[0].requests)
            response = await ask(gateway, route, start=moment(hours=1), end=moment(days=-1))
            assert response.status_code == 200, (route.path, response.text)
            now = datetime.now(UTC)
            ends_now = NOW_IS_LATEST in parameters(route)["end"].description
            queried = list(ends_of_queries(gateway, first))
            if ends_now and queried:
                # Some look for what followed the window, too.
                assert min(queried) <= now.timestamp() * 1e6, route.path
            body = None if route.path == EXPORT else response.json()
            if isinstance(body, dict) and "window" in body:
                end = datetime.fromisoformat(body["window"]["end"])
                assert (end <= now) == ends_now, (route.path, body["window"])

    with_gateway(tmp_path, check)


def test_a_window_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        for route in WINDOWED:
            response = await ask(gateway, route, start=moment(hours=1), end=moment(hours=2))
            assert response.status_code == 400, (route.path, response.text)
            error = response.json()["error"]
            assert error["param"] in ("start", "end", "end_time"), (route.path, error)

    with_gateway(tmp_path, check)


def test_numbers_beyond_their_range_are_clamped_or_refused_as_the_text_says(
    tmp_path: Path,
) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        asked = 0
        for route in WINDOWED:
            window = {"start": moment(hours=1), "end": moment()}
            for each in route.parameters:
                if each.where != "query" or not isinstance(each.kind, Integer):
                    continue
                low, high = each.kind.clamped
                for value, clamped in ((each.kind.low - 1, low), (each.kind.high + 1, high)):
                    response = await ask(gateway, route, **window, **{each.name: value})
                    status = 200 if clamped else 400
                    assert response.status_code == status, (route.path, each.name, value)
                    asked += 1
                if each.kind.clamped != (False, False):
                    words = ("clamped", "at most", "means")
                    assert any(word in each.description for word in words), (route.path, each.name)
        assert asked > 20

    with_gateway(tmp_path, check)
