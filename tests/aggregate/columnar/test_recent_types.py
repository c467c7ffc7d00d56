"""``tart/aggregate/columnar/recent_types.py``: types and outcomes by event id."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.columnar.recent_types import DEPTH, RING, UNKNOWN_TYPE, RecentTypes


def types(recent, row, *event_ids):
    rows = np.full(len(event_ids), row)
    return recent.types(rows, np.array(event_ids, np.uint64)).tolist()


def record(recent, row, *events):
    ids, numbers = zip(*events, strict=True)
    rows = np.full(len(ids), row)
    recent.record(rows, np.array(ids, np.uint64), np.array(numbers, np.uint8))


def fresh(rows=1):
    recent = RecentTypes()
    for row in range(rows):
        recent.reset(row)
    return recent


def test_a_new_connection_has_no_types():
    assert types(fresh(), 0, 0, 1, 2**64 - 1) == [UNKNOWN_TYPE] * 3


def test_equal_ids_of_two_connections_are_distinct():
    recent = fresh(2)
    record(recent, 0, (5, 10))
    record(recent, 1, (5, 20))
    assert (types(recent, 0, 5), types(recent, 1, 5)) == ([10], [20])


def test_a_reset_row_has_no_types():
    recent = fresh()
    record(recent, 0, (5, 10))
    recent.reset(0)
    assert types(recent, 0, 5) == [UNKNOWN_TYPE]


@given(st.integers(0, 2**64 - 1 - 3 * DEPTH), st.integers(1, 3 * DEPTH))
def test_a_type_is_remembered_until_an_id_with_its_position_arrives(first, distance):
    recent = fresh()
    record(recent, 0, (first, 10), (first + distance, 20))
    known = UNKNOWN_TYPE if distance % RING == 0 else 10
    assert types(recent, 0, first, first + distance) == [known, 20]


@given(st.integers(0, 2**64 - 1 - 200 * DEPTH), st.integers(1, 200))
def test_an_unseen_id_has_no_type(first, turns):
    recent = fresh()
    record(recent, 0, (first, 10))
    assert types(recent, 0, first + turns * DEPTH) == [UNKNOWN_TYPE]


def record_outcomes(recent, *outcomes):
    """Record (row, id, excluding bits, bits set) each; return whether it was excluded."""
    rows, ids, excluded_by, bits_set = zip(*outcomes, strict=True)
    return recent.record_outcomes(
        np.array(rows),
        np.array(ids, np.uint64),
        np.array(excluded_by, np.uint8),
        np.array(bits_set, np.uint8),
    ).tolist()


bits = st.integers(0, 3)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), bits, bits), max_size=12),
    st.integers(0, 12),
)
def test_earlier_outcomes_exclude_later_ones_in_any_batches(outcomes, cut):
    recent = fresh(2)
    known: dict = {}
    expected = []
    for row, event_id, excluded_by, bits_set in outcomes:
        before = known.get((row, event_id), 0)
        expected.append(bool(before & excluded_by))
        known[row, event_id] = before | bits_set
    parts = [part for part in (outcomes[:cut], outcomes[cut:]) if part]
    assert [each for part in parts for each in record_outcomes(recent, *part)] == expected


def test_an_event_that_replaces_another_has_no_outcomes():
    recent = fresh()
    record(recent, 0, (5, 10))
    assert record_outcomes(recent, (0, 5, 1, 1), (0, 5, 1, 1)) == [False, True]
    record(recent, 0, (5 + DEPTH, 10))
    assert record_outcomes(recent, (0, 5 + DEPTH, 1, 1)) == [False]
    recent.reset(0)
    record(recent, 0, (5 + DEPTH, 10))
    assert record_outcomes(recent, (0, 5 + DEPTH, 1, 1)) == [False]
