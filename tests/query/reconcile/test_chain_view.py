"""``tart/query/reconcile/chain_view.py``: the blocks that are compared, and when they were."""

from __future__ import annotations

from tart.query.chain_queries.chain import ChainBlock, ChainState
from tart.query.reconcile.chain_view import AGE_US, ChainView
from tart.units import JCE_US, SECOND_US
from tests.query.reconcile.world import EPOCH, FIRST, SLOT_US, World, hash_of, time_of


def test_final_blocks_with_statistics_are_compared_and_others_counted():
    world = World(20)
    world.change(FIRST + 1, author=None)
    world.change(FIRST + 2, irregularity="two authors")
    world.change(world.last, status="best")
    world.change(FIRST + 5, status="fork")
    view = world.view
    assert [block.slot for block in view.compared] == [
        slot for slot in world.slots if slot not in (FIRST + 1, FIRST + 2, FIRST + 5, world.last)
    ]
    assert (view.excluded.pending, view.excluded.without_statistics) == (1, 1)
    assert (view.excluded.irregular, view.forks) == (1, 1)
    assert view.finalized_slot == world.last - 1
    assert view.on_chain(FIRST + 5) is None
    assert not view.is_complete


def test_a_block_is_compared_once_it_is_old_enough():
    world = World(20)
    world.now_us = time_of(world.last) + AGE_US
    assert len(world.view.compared) == 20
    world.now_us -= 1
    assert len(world.view.compared) == 19


def test_a_slot_is_certain_between_linked_final_blocks():
    world = World(20)
    del world.blocks[FIRST + 5]
    world.change(FIRST + 6, parent=hash_of(FIRST + 4))
    del world.blocks[FIRST + 10]
    view = world.view
    assert [view.is_certain(FIRST + number) for number in (0, 4, 5, 6, 9)] == [True] * 5
    assert [view.is_certain(FIRST + number) for number in (-1, 10, 11, 20)] == [False] * 4
    assert [block.slot - FIRST for block in view.neighbours(FIRST + 5, 2)] == [3, 4, 6, 7, 8]


def view_of(blocks, first_seen, **parameters):
    state = ChainState(endpoints=[], parameters=parameters)
    return ChainView(blocks, state, first_seen, 1 << 60, 0, 1 << 40)


def test_times_without_sights_are_those_of_the_calendar_or_of_the_blocks_beside():
    block = ChainBlock(hash=hash_of(7), slot=7, parent=None, status="final", seen_at=0)
    assert view_of([block], {}).time_us(block) == JCE_US + 7 * SLOT_US
    world = World(20)
    view = world.view
    assert view.slot_time_us(FIRST - 3) == time_of(FIRST - 3)
    assert view.slot_time_us(world.last + 9) == time_of(world.last + 9)


def test_a_slot_began_no_earlier_than_the_blocks_since_say_or_their_number():
    world = World(20)
    block = world.blocks[FIRST + 12]
    assert world.view.earliest_us(block, 8) == time_of(FIRST + 4)
    # Nodes named the last blocks only after a while, or one of them late.
    sights = {
        hash_of(slot): time_of(slot) + 300 * (slot > FIRST + 6) * SECOND_US for slot in world.slots
    }
    view = view_of(world.blocks.values(), sights)
    assert view.earliest_us(block, 8) == time_of(FIRST + 4)
    late = {
        hash_of(slot): time_of(slot) + 9 * (slot == FIRST + 4) * SECOND_US for slot in world.slots
    }
    assert view_of(world.blocks.values(), late).earliest_us(block, 8) == time_of(FIRST + 4)


def test_the_length_of_a_slot_is_that_of_the_sights():
    blocks = list(World(20).blocks.values())
    fast = {block.hash: block.slot * SECOND_US for block in blocks}
    view = view_of(blocks, fast, slot_period_sec=6)
    assert view.slot_us == SECOND_US
    assert view.slot_time_us(FIRST + 100) == (FIRST + 100) * SECOND_US


def test_epochs_follow_from_slots_if_their_length_is_known():
    block = ChainBlock(hash=hash_of(30), slot=30, parent=None, status="final", seen_at=0)
    assert view_of([block], {}).epoch(block) == 0
    view = view_of([block], {}, epoch_period=EPOCH)
    assert (view.epoch(block), view.epoch_of(23)) == (2, 1)
