"""Frames out of a byte stream, however it is cut, and never more than the limit held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.framing import DEFAULT_MAX_FRAME, LENGTH_BYTES, FrameBuffer, SplitRead, frame
from tests.protocol.strategies import segmentations

CONTENTS = [b"", b"a", b"bc" * 100, b"", b"d" * 255, b"e" * 256]
LIMIT = 300


class CountingBuffer(FrameBuffer):
    """Counts the bytes it looks at, so that its cost can be told without a clock."""

    bytes_parsed = 0

    def _split(self, data):
        self.bytes_parsed += len(data)
        return super()._split(data)


def fed(buffer: FrameBuffer, pieces) -> list[bytes]:
    return [message for piece in pieces for message in buffer.receive_data(piece)]


def single_bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def stream(contents) -> bytes:
    return b"".join(frame(each) for each in contents)


def test_a_frame_is_its_length_and_its_content():
    assert frame(b"abc") == b"\x03\0\0\0abc"


def test_many_frames_come_out_of_one_read():
    assert FrameBuffer(LIMIT).receive_data(stream(CONTENTS)) == CONTENTS


def test_frames_come_out_of_single_bytes():
    buffer = FrameBuffer(LIMIT)
    assert fed(buffer, single_bytes(stream(CONTENTS))) == CONTENTS
    assert (buffer.buffered, buffer.unfinished, buffer.error) == (0, b"", None)


def test_the_bytes_of_an_incomplete_message_are_available():
    buffer = FrameBuffer(LIMIT)
    fed(buffer, [frame(b"ab"), frame(b"cd")[:2], frame(b"cd")[2:5]])
    assert buffer.unfinished == frame(b"cd")[:5]
    assert buffer.buffered == 5


@given(st.data())
def test_frames_do_not_depend_on_how_the_stream_was_cut(data):
    contents = data.draw(st.lists(st.binary(max_size=20), max_size=8))
    pieces = data.draw(segmentations(stream(contents)))
    assert fed(FrameBuffer(), pieces) == contents


def test_a_zero_length_frame_is_an_empty_message():
    assert FrameBuffer().receive_data(bytes(3 * LENGTH_BYTES)) == [b"", b"", b""]


def test_no_data_gives_no_messages():
    assert FrameBuffer().receive_data(b"") == []


def test_messages_are_immutable_bytes():
    buffer = FrameBuffer()
    first, second = fed(buffer, [frame(b"ab")[:5], frame(b"ab")[5:] + frame(b"cd")])
    assert type(first) is type(second) is bytes
    assert (first, second) == (b"ab", b"cd")


def test_a_frame_of_exactly_the_limit_is_accepted():
    assert FrameBuffer(LIMIT).receive_data(frame(bytes(LIMIT))) == [bytes(LIMIT)]


@pytest.mark.parametrize("length", [LIMIT + 1, 2**32 - 1])
@pytest.mark.parametrize("cut", [lambda data: [data], single_bytes], ids=["whole", "bytewise"])
def test_a_frame_too_long_ends_the_stream_after_those_before_it(length, cut):
    buffer = FrameBuffer(LIMIT)
    data = stream(CONTENTS) + length.to_bytes(4, "little") + b"x" * 100 + frame(b"later")

    assert fed(buffer, cut(data)) == CONTENTS
    assert buffer.error is not None
    assert (buffer.error.length, buffer.error.limit) == (length, LIMIT)
    assert buffer.error.frame.startswith(length.to_bytes(4, "little"))
    assert len(buffer.error.frame) <= 64
    assert buffer.buffered == 0
    assert buffer.receive_data(frame(b"more")) == []


def test_a_length_is_checked_before_its_content_arrives():
    buffer = FrameBuffer(LIMIT)
    assert buffer.receive_data((LIMIT + 1).to_bytes(4, "little")) == []
    assert buffer.error is not None


def test_the_default_limit_holds_the_longest_legal_event():
    """Event 94 with 3,072 imports, the most a work-package may have."""
    assert DEFAULT_MAX_FRAME > 8 + 1 + 8 + 2 + 80 + 16 * 40 + 3072 * 34


def test_at_most_one_incomplete_frame_is_buffered():
    buffer = FrameBuffer(LIMIT)
    most = 0
    for piece in single_bytes(stream([bytes(LIMIT)] * 4)):
        buffer.receive_data(piece)
        most = max(most, buffer.buffered)
    assert most == LENGTH_BYTES + LIMIT - 1


@given(st.binary(max_size=200), st.data())
def test_the_buffer_is_bounded_for_arbitrary_reads(noise, data):
    buffer = FrameBuffer(16)
    for piece in data.draw(segmentations(noise)):
        buffer.receive_data(piece)
        assert buffer.buffered < LENGTH_BYTES + 16


@pytest.mark.parametrize("size", [1, 1000, 20_000])
def test_single_bytes_are_parsed_a_constant_number_of_times(size):
    buffer = CountingBuffer()
    fed(buffer, single_bytes(frame(bytes(size))))
    assert buffer.bytes_parsed <= size + 3 * LENGTH_BYTES


@pytest.mark.parametrize("piece", [1, 7, 64, 1000, 5000])
def test_each_byte_is_parsed_at_most_twice_when_reads_cut_frames(piece):
    data = stream([bytes(100)] * 500)
    buffer = CountingBuffer()
    assert len(fed(buffer, [data[at : at + piece] for at in range(0, len(data), piece)])) == 500
    assert buffer.bytes_parsed <= 2 * len(data)


def test_a_read_is_cut_into_its_first_frames_and_the_rest():
    read = SplitRead(b"abcd", [0, 1, 3], [1, 3, 4])
    rest = read.cut(1)
    assert (read.contents(), rest.contents()) == ([b"a"], [b"bc", b"d"])
