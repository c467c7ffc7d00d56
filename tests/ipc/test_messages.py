"""Messages: bytes both ways, cut anywhere, and what is no message."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.ipc.messages import (
    Cancel,
    Failure,
    LiveEvents,
    Message,
    MessageBuffer,
    MessageError,
    Missed,
    NodeChanged,
    Partial,
    Recovering,
    RunQuery,
    Subscribe,
    Unsubscribe,
    Welcome,
    encode,
)

MESSAGES: list[Message] = [
    RunQuery(1, "events", {"limit": 5, "hash": None}, 2.5),
    Cancel(1),
    Subscribe(3, {"type": "All"}, "array"),
    Unsubscribe(3),
    Welcome(0, 4242),
    Partial(1, [{"a": [1, None]}]),
    Partial(2, {"parts": {}}, True, b"\x00bytes"),
    Partial(3, {}, True, b""),
    Partial(4, [], unreadable=[["00/2026-11-21.duckdb", 4096, 1, None]]),
    Recovering(1, 4711, "counting, 43 %", 12.5),
    Failure(1, "bad_parameter", "no", "limit"),
    LiveEvents([[5, "aa", 11, [3], 2], [6, "aa", 12, [3, 4], 2]], b"{}[]"),
    LiveEvents([], b""),
    Missed(3, 9),
    NodeChanged({"node_id": "aa"}),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_socket(message: Message) -> None:
    assert MessageBuffer().receive_data(encode(message)) == [message]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_messages_may_be_cut_anywhere(sizes: list[int]) -> None:
    data = b"".join(map(encode, MESSAGES))
    buffer, found, offset = MessageBuffer(), [], 0
    for size in [*sizes, len(data)]:
        found += buffer.receive_data(data[offset : offset + size])
        offset += size
    assert found == MESSAGES


def test_one_byte_at_a_time_is_enough() -> None:
    data = b"".join(map(encode, MESSAGES))
    buffer = MessageBuffer()
    found = [each for byte in data for each in buffer.receive_data(bytes([byte]))]
    assert found == MESSAGES


def _framed(head: bytes) -> bytes:
    return struct.pack("<II", len(head), 0) + head


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"{}",
        b'{"type":"Nonsense"}',
        b'{"type":["Cancel"]}',
        b'{"type":"Cancel"}',
        b'{"type":"Cancel","id":1,"more":2}',
    ],
)
def test_what_is_no_message_of_ours_is_an_error(head: bytes) -> None:
    with pytest.raises(MessageError):
        MessageBuffer().receive_data(_framed(head))


def test_a_message_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageError, match="at most 100"):
        MessageBuffer(limit=100).receive_data(struct.pack("<II", 80, 80))


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_decode_or_be_refused(data: bytes) -> None:
    try:
        MessageBuffer(limit=1000).receive_data(data)
    except MessageError:
        return
