"""``tart/gateway/handlers/event_histogram.py``: counts from where they are cheapest."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.fake_shard import NODE_A
from tests.gateway.running import Running, with_gateway


def test_counts_come_from_aggregates_unless_a_condition_is_in_the_events(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.know(NODE_A)
        shard = gateway.shards[0]
        shard.requests.clear()
        shown = await gateway.json(
            f"/api/events/histogram?event_types=11,12&exclude_types=12&node_id={NODE_A}"
        )
        assert (shown["source"], shown["bucket_seconds"], shown["top_reasons"]) == (
            "aggregates",
            60,
            [],
        )
        assert 60 <= len(shown["buckets"]) <= 61
        # The gateway has queries of its own, which have other conditions.
        sums = [each.parameters for each in shard.requests if each.name == "aggregate_sum"]
        wanted = {"type": [11], "node": [NODE_A]}
        asked = [each["table"] for each in sums if each.get("where") == wanted]
        assert sorted(asked) == ["counts", "counts", "failures"]
        # Reasons are stored by the minute, counts of ten seconds.
        shard.requests.clear()
        await gateway.json("/api/events/histogram?duration=5m&buckets=31&event_types=11")
        starts = {
            each.parameters["table"]: each.parameters["window"]["start_us"]
            for each in shard.requests
            if each.name == "aggregate_sum" and each.parameters.get("where") == {"type": [11]}
        }
        assert starts["counts"] % 10_000_000 == 0
        assert starts["failures"] == starts["counts"] - starts["counts"] % 60_000_000
        shard.answers["event_histogram"] = lambda query: {
            "buckets": [[query["selection"]["start_us"], 11, 3]],
            "nodes": [[NODE_A, 3]],
        }
        gateway.shards[1].answers["event_histogram"] = lambda _: {"buckets": [], "nodes": []}
        for condition in ("slot=1", "core_index=0", f"hash={NODE_A}"):
            shown = await gateway.json(f"/api/events/histogram?{condition}&buckets=6")
            assert (shown["source"], shown["total"], shown["top_reasons"]) == ("event log", 3, None)
            assert shown["buckets"][-1]["events"] == 3
            assert len(shown["buckets"]) <= 7

    with_gateway(tmp_path, check)
