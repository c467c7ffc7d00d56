"""The anomaly monitor: what it asks of shards, and which minutes it leaves out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tart.alerting.anomalies.usual_values import WARM_UP
from tart.background_tasks import Background
from tart.gateway.alerting.anomaly_monitor import AnomalyMonitor
from tart.gateway.fanout.queries import now_us
from tart.protocol.events import EventKind
from tart.units import MINUTE_US
from tests.gateway.running import Running, eventually, running_gateway

NODES = [f"{number:064x}" for number in range(8)]
STATUS = int(EventKind.STATUS)


def answer_sums(gateway: Running, sums: dict[tuple[str, ...], list[list[Any]]]) -> None:
    """Let the first shard answer sums by their table and keys, and the second have nothing."""

    def answers(first: bool) -> Any:
        def answer(query: dict[str, Any]) -> Any:
            values = {name: "sum" for name in query["values"]}
            rows = sums.get((query["table"], *query["by"]), []) if first else []
            return {"keys": list(query["by"]), "values": values, "rows": rows}

        return answer

    for place, shard in enumerate(gateway.shards):
        shard.answers["aggregate_sum"] = answers(place == 0)


def test_the_past_is_learnt_and_a_minute_scored(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            monitor = AnomalyMonitor(gateway.gateway.queries, Background())
            now = now_us() // MINUTE_US * MINUTE_US
            history = [[now - n * MINUTE_US, STATUS, 800] for n in range(1, 4 * WARM_UP)]
            answer_sums(gateway, {("counts", "bucket", "type"): history})
            await monitor.learn(now)
            assert monitor.detector.network_scores()["events"] == 0
            minute = {
                ("counts", "type"): [[STATUS, 100]],
                ("counts", "node"): [[node, 100 * (node != NODES[0])] for node in NODES],
            }
            answer_sums(gateway, minute)
            for number in range(3):
                assert await monitor.score(now + number * MINUTE_US)
            assert monitor.detector.network_scores()["events"] > 6
            (node,) = monitor.detector.answer(10)["nodes"]
            assert (node["node_id"], node["figure"]) == (NODES[0], "events")

    asyncio.run(run())


def test_a_minute_without_a_shard_is_left_out_and_so_is_one_in_which_it_came_back(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, deadline_seconds=0.3) as gateway:
            monitor = AnomalyMonitor(gateway.gateway.queries, Background())
            answer_sums(gateway, {("counts", "type"): [[STATUS, 5]]})
            assert await monitor.score(0)
            await gateway.shards[1].stop()
            assert not await monitor.score(MINUTE_US)
            gateway.shards[1].pid += 1
            await gateway.shards[1].start()
            every = gateway.gateway.shards.every
            await eventually(lambda: all(shard.up for shard in every))
            assert not await monitor.score(2 * MINUTE_US)
            assert await monitor.score(3 * MINUTE_US)
            assert monitor.detector.minute_us == 3 * MINUTE_US

    asyncio.run(run())


def test_scores_are_served(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            body = await gateway.json("/api/anomalies")
            assert (body["minute"], body["nodes"], body["network"]) == (None, [], [])
            await gateway.json("/api/anomalies?node=zz", 400)

    asyncio.run(run())
