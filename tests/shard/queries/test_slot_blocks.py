"""``tart/shard/queries/slot_blocks.py``: the blocks of slots, from the log of a real shard."""

from __future__ import annotations

import msgspec
import pytest

from tart.query.shard_queries.slots import HAD, SlotBlocks, SlotBlocksPart
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import told
from tests.shard.running import fake_node, run

FACTS = troubled_network().facts
SLOTS = [fact["slot"] for fact in FACTS.of("block")]
FIRST, LAST = min(SLOTS), max(SLOTS)


@pytest.fixture(scope="module")
def shard_facts(tmp_path_factory):
    """The facts of all slots, of a shard that was told everything."""
    root = tmp_path_factory.mktemp("slot-blocks")

    async def ask(shard, **parameters):
        return merged(await shard.ask("slot_blocks", **parameters))

    async def first(shard):
        told(shard, troubled_network().sessions)

    run(first, root)

    async def scenario(shard):
        every = await ask(shard, first=FIRST, last=LAST, stages=True)
        return every, await ask(shard, first=FIRST + 3, last=FIRST + 5)

    return run(scenario, root)


def merged(answer):
    return SlotBlocks(FIRST, LAST).merge([(0, msgspec.convert(answer, SlotBlocksPart))])


def sent(variant):
    """By block: the nodes that sent such an event about it, and its first time at each."""
    found = {}
    for fact in FACTS.events(variant):
        block = fact["about"]["block"]
        nodes = found.setdefault(block, {})
        nodes.setdefault(fact["node"], fact["node_us"])
    return found


@pytest.mark.parametrize(
    ("stage", "variant"),
    [("importing", "Importing"), ("best", "BestBlockChanged"), ("authored", "Authored")],
)
def test_each_node_that_reported_a_stage_has_it(shard_facts, stage, variant):
    every, _ = shard_facts
    shown = {
        block.hash: set(block.times[stage])
        for block in every.blocks.values()
        if stage in block.times
    }
    expected = {block: set(nodes) for block, nodes in sent(variant).items()}
    if variant == "Authored":  # one whose Authoring was not sent has no slot
        assert shown.keys() <= expected.keys()
        assert len(shown) > 20
        return
    assert shown == expected


def test_a_node_has_a_block_from_its_first_event_about_it(shard_facts):
    every, _ = shard_facts
    block = max(every.blocks.values(), key=lambda block: len(block.had))
    for node, moment in block.had.items():
        own = [block.times[stage].get(node) for stage in ("authored", "importing", "best")]
        assert moment.at_us == min(each.at_us for each in own if each is not None)


def test_a_range_has_its_own_slots_and_no_stages(shard_facts):
    _, few = shard_facts
    assert {block.slot for block in few.blocks.values()} <= {FIRST + 3, FIRST + 4, FIRST + 5}
    assert {stage for block in few.blocks.values() for stage in block.times} == {HAD}
    assert few.failures == []


def test_blocks_have_their_content_author_and_parent(shard_facts):
    every, _ = shard_facts
    truth = {fact["block"]: fact for fact in FACTS.of("block")}
    authored = [block for block in every.blocks.values() if block.author is not None]
    assert len(authored) > 20
    for block in authored:
        fact = truth[block.hash]
        assert (block.author, block.slot) == (fact["author"], fact["slot"])
        assert block.parent in (None, fact["parent"])
        assert block.outline["size_bytes"] == fact["outline"]["size_bytes"]
    assert any(block.parent for block in authored)


def test_failures_have_their_reasons(shard_facts):
    every, _ = shard_facts
    expected = sorted(
        (fact["node"], fact["type"], fact["data"]["reason"])
        for variant in ("BlockVerificationFailed", "BlockExecutionFailed", "AuthoringFailed")
        for fact in FACTS.events(variant)
    )
    shown = sorted((each.node, each.type, each.reason) for each in every.failures)
    assert expected
    assert set(shown) <= set(expected)
    assert sum(every.failed.values()) == len(shown)
    # Without its beginning an event has no slot.
    assert len(shown) >= len(expected) * 3 // 4


def test_a_transfer_counts_at_the_node_that_requested_the_block(shard_facts):
    every, _ = shard_facts
    asked = {
        (fact["data"]["outline"]["hash"], fact["node"])
        for fact in FACTS.events("BlockTransferred")
        if fact["about"]["asker"] == fact["node"] and fact["root"]["told"] == "sent"
    }
    shown = {
        (block.hash, node)
        for block in every.blocks.values()
        for node in block.times.get("transferred", {})
    }
    assert shown == asked


def test_the_heads_are_the_newest_best_blocks(shard_facts):
    every, _ = shard_facts
    newest = {}
    for fact in FACTS.events("BestBlockChanged"):
        newest[fact["node"]] = max(fact["data"]["slot"], newest.get(fact["node"], 0))
    assert every.heads.keys() == newest.keys()
    assert {every.blocks[head.hash].slot for head in every.heads.values()} <= set(SLOTS)


def test_a_flood_of_invented_blocks_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("tart.shard.queries.slot_rows.MAX_BODIES", 3)

    async def scenario(shard):
        liar, others = fake_node(1), [fake_node(2), fake_node(3)]
        claims = [
            liar.event("BestBlockChanged", 1_000_000, slot=7, hash=bytes([number]) * 32)[1]
            for number in range(20)
        ]
        shard.session(liar.connect(), *claims)
        for node in others:
            best = node.event("BestBlockChanged", 1_000_000, slot=7, hash=b"\xff" * 32)[1]
            shard.session(node.connect(), best)
        await shard.settled()
        facts = merged(await shard.ask("slot_blocks", first=7, last=7))
        assert len(facts.blocks) == 3
        assert len(facts.blocks["ff" * 32].had) == 2

    run(scenario, tmp_path)
