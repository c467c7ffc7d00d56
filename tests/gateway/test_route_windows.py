"""Each route with a window does what the texts of its parameters say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tart.gateway.api.common import COMPARE
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Kind, Route
from tests.gateway.fake_network import populate
from tests.gateway.fake_shard import NODE_A
from tests.gateway.json_schema import SCHEMAS, violations
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
    # Those of the chain have no shards: tests/gateway/handlers/test_jam.py; or they need the RPC of
    # a node, too: tests/gateway/handlers/test_reconcile.py.
    and not route.path.startswith(("/api/jam/", "/api/chain/"))
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


COMPARABLE = [route for route in WINDOWED if COMPARE in route.parameters]
# Times that a query has besides its window.
_OF_NOW = {"now_us", "inactive_since_us"}


def earlier_schema(route: Route) -> dict[str, Any]:
    """The schema of the member ``earlier`` of a route's answer."""
    assert route.answer is not None
    schema: dict[str, Any] = SCHEMAS[route.answer.__name__]["properties"]["earlier"]
    return schema


def queries_since(gateway: Running, first: int) -> Counter[str]:
    """The queries that the first shard got about windows, as text."""
    return Counter(
        json.dumps([request.name, {**request.parameters, **dict.fromkeys(_OF_NOW)}], default=str)
        for request in gateway.shards[0].requests[first:]
        if "window" in request.parameters
    )


def test_a_comparison_asks_the_shards_as_two_requests_do(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        gateway.know(NODE_A)
        end = datetime.now(UTC) - timedelta(hours=2)
        start, day = end - timedelta(hours=3), timedelta(days=1)
        asked = 0
        for route in COMPARABLE:
            first = len(gateway.shards[0].requests)
            present = await ask(gateway, route, start=start.isoformat(), end=end.isoformat())
            earlier = await ask(
                gateway, route, start=(start - day).isoformat(), end=(end - day).isoformat()
            )
            alone = queries_since(gateway, first)
            first = len(gateway.shards[0].requests)
            both = await ask(
                gateway, route, start=start.isoformat(), end=end.isoformat(), compare="24h"
            )
            assert queries_since(gateway, first) == alone, route.path
            body = both.json()
            assert body["earlier"].keys() == earlier.json().keys(), route.path
            assert body["earlier"]["window"] == earlier.json()["window"], route.path
            assert body.keys() - present.json().keys() == {"comparison", "earlier"}, route.path
            named = {each["$ref"] for each in earlier_schema(route)["anyOf"] if "$ref" in each}
            assert named == {f"#/components/schemas/{route.answer.__name__}"}  # type: ignore[union-attr]
            assert violations(body, {"$ref": named.pop()}) == [], route.path
            asked += bool(alone)
        assert asked > 40

    with_gateway(tmp_path, check)


def test_a_comparison_that_is_no_duration_is_refused(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for text in ("", "0h", "yesterday", "9999d", "-1h"):
            response = await gateway.get(f"/api/blocks?{urlencode({'compare': text})}")
            assert response.status_code == 400, text
            assert response.json()["error"]["param"] == "compare"
        for path in (
            "/api/grafana/cores?start=2026-11-01T00:00:00Z&end=2026-11-01T01:00:00Z&",
            "/api/events?",
        ):
            response = await gateway.get(f"{path}compare=24h")
            assert response.status_code == 400, path
            assert "compare" in response.json()["error"]["message"]

    with_gateway(tmp_path, check)


def test_64_bit_integers_of_the_earlier_answer_have_the_requested_form(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        gateway.know(NODE_A)
        for form, kind in (("number", int), ("string", str)):
            body = await gateway.json(f"/api/da/stats?compare=1h&int64={form}")
            for answer in (body, body["earlier"]):
                assert type(answer["aggregate"]["total_shard_size_bytes"]) is kind, form

    with_gateway(tmp_path, check)
