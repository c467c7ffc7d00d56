"""``tart/aggregate/references/tracker.py``: open roots, bounded, of one connection each."""

from __future__ import annotations

import pytest

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.references import tracker as module
from tart.query.core import log_histogram
from tart.units import JCE_US
from tests.aggregate.batches import (
    aggregate,
    connection_batch,
    decode_contexts,
    event_batches,
    rows,
    troubled_network,
)


def told(played=None):
    played = played or troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    for batch in event_batches(played, 1000):
        aggregates.add(batch)
    return aggregates


def test_only_references_to_what_was_dropped_find_nothing():
    facts = troubled_network().facts
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
    assert aggregates.statistics()["open_references"] <= 3 * len(troubled_network().sessions)


def test_too_many_in_all_likewise(monkeypatch):
    monkeypatch.setattr(module, "MAX_OPEN_IN_ALL", 10)
    aggregates = told()
    assert aggregates.statistics()["references_evicted"] > 0
    assert aggregates.statistics()["open_references"] <= 10


def test_a_pipeline_pushed_out_is_written_as_it_is(monkeypatch):
    every = len(rows(aggregate(troubled_network()), "packages"))
    monkeypatch.setattr(module, "MAX_OPEN", 3)
    assert len(rows(aggregate(troubled_network()), "packages")) == every


def test_when_a_connection_ends_nothing_of_it_is_open():
    aggregates = told()
    for session in range(len(troubled_network().sessions)):
        aggregates.end_session(session)
    assert aggregates.statistics()["open_references"] == 0


def test_a_stream_of_announcements_ends_however_long_ago_it_was_opened():
    hour = 3_600_000_000
    opened = 0, 60, bytes(32) + b"\0"
    closed = hour, 61, (0).to_bytes(8, "little") + b"\0\0"
    aggregates = Aggregates(lambda session: DecodeContext(1, None))
    aggregates.add(connection_batch(opened))
    aggregates.expire(JCE_US + hour)
    aggregates.add(connection_batch(closed, first=1))
    (found,) = rows(aggregates, "latency")
    assert (found["parent"], found["type"], found["count"]) == (60, 61, 1)
    assert log_histogram.middle_us(found["bin"]) == pytest.approx(hour, rel=0.1)
    # Its end takes it away.
    assert aggregates.statistics()["open_references"] == 0
