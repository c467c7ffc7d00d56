"""``tart/gateway/handlers/availability.py``: queries to the shards and the answers."""

from __future__ import annotations

from typing import Any

import pytest

from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, node
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio

ANCHOR = "ab" * 32


def starts(at: int, sender: str, below: int | None = None) -> dict[str, Any]:
    """A shard's answer to the query for deliveries: one start."""
    start = [1, ANCHOR, at, sender, None, None, None]
    return {"starts": [start], "arrivals": [], "below": below}


async def test_starts_and_arrivals_of_an_anchor_meet_from_two_shards(gateway: Running) -> None:
    gateway.shards[0].nodes = [node()]
    gateway.shards[1].nodes = [node(NODE_B)]

    def sums(parameters: dict[str, Any]) -> Any:
        if parameters["table"] == "assurances":
            return [[ANCHOR, NOON, 1]]
        return [[NODE_A, 2], [NODE_B, 2]] if parameters["table"] == "counts" else []

    gateway.shards[0].answers["aggregate_sum"] = sums
    gateway.shards[0].answers["deliveries"] = lambda _: starts(NOON + 5, NODE_A)
    arrival = [1, ANCHOR, NODE_A, NOON + 7_005, NOON + 7_005, [0, 1]]
    gateway.shards[1].answers["deliveries"] = lambda _: {
        "starts": [],
        "arrivals": [arrival],
        "below": None,
    }
    body = await gateway.json("/api/availability/anchors?start=2026-11-20T12:00:00Z&duration=1h")
    (row,) = body["anchors"]
    assert body["nodes"] == sorted([NODE_A, NODE_B])
    assert (row["anchor"], row["receipts"], row["last_receipt_ms"]) == (ANCHOR, 1, 7)
    assert row["missing"] == [body["nodes"].index(NODE_B)]
    deliveries = [
        each.parameters for each in gateway.shards[0].requests if each.name == "deliveries"
    ]
    assert [each["hashes"] for each in deliveries] == [[ANCHOR]]


async def test_an_answer_without_anchors_reads_no_deliveries(gateway: Running) -> None:
    body = await gateway.json("/api/availability/anchors")
    assert (body["anchors"], body["total_anchors"]) == ([], 0)
    assert not [each for each in gateway.shards[0].requests if each.name == "deliveries"]


@pytest.mark.parametrize("path", ["/api/availability/requests", "/api/preimages"])
@pytest.mark.parametrize(
    ("length", "step"), [(HOUR_US, MINUTE_US), (2 * DAY_US, HOUR_US), (30 * DAY_US, 6 * HOUR_US)]
)
async def test_buckets_are_few_and_no_shorter_than_durations_are_stored(
    gateway: Running, path: str, length: int, step: int
) -> None:
    body = await gateway.json(f"{path}?{window(length)}")
    assert body["bucket_seconds"] * 1_000_000 == step
    assert len(body["times"]) <= 122
    # The gateway asks for counts of its own.
    sums = [each for each in asked(gateway, "aggregate_sum") if each["table"] == "latency"]
    assert {each["step_us"] for each in sums if "bucket" in each["by"]} == {step}
    assert len({each["window"]["start_us"] for each in sums}) == 1


async def test_one_kind_of_requests_may_be_selected(gateway: Running) -> None:
    body = await gateway.json("/api/availability/requests?kind=segment")
    assert [each["kind"] for each in body["kinds"]] == ["segment"]
    durations = [each for each in asked(gateway, "aggregate_sum") if each["table"] == "latency"]
    assert all(set(each["where"]["type"]) == {175, 178} for each in durations)
    error = await gateway.json("/api/availability/requests?kind=preimage", 400)
    assert error["error"]["param"] == "kind"


async def test_a_missing_shard_shows_in_the_answers(gateway: Running) -> None:
    await gateway.shards[1].stop()
    for path in ("availability/anchors", "availability/requests", "preimages"):
        body = await gateway.json(f"/api/{path}")
        assert body["shards"] == {"answered": 1, "total": 2}, path
