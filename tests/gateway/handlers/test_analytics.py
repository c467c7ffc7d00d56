"""``tart/gateway/handlers/analytics.py``: queries to the shards and the answers."""

from __future__ import annotations

from typing import Any

import pytest

from tart.query.core.windows import time_us
from tart.units import MINUTE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, event, node
from tests.gateway.handlers.test_metrics import queries
from tests.gateway.running import Running, eventually

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("hours", [1, 6, 7, 24, 100, 2000])
async def test_a_timeline_has_at_most_74_buckets_of_multiples_of_five_minutes(
    gateway: Running, hours: int
) -> None:
    body = await gateway.json(f"/api/analytics/sync-status/timeline?duration={hours}")
    assert len(body["timeline"]) <= 74
    assert body["interval_minutes"] % 5 == 0
    starts = [time_us(each["timestamp"], "") for each in body["timeline"]]
    assert all(at % (body["interval_minutes"] * MINUTE_US) == 0 for at in starts)
    assert [each["sync_percentage"] for each in body["timeline"]] == [None] * len(starts)


async def test_recent_failures_have_only_the_discards_that_failed(gateway: Running) -> None:
    for at, reason in enumerate(("PackageReportedOnChain", "CannotReportOnChain")):
        fields = {"reason": reason}
        discarded = event(0, at, number=113, variant="GuaranteeDiscarded", fields=fields)
        gateway.shards[0].append(discarded)
    failed = event(1, 0, number=41, variant="AuthoringFailed", fields={"reason": "late"})
    gateway.shards[1].append(failed)
    path = "/api/analytics/failure-rates?start=2026-11-20T00:00:00Z"
    found = (await gateway.json(path))["recent_failures"]
    assert {each["reason"] for each in found} == {"CannotReportOnChain", "late"}
    assert {each["event_name"] for each in found} == {"GuaranteeDiscarded", "AuthoringFailed"}


async def test_events_are_queried_only_of_the_worst_nodes(gateway: Running) -> None:
    def summed(parameters: dict[str, Any]) -> list[list[Any]]:
        if parameters["table"] == "failures":
            return [[NODE_A, 122, "no", 2, 4, 5]]
        return [[NODE_A, 120, 4]] if parameters["by"] == ["node", "type"] else [[120, 4]]

    gateway.shards[0].answers["aggregate_sum"] = summed
    (found,) = (await gateway.json("/api/analytics/failure-rates"))["by_node"]
    assert (found["node_id"], found["total_events"], found["failures"]) == (NODE_A, 4, 2)
    assert queries(gateway, "aggregate_sum")[-1]["where"] == {"node": [NODE_A]}


async def test_every_shard_is_queried_for_blocks_that_any_shard_saw(gateway: Running) -> None:
    now = 2_000_000_000_000_000
    one, two = gateway.shards
    one.answers["first_seen_blocks"] = lambda _: [["0a" * 32, 5, now, 1]]
    two.answers["first_seen_blocks"] = lambda _: [
        ["0a" * 32, 5, now + 3, 1],
        ["0b" * 32, 6, now + 9, 1],
    ]
    one.answers["block_propagation"] = lambda _: [["0a" * 32, NODE_A, now, 1, 42, None]]
    two.answers["block_propagation"] = lambda _: [["0a" * 32, NODE_B, now + 3000, 1, 62, None]]
    path = "/api/analytics/block-propagation?start=2026-11-20T00:00:00Z"
    body = await gateway.json(path)
    for shard in gateway.shards:
        (request,) = [each for each in shard.requests if each.name == "block_propagation"]
        assert sorted(request.parameters["hashes"]) == ["0a" * 32, "0b" * 32]
    assert (body["blocks"], body["last_hour"]["avg_propagation_ms"]) == (2, 3.0)
    # Their clocks are not known.
    assert body["node_clocks"]["sample_count"] == 0


async def test_connections_add_up_over_all_shards(gateway: Running) -> None:
    gateway.shards[0].nodes = [node()]
    for shard in gateway.shards:
        shard.answers["connections"] = lambda asked: {
            "open": 1,
            "buckets": [[asked["window"]["start_us"], 2, 1, 0]],
        }
    body = await gateway.json("/api/analytics/connections/timeline")
    assert [body["timeline"][at]["open"] for at in (0, -1)] == [4, 4]
    assert body["timeline"][-1]["connections"] == 4
    assert body["health_stats"]["total_nodes_seen"] == 1


async def test_the_slot_of_an_anchor_comes_from_its_block(gateway: Running) -> None:
    anchor = "0a" * 32
    gateway.shards[0].nodes = [node(is_connected=False, connections=[])]
    gateway.shards[0].answers["first_seen_blocks"] = lambda _: [[anchor, 5, 1, 1]]
    for shard in gateway.shards:
        shard.answers["aggregate_sum"] = lambda _: [[anchor, 1_000_000, 131, 2]]
    (found,) = (await gateway.json("/api/analytics/assurances"))["anchors"]
    assert (found["slot"], found["received"], found["share_within_5_slots"]) == (5, 4, 1.0)


@pytest.mark.parametrize("end", ["", "&end=2026-11-20T12:00:00Z"])
async def test_the_last_minute_has_whole_buckets_and_ends_with_the_window(
    gateway: Running, end: str
) -> None:
    body = await gateway.json(f"/api/analytics/network-health?duration=1h{end}")
    shown = time_us(body["window"]["end"], "")
    whole, _, minute = (each["window"] for each in queries(gateway, "aggregate_sum"))
    assert minute["end_us"] == whole["end_us"] == (shown - 1 if end else shown)
    assert minute["start_us"] % (10 * SECOND_US) == 0
    length = minute["end_us"] + 1 - minute["start_us"]
    assert length == MINUTE_US if end else MINUTE_US <= length < 70 * SECOND_US


@pytest.mark.parametrize(
    "route",
    ["failure-rates", "block-propagation", "network-health", "connections/timeline", "assurances"],
)
async def test_an_answer_names_the_number_of_missing_shards(gateway: Running, route: str) -> None:
    await gateway.shards[1].stop()
    await eventually(lambda: not gateway.gateway.shards.every[1].up)
    response = await gateway.get(f"/api/analytics/{route}")
    assert response.json()["shards"] == {"answered": 1, "total": 2}
    assert response.headers["x-tart-shards"] == "1/2"
