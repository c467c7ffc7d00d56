"""A shard's clock that a test sets; connections that begin and end by it."""

from __future__ import annotations

from tart.shard.ingest import pipeline
from tests.shard.running import best, fake_node
from tests.storage.running import NOON

# Later than all that a test does, microseconds after noon.
FAR = 10**12


class Clock:
    """It shows ``now``, microseconds after noon."""

    def __init__(self, monkeypatch):
        self.now = 0
        monkeypatch.setattr(pipeline, "_now_us", lambda: NOON + self.now)


def connection(shard, clock, begins, node=None, ends=None):
    """A connection that begins, and perhaps ends, at these times."""
    node = node or fake_node()
    clock.now = begins
    session = shard.session(node.connect(), best(node, 1))
    if ends is not None:
        clock.now = ends
        shard.ingest.close_session(session, "over")
    return session


def window(start, end):
    """Return a window as a parameter of a query."""
    return {"start_us": NOON + start, "end_us": NOON + end}
