"""``tart/aggregate/following.py``: open roots, bounded, of one connection each."""

from __future__ import annotations

from tart.aggregate import following as module
from tart.aggregate.aggregates import Aggregates
from tests.aggregate.hearing import aggregated, heard, rows, troubled, voices


def told(played=None):
    played = played or troubled()
    aggregates = Aggregates(voices(played).__getitem__)
    for batch in heard(played, 1000):
        aggregates.add(batch)
    return aggregates


def test_only_references_to_what_was_dropped_find_nothing():
    facts = troubled().facts
    followed = {f["event_id"] for f in facts.sent}
    assert followed
    lost = [f for f in facts.sent if f["root"] is not None and f["root"]["told"] != "sent"]
    found = told().statistics()["references_unresolved"]
    audits = (140, 146, 147, 148)  # they refer to what the specification has no event for
    assert found == len([f for f in lost if f["type"] not in audits])


def test_too_many_open_roots_of_a_connection_push_out_the_oldest(monkeypatch):
    monkeypatch.setattr(module, "MAX_OPEN", 3)
    aggregates = told()
    assert aggregates.statistics()["references_evicted"] > 0
    assert aggregates.statistics()["open_references"] <= 3 * len(troubled().sessions)


def test_too_many_in_all_likewise(monkeypatch):
    monkeypatch.setattr(module, "MAX_OPEN_IN_ALL", 10)
    aggregates = told()
    assert aggregates.statistics()["references_evicted"] > 0
    assert aggregates.statistics()["open_references"] <= 10


def test_a_pipeline_pushed_out_is_written_as_it_is(monkeypatch):
    every = len(rows(aggregated(troubled()), "packages"))
    monkeypatch.setattr(module, "MAX_OPEN", 3)
    assert len(rows(aggregated(troubled()), "packages")) == every


def test_when_a_connection_ends_nothing_of_it_is_open():
    aggregates = told()
    for session in range(len(troubled().sessions)):
        aggregates.end(session)
    assert aggregates.statistics()["open_references"] == 0
