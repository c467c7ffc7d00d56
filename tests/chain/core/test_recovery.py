from tart.chain.core.changes import KnownBlock, RecoveredChain
from tart.chain.core.follower_state import FollowerState, Limits
from tart.chain.core.recovery import recover_blocks
from tests.chain.core.test_block_tree import key


def recover(*blocks, limits=None):
    state = FollowerState(1, limits)
    known = [
        KnownBlock(key(slot), slot, None if parent is None else key(parent), status)
        for slot, parent, status in blocks
    ]
    incomplete = recover_blocks(state, RecoveredChain(known))
    return state, [node.slot for node in incomplete]


def test_empty_files_have_no_chain():
    state, incomplete = recover()
    assert (state.best, state.final, incomplete) == (None, None, [])


def test_the_highest_blocks_on_the_chain_are_best_and_final():
    state, incomplete = recover((4, 2, "fork"), (3, 2, "best"), (2, 1, "final"), (1, None, "final"))
    assert (state.best.slot, state.final.slot, incomplete) == (3, 2, [])
    assert all(node.stored and node.attached for node in state.tree.nodes.values())
    assert [node.slot for node in state.tree.nodes.values() if node.is_root] == [1]


def test_blocks_that_are_all_forks_have_no_best_block():
    state, _ = recover((2, 1, "fork"), (1, None, "fork"))
    assert (state.best, state.final) == (None, None)


def test_a_block_whose_parent_is_not_stored_is_incomplete():
    state, incomplete = recover((5, 4, "best"), (3, 2, "final"))
    assert incomplete == [3, 5]
    assert all(node.parent is None for node in state.tree.nodes.values())


def test_the_lowest_of_as_many_blocks_as_are_read_is_complete():
    state, incomplete = recover((5, 4, "best"), (3, 2, "final"), limits=Limits(recovered=2))
    assert incomplete == [5]
    assert state.tree.nodes[key(3)].parent == key(2)
