"""``tart/gateway/handlers/finality.py``: queries to the shards and the answers."""

from __future__ import annotations

from typing import Any

import pytest

from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.fake_shard import NODE_B, NOON, node
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio

BLOCK = "ab" * 32


@pytest.mark.parametrize("path", ["/api/finality", "/api/audits"])
@pytest.mark.parametrize(
    ("length", "step"), [(HOUR_US, MINUTE_US), (2 * DAY_US, HOUR_US), (30 * DAY_US, 6 * HOUR_US)]
)
async def test_buckets_are_few_and_no_shorter_than_durations_are_stored(
    gateway: Running, path: str, length: int, step: int
) -> None:
    body = await gateway.json(f"{path}?{window(length)}")
    assert body["bucket_seconds"] * 1_000_000 == step
    assert len(body["times"]) <= 122
    sums = [each for each in asked(gateway, "aggregate_sum") if each["table"] == "latency"]
    assert {each["step_us"] for each in sums} >= {step}


async def test_a_block_that_two_shards_saw_is_final_from_the_first(gateway: Running) -> None:
    gateway.shards[0].nodes = [node()]
    gateway.shards[1].nodes = [node(NODE_B)]
    for place, shard in enumerate(gateway.shards):
        later = NOON + 5_000_000 + 1_000_000 * place

        def sums(parameters: dict[str, Any], later: int = later) -> Any:
            return [[BLOCK, later, 7]] if parameters["table"] == "reached" else []

        def rows(parameters: dict[str, Any], later: int = later) -> Any:
            arrival = {"hash": BLOCK, "seen_at": later, "last_at": later, "bins": "0001000000"}
            return [arrival] if parameters["table"] == "deliveries" else []

        shard.answers["aggregate_sum"] = sums
        shard.answers["aggregate_rows"] = rows
        shard.answers["first_seen_blocks"] = lambda _: [[BLOCK, 7, NOON, 1]]
    body = await gateway.json("/api/finality?start=2026-11-20T12:00:00Z&end=2026-11-20T12:10:00Z")
    assert body["blocks"] == 1
    assert body["network_delay"] == {
        "count": 1,
        "p50_ms": 5000,
        "p95_ms": 5000,
        "max_ms": 5000,
    }
    assert (body["arrival_delay"]["count"], body["arrival_delay"]["max_ms"]) == (2, 6000)
    assert (body["spread"]["count"], body["spread"]["max_ms"]) == (1, 1000)


async def test_only_reports_of_the_newest_roots_are_looked_up(gateway: Running) -> None:
    roots = [f"{number:02x}" * 32 for number in range(4)]

    def sums(parameters: dict[str, Any]) -> Any:
        if parameters["table"] != "erasures":
            return []
        return [[root, NOON, NOON + at, *(1,) * 10] for at, root in enumerate(roots)]

    gateway.shards[0].answers["aggregate_sum"] = sums
    body = await gateway.json("/api/audits?limit=2")
    assert [each["erasure_root"] for each in body["reports"]] == roots[:1:-1]
    assert body["reports_total"] == 4
    looked_up = [each for each in asked(gateway, "aggregate_rows") if each["table"] == "packages"]
    assert [each["where"]["erasure_root"] for each in looked_up] == [roots[:1:-1]]
