"""``tart/query/reconcile/matching.py``: the index of each node, by evidence alone."""

from __future__ import annotations

from dataclasses import replace

from tart.query.reconcile.matching import GuarantorSets, match_nodes
from tests.query.reconcile.world import EPOCH, FIRST, NODES, World, hash_of

E = FIRST // EPOCH
NO_SETS = GuarantorSets()
ACTIVE = {E + number: set(NODES) for number in range(6)}


def matched(world, guarantors=NO_SETS, active=ACTIVE):
    return match_nodes(world.view, [*world.authored.values(), *world.more], guarantors, active)


def hide(world, node, *epochs):
    """Remove what a node says to have authored in some epochs; all without any."""
    world.authored = {
        slot: block
        for slot, block in world.authored.items()
        if block.node != node or (epochs and slot // EPOCH not in epochs)
    }


def evidence(matching, epoch, node):
    match = matching.epochs[epoch].nodes.get(node)
    return match and (match.validator, match.evidence, match.count)


def test_blocks_show_the_index_of_their_author():
    matching = matched(World())
    for index, node in enumerate(NODES):
        assert evidence(matching, E, node) == (index, "blocks", 2)
        assert matching.node_of(E, index) == node
        assert matching.validator_of(E, node) == index
    assert matching.node_of(E, None) is None
    assert matching.node_of(E + 99, 0) is None
    assert matching.validator_of(E, "ab" * 32) is None


def test_a_block_of_a_fork_shows_it_too():
    world = World()
    for slot in world.slots:
        world.change(slot, status="fork")
    assert evidence(matched(world), E, NODES[1]) == (1, "blocks", 2)


def test_an_index_is_that_of_another_epoch_while_none_changes():
    world = World()
    hide(world, NODES[2], E + 3, E + 4)
    matching = matched(world)
    assert evidence(matching, E + 2, NODES[2]) == (2, "blocks", 2)
    assert evidence(matching, E + 3, NODES[2]) == (2, "other_epoch", 1)
    assert evidence(matching, E + 4, NODES[2]) == (2, "other_epoch", 1)
    # A node that does nothing there may have left the set.
    idle = {epoch: nodes - {NODES[2]} for epoch, nodes in ACTIVE.items()}
    assert evidence(matched(world, active=idle), E + 3, NODES[2]) is None


def test_an_index_of_another_epoch_means_nothing_once_one_changed():
    world = World()
    hide(world, NODES[2], E + 3)
    for slot in range(FIRST + 5 * EPOCH, FIRST + 6 * EPOCH):
        swapped = {0: 1, 1: 0}.get(slot % 6, slot % 6)
        world.authored[slot] = replace(world.authored[slot], node=NODES[swapped])
    matching = matched(world)
    assert evidence(matching, E + 5, NODES[0]) == (1, "blocks", 2)
    assert evidence(matching, E + 3, NODES[2]) is None


def test_a_block_that_two_nodes_claim_is_evidence_for_neither():
    world = World()
    world.more = [replace(world.authored[FIRST], node=NODES[3])]
    matching = matched(world)
    assert evidence(matching, E, NODES[0]) == (0, "blocks", 1)
    assert evidence(matching, E, NODES[3]) == (3, "blocks", 2)
    assert matching.contradictions == []


def test_contradictory_evidence_is_returned_and_matches_nothing():
    world = World()
    # Another node says to have authored both blocks of a silent one.
    hide(world, NODES[0], E)
    world.more = [replace(block, node=NODES[1]) for block in (World().authored[FIRST],)]
    matching = matched(world)
    assert evidence(matching, E, NODES[1]) is None
    assert evidence(matching, E, NODES[2]) == (2, "blocks", 2)
    assert {
        (each.epoch, tuple(each.nodes), tuple(each.validators)) for each in matching.contradictions
    } == {(E, (NODES[1],), (0, 1))}
    assert hash_of(FIRST) in matching.contradictions[0].blocks


def test_the_one_index_in_all_guarantees_that_a_node_built_is_its_own():
    world = World()
    hide(world, NODES[4])
    sets = [frozenset({4, 1, 2}), frozenset({4, 0, 3})]
    matching = matched(world, GuarantorSets({E: {NODES[4]: sets}}))
    assert evidence(matching, E, NODES[4]) == (4, "guarantees", 2)
    assert evidence(matching, E + 1, NODES[4]) == (4, "other_epoch", 1)
    for unclear in ([], sets[:1], [sets[0], sets[0]], [frozenset({4, 1}), frozenset({4, 1, 2})]):
        matching = matched(world, GuarantorSets({E: {NODES[4]: unclear}}))
        assert evidence(matching, E, NODES[4]) is None
    twice = GuarantorSets({E: {NODES[4]: sets, "ab" * 32: sets}})
    assert evidence(matched(world, twice), E, NODES[4]) is None
