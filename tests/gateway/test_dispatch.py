"""What the dispatcher does with a request follows from the declaration of its route."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import Cache, Kind
from tart.gateway.dispatch import Dispatcher
from tart.gateway.http.auth import Authenticator
from tests.gateway.fake_shard import event
from tests.gateway.running import config_for, running_gateway

# No request gets as far as its nodes.
RESOLVER: Any = None


async def handle(call: Any) -> None:
    raise AssertionError(call)


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_a_route_without_a_handler_and_a_handler_without_a_route_are_refused(
    tmp_path: Path, change: str
) -> None:
    handlers = {route.name: handle for route in ROUTES}
    if change == "missing":
        del handlers["stats"]
    else:
        handlers["no_such_route"] = handle
    config = config_for(tmp_path)
    authenticator = Authenticator(config.control_path, config.api)
    with pytest.raises(ValueError, match="each route needs a handler"):
        Dispatcher(ROUTES, handlers, authenticator, config.api, RESOLVER, 1)


def test_every_stream_has_the_kind_of_a_stream() -> None:
    kinds = {route.name: route.kind for route in ROUTES if route.kind is not Kind.ANSWER}
    assert kinds == {
        "websocket": Kind.WEBSOCKET,
        "event_stream": Kind.EVENT_STREAM,
        "metrics_stream": Kind.EVENT_STREAM,
        "summary_stream": Kind.EVENT_STREAM,
        "alert_stream": Kind.EVENT_STREAM,
        "docs": Kind.PAGE,
        "event_page": Kind.PAGE,
        "figure_page": Kind.PAGE,
        "sql_docs": Kind.PAGE,
        "rules": Kind.PAGE,
        "rule": Kind.PAGE,
    }


def test_the_setting_is_the_default_of_the_form_of_64_bit_integers(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, int64="string") as gateway:
            gateway.shards[0].append(event(0, 5))
            page = await gateway.json("/api/events")
            numbers = await gateway.json("/api/events?int64=number")
            assert [each["event_id"] for each in page["events"]] == ["5"]
            assert [each["event_id"] for each in numbers["events"]] == [5]

    asyncio.run(run())


def test_each_cache_policy_that_stores_answers_has_a_cache_of_its_own(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, cache_seconds=60.0) as gateway:
            dispatcher = gateway.gateway.dispatcher
            assert dispatcher._caches.keys() == {Cache.AGGREGATED, Cache.BRIEF, Cache.SLOTS}
            for path in ("/api/stats", "/api/nodes", "/api/nodes", "/api/metrics/live"):
                await gateway.get(path)
            assert dispatcher.cache_outcomes == {"miss": 2, "hit": 1}
            assert dispatcher._caches[Cache.BRIEF].outcomes == {"miss": 1, "hit": 1}
            assert dispatcher.cache_bytes > 0

    asyncio.run(run())


def test_only_the_member_that_the_route_names_is_written_to_the_audit_log() -> None:
    audited = {route.name: route.audited for route in ROUTES if route.audited}
    assert audited == {"sql": ("query", "map")}
