from tart.chain.core.actions import Subscribe, Write
from tart.chain.core.answers import BEST, FINALIZED, PARAMETERS
from tart.chain.core.changes import PutParameters
from tart.chain.core.endpoint_table import (
    HEADS_BURST,
    HEADS_PER_SECOND,
    QUIET_SLOTS,
    SUBSCRIPTIONS,
    EndpointTable,
)
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.head_choice import STALE_US
from tart.rpc.model import BlockDescriptor
from tart.rpc.parameters import ChainParameters
from tart.units import SECOND_US
from tests.chain.core.test_block_tree import key, line

NOW = 1000 * SECOND_US


def make(count=2):
    state = FollowerState(count)
    return state, EndpointTable([f"ws://node{index}" for index in range(count)], state)


def asked(state, now=NOW):
    """Send what is due; return the endpoint and the method of each request, and answer them."""
    sent = [
        (index, request.method, request) for index, request in state.requests.next_due(now).send
    ]
    for index, _, request in sent:
        state.requests.resolve(request.number, index)
    return [(index, method) for index, method, _ in sent]


def test_a_connection_begins_with_subscriptions_parameters_and_heads():
    state, table = make()
    table.connect(1, NOW)
    assert asked(state) == [(1, PARAMETERS), (1, BEST), (1, FINALIZED)]
    assert state.take_actions() == [Subscribe(1, method) for method in SUBSCRIPTIONS]
    assert table.connected() == [1]


def test_a_new_connection_forgets_the_heads_of_the_last_one():
    state, table = make()
    node = line(state.tree, 5)
    table.connect(0, NOW)
    table.admit_head(0, BEST, BlockDescriptor(node.hash, 5), NOW)
    table.set_head(0, BEST, node, NOW)
    table.disconnect(0, "closed", NOW + 1)
    assert table.claims(BEST) == {}
    assert list(table.heads()) == [node]
    table.connect(0, NOW + 2)
    assert list(table.heads()) == []
    (before, _) = table.states()
    assert (before.best_slot, before.reconnects, before.error) == (None, 1, "closed")


def test_the_time_of_a_state_is_that_of_its_beginning():
    _, table = make(1)
    table.disconnect(0, "refused", NOW)
    table.disconnect(0, "refused", NOW + 1)
    assert table[0].since == NOW
    table.connect(0, NOW + 2)
    assert table[0].since == NOW + 2
    table.disconnect(0, "closed", NOW + 3)
    assert table[0].since == NOW + 3


def test_heads_are_polled_seldom_while_both_subscriptions_work():
    state, table = make(1)
    table.connect(0, NOW)
    asked(state)
    slot_us = state.parameters.slot_seconds.value * SECOND_US
    table.poll_if_due(0, NOW + QUIET_SLOTS * slot_us - 1)
    assert asked(state) == []
    table.poll_if_due(0, NOW + QUIET_SLOTS * slot_us)
    assert asked(state) == [(0, BEST), (0, FINALIZED)]
    table[0].subscribed.discard("subscribeBestBlock")
    table.poll_if_due(0, NOW + (QUIET_SLOTS + 1) * slot_us)
    assert asked(state) == [(0, BEST), (0, FINALIZED)]


def test_a_clock_that_was_set_back_does_not_stop_the_polls():
    state, table = make(1)
    table.connect(0, NOW)
    asked(state)
    table.poll_if_due(0, NOW - 1)
    assert asked(state) == [(0, BEST), (0, FINALIZED)]


def test_an_endpoint_may_name_some_heads_at_once_and_a_few_each_second():
    state, table = make(1)
    table.connect(0, NOW)
    blocks = [BlockDescriptor(key(number), number) for number in range(HEADS_BURST + 3)]
    admitted = [table.admit_head(0, BEST, block, NOW) for block in blocks]
    assert admitted == [True] * HEADS_BURST + [False] * 3
    assert state.counts["heads_refused"] == 3
    assert table[0].refused == {BEST: blocks[-1]}
    # The same head counts once.
    assert not table.admit_head(0, BEST, blocks[-1], NOW)
    assert state.counts["heads_refused"] == 3
    assert table[0].slots[BEST] == HEADS_BURST - 1
    assert table.admit_head(0, BEST, blocks[-1], NOW + SECOND_US // HEADS_PER_SECOND)
    assert table[0].refused == {}
    assert table[0].slots[BEST] == HEADS_BURST + 2


def test_of_two_heads_of_an_endpoint_the_higher_one_is_claimed():
    state, table = make(3)
    low, high = line(state.tree, 1), line(state.tree, 2)
    for index in (0, 1):
        table.connect(index, NOW)
    table.set_head(0, BEST, high, NOW)
    table.set_head(0, FINALIZED, low, NOW)
    table.set_head(1, FINALIZED, low, NOW)
    table.set_head(2, BEST, high, NOW)
    assert table.claims(BEST, FINALIZED) == {0: high, 1: low}
    assert table.claims(FINALIZED) == {0: low, 1: low}
    table.set_head(1, FINALIZED, None, NOW)
    assert table.claims(FINALIZED) == {0: low}
    # A head that was forgotten is none.
    state.tree.remove(low)
    assert table.claims(FINALIZED) == {}
    assert list(table.heads()) == [high, high]


def test_an_endpoint_is_stale_whose_final_block_does_not_change():
    state, table = make(1)
    one, two = line(state.tree, 1), line(state.tree, 2)
    table.set_head(0, FINALIZED, one, NOW)
    table.set_head(0, FINALIZED, one, NOW + STALE_US)
    table.set_head(0, BEST, two, NOW + STALE_US)
    assert table.stale(NOW + STALE_US - 1) == set()
    assert table.stale(NOW + STALE_US) == {0}
    table.set_head(0, FINALIZED, two, NOW + STALE_US)
    assert table.stale(NOW + STALE_US) == set()


def test_who_did_not_answer_in_time_is_not_responsive():
    _, table = make(3)
    table.connect(0, NOW)
    table.connect(1, NOW)
    table[1].responds = False
    assert table.responsive() == {0}


def test_parameters_of_all_endpoints_are_merged_and_stored_once():
    state, table = make(2)
    state.parameters = ChainParameters({"core_count": 9})
    one = ChainParameters({"core_count": 2, "epoch_period": 12})
    table.receive_parameters(0, one)
    assert state.parameters.members == one.members
    assert state.take_actions() == [Write((PutParameters(dict(one.members)),))]
    table.receive_parameters(1, ChainParameters({"core_count": 2}))
    assert state.take_actions() == []
    assert state.counts["parameter_conflicts"] == 0
    assert table.parameters(0) is one


def test_parameters_that_differ_are_counted():
    state, table = make(2)
    table.receive_parameters(0, ChainParameters({"core_count": 2, "epoch_period": 12}))
    table.receive_parameters(1, ChainParameters({"core_count": 3}))
    assert state.counts["parameter_conflicts"] == 1
    # Without an answer the merged ones count, which are in doubt here.
    _, other = make(1)
    assert other.parameters(0).members == {}
