"""``tart/shard/queries/summary.py``: the newest seconds, and the nodes that changed."""

from __future__ import annotations

from tests.shard.running import best, fake_node, run


def by_id(answer):
    return {row[0][:2]: row for row in answer["nodes"]}


async def changes(shard, before):
    return await shard.ask("summary", since_us=before["now_us"], processes=(before["process"],))


def test_only_nodes_that_changed_since_are_reported(tmp_path):
    async def scenario(shard):
        node, other = fake_node(1), fake_node(2)
        first = shard.session(node.connect(), best(node, 7))
        second = shard.session(
            other.connect(),
            best(other, 8),
            other.event("SyncStatusChanged", 2_000_000, synced=True)[1],
        )
        await shard.settled()
        everything = await shard.ask("summary")
        shard.ingest.receive(second, best(other, 9))
        await shard.settled()
        later = await changes(shard, everything)
        quiet = await changes(shard, later)
        shard.ingest.close_session(first, None)
        await shard.settled()
        ended = await changes(shard, quiet)
        stranger = await shard.ask("summary", since_us=later["now_us"], processes=("other",))
        future = await shard.ask(
            "summary", since_us=later["now_us"] + 10**9, processes=(later["process"],)
        )
        return everything, later, quiet, ended, stranger, future

    everything, later, quiet, ended, stranger, future = run(scenario, tmp_path)
    assert everything["complete"]
    nodes = by_id(everything)
    assert [row[1:6:2] for row in nodes.values()] == [[True, 1, 0], [True, 2, 0]]
    assert nodes["02"][6][:3] == [8, True, False]
    assert nodes["02"][8][0] is True
    assert not later["complete"]
    assert by_id(later).keys() == {"02"}
    # What it has not stated since is left out.
    assert (by_id(later)["02"][6][0], by_id(later)["02"][8]) == (9, None)
    assert quiet["nodes"] == []
    # Its statements may count less now, so they are all there.
    (row,) = ended["nodes"]
    assert (row[0][:2], row[1], row[6][:2]) == ("01", False, [7, False])
    assert stranger["complete"]
    assert future["complete"]
    assert len(stranger["nodes"]) == len(future["nodes"]) == 2


def test_a_node_that_joins_is_reported_before_its_first_event(tmp_path):
    async def scenario(shard):
        before = await shard.ask("summary")
        shard.session(fake_node(3).connect())
        await shard.settled()
        return before, await changes(shard, before)

    before, after = run(scenario, tmp_path)
    assert before["nodes"] == []
    assert by_id(after)["03"][1:4:2] == [True, 0]
