"""``tart/shard/queries/statistics.py``: numbers of one shard's process."""

from __future__ import annotations

from tests.shard.running import best, fake_node, run


def test_statistics_have_the_numbers_of_the_process(tmp_path):
    async def scenario(shard):
        node = fake_node()
        shard.session(node.connect(), best(node, 1), best(node, 2))
        await shard.settled()
        return await shard.ask("statistics")

    found = run(scenario, tmp_path)
    assert (found["events_received"], found["events_committed"]) == (2, 2)
    assert (found["pending_events"], found["pending_bytes"]) == (0, 0)
    assert found["files"] == 1
    assert found["ingest_paused"] is False
    assert found["commit_seconds"]["count"] == found["batches_committed"]
    assert found["rss_bytes"] > 1_000_000
    assert found.pop("paused_for") == ""
    assert found.pop("duckdb")[:1].isdecimal()
    assert found.pop("kernel") in ("native", "python")
    assert 0 < found["open_descriptors"] < found["descriptor_limit"]
    assert [found.pop(name) for name in ("quarantined", "damaged", "vanished")] == [[], [], []]
    numbers = (int, float, bool, dict)
    assert all(isinstance(value, numbers) for value in found.values())
