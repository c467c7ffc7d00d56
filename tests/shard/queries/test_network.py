"""``tart/shard/queries/network.py``: what a shard counted, and the state of its nodes."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tests.shard.running import best, fake_node, run


def test_figures_are_those_of_the_process_and_of_its_nodes(tmp_path):
    async def scenario(shard):
        node, other = fake_node(1), fake_node(2)
        shard.session(node.connect(), best(node, 7), best(node, 8))
        shard.session(
            other.connect(),
            best(other, 8),
            other.event("SyncStatusChanged", 2_000_000, synced=True)[1],
        )
        await shard.settled()
        return await shard.ask("network")

    found = run(scenario, tmp_path)
    assert found["counts"]["events"] == [[11, 3], [13, 1]]
    assert [[slot, nodes] for slot, _, nodes in found["best_slots"]] == [[7, 1], [8, 2]]
    assert found["best_slots_ignored"] == 0
    first, second = sorted(found["nodes"])
    assert first[0] == "01" * 32
    is_open, received_at, address, value = first[1]
    assert is_open
    assert received_at > 0
    assert ":" in address
    assert value == {
        "implementation_name": "fake-node",
        "implementation_version": fake_node().information.implementation_version,
    }
    assert first[2][str(int(EventKind.BEST_BLOCK_CHANGED))][3] == {"slot": 8}
    assert second[2][str(int(EventKind.SYNC_STATUS_CHANGED))][3] == {"synced": True}


def test_another_process_begins_at_0(tmp_path):
    async def scenario(shard):
        node = fake_node(1)
        shard.session(node.connect(), best(node, 7))
        await shard.settled()
        return await shard.ask("network")

    async def again(shard):
        return await shard.ask("network")

    first, second = run(scenario, tmp_path), run(again, tmp_path)
    assert second["process"] != first["process"]
    assert second["counts"]["events"] == []
    assert second["nodes"] == [] or not second["nodes"][0][1][0]
