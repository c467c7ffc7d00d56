"""``tart/aggregate/keyed/sessions.py``: connections as rows."""

from __future__ import annotations

from tart.aggregate.core.tables import ROWS
from tart.aggregate.keyed.sessions import Sessions, SessionSummary, session_rows
from tests.aggregate.batches import session_summary, troubled_network


def summaries():
    return [session_summary(at, each) for at, each in enumerate(troubled_network().sessions)]


def test_a_session_summary_has_the_columns_of_its_table():
    assert SessionSummary._fields == tuple(ROWS["sessions"])


def test_ended_sessions_are_rows_until_they_are_flushed():
    sessions = Sessions()
    for each in summaries():
        sessions.add(each)
    assert sessions.rows() == session_rows(summaries())
    assert sessions.rows()["session"] == list(range(len(summaries())))
    sessions.clear()
    assert sessions.rows() == session_rows([])


def test_no_sessions_give_empty_columns():
    assert session_rows([]) == {name: [] for name in ROWS["sessions"]}


def test_rows_of_sessions_beyond_the_limit_are_counted():
    sessions = Sessions(max_rows=2)
    for each in summaries()[:5]:
        sessions.add(each)
    assert (len(sessions.rows()["session"]), sessions.overflowed) == (2, 3)
