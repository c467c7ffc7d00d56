"""``tart/aggregate/core/waiting_events.py``: what waits is bounded, and comes out as one batch."""

import numpy as np

from tart.aggregate.core import waiting_events
from tart.aggregate.core.event_columns import EventColumns, array_types
from tart.aggregate.core.waiting_events import WaitingEvents
from tests.aggregate.batches import event_batches, troubled_network


def test_waiting_batches_become_one_in_order():
    waiting, batches = WaitingEvents(), event_batches(troubled_network(), 301)
    for batch in batches:
        waiting.add(batch)
    contents = [content for batch in batches for content in batch.contents]
    assert waiting
    assert waiting.events == len(contents)
    assert waiting.bytes >= sum(map(len, contents))
    joined = waiting.take()
    assert not waiting
    assert (waiting.events, waiting.bytes) == (0, 0)
    assert list(joined.contents) == contents
    assert joined.clean.tolist() == [each for batch in batches for each in batch.clean.tolist()]
    for name in array_types(EventColumns):
        parts = [getattr(batch.columns, name) for batch in batches]
        assert getattr(joined.columns, name).tolist() == np.concatenate(parts).tolist(), name


def test_a_batch_that_waits_alone_is_not_copied():
    waiting = WaitingEvents()
    batch = event_batches(troubled_network(), 10)[0]
    waiting.add(batch)
    assert waiting.take() is batch


def test_no_more_than_the_limits_wait(monkeypatch):
    batch = event_batches(troubled_network(), 10)[0]
    for name, limit in (("MAX_EVENTS", 20), ("MAX_BYTES", 2 * batch.bytes)):
        with monkeypatch.context() as patch:
            patch.setattr(waiting_events, name, limit)
            waiting = WaitingEvents()
            waiting.add(batch)
            assert not waiting.full
            waiting.add(batch)
            assert waiting.full
