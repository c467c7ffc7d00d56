"""Which events are new, and where a stream goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.resume_position import OVERLAP, Seen
from tart.gateway.live.sse import Position
from tart.query.core.catalog import event_api_id, event_identity

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_US = 1_767_268_800_000_000
OVERLAP_US = OVERLAP // timedelta(microseconds=1)


def at(microseconds: int) -> str:
    return (NOON + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def test_an_event_is_new_once():
    seen = Seen()
    assert [seen.new(1, at(0)), seen.new(2, at(0)), seen.new(1, at(0))] == [True, True, False]


def test_ids_long_past_are_forgotten():
    seen = Seen(remembered=2)
    for number in range(3):
        assert seen.new(number, at(number))
    assert not seen.new(2, at(2))
    assert seen.new(0, at(0))


def test_before_any_event_there_is_nowhere_to_go_on():
    assert Seen().position is None


def test_a_stream_without_events_goes_on_from_the_newest_there_was_before_it():
    seen = Seen()
    seen.begin(7)
    seen.begin(8)  # the greeting of a later connection
    assert seen.position == "7"
    seen.new(9, at(5))
    assert seen.position == f"{NOON_US + 5 - OVERLAP_US}.9"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**7)), min_size=1, max_size=40))
def test_the_server_reads_where_to_go_on_as_it_is_meant(arrivals):
    seen, received = Seen(), {}
    for sequence, (directory, moment) in enumerate(arrivals):
        event_id = event_api_id(directory, sequence)
        received[event_id] = NOON_US + moment
        seen.new(event_id, at(moment))
    position = Position.read(seen.position)
    newest = max(received.values())
    assert position.since_us == newest - OVERLAP_US
    ((directory, event_id),) = position.ids.items()
    assert received[event_id] == newest
    assert event_identity(event_id)[0] == directory
