"""``tart/shard/queries/backfill.py``: what passed a live filter since, from the log."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tart.query.core.event_ids import event_api_id
from tart.query.core.filters import parse
from tart.shard.queries import backfill as module
from tart.shard.queries.backfill import Backfill
from tart.storage.core.tail_cache import TailCache
from tests.shard.running import DEADLINE, best, fake_node, framed, query_of, run, until

ALL = {"type": "All"}


async def told(shard, *slots, number=1):
    """A node that says it has these best blocks; committed."""
    node = fake_node(number)
    shard.session(node.connect(), *[best(node, slot) for slot in slots])
    await shard.settled()


async def slots(shard, filter_=ALL, **parameters):
    """Slots of one part, and whether there may be some before."""
    found = await shard.ask("backfill", **{"filter": filter_, "since_us": 0, **parameters})
    shown = [each["data"]["BestBlockChanged"]["slot"] for each in found["events"]]
    return shown, found["cut"]


def test_events_after_a_position_are_returned_oldest_first(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2, 3, 4)
        assert await slots(shard, after={"0": 1}) == ([3, 4], False)
        assert await slots(shard, after={"0": 3}) == ([], False)

    run(scenario, tmp_path)


def test_without_a_position_events_since_a_time_are_returned(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        assert await slots(shard, after={"7": 0}) == ([1, 2], False)
        assert await slots(shard, since_us=1 << 60) == ([], False)

    run(scenario, tmp_path)


def test_the_backfill_filter_matches_as_the_live_filter(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        await told(shard, 2, 3, number=2)
        node = {"type": "Node", "node_id": "02" * 32}
        slot = {"type": "Slot", "slot": 2}
        assert await slots(shard, node) == ([2, 3], False)
        assert await slots(shard, {"type": "Both", "filters": [node, slot]}) == ([2], False)

    run(scenario, tmp_path)


async def parts(shard, limit, **parameters):
    """Slots of each part until there are no more, and the last answer."""
    found, after = [], {}
    while True:
        asked = {"filter": ALL, "since_us": 0, "after": after, "limit": limit, **parameters}
        answer = await shard.ask("backfill", **asked)
        found.append([each["data"]["BestBlockChanged"]["slot"] for each in answer["events"]])
        after = parameters["after"] = answer["at"]
        if not answer["more"]:
            return found, answer


@pytest.mark.parametrize("from_memory", [True, False])
def test_missed_events_are_read_in_parts(tmp_path, from_memory):
    async def scenario(shard):
        await told(shard, 1, 2, 3, 4, 5)
        if not from_memory:
            shard.store.writer.tail = TailCache()
        found, answer = await parts(shard, 2, after={"0": 0})
        assert found == [[2, 3], [4, 5]]
        assert (answer["at"], answer["cut"]) == ({"0": 4}, False)
        one = {"type": "Slot", "slot": 5}
        assert (await parts(shard, 2, filter=one))[0] == [[], [], [5]]

    run(scenario, tmp_path)


def test_a_part_is_limited_in_bytes_and_has_at_least_one_event(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PART_BYTES", 72)

    async def scenario(shard):
        await told(shard, 1, 2, 3, 4)
        assert (await parts(shard, 100))[0] == [[1, 2], [3, 4]]
        monkeypatch.setattr(module, "PART_BYTES", 1)
        assert (await parts(shard, 100))[0] == [[1], [2], [3], [4]]

    run(scenario, tmp_path)


@pytest.mark.parametrize("after", [{"0": 0}, {}])
def test_events_that_are_no_longer_recent_are_reported_as_cut(tmp_path, monkeypatch, after):
    monkeypatch.setattr(module, "RECENT", 2)

    async def scenario(shard):
        await told(shard, 1, 2, 3, 4)
        assert await slots(shard, after=after) == ([3, 4], True)
        assert await slots(shard, after={"0": 1}) == ([3, 4], False)

    run(scenario, tmp_path)


def test_undecodable_frames_are_skipped_by_a_backfill(tmp_path):
    async def scenario(shard):
        node = fake_node(1)
        broken = framed(bytes(8) + bytes([11]) + b"x")
        shard.session(node.connect(), broken, best(node, 2), broken, best(node, 4), broken)
        await shard.settled()
        assert (await parts(shard, 1))[0] == [[2], [], [4], []]
        shard.store.writer.tail = TailCache()
        assert (await parts(shard, 1))[0] == [[2], [], [4], []]

    run(scenario, tmp_path)


def test_a_position_of_another_event_log_is_ignored(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        found = await shard.ask("backfill", filter=ALL, since_us=0, after={"0": 99})
        assert (len(found["events"]), found["cut"], found["at"]) == (2, True, {"0": 1})

    run(scenario, tmp_path)


def test_a_position_ahead_of_the_event_log_is_kept(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        shard.holding = True
        node = fake_node(3)
        shard.session(node.connect(), best(node, 5))
        shard.ingest.flush()
        found = await shard.ask("backfill", filter=ALL, since_us=0, after={"0": 2})
        assert (found["events"], found["cut"], found["at"]) == ([], False, {"0": 2})
        assert (found["committed"], found["next"], found["more"]) == (2, 3, [])

    run(scenario, tmp_path)


def test_a_cancelled_backfill_ends_between_two_events(tmp_path):
    async def scenario(shard):
        await told(shard, *range(1, 200))
        looked_at = []
        loop = asyncio.get_running_loop()

        def matches(candidate):
            looked_at.append(candidate.slot)
            loop.call_soon_threadsafe(asking.cancel)
            assert left.wait(DEADLINE)
            return True

        left = threading.Event()
        backfill = Backfill(shard.store, shard.nodes, lambda: shard.ingest.sequences)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "parse", lambda filter: parse(filter)._replace(matches=matches))
            query = query_of("backfill", filter=ALL, since_us=0)
            asking = asyncio.ensure_future(
                shard.store.query_threads.run(
                    lambda cursor: backfill.backfill(cursor, query), DEADLINE
                )
            )
            with pytest.raises(asyncio.CancelledError):
                await asking
            left.set()
            await until(lambda: not shard.store.query_threads.running)
        assert looked_at == [1]

    run(scenario, tmp_path)


def test_a_backfill_reports_the_committed_and_the_next_sequence(tmp_path):
    async def scenario(shard):
        await told(shard, 1, 2)
        found = await shard.ask("backfill", filter=ALL, since_us=0)
        assert (found["committed"], found["next"]) == (2, 2)
        assert [each["id"] for each in found["events"]] == [event_api_id(0, i) for i in range(2)]
        shard.holding = True
        node = fake_node(3)
        shard.session(node.connect(), best(node, 5))
        shard.ingest.flush()
        found = await shard.ask("backfill", filter=ALL, since_us=0)
        assert (found["committed"], found["next"]) == (2, 3)

    run(scenario, tmp_path)


def test_after_a_restart_everything_in_the_files_counts_as_committed(tmp_path):
    run(lambda shard: told(shard, 1, 2), tmp_path)

    async def again(shard):
        found = await shard.ask("backfill", filter=ALL, since_us=0)
        assert found["committed"] == found["next"] == 2
        assert len(found["events"]) == 2

    run(again, tmp_path)
