"""``tart/aggregate/keyed/sessions.py``: connections as rows."""

from __future__ import annotations

from tart.aggregate.core.tables import ROWS
from tart.aggregate.keyed import sessions as module
from tart.aggregate.keyed.sessions import Sessions, SessionSummary, session_rows
from tests.aggregate.batches import session_summary, troubled_network


def summaries():
    return [session_summary(at, each) for at, each in enumerate(troubled_network().sessions)]


def test_a_summary_is_a_row_of_its_table():
    assert SessionSummary._fields == tuple(ROWS["sessions"])


def test_connections_are_rows_until_they_are_flushed():
    sessions = Sessions()
    for each in summaries():
        sessions.end(each)
    assert sessions.rows() == session_rows(summaries())
    assert sessions.rows()["session"] == list(range(len(summaries())))
    sessions.clear()
    assert sessions.rows() == session_rows([])


def test_no_connection_is_no_row_of_every_column():
    assert session_rows([]) == {name: [] for name in ROWS["sessions"]}


def test_who_comes_and_goes_does_not_fill_memory(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    sessions = Sessions()
    for each in summaries()[:5]:
        sessions.end(each)
    assert (len(sessions.rows()["session"]), sessions.overflowed) == (2, 3)
