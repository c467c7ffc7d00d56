"""``tart/ipc/messages.py``: encoding and decoding, cut anywhere, and what is refused."""

from __future__ import annotations

import json
import struct
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tart.ipc.messages import (
    REPLIES,
    REQUESTS,
    Cancel,
    Failure,
    FreezeAggregates,
    FreezeFiles,
    FrozenFiles,
    LiveEvents,
    MessageBuffer,
    MessageError,
    Missed,
    NodeChanged,
    Partial,
    Recovering,
    Released,
    ReleaseFiles,
    Reply,
    Request,
    RotateSegments,
    RunQuery,
    Subscribe,
    Subscribed,
    UnreadableRows,
    Unsubscribe,
    Welcome,
    encode,
    pack_live_events,
)

REQUEST_SAMPLES: list[Request] = [
    RunQuery(1, "events", Raw(b'{"limit":5,"hash":null}'), 2.5),
    RunQuery(2, "events", Raw(b"{}"), 2.5, 0.25),
    Cancel(1),
    Subscribe(3, {"type": "All"}, "array"),
    Unsubscribe(3),
    FreezeAggregates(1),
    FreezeFiles(2),
    RotateSegments(3),
    ReleaseFiles(4),
]
REPLY_SAMPLES: list[Reply] = [
    Welcome(0, 4242),
    Partial(1, Raw(b'[{"a":[1,null]}]')),
    Partial(2, Raw(b'{"parts":{}}'), b"\x00bytes"),
    Partial(3, Raw(b"{}"), b""),
    Partial(4, Raw(b"[]"), unreadable=[UnreadableRows("00/2026-11-21.duckdb", 4096, 1, None)]),
    Recovering(1, 4711, "counting, 43 %", 12.5),
    Failure(1, "bad_parameter", "no", "limit"),
    FrozenFiles(1, ["00/2026-11-21.duckdb"], None, [{"file": "x", "events": 3}]),
    Released(2, True),
    pack_live_events([5, 6], [b"{}", b"[]"], {3: [0, 1], 4: [1]}),
    pack_live_events([], [], {}),
    Subscribed(3, 5 << 8),
    Missed(3, 9),
    NodeChanged(Raw(b'{"node_id":"aa"}')),
]
EXTREMES = [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**128 - 1, 2**200, -(2**63) - 1]


def _name(message: Request | Reply) -> str:
    return type(message).__name__


@pytest.mark.parametrize("message", REQUEST_SAMPLES, ids=_name)
def test_a_request_survives_the_socket(message: Request) -> None:
    assert MessageBuffer(REQUESTS).receive_data(encode(message)) == [message]


@pytest.mark.parametrize("message", REPLY_SAMPLES, ids=_name)
def test_a_reply_survives_the_socket(message: Reply) -> None:
    assert MessageBuffer(REPLIES).receive_data(encode(message)) == [message]


def test_there_is_a_sample_of_each_kind_of_message() -> None:
    assert {type(each) for each in REQUEST_SAMPLES} == set(get_args(Request))
    assert {type(each) for each in REPLY_SAMPLES} == set(get_args(Reply))


@given(st.lists(st.integers(1, 40), max_size=60))
def test_messages_may_be_cut_anywhere(sizes: list[int]) -> None:
    data = b"".join(map(encode, REPLY_SAMPLES))
    buffer, received, offset = MessageBuffer(REPLIES), list[Reply](), 0
    for size in [*sizes, len(data)]:
        received += buffer.receive_data(data[offset : offset + size])
        offset += size
    assert received == REPLY_SAMPLES


def test_messages_may_come_one_byte_at_a_time() -> None:
    data = b"".join(map(encode, REPLY_SAMPLES))
    buffer = MessageBuffer(REPLIES)
    received = [message for byte in data for message in buffer.receive_data(bytes([byte]))]
    assert received == REPLY_SAMPLES


@pytest.mark.parametrize("number", EXTREMES)
def test_integers_beyond_64_bits_are_exact(number: int) -> None:
    text = json.dumps([number]).encode()
    (request,) = MessageBuffer(REQUESTS).receive_data(encode(RunQuery(1, "x", Raw(text), 1.0)))
    assert isinstance(request, RunQuery)
    assert msgspec.json.decode(request.parameters, type=list[int]) == [number]
    (reply,) = MessageBuffer(REPLIES).receive_data(encode(Partial(1, Raw(text))))
    assert isinstance(reply, Partial)
    assert msgspec.json.decode(reply.value, type=list[int]) == [number]
    document = {"type": "Slot", "slot": number}
    (request,) = MessageBuffer(REQUESTS).receive_data(encode(Subscribe(1, document)))
    assert isinstance(request, Subscribe)
    assert request.filter == document


def _framed(head: bytes, attachment: bytes = b"") -> bytes:
    return struct.pack("<II", len(head), len(attachment)) + head + attachment


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
        b'{"type":"Cancel","id":"1"}',
        b'{"type":"Cancel","id":1.5}',
        b'{"type":"Cancel","id":1,"more":2}',
        b'{"type":"Subscribe","subscription":1,"filter":[]}',
        b'{"type":"Subscribe","subscription":1,"filter":{},"byte_encoding":"base64"}',
        b'{"type":"RunQuery","id":1,"name":"events","parameters":{},"deadline_seconds":null}',
        b'{"type":"Welcome","shard":0,"pid":1}',
        b'{"type":"Cancel","id":1}' + b"x",
        b'{"type":"RunQuery","id":1,"name":"\xff","parameters":{},"deadline_seconds":1}',
        b"[" * 100_000,
    ],
)
def test_a_head_that_is_not_a_request_is_an_error(head: bytes) -> None:
    with pytest.raises(MessageError, match="not a message of this release"):
        MessageBuffer(REQUESTS).receive_data(_framed(head))


@pytest.mark.parametrize(
    "head",
    [
        b'{"type":"Cancel","id":1}',
        b'{"type":"Partial","id":1}',
        b'{"type":"Partial","id":1,"value":[1,}',
        b'{"type":"LiveEvents","events":[1]}',
        b'{"type":"LiveEvents","events":1,"matches":[[3,"1"]]}',
        b'{"type":"Partial","id":1,"value":1,"unreadable":[["file","4096",1,2]]}',
    ],
)
def test_a_head_that_is_not_a_reply_is_an_error(head: bytes) -> None:
    with pytest.raises(MessageError, match="not a message of this release"):
        MessageBuffer(REPLIES).receive_data(_framed(head))


def test_the_error_names_the_wrong_member() -> None:
    with pytest.raises(MessageError, match=r"Expected `int`, got `str` - at `\$.id`"):
        MessageBuffer(REQUESTS).receive_data(_framed(b'{"type":"Cancel","id":"1"}'))


def test_an_attachment_to_a_message_that_has_none_is_an_error() -> None:
    with pytest.raises(MessageError, match="Cancel has no attachment"):
        MessageBuffer(REQUESTS).receive_data(_framed(b'{"type":"Cancel","id":1}', b"x"))


def test_a_message_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageError, match="the limit is 100"):
        MessageBuffer(REQUESTS, limit=100).receive_data(struct.pack("<II", 80, 80))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_decode_or_are_refused(data: bytes) -> None:
    for buffer in (MessageBuffer(REQUESTS, limit=1000), MessageBuffer(REPLIES, limit=1000)):
        try:
            buffer.receive_data(data)
        except MessageError:
            continue


@given(
    st.lists(st.tuples(st.integers(0, 2**53), st.binary(max_size=9)), max_size=9),
    st.data(),
)
def test_live_events_are_unpacked_as_they_were_packed(
    events: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    indexes = st.lists(st.integers(0, len(events) - 1), max_size=9) if events else st.just([])
    matches = data.draw(st.dictionaries(st.integers(0, 99), indexes, max_size=4))
    packed = pack_live_events([number for number, _ in events], [t for _, t in events], matches)
    (message,) = MessageBuffer(REPLIES).receive_data(encode(packed))
    assert isinstance(message, LiveEvents)
    ids, texts, listed = message.unpack()
    assert list(zip(ids, texts, strict=True)) == events
    assert {number: list(each) for number, each in listed} == matches


@pytest.mark.parametrize(
    "message",
    [
        LiveEvents(1, [], b""),
        LiveEvents(1, [], bytes(13)),
        LiveEvents(1, [(1, 1)], bytes(12) + b"\x01\0\0\0"),
        LiveEvents(0, [(1, 1)], bytes(4)),
        LiveEvents(1, [(1, -1)], bytes(12)),
        LiveEvents(-1, [], b""),
        LiveEvents(1, [], bytes(8) + b"\xff\xff\xff\xff" + b"{}"),
    ],
)
def test_live_events_with_other_lengths_than_they_say_are_refused(message: LiveEvents) -> None:
    with pytest.raises(MessageError, match="live events"):
        message.unpack()
