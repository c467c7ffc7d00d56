"""``tart/shard/missed.py``: what passed a live filter since, from the log."""

from __future__ import annotations

import pytest

from tart.query.catalog import event_api_id
from tart.shard import missed as module
from tests.shard.running import best, fake_node, run

ALL = {"type": "All"}


async def told(shard, *slots, number=1):
    """A node that says it has these best blocks; committed."""
    node = fake_node(number)
    shard.session(node.connect(), *[best(node, slot) for slot in slots])
    await shard.settled()


async def slots(shard, filter_=ALL, **parameters):
    found = await shard.ask("missed", **{"filter": filter_, "since_us": 0, **parameters})
    shown = [each["data"]["BestBlockChanged"]["slot"] for each in found["events"]]
    return shown, found["cut"]


def test_events_after_a_position_come_oldest_first(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2, 3, 4)
        assert await slots(shard, after={"0": 1}) == ([3, 4], False)
        assert await slots(shard, after={"0": 9}) == ([], False)

    run(scenario, tmp_path)


def test_where_no_position_is_known_the_time_says_what_is_new(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        assert await slots(shard, after={"7": 0}) == ([1, 2], False)
        assert await slots(shard, since_us=1 << 60) == ([], False)

    run(scenario, tmp_path)


def test_the_filter_is_the_live_one(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        await told(shard, 2, 3, number=2)
        node = {"type": "Node", "node_id": "02" * 32}
        slot = {"type": "Slot", "slot": 2}
        assert await slots(shard, node) == ([2, 3], False)
        assert await slots(shard, {"type": "Both", "filters": [node, slot]}) == ([2], False)

    run(scenario, tmp_path)


@pytest.mark.parametrize(("limit", "expected"), [("RECENT", [3, 4]), ("RECENT_BYTES", [3, 4])])
def test_what_has_no_room_is_the_oldest_and_is_told(tmp_path, monkeypatch, limit, expected):
    monkeypatch.setattr(module, limit, 2 if limit == "RECENT" else 72)

    async def scenario(shard):
        await told(shard, 1, 2, 3, 4)
        assert await slots(shard) == (expected, True)

    run(scenario, tmp_path)


def test_it_says_how_far_the_log_is(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        found = await shard.ask("missed", filter=ALL, since_us=0)
        assert (found["committed"], found["next"]) == (2, 2)
        assert [each["id"] for each in found["events"]] == [event_api_id(0, i) for i in range(2)]
        shard.holding = True
        node = fake_node(3)
        shard.session(node.connect(), best(node, 5))
        shard.intake.flush()
        found = await shard.ask("missed", filter=ALL, since_us=0)
        assert (found["committed"], found["next"]) == (2, 3)

    run(scenario, tmp_path)


def test_after_a_restart_everything_in_the_files_counts_as_committed(tmp_path):
    run(lambda shard: told(shard, 1, 2), tmp_path)

    async def again(shard):
        found = await shard.ask("missed", filter=ALL, since_us=0)
        assert found["committed"] == found["next"] == 2
        assert len(found["events"]) == 2

    run(again, tmp_path)
