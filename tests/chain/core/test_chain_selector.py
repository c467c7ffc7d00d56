import pytest

from tart.chain.core import chain_selector as module
from tart.chain.core.changes import PutReorganisation, SetStatus
from tart.chain.core.follower_state import Limits
from tests.chain.core.parts import NOW, Parts
from tests.chain.core.test_block_tree import key, line


def make(limits=None, endpoints=2):
    """1 - 2 - 3 - 4 and 2 - 13 - 14 are attached and stored; best is 4, final is 2."""
    parts = Parts(endpoints, limits)
    tree = parts.state.tree
    line(tree, 1, 2, 3, 4)
    line(tree, 13, 14, below=key(2))
    for node in tree.nodes.values():
        node.attached = node.stored = True
    node_1, node_2, node_3, node_4 = (tree.nodes[key(number)] for number in (1, 2, 3, 4))
    node_1.is_root = True
    node_1.status = node_2.status = "final"
    node_3.status = node_4.status = "best"
    parts.state.best, parts.state.final = node_4, node_2
    return parts, tree


def status(tree):
    return {node.slot: node.status for node in tree.nodes.values()}


def test_the_first_head_is_the_best_one_and_its_line_is_attached():
    parts = Parts()
    head = line(parts.state.tree, 1, 2)
    parts.selector.update_best(NOW)
    assert parts.state.best is None
    parts.name(0, head)
    parts.selector.update_best(NOW)
    assert parts.state.best is head
    assert status(parts.state.tree) == {1: "best", 2: "best"}
    assert parts.state.tree.nodes[key(1)].attached


def test_a_higher_head_of_the_same_line_is_the_best_without_a_reorganisation():
    parts, tree = make()
    head = line(tree, 5, below=key(4))
    head.attached = True
    parts.name(0, head)
    parts.selector.update_best(NOW)
    assert parts.state.best is head
    assert head.status == "best"
    assert parts.taken() == ([], [])


def test_a_lower_head_of_the_same_line_changes_nothing():
    parts, tree = make()
    parts.name(0, tree.nodes[key(3)])
    parts.selector.update_best(NOW)
    assert parts.state.best.slot == 4


def test_a_reorganisation_changes_the_status_of_both_lines_and_lists_what_was_left():
    parts, tree = make()
    parts.name(0, tree.nodes[key(14)])
    parts.selector.update_best(NOW)
    assert status(tree) == {1: "final", 2: "final", 3: "fork", 4: "fork", 13: "best", 14: "best"}
    left, marked, put = parts.taken()[0]
    assert left == SetStatus("fork", (key(4).hex(), key(3).hex()))
    assert marked == SetStatus("best", (key(14).hex(), key(13).hex()))
    assert isinstance(put, PutReorganisation)
    reorganisation = put.reorganisation
    assert reorganisation.left == [key(4).hex(), key(3).hex()]
    assert (reorganisation.from_slot, reorganisation.to_slot) == (4, 14)
    assert (reorganisation.common_slot, reorganisation.at) == (2, NOW)
    assert parts.state.counts["reorganisations"] == 1


def test_a_reorganisation_lists_a_limited_number_of_blocks(monkeypatch):
    monkeypatch.setattr(module, "MAX_LEFT", 1)
    parts, tree = make()
    parts.name(0, tree.nodes[key(14)])
    parts.selector.update_best(NOW)
    (put,) = [each for each in parts.taken()[0] if isinstance(each, PutReorganisation)]
    assert put.reorganisation.left == [key(4).hex()]


def test_a_head_beside_the_final_block_is_no_candidate():
    parts, tree = make()
    side = line(tree, 20, below=key(1))
    side.attached = True
    parts.name(0, side)
    parts.selector.update_best(NOW)
    assert parts.state.best.slot == 4
    parts.state.final = None
    parts.selector.update_best(NOW)
    assert parts.state.best is side


def gap(tree, *numbers):
    head = line(tree, *numbers)
    tree.nodes[key(numbers[0])].is_root = True
    return head


def test_a_line_that_ends_above_the_best_block_is_followed_beyond_a_gap():
    parts, tree = make()
    parts.name(0, gap(tree, 50, 51))
    parts.name(1, line(tree, 60))
    parts.selector.update_best(NOW)
    assert parts.state.best.slot == 51
    assert status(tree)[4] == "best"
    assert parts.state.counts["gaps"] == 1
    assert parts.state.counts["reorganisations"] == 0
    assert parts.taken()[1] == [
        "no endpoint shows what is between slot 4 and slot 50; these blocks are left out"
    ]
    # What is beyond the gap is a candidate from now on.
    head = line(tree, 52, below=key(51))
    head.attached = True
    parts.name(0, head)
    parts.selector.update_best(NOW)
    assert parts.state.best is head


def test_a_line_that_ends_below_the_best_block_is_not_followed():
    parts, tree = make()
    parts.state.final = None
    parts.name(0, gap(tree, 0, 61))
    parts.selector.update_best(NOW)
    assert parts.state.best.slot == 4


def test_a_gap_is_not_followed_while_a_head_leads_to_the_chain():
    parts, tree = make()
    parts.name(0, gap(tree, 50, 51))
    parts.name(1, tree.nodes[key(4)])
    parts.selector.update_best(NOW)
    assert parts.state.best.slot == 4


@pytest.mark.parametrize(("first_slot", "left"), [(3, [4, 3]), (0, [4, 3, 2, 1])])
def test_for_another_chain_the_blocks_above_its_beginning_are_left(first_slot, left):
    parts, tree = make()
    parts.state.final = None
    other = gap(tree, 63, 64)
    tree.nodes[key(63)].slot = first_slot
    tree.attach(tree.nodes[key(63)])
    parts.name(0, other)
    parts.selector.update_best(NOW)
    assert parts.state.best is other
    (put,) = [each for each in parts.taken()[0] if isinstance(each, PutReorganisation)]
    assert put.reorganisation.left == [key(number).hex() for number in left]
    assert put.reorganisation.common_slot is None


def test_a_final_block_makes_its_parents_final_and_forgets_what_is_old():
    parts, tree = make(Limits(final_slots=2))
    parts.selector.finalize(tree.nodes[key(4)], NOW)
    assert parts.state.final.slot == 4
    assert sorted(tree.nodes) == [key(number) for number in (2, 3, 4, 13, 14)]
    assert parts.taken()[0] == [SetStatus("final", (key(4).hex(), key(3).hex()))]


def test_a_final_block_beside_the_best_one_is_a_reorganisation():
    parts, tree = make()
    parts.selector.finalize(tree.nodes[key(13)], NOW)
    assert parts.state.best is parts.state.final is tree.nodes[key(13)]
    assert status(tree) == {1: "final", 2: "final", 3: "fork", 4: "fork", 13: "final", 14: "fork"}
    assert parts.state.counts["reorganisations"] == 1


def test_a_final_block_is_the_best_one_if_there_is_none():
    """After a restart the newest blocks in the files may all be forks."""
    parts, tree = make()
    parts.state.best = parts.state.final = None
    for node in tree.nodes.values():
        node.status = "fork"
    parts.selector.finalize(tree.nodes[key(3)], NOW)
    assert parts.state.best is parts.state.final is tree.nodes[key(3)]
    assert status(tree)[1] == "final"
