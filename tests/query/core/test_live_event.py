"""``tart/query/core/live_event.py``: one member has another name, and some come first."""

from __future__ import annotations

from tart.query.core.live_event import live_event

EVENT = {
    "id": 3,
    "session": 4,
    "node_id": "aa",
    "data": {"Status": {}},
    "event_type": 10,
    "context": {"slot": 7},
}


def test_the_stream_calls_data_event_and_keeps_the_rest() -> None:
    shown = live_event(EVENT)
    assert list(shown)[:4] == ["id", "node_id", "event_type", "event"]
    assert shown.pop("event") == EVENT["data"]
    assert shown == {name: value for name, value in EVENT.items() if name != "data"}
