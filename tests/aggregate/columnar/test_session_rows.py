"""``tart/aggregate/columnar/session_rows.py``: a row for each connection, and again for another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.columnar.session_rows import SessionRows


def test_events_have_the_rows_of_their_sessions():
    sessions = SessionRows()
    placed = sessions.assign(np.array([7, 7, 9, 7]))
    assert placed.starts.tolist() == [0, 2, 3]
    assert placed.lengths.tolist() == [2, 1, 1]
    assert (placed.rows.tolist(), placed.new) == ([0, 1, 0], [0, 1])
    assert placed.row_of.tolist() == [0, 0, 1, 0]
    again = sessions.assign(np.array([9]))
    assert (again.rows.tolist(), again.new) == ([1], [])


def test_a_released_row_is_assigned_to_another_session():
    sessions = SessionRows()
    sessions.assign(np.array([7, 9]))
    sessions.release(7)
    sessions.release(8)
    assert (sessions.get(7), sessions.get(9)) == (None, 1)
    assert sessions.assign(np.array([11, 12])).new == [0, 2]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans())))
def test_rows_are_unique_and_dense(actions):
    sessions, assigned, most = SessionRows(), set(), 0
    for session, leaves in actions:
        if leaves:
            sessions.release(session)
            assigned.discard(session)
        else:
            sessions.assign(np.array([session]))
            assigned.add(session)
        most = max(most, len(assigned))
        rows = {sessions.get(each) for each in assigned}
        assert len(rows) == len(assigned)
        assert rows <= set(range(most))
