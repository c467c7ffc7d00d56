"""Each planted lie is told by its nodes in its time alone; the truth lists what was lied about."""

from __future__ import annotations

from functools import cache

import pytest

from tart.errors import ConfigError
from tart.protocol.events import EventKind
from tart.shard.check.offline_check import check
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.lies import LIES, Lie, check_lie, parse_lie
from tart.simulate.model.network import DEFAULT_START
from tart.simulate.model.truth import UNTOLD, Fact
from tart.simulate.model.world import SLOT
from tart.units import JCE_US, SECOND_US
from tests.simulate.chains import PlayedChain, play_chain

LIAR = 2
START, LENGTH, SLOTS = 30, 180, 38
# Everything is told and received but what is lied about.
CALM = Rates(dropped=0, assurance_send=0, assurance_receive=0)


@cache
def lied(name: str) -> PlayedChain:
    lie = Lie(name, (LIAR,), START * SECOND_US, LENGTH * SECOND_US)
    return play_chain(SLOTS, seed=3, rates=CALM, lies=[lie], own_assurances=True)


@cache
def honest() -> PlayedChain:
    return play_chain(SLOTS, seed=3, rates=CALM, own_assurances=True)


def happened(
    chain: PlayedChain, event: EventKind, node: int | None = LIAR, **members
) -> list[Fact]:
    facts = chain.facts.of("happened", event=event.variant, **members)
    return [each for each in facts if node is None or chain.index[each["node"]] == node]


def objects(facts: list[Fact], name: str) -> list[str]:
    return [each["about"][name] for each in facts]


def on_chain(chain: PlayedChain) -> set[str]:
    """The blocks of the longest chain."""
    head = max(chain.blocks.values(), key=lambda each: each["number"])
    found, block = set(), head["block"]
    while block in chain.blocks:
        found.add(block)
        block = chain.blocks[block]["parent"]
    return found


@pytest.mark.no_cover
@pytest.mark.parametrize("name", LIES)
def test_the_truth_has_the_lie_with_its_node_and_its_span(name):
    chain = lied(name)
    (fact,) = chain.facts.of("lie")
    assert [chain.index[each] for each in fact["nodes"]] == [LIAR]
    assert fact["begin_us"] == DEFAULT_START + START * SECOND_US
    assert fact["end_us"] == DEFAULT_START + (START + LENGTH) * SECOND_US
    told = chain.told_lies(name)
    assert told
    assert {chain.index[each["node"]] for each in told} == {LIAR}
    # What begins in the span may end a little later.
    assert all(fact["begin_us"] <= each["network_us"] <= fact["end_us"] + 2 * SLOT for each in told)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", LIES)
def test_lies_break_no_rule_of_conformance(name):
    chain = lied(name)
    end = JCE_US + DEFAULT_START + SLOTS * SLOT
    assert not [*check([(end, chain.data_of(LIAR))])]


@pytest.mark.no_cover
@pytest.mark.parametrize("name", [each for each in LIES if each != "claims-assurances"])
def test_what_is_told_changes_nothing_in_the_network(name):
    blocks, others = (chain.facts.of("block") for chain in (lied(name), honest()))
    assert blocks == others
    assert not honest().facts.of("told_lie")


@pytest.mark.no_cover
def test_blocks_that_do_not_exist_are_listed():
    chain = lied("claims-blocks")
    real = {each["block"] for each in chain.facts.of("block")}
    authored = objects(happened(chain, EventKind.AUTHORED), "block")
    claimed = objects(chain.told_lies("claims-blocks"), "block")
    assert len(set(claimed)) == len(claimed) > 5
    assert [each for each in authored if each not in real] == claimed
    slots = [each["about"]["slot"] for each in happened(chain, EventKind.AUTHORING)]
    assert len(slots) == len(set(slots))
    for event in (EventKind.BLOCK_ANNOUNCED, EventKind.IMPORTING, EventKind.BEST_BLOCK_CHANGED):
        assert not {*objects(happened(chain, event, None), "block")} & set(claimed)


@pytest.mark.no_cover
def test_hidden_blocks_are_on_chain_and_told_by_others():
    chain = lied("hides-blocks")
    hidden = objects(chain.told_lies("hides-blocks"), "block")
    made = [each for each in chain.facts.of("block") if chain.index[each["author"]] == LIAR]
    told = objects(happened(chain, EventKind.AUTHORED, told="sent"), "block")
    assert {each["block"] for each in made} - set(told) == set(hidden)
    assert set(hidden) & on_chain(chain)
    for event in (EventKind.AUTHORED, EventKind.BLOCK_EXECUTED, EventKind.BLOCK_ANNOUNCED):
        facts = [each for each in happened(chain, event) if each["about"]["block"] in hidden]
        assert facts
        assert {each["told"] for each in facts} == {UNTOLD}
    importers = happened(chain, EventKind.IMPORTING, None, told="sent")
    assert set(hidden) <= set(objects(importers, "block"))


@pytest.mark.no_cover
def test_guarantees_that_do_not_exist_are_listed():
    chain = lied("claims-guarantees")
    real = {each["report"] for each in chain.facts.of("package")}
    told = objects(happened(chain, EventKind.GUARANTEE_BUILT, told="sent"), "report")
    claimed = objects(chain.told_lies("claims-guarantees"), "report")
    assert [each for each in told if each not in real] == claimed
    assert len(claimed) > 3
    received = happened(chain, EventKind.GUARANTEE_RECEIVED, None)
    assert not set(objects(received, "report")) & set(claimed)
    assert len(happened(chain, EventKind.GUARANTEES_DISTRIBUTED)) >= len(claimed)


@pytest.mark.no_cover
def test_hidden_guarantees_are_those_that_the_node_signed():
    chain = lied("hides-guarantees")
    hidden = set(objects(chain.told_lies("hides-guarantees"), "report"))
    signed = set()
    for event in (EventKind.GUARANTEE_BUILT, EventKind.WORK_REPORT_SIGNATURE_SENT):
        facts = happened(chain, event)
        signed |= set(objects(facts, "report")) - set(
            objects([f for f in facts if f["told"] == "sent"], "report")
        )
    assert hidden == signed
    peer = next(name for name, index in chain.index.items() if index == LIAR)
    reported = {
        each["report"]
        for block in chain.blocks.values()
        for each in block["reported"]
        if peer in each["signers"]
    }
    assert len(hidden & reported) > 3


@pytest.mark.no_cover
def test_assurances_that_are_claimed_are_in_no_block():
    chain = lied("claims-assurances")
    told = chain.told_lies("claims-assurances")
    claimed = [(each["about"]["anchor"], each["slot"]) for each in told]
    told = happened(chain, EventKind.DISTRIBUTING_ASSURANCE)
    in_span = [
        each for each in told if (each["about"]["anchor"], each["network_us"] // SLOT) in claimed
    ]
    assert len(in_span) == len(claimed) >= 25
    anchors = {anchor for anchor, _ in claimed}
    peer = told[0]["node"]
    assert not [
        each
        for each in chain.blocks.values()
        if each["parent"] in anchors and peer in each["assurers"]
    ]
    received = happened(chain, EventKind.ASSURANCE_RECEIVED, None)
    assert not [
        each
        for each in received
        if each["about"]["anchor"] in anchors and each["about"]["assurer"] == peer
    ]
    assert [each for each in chain.blocks.values() if peer in each["assurers"]]


@pytest.mark.no_cover
def test_hidden_assurances_are_on_chain():
    chain = lied("hides-assurances")
    hidden = objects(chain.told_lies("hides-assurances"), "anchor")
    told = happened(chain, EventKind.DISTRIBUTING_ASSURANCE)
    assert hidden == objects([each for each in told if each["told"] == UNTOLD], "anchor")
    parents = {
        each["parent"] for each in chain.blocks.values() if told[0]["node"] in each["assurers"]
    }
    assert len(set(hidden) & parents) > 20


@pytest.mark.no_cover
def test_wrong_outlines_have_other_numbers_than_the_blocks():
    chain = lied("wrong-outline")
    lies = {each["about"]["block"]: each for each in chain.told_lies("wrong-outline")}
    for fact in happened(chain, EventKind.AUTHORED):
        block = fact["about"]["block"]
        (made,) = chain.facts.of("block", block=block)
        told, true = fact["data"]["outline"], made["outline"]
        assert (told != true) == (block in lies)
        if block in lies:
            assert (told, true) == (lies[block]["told"], lies[block]["true"])
            changed = {name for name in true if told[name] != true[name]}
            assert changed == {"num_tickets", "num_preimages", "total_preimages_size"}


@pytest.mark.no_cover
def test_wrong_gas_is_told_by_the_liar_alone():
    chain = lied("wrong-gas")
    lies = {each["about"]["block"]: each for each in chain.told_lies("wrong-gas")}
    for fact in happened(chain, EventKind.BLOCK_EXECUTED, None):
        gas = {
            str(service): cost["total"]["gas_used"]
            for service, cost in fact["data"]["accumulate_costs"]
        }
        lie = lies.get(fact["about"]["block"])
        if lie is not None:
            kept = "told" if chain.index[fact["node"]] == LIAR else "true"
            assert gas == lie[kept]
            assert lie["told"] != lie["true"]


def test_every_lie_is_told_beside_those_of_other_nodes():
    lies = [Lie(name, (node,)) for node, name in enumerate(LIES)]
    chain = play_chain(14, nodes=len(LIES), seed=1, rates=CALM, lies=lies, own_assurances=True)
    liars = {each.name: each.nodes for each in lies}
    for name in LIES:
        told = chain.told_lies(name)
        assert told, name
        assert {(chain.index[each["node"]],) for each in told} == {liars[name]}


@pytest.mark.no_cover
def test_several_lies_of_a_node_are_told_at_once():
    lies = [Lie(name, (LIAR,)) for name in ("hides-blocks", "hides-assurances", "wrong-gas")]
    chain = play_chain(20, seed=3, rates=CALM, lies=lies)
    assert all(chain.told_lies(each.name) for each in lies)
    assert not happened(chain, EventKind.AUTHORED, told="sent")


def test_texts_of_lies():
    assert parse_lie("hides-blocks:3@2m+5m") == Lie(
        "hides-blocks", (3,), 120 * SECOND_US, 300 * SECOND_US
    )
    assert parse_lie("wrong-gas:1,5@0s+1h").start == 0
    assert parse_lie("wrong-gas:1,5") == Lie("wrong-gas", (1, 5))
    for text in (
        "wrong-gas",
        "wrong-gas:x",
        "wrong-gas:1@2m",
        "wrong-gas:1+2m",
        "wrong-gas:1@x+1m",
    ):
        with pytest.raises(ConfigError, match="NAME:NODE"):
            parse_lie(text)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (Lie("hides-block", (1,)), "did you mean hides-blocks"),
        (Lie("hides-blocks", ()), "needs a node"),
        (Lie("hides-blocks", (6,)), "0 to 5"),
    ],
)
def test_a_lie_that_cannot_be_planted_is_refused(lie, reason):
    with pytest.raises(ValueError, match=reason):
        check_lie(lie, 6)
