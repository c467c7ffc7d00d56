"""``tart/query/shard_queries/preimages.py``: the newest events of all directories."""

from __future__ import annotations

import pytest

from tart.query.core.event_ids import event_api_id
from tart.query.core.windows import Window
from tart.query.shard_queries.preimages import PreimageEvent, PreimageEvents


def event(directory, seq, moment):
    return PreimageEvent(event_api_id(directory, seq), moment, "aa" * 32, 1, None, 191)


@pytest.mark.parametrize(("limit", "complete"), [(4, False), (5, True)])
def test_events_of_all_directories_are_in_order_of_time(limit, complete):
    # The clock of directory 1 was set back: its own order counts.
    one = [event(0, 3, 9), event(0, 2, 5), event(0, 1, 1)]
    other = [event(1, 2, 4), event(1, 1, 8)]
    merged = PreimageEvents(Window(), limit).merge([(0, one), (1, other)])
    expected = [one[0], one[1], other[0], other[1], one[2]]
    assert merged == (expected[:limit], complete)
