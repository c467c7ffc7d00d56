"""The windows of all of jamtart's routes of 2026: each query is about ``start`` up to ``end``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.grafana import TAG
from tart.gateway.api.route import Route
from tart.query.core.rfc3339 import rfc3339, server_time
from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.running import Running, path_of

pytestmark = pytest.mark.anyio

ROUTES_WITH_A_WINDOW = [
    route
    for route in ROUTES
    if route.tag == TAG and any(each.name == "start" for each in route.parameters)
]
# Routes whose answers are always empty, for they have no source.
SILENT = {route.path for route in ROUTES_WITH_A_WINDOW if not route.scattered}
# What is looked up before and after the window, by path and table (or query).
AROUND = {
    ("guarantee-discards", "reports"): (DAY_US, 0),
    ("sync-timeline", "heads"): (HOUR_US, 0),
    ("blocks/convergence", "deliveries"): (0, HOUR_US),
    ("assurance-convergence", "first_seen_blocks"): (HOUR_US, 0),
    ("assurance-convergence/senders", "first_seen_blocks"): (HOUR_US, 0),
    ("onchain/services", "reached"): (10 * MINUTE_US, 10 * MINUTE_US),
    ("onchain/services/timeseries", "reached"): (10 * MINUTE_US, 10 * MINUTE_US),
    ("onchain/services/{service_id}", "reached"): (10 * MINUTE_US, 10 * MINUTE_US),
}
# The last day, minute or hour of the window is asked for.
LAST_PARTS = {("stats", "counts"), ("network-health", "counts"), ("failure-rates", "events")}
# Rows are asked for by their keys.
BY_KEY = {
    (path, table) for path in ("cores/{core_id}", "wp-active") for table in ("reports", "erasures")
}


def windows(gateway: Running) -> Iterator[tuple[str, dict[str, int | None]]]:
    """The windows of what the first shard was asked, with their table or query."""
    for request in gateway.shards[0].requests:
        asked: dict[str, Any] = request.parameters
        window = asked.get("window") or (asked.get("cursor") or {}).get("window")
        if window:
            yield asked.get("table", request.name), window


def queries_of(route: Route) -> list[str]:
    """The parameters that make a route answer from other tables."""
    names = {each.name for each in route.parameters}
    optional = ["&interval=1m"] if "interval" in names else []
    return ["", *optional, *(["&core=1"] if "core" in names else [])]


def is_right(path: str, table: str, window: dict[str, int | None], start: int, end: int) -> bool:
    """Whether a query's window is that from ``start`` up to ``end``, or a declared other one."""
    if window["start_us"] is None or window["end_us"] is None:
        return (path, table) in BY_KEY
    before, after = AROUND.get((path, table), (0, 0))
    last_part = (path, table) in LAST_PARTS and window["start_us"] > start
    begins = last_part or window["start_us"] == start - before
    return begins and window["end_us"] == end + after - 1


@pytest.mark.parametrize(
    ("length_us", "ago_us"),
    [(4 * MINUTE_US, 0), (4 * MINUTE_US, 40 * HOUR_US), (46 * HOUR_US, 0)],
)
async def test_nothing_outside_of_start_and_end_is_counted(
    gateway: Running, length_us: int, ago_us: int
) -> None:
    # A minute that has just begun, as Grafana's now/m, is not a part of the window.
    end = time.time_ns() // 1000 // MINUTE_US * MINUTE_US - ago_us
    start = end - length_us
    wrong = []
    for route in ROUTES_WITH_A_WINDOW:
        path = route.path.removeprefix("/api/grafana/")
        for query in queries_of(route):
            gateway.shards[0].requests.clear()
            body = await gateway.json(
                f"{path_of(route)}?start={server_time(start)}&end={server_time(end)}{query}"
            )
            asked = list(windows(gateway))
            assert asked or route.path in SILENT, route.path
            wrong += [
                (path, query, table, window)
                for table, window in asked
                if not is_right(path, table, window, start, end)
            ]
            if isinstance(body, dict) and "window" in body:
                assert body["window"] == {"start": rfc3339(start), "end": rfc3339(end)}, path
    assert not wrong, "\n".join(map(str, wrong))
