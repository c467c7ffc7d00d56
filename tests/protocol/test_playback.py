"""``tart/protocol/playback.py``: what is due when, and that nothing is changed on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import CaptureError
from tart.protocol.capture import (
    CLOSED,
    EVENT_ID,
    FRAME,
    HEADER,
    OPENED,
    RAW,
    Record,
    encode_end,
    encode_record,
)
from tart.protocol.playback import Playback, Step
from tart.protocol.recording import Recording
from tart.units import SECOND_US
from tests.protocol.strategies import segmentations


def capture(*records, complete=True):
    return (
        HEADER
        + b"".join(map(encode_record, records))
        + (encode_end(len(records)) if complete else b"")
    )


def played(octets, speed=1.0):
    playback = Playback(speed)
    steps = [*playback.receive_data(octets), *playback.close_sessions()]
    return steps, playback.missing is None


def test_steps_are_due_at_their_times_divided_by_the_speed():
    octets = capture(
        Record(OPENED, 7, 50 * SECOND_US, b"a"),
        Record(FRAME, 7, 52 * SECOND_US, b"b"),
        Record(RAW, 7, 53 * SECOND_US, b"c"),
        Record(CLOSED, 7, 60 * SECOND_US),
    )
    steps = [
        Step(0.0, 7, b"\1\0\0\0a"),
        Step(2.0, 7, b"\1\0\0\0b"),
        Step(3.0, 7, b"c"),
        Step(10.0, 7, b"", closes=True),
    ]
    assert played(octets) == (steps, True)
    assert [each.due for each in played(octets, 4.0)[0]] == [0.0, 0.5, 0.75, 2.5]
    assert [each.due for each in played(octets, 0.0)[0]] == [0.0] * 4


def test_due_times_do_not_decrease_when_the_clock_was_set_back():
    octets = capture(*(Record(RAW, 1, at * SECOND_US, b"x") for at in (5, 8, 6, 9)))
    assert [each.due for each in played(octets)[0]] == [0.0, 3.0, 3.0, 4.0, 4.0]


def test_open_sessions_are_closed_in_order_at_the_end():
    records = [Record(RAW, session, session, b"x") for session in (4, 2, 3)]
    steps, complete = played(capture(*records, Record(CLOSED, 2, 5), complete=False))
    assert [each.session for each in steps if each.closes] == [2, 4, 3]
    assert not complete


def test_event_id_records_send_nothing():
    records = Record(OPENED, 7, 0, b"a"), Record(EVENT_ID, 7, 0, bytes(8))
    steps, _ = played(capture(*records))
    assert [each.data for each in steps] == [b"\1\0\0\0a", b""]
    assert [each.closes for each in steps] == [False, True]


def test_playing_invalid_data_is_a_capture_error():
    with pytest.raises(CaptureError):
        played(b"something else\n")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=60), st.integers(0, 9)), max_size=9),
    st.data(),
)
def test_recording_a_playback_gives_the_same_bytes(reads, data):
    """With a clock that tells the replay's time, at speed 1, the captures are equal."""

    def recorded(reads, ends):
        recording, sessions, out = Recording(50), {}, b""
        for session, octets, now in reads:
            if session not in sessions:
                sessions[session] = recording.open_session()
            out += sessions[session].receive_data(octets, now)
        out += b"".join(
            sessions[session].close(now) for session, now in ends if session in sessions
        )
        return recording.header + out + recording.end()

    now, timed = 0, []
    for session, octets, later in reads:
        timed.append((session, octets, now))
        now += later
    first = recorded(timed, [(session, now) for session in range(4)])
    playback = Playback()
    steps = [
        step for piece in data.draw(segmentations(first)) for step in playback.receive_data(piece)
    ]
    assert list(playback.close_sessions()) == []
    began = next((at for _, octets, at in timed if octets), 0)
    # The clock of the second recording says what the first's did.
    start = int.from_bytes(first[len(HEADER) + 13 : len(HEADER) + 21], "little") if steps else began
    times = [start + round(step.due * SECOND_US) for step in steps]
    again = recorded(
        [(s.session, s.data, at) for s, at in zip(steps, times, strict=True) if not s.closes],
        [(s.session, at) for s, at in zip(steps, times, strict=True) if s.closes],
    )
    assert again == first
