"""Samples of failure groups: those whose events are gone, and what came of the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tart.gateway.fanout.queries import now_us
from tart.gateway.handlers.failure_samples import find_outcomes, read_samples
from tart.query.core.windows import Window
from tart.query.topics.failure_groups import GroupCounts
from tests.gateway.fake_failures import failure
from tests.gateway.fake_shard import NODE_A, NODE_B
from tests.gateway.running import Running, running_gateway

PACKAGE = "cc" * 32


def counts(**last_at: int) -> GroupCounts:
    nodes: dict[str | None, Any] = {
        node: {"node": node, "last_at": last_at[name]}
        for name, node in (("a", NODE_A), ("b", NODE_B))
        if name in last_at
    }
    return GroupCounts(92, "gone", nodes=nodes)


def test_samples_are_judged_and_those_not_stored_are_left_out(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        now = now_us()
        failed = failure(gateway.shards[0], now, "gone")
        failed["context"] = {**failed["context"], "hash": f"0x{PACKAGE}"}
        columns = {"node": NODE_A, "hash": PACKAGE, "started_at": now - 5, "ended_at": now}
        more = {"kind": 90, "failed_type": 92, "signed": None, "distributed": None}
        gateway.shards[0].answers["aggregate_rows"] = lambda _: [
            {**columns, **more, "guaranteed": None},
            {**columns, **more, "node": NODE_B, "started_at": now + 5, "guaranteed": 7},
        ]
        queries = gateway.gateway.queries
        group = counts(a=now, b=now - 10)
        samples = await read_samples(queries, group, "hex")
        assert [sample.event["id"] for sample in samples] == [failed["id"]]
        outcome_of, coverages = await find_outcomes(queries, group, samples, Window(now - 100, now))
        assert outcome_of[failed["id"]].name == "recovered"
        assert all(seen.complete for _, seen in coverages)

    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            await check(gateway)

    asyncio.run(run())
