"""``tart/aggregate/recent.py``: types by event id, as long as they are remembered."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.recent import DEPTH, NOTHING, RecentTypes


def types(recent, row, *event_ids):
    rows = np.full(len(event_ids), row)
    return recent.types(rows, np.array(event_ids, np.uint64)).tolist()


def note(recent, row, *events):
    ids, numbers = zip(*events, strict=True)
    rows = np.full(len(ids), row)
    recent.note(rows, np.array(ids, np.uint64), np.array(numbers, np.uint8))


def fresh(rows=1):
    recent = RecentTypes()
    for row in range(rows):
        recent.begin(row)
    return recent


def test_of_a_new_connection_nothing_is_known():
    assert types(fresh(), 0, 0, 1, 2**64 - 1) == [NOTHING] * 3


def test_equal_ids_of_two_connections_never_meet():
    recent = fresh(2)
    note(recent, 0, (5, 10))
    note(recent, 1, (5, 20))
    assert (types(recent, 0, 5), types(recent, 1, 5)) == ([10], [20])


def test_a_row_given_to_another_begins_anew():
    recent = fresh()
    note(recent, 0, (5, 10))
    recent.begin(0)
    assert types(recent, 0, 5) == [NOTHING]


@given(st.integers(0, 2**64 - 1 - 3 * DEPTH), st.integers(1, 3 * DEPTH))
def test_an_id_is_remembered_until_one_with_its_place_comes(first, distance):
    recent = fresh()
    note(recent, 0, (first, 10), (first + distance, 20))
    known = NOTHING if distance % DEPTH == 0 else 10
    assert types(recent, 0, first, first + distance) == [known, 20]


@given(st.integers(0, 2**64 - 1 - 200 * DEPTH), st.integers(1, 200))
def test_an_id_that_never_came_is_not_taken_for_one_long_past(first, turns):
    recent = fresh()
    note(recent, 0, (first, 10))
    assert types(recent, 0, first + turns * DEPTH) == [NOTHING]
