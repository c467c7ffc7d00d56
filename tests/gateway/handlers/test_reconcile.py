"""``tart/gateway/handlers/reconcile.py``: queries to the shards and the chain, and the answer."""

from __future__ import annotations

from typing import Any

import pytest

from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tart.query.chain_queries.chain import ChainState
from tests.gateway.fake_chain import StoredChain
from tests.gateway.json_schema import violations
from tests.gateway.running import Running
from tests.query.reconcile.world import EPOCH, FIRST, World, hash_of, time_of

pytestmark = pytest.mark.anyio
WORLD = World(24)
PARAMETERS = {"epoch_period": EPOCH, "slot_period_sec": 6, "rotation_period": 4}


def follow(gateway: Running, world: World = WORLD) -> StoredChain:
    """Let the gateway ask a chain process that has the blocks of a network."""
    chain = StoredChain(
        ChainState(endpoints=[], parameters=PARAMETERS), list(world.blocks.values())
    )
    gateway.gateway.queries.chain_process = chain  # type: ignore[assignment]
    rows = [[hash_of(slot), slot, time_of(slot), 6] for slot in world.slots]
    gateway.shards[0].answers["first_seen_blocks"] = lambda _: rows
    return chain


def asked(gateway: Running, name: str) -> list[dict[str, Any]]:
    return [each.parameters for each in gateway.shards[0].requests if each.name == name]


async def test_a_server_without_a_chain_says_what_to_set(gateway: Running) -> None:
    body = await gateway.json("/api/chain/reconcile", 503)
    assert body["error"]["code"] == "not_configured"
    assert "rpc.urls" in body["error"]["message"]


async def test_an_epoch_is_compared_with_what_the_shards_have(gateway: Running) -> None:
    follow(gateway)
    epoch = FIRST // EPOCH + 1
    body = await gateway.json(f"/api/chain/reconcile?epoch={epoch}")
    assert (body["chain"]["first_slot"], body["chain"]["compared"]) == (epoch * EPOCH, EPOCH)
    assert [each["epoch"] for each in body["epochs"]] == [epoch]
    # No node says anything: validators have no telemetry, and nobody is accused.
    assert body["epochs"][0]["validators_without_telemetry"] == list(range(6))
    assert body["findings"] == []
    assert body["window"]["start"] is not None
    (answer,) = [route.answer for route in ROUTES if route.path == "/api/chain/reconcile"]
    assert violations(body, reference(answer)) == []
    (question,) = asked(gateway, "assurers_of_anchors")
    assert question["anchors"] == [hash_of(slot) for slot in range(FIRST + 11, FIRST + 23)]


async def test_a_window_may_have_at_most_a_day(gateway: Running) -> None:
    follow(gateway)
    await gateway.json("/api/chain/reconcile?duration=24h")
    body = await gateway.json("/api/chain/reconcile?duration=25h", 400)
    assert "at most 24h" in body["error"]["message"]
