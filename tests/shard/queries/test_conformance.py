"""``tart/shard/queries/conformance.py``: examples, and how nodes introduced themselves."""

from __future__ import annotations

from tests.aggregate.node_script import misbehaving_script
from tests.shard.clock import FAR, Clock, connection, window
from tests.shard.running import best, fake_node, framed, run
from tests.storage.running import NOON


def wrong(node, slot, left=b"left over"):
    return framed(best(node, slot)[4:] + left)


async def examples(shard, **parameters):
    return await shard.ask("examples", **parameters)


def test_an_example_has_the_id_of_its_event(tmp_path):
    async def scenario(shard):
        node = fake_node()
        session = shard.session(node.connect(), best(node, 1), wrong(node, 2))
        (found,) = await examples(shard)
        assert found["node"] == node.peer_id.hex()
        assert found["session"] == session.api_id
        assert (found["rule"], found["type"], found["event_id"]) == ("trailing_bytes", 11, 1)
        assert (found["byte_offset"], found["field"]) == (45, "")
        assert bytes.fromhex(found["frame"]) == wrong(node, 2)[4:]
        assert found["size"] == len(wrong(node, 2)) - 4
        await shard.settled()
        event = await shard.ask("event", id=found["id"], bytes="hex")
        assert event["raw"]["frame"].endswith(found["frame"])

    run(scenario, tmp_path)


def test_the_newest_examples_of_each_rule_are_returned(tmp_path):
    async def scenario(shard):
        shard.session(b"".join(misbehaving_script().frames))
        found = await examples(shard, limit=2)
        rules = [each["rule"] for each in found]
        assert len(set(rules)) == 6
        assert max(map(rules.count, rules)) == 2
        seen = [each["id"] for each in found if each["rule"] == "reference_wrong_type"]
        assert seen == sorted(seen, reverse=True)

    run(scenario, tmp_path)


def test_examples_are_selected_by_node_and_window(tmp_path):
    async def scenario(shard):
        for number in (1, 2):
            node = fake_node(number)
            shard.session(node.connect(), wrong(node, 1))
        (found,) = await examples(shard, node="02" * 32)
        assert found["node"] == "02" * 32
        assert await examples(shard, start_us=found["at"] + 10**12) == []
        assert await examples(shard, node="03" * 32) == []

    run(scenario, tmp_path)


def test_findings_are_listed_by_rule_and_by_nodes(tmp_path):
    async def scenario(shard):
        for number in (1, 2):
            node = fake_node(number)
            shard.session(node.connect(), wrong(node, 1))
        found = await shard.ask("finding_examples")
        assert [each["node"] for each in found] == ["02" * 32, "01" * 32]
        assert await shard.ask("finding_examples", limit=1) == found[:1]
        assert await shard.ask("finding_examples", nodes=["01" * 32]) == found[1:]
        assert await shard.ask("finding_examples", nodes=[]) == []
        assert await shard.ask("finding_examples", rule="trailing_bytes") == found
        assert await shard.ask("finding_examples", rule="trailing' OR 'a' = 'a") == []

    run(scenario, tmp_path)


def test_a_first_message_is_an_example_without_an_event(tmp_path):
    async def scenario(shard):
        shard.session(fake_node(version=9).connect())
        (found,) = await examples(shard)
        assert found["rule"] == "unknown_protocol_version"
        assert (found["id"], found["event_id"], found["type"]) == (None, None, None)

    run(scenario, tmp_path)


def test_protocol_versions_are_counted_by_version_and_layout(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario(shard):
        for version in (0, 1, 1):
            connection(shard, clock, 1_000, fake_node(version=version), ends=5_000)
        shard.session(framed(b"GET / HTTP/1.1\r\n\r\n"))
        now = NOON + FAR
        found = await shard.ask("protocol_versions", **window(2_000, FAR), now_us=now)
        of_version = {row["protocol_version"]: row for row in found}
        assert {version: row["sessions"] for version, row in of_version.items()} == {0: 1, 1: 2}
        assert of_version[1] == {
            **{"node": "01" * 32, "protocol_version": 1, "params_layout": "gp-0.7"},
            **{"sessions": 2, "first_at": NOON + 1_000, "last_at": NOON + 1_000},
            **{"connected_us": 6_000, "shed": 0},
        }

    run(scenario, tmp_path)


def test_an_open_connection_counts_until_now(tmp_path):
    async def scenario(shard):
        session = shard.session(fake_node().connect())
        now = session.opened_at + 7_000_000
        (found,) = await shard.ask("protocol_versions", start_us=session.opened_at + 1, now_us=now)
        assert found["connected_us"] == 7_000_000 - 1

    run(scenario, tmp_path)
