"""The report of ``/api/server``: percentiles, the forecast of the disk, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from tart.config.schema import Config
from tart.gateway.observability.metrics import Traffic
from tart.gateway.observability.server_report import (
    MIN_EVENTS,
    ServerInput,
    ShardState,
    forecast,
    percentiles,
    report,
)
from tests.gateway.fake_shard import statistics
from tests.query.answers.checking import NOW, check

GB = 1 << 30


def shard(index: int = 0, **changes: Any) -> ShardState:
    known = {
        "index": index,
        "statistics": statistics(),
        "recovering": "",
        "restarts": 1,
        "unanswered": {"timeout": 2},
        "events_per_second": 12.5,
        "rows": 90,
        **changes,
    }
    return ShardState(**known)


def inputs(*shards: ShardState, is_admin: bool = False) -> ServerInput:
    traffic = Traffic()
    for path, status, seconds in (
        ("/api/stats", 200, 0.02),
        ("/api/stats", 404, 0.02),
        ("/api/events", 504, 2.0),
        ("/api/ws", 101, None),
    ):
        traffic.add(path, status, seconds)
    return ServerInput(
        config=Config(),
        is_admin=is_admin,
        shards=shards,
        gateway={
            "uptime_seconds": 5.0,
            "restarted": False,
            "resident_bytes": 1,
            "descriptors": {"open": 1, "limit": 2},
            "subscribers": 0,
            "queued_events": 0,
            "missed_events": 0,
            "background_failures": {},
            "nodes_known": 0,
            "traces": None,
        },
        host={
            "name": "host.example",
            "cpus": 2,
            "memory_total_bytes": 2,
            "memory_available_bytes": 1,
            "usage": None,
            "processes": [],
        },
        disk=(50 * GB, 100 * GB),
        traffic=traffic,
        python="3.11",
    )


def test_shards_stand_side_by_side_whatever_their_state() -> None:
    body = report(
        inputs(
            shard(),
            shard(1, statistics=None, recovering="replays 5 of 9 files"),
            shard(2, statistics=None),
        ),
        NOW,
        "1.0",
    )
    check("ServerStatus", body)
    assert [each["state"] for each in body["shard_list"]] == ["up", "starting", "down"]
    assert body["shard_list"][1]["message"] == "replays 5 of 9 files"
    assert (body["shards_up"], body["duckdb"]) == (1, "1.5.6")
    figures = body["shard_list"][0]["figures"]
    assert figures is not None
    assert (figures["connections"], figures["events_per_second"], figures["rows"]) == (2, 12.5, 90)
    assert body["shard_list"][2]["figures"] is None


def test_hosts_paths_and_access_lists_are_for_admins() -> None:
    seen, hidden = (report(inputs(shard(), is_admin=each), NOW, "1") for each in (True, False))
    assert (seen["host"]["name"], hidden["host"]["name"]) == ("host.example", None)
    assert seen["disk"]["path"]
    assert hidden["disk"]["path"] is None
    for body, is_shown in ((seen, True), (hidden, False)):
        by_name = {each["name"]: each for each in body["settings"]}
        assert (by_name["data_dir"]["value"] is not None) == is_shown
        assert by_name["storage.retain_hours"]["value"] == 24
        assert by_name["storage.retain_hours"]["is_default"]


def test_routes_that_took_most_time_come_first() -> None:
    routes = report(inputs(shard()), NOW, "1")["requests"]
    assert [each["route"] for each in routes] == ["/api/events", "/api/stats", "/api/ws"]
    assert (routes[0]["failed"], routes[1]["refused"], routes[1]["requests"]) == (1, 1, 2)
    assert routes[2]["duration_ms"] == {"p50": None, "p99": None, "count": 0}
    assert routes[1]["duration_ms"]["p99"] == pytest.approx(24.85)


def test_percentiles_are_interpolated_and_end_at_the_highest_bound() -> None:
    assert percentiles([], 0) == {"p50": None, "p99": None, "count": 0}
    found = percentiles([(0.001, 50), (0.01, 100)], 100)
    assert found == {"p50": 1.0, "p99": 9.82, "count": 100}
    assert percentiles([(0.001, 1), (0.01, 2)], 100)["p99"] == 10.0


def test_a_disk_that_suffices_keeps_all_and_one_that_does_not_says_when_it_is_full() -> None:
    # 100 bytes per event, 1,000 events/s: 8.64 GB a day.
    running = [statistics(events_received=1_000_000, uptime_seconds=1_000.0)]
    enough = forecast(running, 10**9, 10**7, 100 * 10**9, 48)
    assert (enough["bytes_per_event"], enough["bytes_per_day"]) == (100.0, 8_640_000_000)
    assert (enough["needed_bytes"], enough["full_in_days"]) == (17_280_000_000, None)
    assert (enough["retention_hours"], enough["reason"]) == (48.0, None)
    short = forecast(running, 10**9, 10**7, 10**10, 48)
    assert short["full_in_days"] == pytest.approx(9 / 8.64, abs=0.01)
    assert short["retention_hours"] == pytest.approx(27.8, abs=0.05)


def test_without_enough_data_there_is_no_forecast_but_a_reason() -> None:
    running = [statistics(events_received=1_000_000, uptime_seconds=1_000.0)]
    young = [statistics(uptime_seconds=5.0)]
    for answering, stored, word in (
        ([], 10**7, "answered"),
        (running, None, "answered"),
        (young, 10**7, "ten minutes"),
        (running, MIN_EVENTS - 1, "fewer"),
    ):
        found = forecast(answering, 10**9, stored, 10**10, 48)
        assert found["bytes_per_day"] is None
        assert found["retention_hours"] is None
        assert word in str(found["reason"])
