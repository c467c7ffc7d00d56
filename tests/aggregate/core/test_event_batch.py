"""``tart/aggregate/core/event_batch.py``: what is inherited, and arrays that grow."""

import numpy as np

from tart.aggregate.core.event_batch import grow
from tests.aggregate.batches import event_batches, troubled_network


def test_an_event_s_own_slot_is_not_overwritten():
    batch = event_batches(troubled_network(), 10_000)[0]
    own = int(np.flatnonzero(batch.columns.has_slot)[0])
    none = int(np.flatnonzero(~batch.columns.has_slot)[0])
    slot = int(batch.columns.slot[own])
    batch.inherit_slots([own, none], [slot + 1, 77])
    batch.inherit_cores([], [])
    assert int(batch.columns.slot[own]) == slot
    assert (int(batch.columns.slot[none]), bool(batch.columns.has_slot[none])) == (77, True)
    assert not batch.columns.has_core[none]


def test_a_grown_array_keeps_its_rows():
    array = np.arange(4).reshape(2, 2)
    assert grow(array, 2) is array
    more = grow(array, 9)
    assert len(more) == 9
    assert more[:2].tolist() == array.tolist()
    assert not more[2:].any()
