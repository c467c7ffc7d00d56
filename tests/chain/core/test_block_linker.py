from tart.chain.core.answers import PARENT, STATISTICS
from tart.chain.core.block_linker import NO_BLOCK, SECOND_NAME_US
from tart.chain.core.block_tree import Node
from tart.chain.core.changes import PutBlock
from tart.chain.core.follower_state import Limits
from tart.rpc.model import BlockDescriptor
from tests.chain.core.parts import NOW, Parts
from tests.chain.core.test_block_tree import key, line


def block(number, slot=None):
    return BlockDescriptor(key(number), number if slot is None else slot)


def named(parts, number=50, by=(0, 1)):
    """A head that endpoints name."""
    for index in by:
        node = parts.window.find_or_add(block(number), NOW)
        parts.endpoints.set_head(index, "bestBlock", node, NOW)
        parts.linker.follow_head(node, index, number)
    return node


def test_a_head_is_followed_once_two_endpoints_give_it_the_same_slot():
    parts = Parts(3)
    node = parts.window.find_or_add(block(50), NOW)
    parts.linker.follow_head(node, 0, 50)
    parts.linker.follow_head(node, 1, 51)
    assert parts.asked() == []
    parts.linker.follow_head(node, 2, 51)
    assert node.slot == 51
    assert parts.state.counts["slot_conflicts"] == 2
    assert parts.asked() == [(PARENT, 51)]


def test_of_slots_that_equally_many_give_the_lowest_counts():
    parts = Parts(3)
    node = parts.window.find_or_add(block(50), NOW)
    parts.linker.follow_head(node, 0, 50)
    parts.linker.follow_head(node, 1, 49)
    assert node.slot == 49


def test_the_slot_of_a_block_with_a_child_stays():
    parts = Parts()
    line(parts.state.tree, 50, 51)
    node = parts.state.tree.nodes[key(50)]
    parts.linker.follow_head(node, 0, 1)
    assert node.slot == 50
    assert parts.state.counts["slot_conflicts"] == 1


def test_a_head_is_followed_at_once_if_no_other_endpoint_answers():
    parts = Parts(2)
    parts.endpoints[1].responds = False
    named(parts, by=[0])
    assert parts.asked() == [(PARENT, 50)]


def test_a_head_that_no_second_endpoint_names_is_followed_a_moment_later():
    parts = Parts(2)
    node = named(parts, by=[0])
    parts.linker.follow_late_heads(NOW + SECOND_NAME_US - 1)
    assert parts.asked() == []
    # A clock that was set back must not stop it.
    parts.linker.follow_late_heads(NOW - 1)
    assert parts.asked() == [(PARENT, 50)]
    assert not node.attached


def test_the_statistics_of_an_attached_head_are_asked_for():
    parts = Parts()
    node = line(parts.state.tree, 49, 50)
    parts.linker.attach_line(node)
    parts.asked()
    line(parts.state.tree, 51, below=node.hash)
    named(parts, 51)
    assert parts.asked() == []
    parts.state.tree.attach(parts.state.tree.nodes[key(51)])
    named(parts, 51)
    assert parts.asked() == [(STATISTICS, 51)]


def test_two_endpoints_must_name_a_parent_where_two_answer():
    parts = Parts(3)
    node = named(parts)
    assert parts.linker.receive_parent(node, 0, block(49), NOW)
    assert node.parent is None
    assert parts.linker.receive_parent(node, 2, block(49), NOW)
    assert parts.state.tree.parent(node).slot == 49
    assert node.votes == {}
    assert parts.state.tree.nodes[key(49)].claims == {0: 49, 2: 49}
    assert parts.asked() == [(PARENT, 49), (PARENT, 50)]


def test_the_second_vote_is_asked_of_another_endpoint():
    parts = Parts(2)
    node = named(parts)
    parts.state.requests.discard(PARENT, node.hash)
    parts.linker.receive_parent(node, 0, block(49), NOW)
    ((endpoint, request),) = parts.state.requests.next_due(NOW).send
    assert (endpoint, request.method) == (1, PARENT)


def test_most_endpoints_decide_on_a_parent_of_equals_the_nearest():
    parts = Parts(2)
    node = named(parts)
    parts.linker.receive_parent(node, 0, block(48), NOW)
    parts.linker.receive_parent(node, 1, block(49), NOW)
    assert parts.state.tree.parent(node).slot == 49
    assert parts.state.counts["parent_conflicts"] == 1
    other = named(parts, 60)
    parts.linker.receive_parent(other, 0, block(47), NOW)
    parts.linker.give_up_parent(other, NOW)
    assert parts.state.tree.parent(other).slot == 47


def test_a_parent_that_is_not_below_its_child_is_refused():
    parts = Parts()
    node = named(parts)
    assert not parts.linker.receive_parent(node, 0, block(51), NOW)
    assert not parts.linker.receive_parent(node, 0, block(50, slot=50), NOW)
    # The slot that is known of a block counts, not the one that comes with the answer.
    line(parts.state.tree, 55)
    assert not parts.linker.receive_parent(node, 0, block(55, slot=3), NOW)
    assert parts.state.counts["wrong_parents"] == 3
    assert node.votes == {}


def test_a_line_ends_where_the_votes_give_the_parent_a_slot_that_is_not_below():
    parts = Parts(3)
    node = named(parts)
    parts.linker.receive_parent(node, 0, block(49), NOW)
    # In the meantime the parent gets known as a head, with another slot.
    head = parts.window.find_or_add(block(49, slot=60), NOW)
    head.claims = {1: 60, 2: 60}
    parts.linker.receive_parent(node, 1, block(48), NOW)
    parts.linker.give_up_parent(node, NOW)
    assert head.slot == 60
    assert node.is_root
    assert node.parent is None
    assert parts.state.counts["wrong_parents"] == 1


def test_a_line_ends_where_no_endpoint_has_a_parent():
    parts = Parts()
    node = named(parts)
    parts.linker.give_up_parent(node, NOW)
    assert node.is_root


def test_a_line_ends_at_the_block_without_a_parent():
    parts = Parts(1)
    node = named(parts, by=[0])
    parts.linker.receive_parent(node, 0, BlockDescriptor(NO_BLOCK, 0), NOW)
    assert node.is_root
    assert len(parts.state.tree) == 1
    zero = named(parts, 0, by=[0])
    assert zero.is_root
    assert parts.taken() == ([], [])


def test_a_line_ends_where_memory_is_full():
    parts = Parts(1, Limits(blocks=2))
    node = named(parts, by=[0])
    line(parts.state.tree, 10).attached = True
    parts.linker.receive_parent(node, 0, block(49), NOW)
    assert node.is_root
    assert parts.state.counts["blocks_refused"] == 1


def test_a_line_ends_at_the_depth_and_the_log_says_so():
    parts = Parts(1, Limits(depth=2))
    node = Node(key(50), 50, NOW, depth=2)
    parts.state.tree.add(node)
    parts.linker.want_parent(node)
    assert node.is_root
    assert parts.taken()[1] == ["blocks before slot 50 are left out: too far back"]
    parts.linker.want_parent(node)
    assert parts.asked() == []


def test_nothing_is_asked_about_a_line_that_contradicts_the_final_block():
    parts = Parts(1)
    parts.state.final = line(parts.state.tree, 60)
    node = named(parts, by=[0])
    assert parts.asked() == []
    node.attached = True
    parts.linker.want_parent(node)
    assert parts.asked() == [(PARENT, 50)]


def test_a_line_that_reaches_an_attached_block_is_attached_with_its_descendants():
    parts = Parts(1)
    tree = parts.state.tree
    line(tree, 40).attached = tree.nodes[key(40)].stored = True
    head = line(tree, 41, 42)
    parts.linker.receive_parent(tree.nodes[key(41)], 0, block(40), NOW)
    assert head.attached
    assert parts.asked() == [(PARENT, 40), (STATISTICS, 41), (STATISTICS, 42)]


def test_parents_of_the_followed_chain_are_on_it_as_they_become_known():
    parts = Parts(1)
    tree = parts.state.tree
    head = line(tree, 41, 42)
    parts.linker.attach_line(head)
    parts.state.set_status("best", [head, tree.nodes[key(41)]])
    side = line(tree, 39, 40)
    parts.linker.receive_parent(tree.nodes[key(41)], 0, block(40), NOW)
    assert (side.status, side.attached) == ("best", True)
    assert tree.nodes[key(39)].status == "best"
    assert tree.nodes[key(39)].attached


def test_a_block_that_waits_for_its_parent_is_stored_once_it_is_linked_or_its_line_ends():
    parts = Parts(1)
    tree = parts.state.tree
    line(tree, 40).attached = True
    tree.nodes[key(40)].stored = tree.nodes[key(40)].is_root = True
    for number, parent in ((41, block(40)), (43, None)):
        node = line(tree, number)
        node.attached = node.no_statistics = True
        if parent is None:
            parts.linker.give_up_parent(node, NOW)
        else:
            parts.linker.receive_parent(node, 0, parent, NOW)
        changes, _ = parts.taken()
        (put,) = changes
        assert isinstance(put, PutBlock)
        assert put.block.slot == number


def test_a_line_of_which_memory_forgot_a_part_is_read_on_from_there():
    parts = Parts(1)
    head = line(parts.state.tree, 30, 31, 32)
    parts.name(0, head)
    parts.linker.follow_late_heads(NOW)
    assert parts.asked() == [(PARENT, 30)]
