import pytest

from tart.chain.core.block_tree import BlockTree, Node
from tart.chain.core.head_choice import (
    choose_best,
    choose_final,
    plausible,
    relate,
)
from tart.units import JCE_US, SECOND_US
from tests.chain.core.test_block_tree import fork, key, line


@pytest.fixture
def tree():
    tree, _, _ = fork()
    tree.attach(tree.nodes[key(1)])
    tree.nodes[key(1)].status = tree.nodes[key(2)].status = "final"
    return tree


def node(slot, name=None):
    return Node(key(slot if name is None else name), slot, 0)


def test_slots_ahead_of_the_clock_do_not_count_unless_all_are():
    now = JCE_US + 100 * 6 * SECOND_US
    near, far = node(105), node(106)
    assert plausible({0: near, 1: far}, now, 6) == {0: near}
    assert plausible({1: far}, now, 6) == {1: far}


def test_the_highest_slot_is_the_best():
    low, high = node(1), node(2)
    assert choose_best([low, low, high], low) is high
    assert choose_best([], None) is None


def test_of_equal_slots_the_present_best_block_stays():
    one, two = node(9, 1), node(9, 2)
    assert choose_best([one, two, two], one) is one
    assert choose_best([one, two, two], None) is two
    assert choose_best([two, one], None) is one


def test_relations_to_the_final_block(tree):
    final = tree.nodes[key(2)]
    assert relate(tree, tree.nodes[key(4)], final) == "ahead"
    assert relate(tree, tree.nodes[key(1)], final) == "behind"
    assert relate(tree, line(tree, 60), final) == "pending"
    assert relate(tree, line(tree, 0, 61), final) == "off"
    beyond = line(tree, 50, 51)
    tree.nodes[key(50)].is_root = True
    assert relate(tree, beyond, final) == "pending"
    tree.attach(tree.nodes[key(50)])
    assert relate(tree, beyond, final) == "ahead"


def test_a_head_below_what_is_known_of_the_final_chain_contradicts_nothing(tree):
    final = tree.nodes[key(2)]
    below = line(tree, 0)
    assert relate(tree, below, final) == "pending"
    assert choose_final(tree, {0: below, 1: final, 2: final}, final).off == ()
    other = node(1, 71)
    tree.add(other)
    assert relate(tree, other, final) == "off"


def test_before_anything_is_final_what_is_attached_is_ahead():
    tree = BlockTree(10)
    head = line(tree, 1, 2)
    assert relate(tree, head, None) == "pending"
    tree.nodes[key(1)].is_root = True
    assert relate(tree, head, None) == "behind"
    tree.attach(tree.nodes[key(1)])
    assert relate(tree, head, None) == "ahead"


def choose(tree, *slots, stale=()):
    claims = {index: tree.nodes[key(slot)] for index, slot in enumerate(slots)}
    return choose_final(tree, claims, tree.nodes[key(2)], stale)


def test_one_endpoint_alone_decides(tree):
    assert choose(tree, 4).node.slot == 4


def test_more_than_half_must_agree(tree):
    assert choose(tree, 4, 3).node.slot == 3
    assert choose(tree, 4, 4).node.slot == 4
    assert choose(tree, 4, 2).node is None
    assert choose(tree, 4, 3, 2).node.slot == 3
    assert choose(tree, 4, 4, 2).node.slot == 4


def test_endpoints_that_do_not_get_on_are_not_waited_for(tree):
    assert choose(tree, 4, 2, stale=[1]).node.slot == 4
    assert choose(tree, 4, 2, stale=[0, 1]).node is None


def test_where_as_many_contradict_nothing_is_final(tree):
    assert choose(tree, 4, 14).node is None
    assert choose(tree, 4, 4, 14).node.slot == 4
    assert choose(tree, 14, 14, 4).node.slot == 14


def test_endpoints_that_contradict_what_is_final_are_named(tree):
    line(tree, 0, 61)
    choice = choose(tree, 61, 4, 4)
    assert choice.off == (0,)
    assert choice.node.slot == 4


def test_what_is_not_known_yet_holds_up_the_first_final_block():
    tree = BlockTree(10)
    head, other = line(tree, 1, 2), line(tree, 7)
    tree.attach(tree.nodes[key(1)])
    assert choose_final(tree, {0: head, 1: other}, None).node is None
    other.is_root = True
    assert choose_final(tree, {0: head, 1: other}, None, stale=[1]).node is head
