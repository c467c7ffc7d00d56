"""``tart/shard/queries/messages.py``: messages byte by byte, from real files."""

from __future__ import annotations

import pytest

from tart.query.core.event_ids import event_api_id
from tart.shard.queries.messages import MAX_REFERRING
from tests.shard.running import HASH, best, fake_node, framed, run


async def told(shard, node, *data):
    """A session in which a node says this, committed."""
    session = shard.session(node.connect(), *data)
    await shard.settled()
    return session


def conversation(node):
    """An authoring, something else, a frame that cannot be read, and the end of the authoring."""
    authoring, first = node.event("Authoring", 1, slot=3, parent=HASH)
    between = best(node, 3)
    bad = framed(bytes(8) + b"\x0b" + b"short")
    node.next_event_id += 1
    _, failed = node.event("AuthoringFailed", 2, authoring_id=authoring, reason="no")
    return first, between, bad, failed


def test_a_message_has_its_bytes_its_neighbours_and_its_references(tmp_path):
    async def scenario(shard):
        node, other = fake_node(), fake_node(2)
        sent = conversation(node)
        await told(shard, node, *sent)
        await told(shard, other, best(other, 9))
        first, between, bad, failed = [
            await shard.ask("message", id=event_api_id(0, sequence)) for sequence in range(4)
        ]
        shown = [each["content"] for each in (first, between, bad, failed)]
        assert shown == ["0x" + each[4:].hex() for each in sent]
        assert [(each["previous"], each["next"]) for each in (first, between, bad, failed)] == [
            (None, event_api_id(0, 1)),
            (event_api_id(0, 0), event_api_id(0, 2)),
            (event_api_id(0, 1), event_api_id(0, 3)),
            (event_api_id(0, 2), None),
        ]
        (child,) = first["referred_to_by"]
        assert (child["id"], child["event_name"]) == (event_api_id(0, 3), "AuthoringFailed")
        assert (first["more_referring"], first["missing_ref"]) == (False, None)
        assert first["searched_until"] >= child["received_at"]
        (parent,) = failed["refers_to"]
        assert (parent["id"], parent["field"]) == (event_api_id(0, 0), "authoring_id")
        assert failed["context"]["root_event_id"] == parent["event_id"]
        assert failed["context"]["slot"] == 3
        assert (between["refers_to"], between["searched_until"]) == ([], None)

    run(scenario, tmp_path)


def test_an_undecodable_frame_is_shown_as_far_as_it_was_read(tmp_path):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, *conversation(node))
        bad = await shard.ask("message", id=event_api_id(0, 2))
        assert (bad["kind"], bad["title"]) == ("undecodable", "BestBlockChanged")
        assert bad["vector"] is None
        (deviation,) = bad["deviations"]
        assert deviation["rule"] == "truncated"
        assert deviation["undecodable"]
        assert deviation["docs"] == "/api/docs/rules/truncated"
        leaves = [each for each in bad["fields"] if each["role"] != "group"]
        assert [(each["path"], each["length"]) for each in leaves] == [
            ("timestamp", 8),
            ("event_type", 1),
            ("slot", 4),
            ("unread", 1),
        ]

    run(scenario, tmp_path)


def test_a_reference_to_an_event_that_is_not_stored_is_missing(tmp_path):
    async def scenario(shard):
        node = fake_node()
        node.event("Dropped", 1, last_timestamp=1, num=5)
        node.next_event_id = 7
        _, dropped = node.event("SyncStatusChanged", 1, synced=True)
        _, failed = node.event("AuthoringFailed", 2, authoring_id=0, reason="no")
        # The first frame has id 0; the second refers to itself or to nothing that is an authoring.
        await told(shard, node, dropped, failed)
        shown = await shard.ask("message", id=event_api_id(0, 1))
        assert shown["refers_to"][0]["event_name"] == "SyncStatusChanged"

    run(scenario, tmp_path)


def test_the_events_that_refer_to_one_are_limited(tmp_path):
    async def scenario(shard):
        node = fake_node()
        authoring, first = node.event("Authoring", 1, slot=3, parent=HASH)
        failures = [
            node.event("AuthoringFailed", 2, authoring_id=authoring, reason="no")[1]
            for _ in range(5)
        ]
        await told(shard, node, first, *failures)
        for limit, more in ((3, True), (5, False), (MAX_REFERRING + 1, False)):
            shown = await shard.ask("message", id=0, limit=limit)
            assert len(shown["referred_to_by"]) == min(limit, 5)
            assert shown["more_referring"] is more

    run(scenario, tmp_path)


def test_the_first_message_of_a_session_is_shown(tmp_path):
    async def scenario(shard):
        node = fake_node(name="polkajam")
        await told(shard, node, best(node, 5))
        shown = await shard.ask("first_message", session=0)
        assert (shown["kind"], shown["id"]) == ("node_information", None)
        assert shown["content"] == "0x" + node.connect()[4:].hex()
        assert (shown["next"], shown["previous"]) == (event_api_id(0, 0), None)
        names = {each["path"]: each["value"] for each in shown["fields"]}
        assert names["implementation_name.text"] == "polkajam"
        assert await shard.ask("first_message", session=1 << 8) is None

    run(scenario, tmp_path)


@pytest.mark.parametrize("api_id", [event_api_id(0, 5), event_api_id(3, 0)])
def test_an_unknown_message_is_none(tmp_path, api_id):
    async def scenario(shard):
        node = fake_node()
        await told(shard, node, best(node, 5))
        assert await shard.ask("message", id=api_id) is None

    run(scenario, tmp_path)


def test_an_unreadable_first_message_has_an_id(tmp_path):
    async def scenario(shard):
        shard.session(framed(b"\x07not node information"))
        await shard.settled()
        shown = await shard.ask("message", id=event_api_id(0, 0))
        assert (shown["kind"], shown["node_id"]) == ("node_information", None)
        assert [each["rule"] for each in shown["deviations"]] == ["node_information"]
        assert sum(each["length"] for each in shown["fields"] if each["role"] != "group") == 21

    run(scenario, tmp_path)
