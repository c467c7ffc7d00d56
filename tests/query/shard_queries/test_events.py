"""``tart/query/shard_queries/events.py``: pages and single events of several shards."""

from __future__ import annotations

import pytest

from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.windows import Window
from tart.query.shard_queries.events import Backfill, Event, Events, Export, Slot, Storage, Trace


def test_the_page_has_one_event_less_than_each_shard_may_answer_with():
    events = [{"id": number << 8, "received_at": str(number)} for number in (9, 8, 7)]
    page = Events(cursor=Cursor(100), limit=3).merge([(0, events)])
    assert [event["id"] >> 8 for event in page.events] == [9, 8]
    assert page.has_more


@pytest.mark.parametrize("query", [Event(5), Trace(5)])
def test_the_answer_of_the_shard_that_has_the_event_counts(query):
    assert query.merge([(0, None), (1, {"id": 5}), (2, None)]) == {"id": 5}
    assert query.merge([(0, None)]) is None


def test_the_window_of_a_page_is_that_of_its_cursor():
    query = Events(cursor=Cursor(100, Window(5, 50)), limit=3, selection=Selection(start_us=1))
    assert query.window_on(0) == Window(5, 50)


def test_the_window_of_an_export_is_that_of_its_selection():
    assert Export("csv", selection=Selection(start_us=5)).window_on(0) == Window(5, None)
    assert Slot(7).window_on(0) == Window()


def test_a_query_to_one_shard_has_no_merge():
    with pytest.raises(NotImplementedError):
        Backfill({"type": "All"}, 0).merge([])


def test_the_files_of_all_shards_are_added_up():
    parts = [
        (0, {"bytes": {"log": 5, "aggregates": 1}, "rows": {"log": 2}}),
        (1, {"bytes": {"log": 7}, "rows": {"log": 1, "peers": 4}}),
    ]
    assert Storage().merge(parts) == {
        "bytes": {"log": 12, "aggregates": 1},
        "rows": {"log": 3, "peers": 4},
    }


def test_the_events_of_a_slot_stay_apart_by_shard():
    assert Slot(7).merge([(0, "one"), (1, "other")]) == ["one", "other"]
