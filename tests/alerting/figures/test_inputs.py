"""The state of the network as figures read it."""

from __future__ import annotations

import pytest

from tart.alerting.figures.inputs import Inputs, NetworkState, Question
from tart.query.topics.summary import NetworkSummary, ShardAnswers
from tart.units import SECOND_US
from tests.alerting.figures.making import NOON, measure, network, node
from tests.query.topics.test_summary import answer, stated
from tests.query.topics.test_summary import node as changed_node


def test_a_state_has_the_nodes_and_the_blocks_of_the_summary():
    summary = NetworkSummary(0)
    reported = changed_node("aa", best=stated(7, NOON - 5), finalized=stated(6, NOON - 9))
    shards = [(0, answer(reported, since=1_000)), (2, answer(since=2_000))]
    summary.update(ShardAnswers(shards, 3, (), NOON))
    state = NetworkState.of_summary(summary, frozenset({2}))
    assert (state.best_block, state.finalized_block, state.now_us) == (7, 6, NOON)
    assert state.watched_since_us == 1_999 * SECOND_US
    assert (state.answered, state.total, state.is_complete) == (frozenset({0, 2}), 3, False)
    (sample,) = state.connected
    assert (sample.best_at_us, sample.finalized_slot, sample.finalized_at_us) == (
        NOON - 5,
        6,
        NOON - 9,
    )
    assert set(sample.shards) == {0}
    assert state.is_known(sample)


def test_a_node_that_came_and_went_in_the_first_second_of_a_shard_is_disconnected():
    # The first second that a shard counts completely is the one after its start.
    start = NOON - 40 * SECOND_US
    gone = changed_node("aa", last_seen=start + 530_000, is_connected=False, best=None)
    summary = NetworkSummary(0)
    summary.update(ShardAnswers([(0, answer(gone, since=start // SECOND_US + 1))], 1, (), NOON))
    inputs = Inputs(network=NetworkState.of_summary(summary))
    assert measure("node_disconnected_seconds", inputs=inputs) == {"aa": 39.47}


def test_statements_on_connections_that_have_ended_do_not_count():
    summary = NetworkSummary(0)
    ended = changed_node("aa", best=stated(7, is_open=False))
    summary.update(ShardAnswers([(0, answer(ended))], 1, (), NOON))
    (sample,) = NetworkState.of_summary(summary).nodes.values()
    assert (sample.best_slot, sample.best_at_us) == (None, None)


def test_a_node_without_connection_is_known_if_all_shards_read():
    gone = node(is_connected=False)
    assert network(gone).is_known(gone)
    assert not network(gone, total=2).is_known(gone)
    assert not network(gone, paused=frozenset({0})).is_known(gone)


def test_each_kind_of_question_has_its_query():
    with pytest.raises(NotImplementedError):
        Question(0, 1).query()
