"""``tart/shard/queries/slow_steps.py``: the longest durations of a step, from a real event log."""

from __future__ import annotations

from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import fake_node, run

FACTS = troubled_network().facts
IMPORT = {"parent": 43, "kind": 47}
DAY = 86_400_000_000


def durations(node):
    """The durations of the imports of a node, in microseconds, longest first."""
    known = {
        (fact["session"], fact["event_id"])
        for fact in FACTS.events("Importing")
        if fact["node"] == node
    }
    return sorted(
        (
            fact["root"]["after_us"]
            for fact in FACTS.events("BlockExecuted")
            if fact["node"] == node
            and fact["root"]
            and (fact["session"], fact["root"]["event_id"]) in known
        ),
        reverse=True,
    )


async def slowest(shard, node, **parameters):
    """The rows of a query as objects."""
    given = {**IMPORT, "node": node, "limit": 100, **parameters}
    names = ("directory", "seq", "parent_seq", "session", "event_id", "received_at", "slot")
    rows = await shard.ask("slowest_steps", **given)
    return [dict(zip((*names, "core", "duration_us"), row, strict=True)) for row in rows]


def test_durations_are_those_that_really_passed_longest_first(tmp_path):
    async def scenario(shard):
        told(shard, troubled_network().sessions)
        await shard.settled()
        for node in FACTS.of("node"):
            rows = await slowest(shard, node["node"])
            expected = durations(node["node"])
            assert [row["duration_us"] for row in rows] == expected[:100]
            assert all(row["parent_seq"] < row["seq"] for row in rows)
        assert expected

    run(scenario, tmp_path)


def test_a_limit_a_window_and_an_unknown_node_leave_events_out(tmp_path):
    async def scenario(shard):
        told(shard, troubled_network().sessions)
        await shard.settled()
        node = FACTS.of("node")[0]["node"]
        every = await slowest(shard, node)
        assert await slowest(shard, node, limit=1) == every[:1]
        newest = max(row["received_at"] for row in every)
        rows = await slowest(shard, node, start_us=newest, end_us=newest + 1)
        assert [row for row in every if row["received_at"] == newest] == rows
        assert await slowest(shard, node, start_us=newest + DAY) == []
        assert await slowest(shard, "ff" * 32) == []

    run(scenario, tmp_path)


def test_equal_event_ids_of_another_connection_are_other_events(tmp_path):
    def failed(node, started_at, duration):
        number, first = node.event("Authoring", started_at, slot=7, parent=bytes(32))
        ended_at = started_at + duration
        _, last = node.event("AuthoringFailed", ended_at, authoring_id=number, reason="late")
        return first + last

    async def scenario(shard):
        one, other = fake_node(1), fake_node(2)
        shard.session(one.connect(), failed(one, 1_000_000, 5))
        shard.session(other.connect(), failed(other, 9_000_000, 70))
        await shard.settled()
        rows = await slowest(shard, "01" * 32, parent=40, kind=41)
        assert [row["duration_us"] for row in rows] == [5]

    run(scenario, tmp_path)
