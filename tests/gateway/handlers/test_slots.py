"""``tart/gateway/handlers/slots.py``: ranges of slots, and the calendar that they follow."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tart.ipc.messages import Failure
from tart.query.core.wall_clock import wall_clock_slot
from tart.units import JCE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, NODE_B, claims
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio

BLOCK = "0a" * 32


def wall() -> int:
    """Return the slot of the present."""
    return wall_clock_slot(time.time_ns() // 1000)


def answer_blocks(gateway: Running, slot: int, first_us: int, digest: str = BLOCK) -> None:
    """Let the first shard have a block, which both nodes had within half a second."""
    times = [digest, slot, "had", first_us, [0, 1], [0, 500_000], [0, 0]]
    gateway.shards[0].answers["slot_blocks"] = lambda parameters: {
        "nodes": [NODE_A, NODE_B],
        "times": [times] if parameters["first"] <= slot <= parameters["last"] else [],
        "outlines": {},
        "authors": [[digest, 0, None]],
        "heads": [],
        "failed": [],
    }


def best_slot(gateway: Running, slot: int) -> None:
    """Let a node be at a slot."""
    for shard in gateway.shards:
        shard.chain = []
    gateway.shards[0].chain = [claims(NODE_A, slot, slot - 3)]


def queried(gateway: Running) -> list[dict[str, Any]]:
    """Return the parameters of the queries for blocks."""
    return [each.parameters for each in gateway.shards[0].requests if each.name == "slot_blocks"]


async def test_a_network_on_the_calendar_has_the_slots_up_to_now(gateway: Running) -> None:
    now = wall()
    best_slot(gateway, now - 3)
    answer_blocks(gateway, now - 3, JCE_US + (now - 3) * 6 * SECOND_US + 200_000)
    body = await gateway.json("/api/slots?count=5")
    assert body["follows_calendar"]
    assert body["newest_slot"] - now in (0, 1)
    numbers = [each["slot"] for each in body["slots"]]
    assert numbers == list(range(body["newest_slot"] - 4, body["newest_slot"] + 1))
    (block,) = next(each for each in body["slots"] if each["slot"] == now - 3)["blocks"]
    assert (block["nodes"], block["until_90_ms"]) == (2, 500.0)
    assert block["author"]["node_id"] == NODE_A
    assert "window" in queried(gateway)[-1]


async def test_a_network_that_counts_from_another_time_ends_with_its_newest_block(
    gateway: Running,
) -> None:
    best_slot(gateway, 100)
    answer_blocks(gateway, 101, time.time_ns() // 1000 - 900_000)
    body = await gateway.json("/api/slots?count=3")
    assert not body["follows_calendar"]
    assert [each["slot"] for each in body["slots"]] == [99, 100, 101]
    assert body["slots"][-1]["state"] == "authored"


async def test_a_network_near_the_calendar_whose_blocks_come_at_other_times_does_not_follow_it(
    gateway: Running,
) -> None:
    now = wall()
    best_slot(gateway, now - 200)
    answer_blocks(gateway, now - 200, time.time_ns() // 1000 - SECOND_US)
    body = await gateway.json("/api/slots?count=2")
    assert not body["follows_calendar"]
    assert body["newest_slot"] == now - 200


async def test_slots_before_a_slot(gateway: Running) -> None:
    best_slot(gateway, 100)
    body = await gateway.json("/api/slots?count=10&before=4")
    assert [each["slot"] for each in body["slots"]] == [0, 1, 2, 3]


async def test_without_connected_nodes_the_newest_slot_is_that_of_the_newest_block(
    gateway: Running,
) -> None:
    for shard in gateway.shards:
        shard.chain = []
    now_us = time.time_ns() // 1000
    gateway.shards[0].answers["aggregate_rows"] = lambda _: {
        "columns": ["slot", "seen_at"],
        "clock": "seen_at",
        # The last is far ahead of the wall clock.
        "rows": [[40, now_us], [41, now_us], [4_000_000_000, now_us]],
    }
    body = await gateway.json("/api/slots?count=1")
    assert (body["newest_slot"], body["best_slot"]) == (41, None)


async def test_by_the_clocks_of_nodes_offsets_are_queried(gateway: Running) -> None:
    best_slot(gateway, 100)
    answer_blocks(gateway, 100, time.time_ns() // 1000)
    body = await gateway.json("/api/slots?count=1&clock=node")
    (block,) = body["slots"][0]["blocks"]
    # The offsets of the nodes are not known.
    assert (body["clock"], block["nodes"], block["first_had_at"]) == ("node", 0, None)


async def test_the_propagation_of_a_slot(gateway: Running) -> None:
    best_slot(gateway, 100)
    answer_blocks(gateway, 100, time.time_ns() // 1000)
    body = await gateway.json("/api/slots/100/propagation")
    (block,) = body["blocks"]
    assert block["curve"]["ms"] == [0.0, 500.0]
    whole, around = sorted(queried(gateway), key=lambda each: -each.get("stages", False))
    assert (whole["first"], whole["last"], whole["stages"]) == (100, 100, True)
    assert around["last"] > 100


async def test_a_slot_that_has_not_begun_is_pending_and_the_newest_is_named(
    gateway: Running,
) -> None:
    best_slot(gateway, 100)
    body = await gateway.json("/api/slots/4294967295/propagation")
    assert (body["state"], body["newest_slot"], body["blocks"]) == ("pending", 100, [])


async def test_nodes_of_a_shard_without_an_answer_are_not_said_to_lack_the_block(
    gateway: Running,
) -> None:
    best_slot(gateway, 100)
    now_us = time.time_ns() // 1000
    answer_blocks(gateway, 100, now_us)
    other = "cc" * 32
    for shard, nodes in zip(gateway.shards, ([NODE_A, NODE_B], [other]), strict=True):
        shard.answers["aggregate_by_node"] = lambda parameters, nodes=nodes: {
            "operation": "sum",
            "nodes": nodes,
            "rows": [
                [now_us - now_us % parameters["step_us"], [*range(len(nodes))], [1] * len(nodes)]
            ],
        }
    whole = await gateway.json("/api/slots/100/propagation")
    assert whole["blocks"][0]["expected"] == 3
    assert len(whole["blocks"][0]["never"]) == 1
    # The same times, but another entry of the cache.
    gateway.shards[1].answers["slot_blocks"] = lambda _: Failure(0, "query_timeout", "too slow")
    lacking = await gateway.json("/api/slots/100/propagation?clock=server")
    assert lacking["shards"] == {"answered": 1, "total": 2}
    assert (lacking["blocks"][0]["expected"], lacking["blocks"][0]["never"]) == (2, [])
