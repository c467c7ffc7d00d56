"""``tart/gateway/handlers/network.py``: chain, parameters and current rates."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tart.units import SECOND_US
from tests.gateway.fake_network import populate
from tests.gateway.fake_shard import (
    NODE_A,
    claims,
)
from tests.gateway.running import Running, with_gateway


def test_stats_count_each_block_once_and_list_nodes_ahead(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        gateway.shards[1].chain = [
            *(claims(f"{i:064x}", 6, 4) for i in range(3)),
            claims("ee" * 32, 900, None),
        ]
        body = await gateway.json("/api/stats?duration=15m")
        assert body["total_blocks_authored"] == 3
        assert (body["best_block"], body["finalized_block"]) == (7, 4)
        assert (body["best_block_known"], body["finalized_block_known"]) == (True, True)
        assert [each["node_id"] for each in body["ahead"]] == [NODE_A, "ee" * 32]
        asked = [
            each.parameters for each in gateway.shards[0].requests if each.name == "aggregate_rows"
        ]
        window = asked[0]["window"]
        assert window["end_us"] - window["start_us"] == 900 * SECOND_US

    with_gateway(tmp_path, check)


def test_more_blocks_than_a_shard_lists_are_requested_by_halves_of_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tart.gateway.fanout.queries.MAX_AUTHORED", 3)
    now = time.time_ns() // 1000
    blocks = {now - age * SECOND_US: f"{age:064x}" for age in range(1, 8)}

    def listed(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = parameters["window"]["start_us"], parameters["window"]["end_us"]
        found = [
            {"hash": each, "node": NODE_A} for at, each in blocks.items() if first <= at <= last
        ]
        return found[: parameters["limit"]]

    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["aggregate_rows"] = listed
        assert (await gateway.json("/api/stats?duration=1h"))["total_blocks_authored"] == 7
        asked = [each for each in gateway.shards[0].requests if each.name == "aggregate_rows"]
        # However long the window is, what is empty in it is asked for a few times at most.
        assert len(asked) < 4 * (3_600).bit_length()
        assert all(each.deadline_seconds <= asked[0].deadline_seconds for each in asked)

    with_gateway(tmp_path, check)


def test_the_network_has_the_values_of_connected_nodes(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        body = await gateway.json("/api/network")
        assert body["network"] == {
            "connected_nodes": 1,
            "total_nodes": 2,
            "genesis": "0x" + "00" * 32,
        }
        assert body["topology"]["validator_count"] == 6
        assert body["implementations"] == [{"name": "fake-node", "version": "0.1.0", "count": 1}]

    with_gateway(tmp_path, check)


def test_a_network_without_nodes_is_null_and_not_zero(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json("/api/network")
        assert body["network"] == {"connected_nodes": 0, "total_nodes": 0, "genesis": None}
        assert set(body["topology"].values()) == {None}
        assert body["protocol_params"] is None
        stats = await gateway.json("/api/stats")
        assert (stats["best_block"], stats["finalized_block"]) == (0, 0)
        assert (stats["best_block_known"], stats["finalized_block_known"]) == (False, False)
        assert stats["total_blocks_authored"] == 0

    with_gateway(tmp_path, check)


def test_live_counts_complete_seconds_and_distinct_blocks(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        populate(*gateway.shards)
        now = int(time.time())
        gateway.shards[0].live["seconds"].append([now + 5, 1000, ["zz"], [], 1, 0])
        body = await gateway.json("/api/metrics/live")
        assert body["last_10s"]["events"] == 12
        assert body["last_10s"]["blocks"] == 2
        assert body["last_10s"]["best_block_events"] == 6
        assert body["last_10s"]["events_per_second"] == 1.2
        assert body["last_1m"]["events_per_second"] == 12 / 60
        assert body["active_nodes"] == 2
        assert (body["latest_slot"], body["finalized_slot"]) == (7, 5)
        start, end = (datetime.fromisoformat(body["last_10s"][name]) for name in ("start", "end"))
        assert (end - start).total_seconds() == 10

    with_gateway(tmp_path, check)
