"""Which events are new, and where a stream goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tart.client.core.resume_position import OVERLAP, ResumePosition
from tart.gateway.live.sse import Position
from tart.query.core.event_ids import event_api_id, event_identity

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_US = 1_767_268_800_000_000
OVERLAP_US = OVERLAP // timedelta(microseconds=1)


def at(microseconds: int) -> str:
    return (NOON + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def test_an_event_is_new_once():
    position = ResumePosition()
    assert [position.add(1, at(0)), position.add(2, at(0)), position.add(1, at(0))] == [
        True,
        True,
        False,
    ]


def test_old_event_ids_are_forgotten():
    position = ResumePosition(remembered=2)
    for number in range(3):
        assert position.add(number, at(number))
    assert not position.add(2, at(2))
    assert position.add(0, at(0))


def test_an_empty_stream_has_no_resume_position():
    assert ResumePosition().last_event_id is None


def test_the_resume_position_of_an_empty_stream_is_its_start():
    position = ResumePosition()
    position.set_start(7)
    position.set_start(8)  # the greeting of a later connection
    assert position.last_event_id == "7"
    position.add(9, at(5))
    assert position.last_event_id == f"{NOON_US + 5 - OVERLAP_US}.9"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**7)), min_size=1, max_size=40))
def test_the_server_parses_the_resume_position(arrivals):
    position, received = ResumePosition(), {}
    for sequence, (directory, moment) in enumerate(arrivals):
        event_id = event_api_id(directory, sequence)
        received[event_id] = NOON_US + moment
        position.add(event_id, at(moment))
    position = Position.read(position.last_event_id)
    newest = max(received.values())
    assert position.since_us == newest - OVERLAP_US
    ((directory, event_id),) = position.ids.items()
    assert received[event_id] == newest
    assert event_identity(event_id)[0] == directory
