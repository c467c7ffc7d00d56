"""``/metrics``: promised names, Prometheus' conventions, totals that never fall."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tart.gateway.api.contract import ROUTES
from tart.gateway.observability.metrics import HTTP_BOUNDS, Durations
from tart.native.library import kernel_name
from tests.gateway.fake_shard import statistics
from tests.gateway.running import Running, eventually, running_gateway

PROMISED = {
    "telemetry_active_connections": 4,
    "telemetry_connections_total": 6,
    "telemetry_connections_rejected": 2,
    "telemetry_events_received": 200,
    "telemetry_events_dropped": 12,
    "telemetry_events_rate_limited": 10,
    "telemetry_buffer_pending": 8,
    "telemetry_batch_write_duration_count": 8,
    "telemetry_batch_write_duration_sum": 40.0,
    "telemetry_broadcaster_subscribers": 0,
    "telemetry_broadcaster_total_broadcast": 0,
    "telemetry_database_pool_connections": 4,
}


async def scraped(gateway: Running) -> list[Sample]:
    response = await gateway.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return [
        sample
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    ]


def value(samples: list[Sample], name: str, **labels: str) -> float:
    (found,) = [each.value for each in samples if each.name == name and each.labels == labels]
    return found


def test_every_metric_of_jamtart_is_a_total_under_its_exact_name(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            samples = await scraped(gateway)
            assert {name: value(samples, name) for name in PROMISED} == PROMISED
            buckets = [each for each in samples if each.name.endswith("write_duration_bucket")]
            # In milliseconds, and under the bare name, too: jamtart's alert rules want both.
            expected = {"1.0": 2, "10.0": 6, "+Inf": 8}
            assert {each.labels["le"]: each.value for each in buckets} == expected
            bare = [each for each in samples if each.name == "telemetry_batch_write_duration"]
            assert {each.labels["le"]: each.value for each in bare} == expected

    asyncio.run(run())


def test_each_shard_has_its_own_metrics(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            gateway.shards[1].statistics = statistics(
                ingest_paused=True,
                paused_for="disk",
                files=9,
                files_deleted=4,
                quarantined=["01/2026-11-21.duckdb.corrupt-20261121T120000Z"],
            )
            samples = await scraped(gateway)
            assert value(samples, "tart_shard_up", shard="1") == 1
            assert value(samples, "tart_files", shard="1") == 9
            assert value(samples, "tart_ingest_paused", shard="0") == 0
            assert value(samples, "tart_ingest_paused", shard="1") == 1
            for shard, reason, paused in (("0", "disk", 0), ("1", "disk", 1), ("1", "buffer", 0)):
                name = "tart_ingest_paused_reason"
                assert value(samples, name, shard=shard, reason=reason) == paused
            assert value(samples, "tart_files_deleted_total", shard="1") == 4
            assert value(samples, "tart_quarantined_files", shard="0") == 0
            assert value(samples, "tart_quarantined_files", shard="1") == 1
            assert value(samples, "tart_readers", shard="0") == 2
            assert value(samples, "tart_queries_running", shard="0") == 1
            assert value(samples, "tart_queries_low_priority", shard="0") == 1
            assert value(samples, "tart_queries_waiting", shard="0", rank="cheap") == 2
            assert value(samples, "tart_queries_waiting", shard="0", rank="slow") == 0
            assert value(samples, "tart_queries_waiting", shard="0", rank="page") == 0
            assert value(samples, "tart_queries_rejected_total", shard="0") == 3
            given_up = "tart_queries_abandoned_total"
            assert value(samples, given_up, shard="0", state="waiting") == 4
            rule = value(samples, "tart_undecodable_events_total", shard="0", rule="truncated")
            assert rule == 2
            for name, reason, count in (
                ("connections_rejected", "too_many", 1),
                ("connections_closed", "idle", 0),
                ("ingest_pauses", "rate", 3),
                ("events_shed", "rate", 5),
            ):
                found = value(samples, f"tart_{name}_total", shard="0", reason=reason)
                assert found == count
            assert value(samples, "tart_partial_frame_bytes", shard="0") == 12
            assert value(samples, "tart_commit_seconds_count", shard="0") == 4
            assert value(samples, "tart_build_info", version="0.1.0", kernel=kernel_name()) == 1
            asked = [each for each in gateway.shards[0].requests if each.name == "statistics"]
            assert len(asked) == 1

    asyncio.run(run())


def test_a_missing_shard_is_down_and_lowers_no_total(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            await scraped(gateway)
            await gateway.shards[1].stop()
            await eventually(lambda: not gateway.gateway.shards.every[1].up)
            samples = await scraped(gateway)
            assert value(samples, "tart_shard_up", shard="1") == 0
            assert value(samples, "telemetry_events_received") == 200
            assert value(samples, "telemetry_active_connections") == 2
            gateway.shards[1].statistics = statistics(events_received=5)
            gateway.shards[1].pid = 999
            await gateway.shards[1].start()
            await gateway.all_there()
            samples = await scraped(gateway)
            assert value(samples, "telemetry_events_received") == 205
            assert value(samples, "tart_shard_restarts_total", shard="1") == 1
            await gateway.shards[0].stop()
            await gateway.shards[1].stop()
            await eventually(lambda: not any(e.up for e in gateway.gateway.shards.every))
            samples = await scraped(gateway)
            assert value(samples, "telemetry_events_received") == 205

    asyncio.run(run())


def test_requests_are_counted_by_route_and_not_by_url(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for path in ("/api/health", "/api/health", "/api/nodes/aa", "/x/1", "/x/2"):
                await gateway.get(path)
            samples = await scraped(gateway)
            count = value(samples, "tart_http_request_duration_seconds_count", route="/api/health")
            assert count == 2
            requests = "tart_http_requests_total"
            assert value(samples, requests, route="/api/nodes/{id}", status="400") == 1
            assert value(samples, requests, route="other", status="404") == 2
            routes = {each.labels["route"] for each in samples if "route" in each.labels}
            assert routes <= {route.path for route in ROUTES} | {"other"}

    asyncio.run(run())


def test_subscribers_are_counted(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            running_gateway(tmp_path) as gateway,
            gateway.websocket(),
            gateway.websocket("?subscribe=none"),
        ):
            await eventually(lambda: len(gateway.gateway.streams.subscribers) == 2)
            samples = await scraped(gateway)
            assert value(samples, "telemetry_broadcaster_subscribers") == 1
            assert value(samples, "tart_websocket_clients") == 2

    asyncio.run(run())


def test_names_of_tart_follow_the_conventions_of_prometheus(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            text = (await gateway.get("/metrics")).text
            for family in text_string_to_metric_families(text):
                if family.name.startswith("tart_"):
                    assert family.documentation
                    assert family.type in ("counter", "gauge", "histogram")

    asyncio.run(run())


def test_buckets_are_cumulative_and_include_their_bound() -> None:
    durations = Durations()
    for seconds in (0.0005, HTTP_BOUNDS[1], 99.0):
        durations.add(seconds)
    buckets = dict(durations.buckets())
    assert buckets["0.001"] == 1
    assert buckets["0.0025"] == 2
    assert buckets["10.0"] == 2
    assert buckets["+Inf"] == durations.count == 3
