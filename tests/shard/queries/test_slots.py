"""``tart/shard/queries/slots.py``: one slot, from the log of a real shard."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.query.topics.slots import SLOT_KINDS
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import fake_node, run

FACTS = troubled_network().facts


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask a shard that was told everything."""
    root = tmp_path_factory.mktemp("slots")

    async def first(shard):
        told(shard, troubled_network().sessions)

    run(first, root)
    return lambda slot: run(lambda shard: shard.ask("slot", slot=slot), root)


def test_events_of_a_slot_are_counted_by_type_and_node(ask):
    slot = FACTS.of("block")[5]["slot"]
    found = ask(slot)
    named = ("BestBlockChanged", "FinalizedBlockChanged", "Authoring", "Importing")
    expected = Counter(
        (fact["type"], fact["node"])
        for fact in FACTS.events(*named, "BlockAnnounced", "BlockTransferred")
        if fact["data"]["slot"] == slot
    )
    shown = {(number, node): count for number, node, count in found["events"]}
    assert {key: shown[key] for key in expected} == expected
    assert {number for number, _ in shown} <= set(SLOT_KINDS)
    assert found["first_at"] <= found["last_at"]


def test_a_block_hash_is_returned_once_for_many_events(ask):
    announced = defaultdict(set)
    for each in FACTS.events("BlockAnnounced"):
        announced[each["data"]["slot"]].add(each["about"]["block"])
    for fact in FACTS.of("block")[:10]:
        hashes = [tuple(each) for each in ask(fact["slot"])["hashes"]]
        assert len(hashes) == len(set(hashes))
        assert {block for number, block in hashes if number == 62} == announced[fact["slot"]]


def test_a_block_that_is_only_best_or_finalized_belongs_to_the_slot(tmp_path):
    async def scenario(shard):
        node = fake_node()
        said = [
            node.event(variant, 1_000_000, slot=7, hash=bytes([number]) * 32)[1]
            for number, variant in ((11, "BestBlockChanged"), (12, "FinalizedBlockChanged"))
        ]
        shard.session(node.connect(), *said)
        await shard.settled()
        found = await shard.ask("slot", slot=7)
        assert sorted(map(tuple, found["hashes"])) == [(11, "0b" * 32), (12, "0c" * 32)]

    run(scenario, tmp_path)


def test_an_unknown_slot_has_no_events(ask):
    assert ask(1) == {"events": [], "hashes": [], "first_at": None, "last_at": None}
