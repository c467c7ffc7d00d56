"""``tart/query/core/live_event.py``: one member has another name, and some come first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.live_event import (
    encode_integers,
    latency_ms,
    latency_ms_of,
    live_event,
    live_event_of,
)
from tart.query.core.rfc3339 import rfc3339

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
    assert list(shown)[:4] == ["id", "node_id", "event_type", "latency_ms"]
    assert list(shown)[4] == "event"
    assert shown.pop("event") == EVENT["data"]
    assert shown.pop("latency_ms") is None
    assert shown == {name: value for name, value in EVENT.items() if name != "data"}


@pytest.mark.parametrize(
    ("timestamp", "latency"),
    [
        ("2026-11-20T12:00:00.000000Z", 25),
        ("2026-11-20T12:00:00.025400Z", 0),
        ("2026-11-20T11:00:00.025400Z", 3_600_000),
        # The node's clock is ahead, or wrong by more than an hour.
        ("2026-11-20T12:00:00.025401Z", None),
        ("2026-11-20T11:00:00.025399Z", None),
        ("1970-01-01T00:00:00.000000Z", None),
        ("+292278994-08-17T07:12:55.192Z", None),
    ],
)
def test_the_latency_is_known_if_both_clocks_agree(timestamp: str, latency: int | None) -> None:
    event = {**EVENT, "timestamp": timestamp, "received_at": "2026-11-20T12:00:00.025400Z"}
    assert latency_ms(event) == latency


def test_integers_become_text_where_a_client_asked_for_it() -> None:
    event = EVENT | {"event_id": (1 << 64) - 1}
    assert encode_integers(event, "number") is event
    assert encode_integers(event, "string")["event_id"] == str((1 << 64) - 1)


@given(st.integers(0, 2**62), st.one_of(st.integers(0, 2**62), st.integers(-4_000_000_000, 9)))
def test_a_latency_is_the_same_of_numbers_and_of_texts(received: int, happened: int) -> None:
    happened = received - happened if happened < 10 else happened
    texts = {"received_at": rfc3339(received), "timestamp": rfc3339(happened)}
    if None not in texts.values():
        assert latency_ms_of(received, happened) == latency_ms(texts)


def test_an_event_whose_latency_is_known_is_shown_alike() -> None:
    assert list(live_event_of(EVENT, None).items()) == list(live_event(EVENT).items())
