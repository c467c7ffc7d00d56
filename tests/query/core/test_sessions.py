"""``tart/query/core/sessions.py``: connections as the API shows them."""

from __future__ import annotations

import pytest

from tart.query.core.sessions import session_json

ROW = {
    **{"id": 257, "node": "aa" * 32, "address": "192.0.2.1:4", "started_at": "a", "ended_at": None},
    **{"session": 1, "outcome": "open", "reason": None, "protocol_version": 1},
    **{"params_layout": "gp-0.7", "last_at": "b", "last_event_id": 8, "next_event_id": 9},
    **{"events": 9, "bytes": 10, "dropped": 2, "undecodable": 1, "shed": 0},
    "deviations": '{"trailing_bytes": 3}',
}


def test_a_session_has_its_members_under_the_api_s_names():
    assert session_json(ROW) == {
        **{"session": 257, "node_id": "aa" * 32, "address": "192.0.2.1:4"},
        **{"started_at": "a", "ended_at": None, "outcome": "open", "reason": None},
        **{"protocol_version": 1, "params_layout": "gp-0.7", "first_event_id": 0},
        **{"last_event_id": 8, "last_event_at": "b", "next_event_id": 9, "event_count": 9},
        **{"bytes": 10, "dropped_count": 2, "undecodable": 1, "shed": 0},
        "deviations": {"trailing_bytes": 3},
    }


@pytest.mark.parametrize(("events", "shed", "first"), [(0, 0, None), (1, 0, 0), (0, 1, 0)])
def test_the_first_event_has_id_0_if_there_was_one(events, shed, first):
    assert session_json({**ROW, "events": events, "shed": shed})["first_event_id"] == first
