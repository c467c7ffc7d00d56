"""Every route: its answer against the OpenAPI document, and its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, is_typeddict

import pytest

from tart.access.roles import Role
from tart.errors import BadQuery
from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.openapi import statuses
from tart.gateway.api.route import EVENT_STREAM, Route
from tart.query.answers.errors import Error
from tart.query.core.query import Attached
from tests.cases import all_cases
from tests.gateway.fake_network import populate
from tests.gateway.fake_packages import PACKAGE
from tests.gateway.fake_shard import NODE_A
from tests.gateway.handlers.following import following
from tests.gateway.handlers.test_sql import arrow
from tests.gateway.json_schema import SCHEMAS, violations
from tests.gateway.running import (
    Run,
    Running,
    eventually,
    path_of,
    shared_gateway,
    url_of,
    with_gateway,
)

JSON_ROUTES = [
    route
    for route in ROUTES
    if is_typeddict(route.answer)
    and not route.tag
    and route.answer is not Error
    and route.method == "GET"
    and route.role is not Role.ADMIN
    # With a chain in test_jam.py and test_reconcile.py.
    and not route.path.startswith(("/api/jam/", "/api/chain/"))
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Run]]:
    """Run tests that change nothing: against a gateway with a network, and one without."""
    directory = tmp_path_factory.mktemp("shared")
    with (
        shared_gateway(directory / "1", prepare=lambda shards: populate(*shards)) as filled,
        shared_gateway(directory / "2") as empty,
    ):
        yield {True: filled, False: empty}


@all_cases("route", JSON_ROUTES, ids=lambda route: route.name)
@all_cases("filled", [True, False], ids=["filled", "empty"])
def test_every_answer_is_valid_against_the_openapi_document(
    runs: dict[bool, Run], route: Any, filled: bool
) -> None:
    async def check(gateway: Running) -> None:
        for bytes_as in ("hex", "array"):
            path = path_of(route)
            response = await gateway.get(path, params={"bytes": bytes_as})
            named = ("{id}", "{hash}", "{session}")
            is_missing = any(name in route.path for name in named) and not filled
            # Groups are in test_failures.py.
            if is_missing or "{fingerprint}" in route.path:
                assert response.status_code == 404
                assert violations(response.json(), SCHEMAS["Error"]) == []
                return
            assert response.status_code in (200, 503 if route.name == "detailed_health" else 200)
            assert violations(response.json(), SCHEMAS[route.answer.__name__]) == []
            assert "shards" not in response.json()
            assert response.headers.get("x-tart-shards") == ("2/2" if route.scattered else None)

    runs[filled](check)


@pytest.mark.parametrize("filled", [True, False], ids=["filled", "empty"])
def test_answers_of_tagged_routes_are_valid_too(tmp_path: Path, filled: bool) -> None:
    """These share a gateway; their answers may be arrays."""

    async def check(gateway: Running) -> None:
        if filled:
            populate(*gateway.shards)
        for route in ROUTES:
            if not route.tag or route.answer is None or route.method != "GET":
                continue
            response = await gateway.get(url_of(route))
            assert response.status_code == 200, (route.path, response.text)
            assert violations(response.json(), reference(route.answer), route.path) == []
            assert response.headers.get("x-tart-shards") == ("2/2" if route.scattered else None)

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/api/workpackages/batch/journey", {"hashes": [PACKAGE]}, "BatchJourney"),
        ("/api/sql", {"map": "SELECT 1 AS n"}, "SqlResult"),
    ],
)
def test_answers_to_posted_bodies_match_the_openapi_document(
    tmp_path: Path, path: str, body: Any, answer: str
) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        for shard in gateway.shards:
            shard.answers["sql"] = lambda _: Attached({}, arrow("SELECT 1 AS n"))
        response = await gateway.client.post(path, json=body)
        assert violations(response.json(), SCHEMAS[answer]) == []

    with_gateway(tmp_path, check)


def test_health_has_the_members_of_jamtart_and_queries_no_shard(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        # The alerts are evaluated in the background.
        await eventually(lambda: gateway.gateway.alert_feed.firing is not None)
        asked = [len(shard.requests) for shard in gateway.shards]
        body = await gateway.json("/api/health")
        assert list(body) == ["status", "service", "version"]
        assert (body["status"], body["service"]) == ("ok", "tart-backend")
        assert [len(shard.requests) for shard in gateway.shards] == asked

    with_gateway(tmp_path, check)


@all_cases(
    ("path", "parameter"),
    [
        ("/api/stats?duration=1w", "duration"),
        ("/api/stats?duration=", "duration"),
        ("/api/stats?duration=1h&duration=2h", "duration"),
        ("/api/events?limit=ten", "limit"),
        ("/api/events?limit=1.5", "limit"),
        ("/api/events?limit=", "limit"),
        ("/api/events?offset=100001", "offset"),
        ("/api/events?offset=x", "offset"),
        ("/api/events?cursor=nonsense", "cursor"),
        ("/api/events?bytes=base64", "bytes"),
        ("/api/events/search?event_types=11,x", "event_types"),
        ("/api/events/search?event_types=256", "event_types"),
        ("/api/events/search?event_types=", "event_types"),
        ("/api/events/search?node_id=ab", "node_id"),
        ("/api/events/search?core_index=-1", "core_index"),
        ("/api/events/search?core_index=65536", "core_index"),
        ("/api/events/search?slot=4294967296", "slot"),
        ("/api/events/search?wp_hash=ab", "wp_hash"),
        ("/api/events/search?hash=zz", "hash"),
        (f"/api/events/search?hash={NODE_A}&wp_hash={NODE_A}", "hash"),
        ("/api/events/search?start_time=yesterday", "start_time"),
        ("/api/events/search?end=never", "end"),
        (
            "/api/events/search?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
            "end",
        ),
        ("/api/ws?subscribe=some", "subscribe"),
    ],
)
def test_an_invalid_parameter_is_named(runs: dict[bool, Run], path: str, parameter: str) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json(path, 400)
        assert violations(body, SCHEMAS["Error"]) == []
        assert (body["error"]["code"], body["error"]["param"]) == ("bad_parameter", parameter)

    runs[False](check)


def test_bytes_are_encoded_by_parameter_or_setting(tmp_path: Path) -> None:
    async def asked(gateway: Running) -> None:
        await gateway.json("/api/events?bytes=array")
        assert gateway.shards[0].requests[-1].parameters["byte_encoding"] == "array"
        await gateway.json("/api/events")
        assert gateway.shards[0].requests[-1].parameters["byte_encoding"] == "hex"

    async def configured(gateway: Running) -> None:
        await gateway.json("/api/events")
        assert gateway.shards[0].requests[-1].parameters["byte_encoding"] == "array"

    with_gateway(tmp_path / "1", asked)
    with_gateway(tmp_path / "2", configured, bytes="array")


def test_detailed_health_is_degraded_without_one_shard_and_503_without_any(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json("/api/health/detailed")
        parts = body["components"]
        assert list(parts)[:3] == ["database", "batch_writer", "event_broadcaster"]
        assert parts["shard_01"]["status"] == "Healthy"
        assert body["summary"]["total_components"] == len(parts) == 8
        await gateway.shards[1].stop()
        gateway.gateway.queries._deadline = 0.3
        body = await gateway.json("/api/health/detailed")
        assert body["status"] == "Degraded"
        assert body["components"]["database"]["status"] == "Degraded"
        assert body["components"]["shard_01"]["status"] == "Unhealthy"
        assert body["shards"] == {"answered": 1, "total": 2}
        gateway.shards[0].answers["statistics"] = lambda _: None
        response = await gateway.get("/api/health/detailed")
        assert response.status_code == 503
        assert response.json()["status"] == "Unhealthy"
        assert response.headers["x-tart-shards"] == "0/2"
        assert violations(response.json(), SCHEMAS["DetailedHealth"]) == []

    with_gateway(tmp_path, check)


NASTY = [
    "%00",
    "%ff%fe",
    "-1",
    "1e9",
    "9" * 40,
    "null",
    "[]",
    "%F0%9F%A6%80",
    "' OR 1=1 --",
    "../../etc",
    "a" * 3000,
]


def is_read(route: Route, url: str) -> bool:
    """Whether the declaration of the route accepts all parameters, so its handler gets them."""
    path, _, query = url.partition("?")
    values = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path), path)
    assert values is not None
    try:
        route.read(query, values.groupdict())
    except BadQuery:
        return False
    return True


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_no_text_in_a_url_causes_a_server_error(tmp_path: Path, nasty: str) -> None:
    """What a declaration refuses is answered before any handler: one text of each route is sent."""

    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        for number, route in enumerate(ROUTES):
            if route.method != "GET" or route.media_type == EVENT_STREAM:
                continue
            path = path_of(route)
            own = [f"{each.name}={nasty}" for each in route.parameters if not each.required]
            url = url_of(route)
            urls = [f"{url}{'&' if '?' in url else '?'}{each}" for each in own]
            urls += [f"{path}?{each.name}={nasty}" for each in route.parameters if each.required]
            urls += [f"{path}?{nasty}={nasty}&&=&"]
            refused = [url for url in urls if not is_read(route, url)]
            urls = [url for url in urls if url not in refused]
            if NASTY[number % len(NASTY)] == nasty:
                urls += refused
            if "{id}" in route.path:
                urls.append(route.path.replace("{id}", nasty))
            for url in urls:
                response = await gateway.get(url)
                assert response.status_code in {*statuses(route), 404, 200}, url
                # A local caller without a key is no admin.
                refusal = 403 if route.role is Role.ADMIN else 400
                assert response.status_code == refusal or url not in refused, url
                unavailable = route.name == "detailed_health" or route.answer is Error
                assert response.status_code != 503 or unavailable, url

    async def check_with_chain(gateway: Running) -> None:
        async with following(gateway, tmp_path):
            await check(gateway)

    with_gateway(tmp_path, check_with_chain)
