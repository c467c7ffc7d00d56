from tart.chain.core.answers import PARENT
from tart.chain.core.block_tree import Node
from tart.chain.core.follower_state import Limits
from tart.rpc.model import BlockDescriptor
from tests.chain.core.parts import NOW, Parts
from tests.chain.core.test_block_tree import key, line


def slots(parts):
    return sorted(node.slot for node in parts.state.tree.nodes.values())


def test_a_block_is_added_once_however_often_it_is_named():
    parts = Parts()
    node = parts.window.find_or_add(BlockDescriptor(key(5), 5), NOW)
    assert (node.slot, node.seen_at, node.depth) == (5, NOW, 0)
    assert parts.window.find_or_add(BlockDescriptor(key(5), 6), NOW + 1) is node
    parent = parts.window.find_or_add(BlockDescriptor(key(4), 4), NOW, node)
    assert parent.depth == 1
    assert len(parts.state.tree) == 2


def test_a_block_far_below_the_final_one_is_refused_as_it_may_be_stored():
    parts = Parts(limits=Limits(final_slots=10))
    parts.state.final = line(parts.state.tree, 100)
    old, near = BlockDescriptor(key(89), 89), BlockDescriptor(key(90), 90)
    assert parts.window.find_or_add(old, NOW) is None
    assert parts.state.counts["blocks_refused"] == 1
    assert parts.window.find_or_add(near, NOW) is not None
    # The followed chain is read as far back as it is not stored.
    child = Node(key(91), 91, NOW, attached=True)
    assert parts.window.find_or_add(old, NOW, child) is not None


def test_finality_forgets_old_blocks_that_are_stored_or_lead_nowhere():
    parts = Parts(limits=Limits(final_slots=10))
    tree = parts.state.tree
    parts.state.final = line(tree, 88, 89, 90, 100)
    for number in (88, 89, 90, 100):
        tree.nodes[key(number)].attached = True
    tree.nodes[key(88)].stored = tree.nodes[key(90)].stored = True
    line(tree, 50)
    parts.state.ask(PARENT, tree.nodes[key(50)])
    parts.window.prune()
    # 89 is not stored yet.
    assert slots(parts) == [89, 90, 100]
    assert parts.asked() == []


def test_without_a_final_block_nothing_is_old():
    parts = Parts()
    line(parts.state.tree, 0)
    parts.window.prune()
    assert slots(parts) == [0]


def full(limit=10):
    """A full memory: 1 to 8 are attached and stored, 9 and 10 are not attached."""
    parts = Parts(limits=Limits(blocks=limit))
    tree = parts.state.tree
    line(tree, *range(1, 9))
    for node in tree.nodes.values():
        node.attached = node.stored = True
    line(tree, 9)
    line(tree, 10)
    return parts


def test_a_full_memory_first_forgets_what_is_not_attached():
    parts = full()
    assert parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW).slot == 11
    assert slots(parts) == [*range(1, 9), 11]
    assert parts.state.counts["blocks_forgotten"] == 2


def test_a_full_memory_keeps_what_endpoints_name_and_the_best_and_the_final_block():
    parts = full()
    tree = parts.state.tree
    parts.name(0, tree.nodes[key(9)])
    parts.name(1, tree.nodes[key(10)])
    parts.state.final, parts.state.best = tree.nodes[key(1)], tree.nodes[key(2)]
    parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW)
    assert slots(parts) == [1, 2, *range(5, 12)]


def test_a_block_is_refused_if_nothing_can_be_forgotten():
    parts = full()
    for node in parts.state.tree.nodes.values():
        node.attached, node.stored = True, False
    assert parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW) is None
    assert parts.state.counts["blocks_refused"] == 1
    assert len(parts.state.tree) == 10


def test_a_full_memory_forgets_what_no_head_leads_to_before_the_line_of_a_head():
    parts = Parts(limits=Limits(blocks=10))
    tree = parts.state.tree
    parts.name(0, line(tree, 1, 2, 3))
    line(tree, *range(20, 27))
    parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW)
    assert slots(parts) == [1, 2, 3, 11, *range(22, 27)]


def test_the_parent_of_a_block_that_is_not_attached_is_not_known_once_it_is_forgotten():
    parts = Parts(limits=Limits(blocks=5))
    tree = parts.state.tree
    head = line(tree, 1, 2, 3, 4, 5)
    parts.name(0, head)
    parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW)
    assert slots(parts) == [2, 3, 4, 5, 11]
    assert tree.nodes[key(2)].parent is None


def test_the_parent_of_a_stored_block_stays_known():
    parts = Parts(limits=Limits(blocks=2))
    head = line(parts.state.tree, 1, 2)
    for node in parts.state.tree.nodes.values():
        node.attached = node.stored = True
    parts.state.best = head
    parts.window.find_or_add(BlockDescriptor(key(11), 11), NOW)
    assert slots(parts) == [2, 11]
    assert head.parent == key(1)


def test_the_child_of_a_new_block_is_not_forgotten():
    parts = Parts(limits=Limits(blocks=3))
    child = line(parts.state.tree, 5)
    line(parts.state.tree, 6)
    line(parts.state.tree, 7)
    parts.window.find_or_add(BlockDescriptor(key(4), 4), NOW, child)
    assert slots(parts) == [4, 5, 7]
