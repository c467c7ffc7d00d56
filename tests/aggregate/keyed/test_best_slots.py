"""``tart/aggregate/keyed/best_slots.py``: slots of best blocks by their first report."""

from __future__ import annotations

from tart.aggregate.keyed.best_slots import SLOTS_PER_SECOND, BestSlots
from tart.query.shard_queries.network import BEST_SLOT_SECONDS
from tart.units import SECOND_US


def test_a_slot_has_its_first_report_and_each_reporter_once():
    slots = BestSlots()
    for slot, node, at in ((7, 0, 100), (7, 1, 200), (7, 1, 300), (8, 1, 400)):
        slots.add(slot, node, at)
    assert slots.newest(500) == [(7, 100, 2), (8, 400, 1)]


def test_slots_expire():
    slots = BestSlots()
    slots.add(7, 0, 0)
    slots.add(8, 0, SECOND_US)
    assert slots.newest(BEST_SLOT_SECONDS * SECOND_US) == [(7, 0, 1), (8, SECOND_US, 1)]
    assert slots.newest(BEST_SLOT_SECONDS * SECOND_US + 1) == [(8, SECOND_US, 1)]


def test_a_node_that_invents_slots_leaves_room_for_those_of_others():
    slots = BestSlots()
    for slot in range(1000):
        slots.add(slot, 0, 0)
    slots.add(5000, 1, 0)
    slots.add(5000, 0, 0)
    slots.add(5001, 0, SECOND_US)
    assert len(slots.newest(0)) == SLOTS_PER_SECOND + 2
    assert slots.newest(0)[-2:] == [(5000, 0, 2), (5001, SECOND_US, 1)]
    assert slots.overflowed == 1000 - SLOTS_PER_SECOND


def test_memory_is_bounded_and_free_again_when_slots_expire():
    slots = BestSlots(max_slots=2)
    for slot in range(3):
        slots.add(slot, slot, 0)
    assert len(slots.newest(0)) == 2
    assert slots.overflowed == 1
    later = (BEST_SLOT_SECONDS + 1) * SECOND_US
    slots.add(9, 0, later)
    assert slots.newest(later) == [(9, later, 1)]
