from base64 import b64encode

import pytest

from tart.chain.core.answers import STATISTICS
from tart.chain.core.block_recorder import MAX_UNDECODABLE_BYTES
from tart.chain.core.changes import PutBlock, PutUndecodable
from tart.rpc.parameters import ChainParameters
from tests.chain.core.parts import NOW, Parts
from tests.chain.core.test_block_tree import key, line
from tests.chain.model_chain import EPOCH, PARAMETERS, ModelChain


def make(blocks=3, first_slot=EPOCH + 1):
    """Parts, their attached blocks in the order of slots, and the statistics of these."""
    chain = ModelChain(first_slot=first_slot)
    model = chain.line(chain.grow(chain.genesis, blocks - 1))[::-1]
    parts = Parts()
    parts.state.parameters = ChainParameters(PARAMETERS)
    slots = [chain.blocks[block].slot for block in model]
    line(parts.state.tree, *slots)
    nodes = [parts.state.tree.nodes[key(slot)] for slot in slots]
    for node in nodes:
        node.attached = True
    return parts, nodes, [chain.blocks[block].statistics for block in model]


def stored(parts):
    changes, _ = parts.taken()
    return [change.block.slot for change in changes if isinstance(change, PutBlock)]


def test_statistics_are_asked_for_attached_blocks_only():
    parts, (_, middle, _), _ = make()
    middle.attached = False
    parts.recorder.want_statistics(middle)
    assert parts.asked() == []
    middle.attached = True
    parts.recorder.want_statistics(middle)
    parts.recorder.want_statistics(middle)
    assert parts.asked() == [(STATISTICS, middle.slot)]


def test_statistics_that_no_endpoint_has_are_not_asked_for_again():
    parts, (_, middle, _), _ = make()
    middle.no_statistics = True
    parts.recorder.want_statistics(middle)
    assert parts.asked() == []


def test_statistics_of_a_stored_block_are_asked_for_again_if_its_children_need_them():
    parts, (first, second, _), statistics = make()
    first.stored = True
    parts.recorder.receive_statistics(second, statistics[1])
    assert (STATISTICS, first.slot) in parts.asked()
    assert stored(parts) == []
    parts.recorder.receive_statistics(first, statistics[0])
    assert first.statistics is None
    assert stored(parts) == [second.slot]
    parts.recorder.want_statistics(first)
    assert parts.asked() == []


def test_a_block_waits_for_its_parent_and_for_the_statistics_of_both():
    parts, (first, second, third), statistics = make()
    parts.recorder.receive_statistics(third, statistics[2])
    assert parts.asked() == [(STATISTICS, second.slot)]
    assert stored(parts) == []
    parts.recorder.receive_statistics(second, statistics[1])
    assert stored(parts) == [third.slot]
    # The first one's parent is not known yet.
    parts.recorder.receive_statistics(first, statistics[0])
    assert stored(parts) == [second.slot]
    first.is_root = True
    parts.recorder.store_if_ready(first)
    parts.recorder.store_if_ready(first)
    assert stored(parts) == [first.slot]
    assert parts.state.counts["blocks"] == 3
    assert parts.state.counts["missing_statistics"] == 0
    assert list(iter(lambda: parts.schedule.take(100), None)) == [7]


def test_a_block_that_is_not_attached_is_not_stored():
    parts, (first, _, _), statistics = make()
    first.is_root, first.attached = True, False
    parts.recorder.receive_statistics(first, statistics[0])
    assert stored(parts) == []


def test_a_root_without_statistics_asks_for_them():
    parts, (first, _, _), _ = make()
    first.is_root = True
    parts.recorder.store_if_ready(first)
    assert parts.asked() == [(STATISTICS, first.slot)]


def test_statistics_that_no_endpoint_has_are_not_waited_for():
    parts, (first, second, _), statistics = make()
    first.is_root = True
    parts.recorder.receive_statistics(second, statistics[1])
    parts.taken()
    parts.recorder.give_up_statistics(first)
    assert stored(parts) == [first.slot, second.slot]
    assert parts.state.counts["missing_statistics"] == 1


def test_the_first_block_of_an_epoch_does_not_wait_for_its_parent_s_statistics():
    parts, (first, second, _), statistics = make(first_slot=2 * EPOCH - 1)
    parts.recorder.receive_statistics(second, statistics[1])
    changes, _ = parts.taken()
    (put,) = changes
    assert put.block.author is not None
    assert put.ended.epoch == first.slot // EPOCH
    assert put.ended.validators == statistics[0].current


@pytest.mark.parametrize("known", [True, False])
def test_the_number_of_the_ended_epoch_is_that_of_the_last_block_before(known):
    parts, (first, second, _), statistics = make(first_slot=2 * EPOCH - 1)
    if not known:
        # The length of an epoch.
        parts.state.parameters = ChainParameters({"core_count": 2})
        parts.state.tree.put_accumulators(first.hash, statistics[0].current)
    else:
        parts.state.tree.unlink(second)
        second.is_root = True
    parts.recorder.receive_statistics(second, statistics[1])
    changes, _ = parts.taken()
    (put,) = changes
    assert put.ended.epoch is None


def test_an_irregularity_is_counted():
    parts, (first, second, _), statistics = make()
    parts.recorder.receive_statistics(first, statistics[1])
    parts.recorder.receive_statistics(second, statistics[1])
    assert parts.state.counts["irregularities"] == 1


def test_statistics_that_cannot_be_read_are_stored_once():
    parts, (first, _, _), _ = make()
    value = b64encode(b"abc").decode()
    for _ in range(2):
        parts.recorder.keep_undecodable(first, value, "a reason", NOW)
    changes, _ = parts.taken()
    assert changes == [PutUndecodable(first.hash, first.slot, NOW, "a reason", b"abc")]


@pytest.mark.parametrize("value", [None, "", b64encode(bytes(MAX_UNDECODABLE_BYTES + 1)).decode()])
def test_what_is_no_statistics_or_too_large_is_not_stored(value):
    parts, (first, _, _), _ = make()
    parts.recorder.keep_undecodable(first, value, "a reason", NOW)
    assert parts.taken() == ([], [])
