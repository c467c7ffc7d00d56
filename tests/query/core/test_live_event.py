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


def test_a_live_event_has_event_instead_of_data() -> None:
    shown = live_event(EVENT)
    assert list(shown)[:4] == ["id", "node_id", "event_type", "event"]
    assert shown.pop("event") == EVENT["data"]
    assert shown == {name: value for name, value in EVENT.items() if name != "data"}
