"""``tart/shard/decode/received_frames.py``: what waits for the decoder, in order of arrival."""

from tart.protocol.connection import Connection
from tart.protocol.framing import FrameBuffer, frame
from tart.shard.decode.received_frames import FRAME_BYTES, ReceivedFrames
from tests.shard.plain import session_of

LIMIT = 100
TOO_LONG = b"\xff" * 4


def session(number):
    made = session_of(number=number)
    node, made.connection = made.connection.node, Connection(LIMIT)
    made.connection.node = node
    return made


def test_frames_are_taken_in_the_order_in_which_they_came():
    one, other = session(1), session(2)
    received = ReceivedFrames(LIMIT)
    assert not received
    received.add_frames(one, FrameBuffer().split(frame(b"a") + frame(b"b")), 1)
    received.add_read(other, frame(bytes(FRAME_BYTES)), 2)
    received.add_read(one, frame(b"c"), 3)
    assert (len(received), received.expected, received.has_reads) == (2, 3, True)
    assert received.unsplit_bytes == FRAME_BYTES + 9
    split = received.split()
    assert (len(received), received.unsplit_bytes, received.has_reads) == (2, 0, False)
    received.add_split(split)
    frames, runs = received.take()
    assert list(frames) == [b"a", b"b", bytes(FRAME_BYTES), b"c"]
    assert [(owner.number, *rest) for owner, *rest in zip(*runs.columns, strict=True)] == [
        (1, 2, 1),
        (2, 1, 2),
        (1, 1, 3),
    ]
    assert not received


def test_frames_before_and_after_an_error_can_be_added_apart():
    one, other, third = session(1), session(2), session(3)
    received = ReceivedFrames(LIMIT)
    received.add_read(one, frame(b"a"), 1)
    received.add_read(other, frame(b"b") + TOO_LONG, 2)
    received.add_read(one, frame(b"c"), 3)
    received.add_read(third, TOO_LONG, 4)
    received.add_read(one, frame(b"d"), 5)
    split = received.split()
    first, second = split.broken
    parts = []
    for bounds in ((None, first), (first, second), (second, None)):
        received.add_split(split, *bounds)
        frames, runs = received.take()
        assert sum(runs.lengths) == len(frames)
        parts.append(list(frames))
    assert parts == [[b"a", b"b"], [b"c"], [b"d"]]
