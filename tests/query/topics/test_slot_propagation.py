"""``tart/query/topics/slot_propagation.py``: the stages of each node with a slot's blocks."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.query.shard_queries.slots import HAD, BlockFacts, Failed, Head, Moment, SlotFacts
from tart.query.topics.slot_blocks import time_of
from tart.query.topics.slot_propagation import slot_propagation
from tests.query.topics.test_slot_blocks import START, A, B, C, active, facts_of, given


def detailed():
    """A block that A authored, B imported, and C never had."""
    block = BlockFacts("0a", author=A, parent="00", outline={"size_bytes": 7})
    block.slots[5] = 2
    stages = {
        HAD: {A: 0, B: 300},
        "authoring": {A: -90},
        "authored": {A: 0},
        "importing": {B: 300},
        "verified": {B: 350},
        "executed": {A: 100, B: 500},
        "best": {A: 110, B: 510},
        "finalized": {B: 900},
        "announced_to": {B: 200, C: 250},
    }
    for stage, nodes in stages.items():
        for node, ms in nodes.items():
            # The clock of B is 5 ms behind.
            block.times[stage][node] = Moment(START + ms * 1_000, 5_000 if node == B else 0)
    return block


def answer(facts, **values):
    return slot_propagation(given(facts, activity=active(A, B, C), **values), 5, "server", 8)


def test_each_node_has_its_stages_since_authoring():
    shown = answer(facts_of(detailed(), heads={A: "0a"}))
    ids = [node["node_id"] for node in shown["nodes"]]
    (block,) = shown["blocks"]
    stages = block["stages"]
    assert [ids[place] for place in stages["node"]] == [A, B, C]
    assert stages["had"] == [0.0, 300.0, None]
    assert stages["announced_to"] == [None, 200.0, 250.0]
    assert stages["executed"] == [100.0, 500.0, None]
    assert stages["verification_ms"] == [None, 50.0, None]
    assert stages["execution_ms"] == [100.0, 150.0, None]
    assert (block["authoring_ms"], block["reference"]) == (90.0, "authored")
    assert block["curve"] == {"ms": [0.0, 300.0], "share": [0.333333, 0.666667]}
    assert [ids[place] for place in block["never"]] == [C]
    assert (block["share"], block["without_clock"], block["chain"]) == (0.666667, 0, "best")


def test_failures_are_since_the_authoring_of_their_block():
    facts = facts_of(detailed())
    moment = Moment(START + 320_000, 0)
    failed = Failed("0a", 5, C, EventKind.BLOCK_VERIFICATION_FAILED, "bad seal", moment)
    unmade = Failed(None, 5, B, EventKind.AUTHORING_FAILED, "no parent", Moment(START, 0))
    other = Failed("0b", 6, B, EventKind.AUTHORING_FAILED, "elsewhere", moment)
    facts.failures += [failed, unmade, other]
    shown = answer(facts)["failures"]
    assert [(each["stage"], each["ms"], each["reason"]) for each in shown] == [
        ("authoring", None, "no parent"),
        ("verification", 320.0, "bad seal"),
    ]


def test_a_slot_without_a_block_has_no_blocks():
    shown = answer(SlotFacts())
    assert (shown["blocks"], shown["nodes"], shown["state"]) == ([], [], "unknown")
    assert (shown["newest_slot"], shown["best_slot"]) == (9, 8)


def test_without_offsets_of_clocks_there_are_durations_and_no_times():
    facts = facts_of(detailed(), heads={A: "0a"})
    facts.heads[B] = Head(1, "0a")
    facts.failures.append(
        Failed("0a", 5, B, EventKind.BLOCK_EXECUTION_FAILED, "gas", Moment(START, 0))
    )
    shown = answer(facts, clock=time_of("node", {}))
    (block,) = shown["blocks"]
    assert block["stages"]["had"] == [None, None, None]
    assert block["stages"]["execution_ms"] != [None, None, None]
    assert (block["without_clock"], block["reference"]) == (2, "first_had")
    assert shown["failures"][0]["ms"] is None


def test_without_expected_nodes_a_share_is_unknown():
    facts = facts_of(detailed())
    shown = slot_propagation(
        given(facts, activity=active(), clock=time_of("node", {})), 5, "node", None
    )
    assert shown["blocks"][0]["share"] is None
    nameless = detailed()
    nameless.times["verified"][B] = Moment(START, None)
    shown = answer(facts_of(nameless))
    assert shown["blocks"][0]["stages"]["execution_ms"][1] is None
