"""``tart/shard/queries/delivery_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.events import EventKind
from tart.query.core.windows import Window
from tart.query.shard_queries.deliveries import Deliveries
from tart.shard.queries import deliveries
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NOW,
    both,
    rows_of,
    same,
    stored,
    without_null,
)

assert stored
TYPES = [
    EventKind.GUARANTEE_BUILT,
    EventKind.GUARANTEE_RECEIVED,
    EventKind.DISTRIBUTING_ASSURANCE,
    EventKind.ASSURANCE_RECEIVED,
    EventKind.BLOCK_ANNOUNCED,
]
# Two deliveries in bin 1, four in bin 3.
BINS = struct.pack("<BIBI", 1, 2, 3, 4)


@COMPARED
@given(data=st.data())
def test_memory_has_the_deliveries_of_the_statements(stored, data):
    def rows():
        some = without_null(data.draw(rows_of("deliveries")), "hash", "last_at")
        count = len(some["type"])
        some["type"] = [data.draw(st.sampled_from(TYPES)) for _ in range(count)]
        some["bins"] = [BINS] * count
        return some

    pair = both(stored, "deliveries", [rows() for _ in range(3)], rows())
    window = data.draw(st.sampled_from([Window(None, NOW), Window(NOW - 5_000_000, NOW)]))
    hashes = data.draw(st.sampled_from([None, [], ["ab" * 32]]))
    most = deliveries.MAX_ROWS
    deliveries.MAX_ROWS = data.draw(st.sampled_from([3, most]))
    try:
        for kind in (EventKind.GUARANTEE_BUILT, EventKind.DISTRIBUTING_ASSURANCE):
            mine, theirs = pair.ask(Deliveries(window, kind, hashes))
            assert same(mine.starts, theirs.starts)
            assert same(mine.arrivals, theirs.arrivals)
            assert mine.below == theirs.below
    finally:
        deliveries.MAX_ROWS = most
    assert pair.memory.reads
