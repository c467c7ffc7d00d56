from tart.chain.core.answers import FINALIZED, PARENT
from tart.chain.core.follower_state import Limits
from tests.chain.core.parts import NOW
from tests.chain.core.test_block_tree import key, line
from tests.chain.core.test_chain_selector import gap, make

LIMITS = Limits(replace_us=10)


def test_a_contradiction_is_counted_and_logged_once_while_it_lasts():
    parts, tree = make()
    parts.name(1, tree.nodes[key(14)], FINALIZED)
    for _ in range(2):
        parts.watch.record([0, 1], [1])
    assert parts.state.counts["contradictions"] == 1
    assert parts.taken()[1] == [
        "ws://node1 names a final block of slot 14 that contradicts the final block of slot 2; "
        "it is not followed unless most endpoints do"
    ]
    # An endpoint that names none at the moment contradicts as before.
    parts.watch.record([0], [])
    parts.watch.record([0, 1], [1])
    assert parts.state.counts["contradictions"] == 1
    parts.watch.record([0, 1], [])
    parts.watch.record([0, 1], [1])
    assert parts.state.counts["contradictions"] == 2
    parts.watch.connect(1)
    parts.watch.record([0, 1], [1])
    assert parts.state.counts["contradictions"] == 3


def test_a_chain_is_replaced_once_most_endpoints_contradict_it_for_some_time():
    parts, tree = make(LIMITS)
    side = line(tree, 20, below=key(1))
    parts.name(0, side)
    parts.name(1, tree.nodes[key(4)])
    parts.watch.replace_chain(NOW)
    parts.watch.replace_chain(NOW + 10)
    assert parts.state.final is not None, "half of them are not most"
    parts.name(1, side)
    parts.watch.replace_chain(NOW + 10)
    parts.watch.replace_chain(NOW + 19)
    assert parts.state.final is not None
    parts.watch.replace_chain(NOW + 20)
    assert parts.state.final is None
    assert parts.state.counts["replaced_chains"] == 1
    assert "theirs is followed now" in parts.taken()[1][0]
    parts.watch.replace_chain(NOW + 40)
    assert parts.state.counts["replaced_chains"] == 1


def test_the_time_begins_again_if_most_do_not_contradict_meanwhile():
    parts, tree = make(LIMITS, endpoints=1)
    side = line(tree, 20, below=key(1))
    parts.name(0, side)
    parts.watch.replace_chain(NOW)
    parts.name(0, tree.nodes[key(4)])
    parts.watch.replace_chain(NOW + 5)
    parts.name(0, side)
    parts.watch.replace_chain(NOW + 10)
    assert parts.state.final is not None


def test_a_line_that_ends_elsewhere_is_another_chain_and_is_attached():
    parts, tree = make(LIMITS, endpoints=1)
    # It ends above the final block, so it may be beyond a gap; see ``ChainSelector``.
    other = gap(tree, 30, 31)
    parts.name(0, other)
    for passed in (0, 10):
        parts.watch.replace_chain(NOW + passed)
    assert other.attached
    assert parts.state.counts["replaced_chains"] == 1


def test_a_line_whose_end_is_not_known_is_read_further():
    parts, tree = make(LIMITS, endpoints=1)
    # Nothing was asked about it: it contradicts the final block.
    head = line(tree, 0, 31)
    tree.nodes[key(0)].slot = 1
    parts.name(0, head)
    for passed in (0, 10):
        parts.watch.replace_chain(NOW + passed)
    assert not head.attached
    assert parts.asked() == [(PARENT, 1)]


def test_a_line_that_is_not_read_yet_contradicts_nothing():
    parts, tree = make(LIMITS, endpoints=1)
    parts.name(0, line(tree, 31))
    for passed in (0, 10):
        parts.watch.replace_chain(NOW + passed)
    assert parts.state.final is not None
