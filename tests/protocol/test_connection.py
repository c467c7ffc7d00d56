"""One node's conversation: order, implicit ids, and that nothing a node says breaks it."""

from __future__ import annotations

import gc
import weakref
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import FrameTooLong, NodeInformationError
from tart.protocol.connection import Connection
from tart.protocol.framing import frame
from tart.protocol.node_information import encode_node_information
from tart.testing import FakeNode
from tests.protocol.strategies import events, hostile_payloads, mutated, payload, segmentations
from tests.vectors import EventVector, event_vectors, stream_vectors

LAST_ID = 2**64 - 1
PEER = bytes(range(32))


def message(number: int, data: bytes, timestamp: int = 0) -> bytes:
    return frame(timestamp.to_bytes(8, "little") + bytes([number]) + data)


def dropped(count: int) -> bytes:
    return message(0, bytes(8) + count.to_bytes(8, "little"))


SYNCED = message(13, b"\x01")
UNKNOWN = message(48, b"what is this")
BROKEN = message(13, b"\x02")
SHORT = frame(b"\0" * 8)
EMPTY = frame(b"")


def connected(**options) -> Connection:
    connection = Connection()
    assert connection.receive_data(FakeNode(PEER, **options).connect()) == []
    return connection


def ids(received) -> list[int]:
    return [each.event_id for each in received]


def heard(connection: Connection, pieces):
    """All there is to know after these reads, in values that compare."""
    received = [
        each._replace(error=str(each.error))
        for piece in pieces
        for each in connection.receive_data(piece)
    ]
    return received, connection.node, str(connection.error), connection.next_event_id


def single_bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


# --- Order -----------------------------------------------------------------------


def test_node_information_is_set_before_the_first_event():
    connection = Connection()
    assert (connection.node, connection.next_event_id, connection.error) == (None, 0, None)

    node = FakeNode(PEER, cores=3, version=0)
    (event,) = connection.receive_data(node.connect() + SYNCED)

    assert connection.node is not None
    assert (connection.node.peer_id, connection.node.cores) == (PEER, 3)
    assert connection.node_content == encode_node_information(node.information)
    assert (event.event_id, event.number, event.timestamp, event.payload) == (0, 13, 0, b"\x01")
    assert (event.error, event.deviations) == (None, ())


def test_an_event_keeps_its_message_byte_for_byte():
    data = message(13, b"\x01", timestamp=LAST_ID)
    (event,) = connected().receive_data(data)
    assert event.content == data[4:]
    assert event.timestamp == LAST_ID


def test_an_incomplete_message_waits_for_its_rest():
    connection = connected()
    assert connection.receive_data(SYNCED[:7]) == []
    assert connection.buffered == 7
    assert ids(connection.receive_data(SYNCED[7:])) == [0]
    assert connection.buffered == 0


@pytest.mark.parametrize("cut", [lambda data: [data], single_bytes], ids=["whole", "bytewise"])
def test_a_first_message_that_is_an_event_ends_the_connection(cut):
    connection = Connection()
    received, node, _, next_id = heard(connection, cut(SYNCED + FakeNode(PEER).connect() + SYNCED))
    assert (received, node, next_id) == ([], None, 0)
    assert isinstance(connection.error, NodeInformationError)
    assert connection.receive_data(FakeNode(PEER).connect()) == []
    assert connection.node is None


@pytest.mark.parametrize("first", [EMPTY, SHORT, BROKEN, frame(b"\x01" * 5000)])
def test_an_invalid_first_message_ends_the_connection(first):
    connection = Connection()
    assert connection.receive_data(first) == []
    assert isinstance(connection.error, NodeInformationError)
    assert len(connection.error.frame) <= 1024


@pytest.mark.parametrize("cut", [lambda data: [data], single_bytes], ids=["whole", "bytewise"])
def test_a_frame_too_long_ends_the_connection_after_the_events_before_it(cut):
    connection = Connection(max_frame=500)
    too_long = (501).to_bytes(4, "little")
    data = FakeNode(PEER).connect() + SYNCED * 2 + too_long + b"x" * 20 + SYNCED
    received, node, _, next_id = heard(connection, cut(data))
    assert ids(received) == [0, 1]
    assert node is not None
    assert next_id == 2
    assert isinstance(connection.error, FrameTooLong)
    assert connection.receive_data(SYNCED) == []


def test_the_first_of_two_errors_is_reported():
    connection = Connection(max_frame=500)
    assert connection.receive_data(SYNCED + b"\xff\xff\xff\xff") == []
    assert isinstance(connection.error, NodeInformationError)


def test_a_too_long_first_frame_is_a_framing_error():
    connection = Connection(max_frame=500)
    assert connection.receive_data(b"\xff\xff\xff\xff") == []
    assert isinstance(connection.error, FrameTooLong)


# --- Implicit ids ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "number", "rule", "offset"),
    [
        (UNKNOWN, 48, "unknown_event", 8),
        (BROKEN, 13, "bool_out_of_range", 9),
        (SHORT, None, "truncated", 8),
        (EMPTY, None, "truncated", 0),
    ],
)
def test_an_undecodable_frame_still_takes_one_id(bad, number, rule, offset):
    before, undecodable, after = connected().receive_data(SYNCED + bad + SYNCED)
    assert ids([before, undecodable, after]) == [0, 1, 2]
    assert (before.error, after.error) == (None, None)
    assert (undecodable.error.rule, undecodable.error.offset) == (rule, offset)
    assert undecodable.number == number
    assert (undecodable.timestamp is None) is (number is None)
    assert undecodable.content == bad[4:]
    assert undecodable.payload == bad[13:]
    assert undecodable.deviations == ()


@pytest.mark.parametrize(
    ("count", "following"),
    [(0, 1), (1, 2), (397, 398), (2**32, 2**32 + 1)],
)
def test_a_dropped_event_advances_the_ids_by_its_number(count, following):
    connection = connected()
    received = connection.receive_data(SYNCED + dropped(count) + SYNCED)
    assert ids(received) == [0, 1, following]


def test_event_ids_wrap_at_64_bits():
    connection = connected()
    connection.next_event_id = LAST_ID
    received = connection.receive_data(SYNCED * 2)
    assert ids(received) == [LAST_ID, 0]
    assert connection.next_event_id == 1


@pytest.mark.parametrize(
    ("count", "timestamp", "last"),
    [
        (2**32 + 1, 5, 6),
        (LAST_ID, 5, 6),
        (1, 5, 2**63),
        (1, 2**63, 6),
    ],
)
def test_a_dropped_event_that_cannot_be_true_takes_one_id(count, timestamp, last):
    payload = last.to_bytes(8, "little") + count.to_bytes(8, "little")
    data = frame(timestamp.to_bytes(8, "little") + b"\0" + payload)
    first, second = connected().receive_data(data + SYNCED)
    assert (first.error, first.deviations) == (None, ())
    assert ids([first, second]) == [0, 1]


def test_no_more_can_be_dropped_than_the_connection_gave_time_for():
    connection = connected()
    content = dropped(10**9)[4:]
    assert connection.decode(content, 1_000_000).error is None
    assert connection.next_event_id == 1
    assert connection.decode(content, 1_000_000_000).error is None
    assert connection.next_event_id == 1 + 10**9
    assert connection.skip([content], 1_000_000) == []
    assert connection.skip([content], 1_000_000_000) == [10**9]


def test_connecting_in_of_pbnj_is_no_number_of_dropped_events():
    pbnj = "1a000000fcc83a9e2797a91500000000000000000000ffff0a000007419c"
    first, second = connected().receive_data(bytes.fromhex(pbnj) + SYNCED)
    assert first.number == 0
    assert [each.rule for each in first.deviations] == ["trailing_bytes"]
    assert ids([first, second]) == [0, 1]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (bytes(8) + (5).to_bytes(4, "little"), "dropped_count_u32"),
        ((5).to_bytes(8, "little"), "dropped_without_timestamp"),
        (bytes(8) + (5).to_bytes(8, "little") + b"\xff", "trailing_bytes"),
    ],
)
def test_a_dropped_event_of_an_older_draft_advances_the_ids(data, rule):
    first, second = connected().receive_data(message(0, data) + SYNCED)
    assert [each.rule for each in first.deviations] == [rule]
    assert ids([first, second]) == [0, 5]


def test_an_undecodable_dropped_event_takes_one_id():
    first, second = connected().receive_data(message(0, b"\xff" * 9) + SYNCED)
    assert first.error.rule == "truncated"
    assert ids([first, second]) == [0, 1]


def test_events_are_decoded_with_the_node_s_cores_and_version():
    fields = [(4).to_bytes(4, "little")] * 3
    status = message(10, b"".join(fields) + b"\x07" * 5 + bytes(4 + 8 + 4 + 4))
    stream_closed = message(61, PEER + b"\0\0")
    for cores, version, rules in [
        (5, 0, [[], []]),
        (5, 1, [[], ["other_version_layout"]]),
        (2, 0, [["core_count_mismatch"], []]),
    ]:
        received = connected(cores=cores, version=version).receive_data(status + stream_closed)
        assert [[d.rule for d in each.deviations] for each in received] == rules


def test_deviations_count_from_the_start_of_the_message():
    (event,) = connected().receive_data(message(60, PEER + b"\x07"))
    ((rule, offset, field, _),) = event.deviations
    assert (rule, field) == ("unknown_enum_value", "opener")
    assert event.content[offset] == 7


# --- Bytes that others wrote -----------------------------------------------------


def conversations(vectors: list[EventVector]):
    """Vectors that one node could have sent on one connection, for each such node."""
    by_node = defaultdict(list)
    for vector in vectors:
        by_node[vector.protocol_version, vector.cores or 2].append(vector)
    return [
        pytest.param(FakeNode(PEER, cores=cores, version=version), each, id=f"v{version}-{cores}")
        for (version, cores), each in sorted(by_node.items())
    ]


@pytest.mark.parametrize(("node", "vectors"), conversations(event_vectors()))
def test_vector_events_arrive_in_one_segment_or_in_single_bytes(node, vectors):
    data = node.connect() + b"".join(frame(vector.content) for vector in vectors)
    whole = heard(Connection(), [data])
    assert heard(Connection(), single_bytes(data)) == whole

    received, told, error, _ = whole
    assert (told.peer_id, error) == (PEER, "None")
    assert [each.content for each in received] == [vector.content for vector in vectors]
    assert [each.timestamp for each in received] == [vector.timestamp for vector in vectors]
    assert [each.number for each in received] == [vector.number for vector in vectors]
    assert {each.error for each in received} == {"None"}
    assert {each.deviations for each in received} == {()}


@pytest.mark.parametrize(("node", "vectors"), conversations(event_vectors(conformant=False)))
def test_deviating_vector_events_affect_no_other_event(node, vectors):
    data = node.connect() + b"".join(frame(vector.content) + SYNCED for vector in vectors)
    whole = heard(Connection(), [data])
    assert heard(Connection(), single_bytes(data)) == whole

    received, _, error, next_id = whole
    assert error == "None"
    assert next_id == len(received) == 2 * len(vectors)
    for vector, deviating, good in zip(vectors, received[::2], received[1::2], strict=True):
        assert deviating.content == vector.content
        assert deviating.error != "None" or deviating.deviations
        assert (good.number, good.error, good.deviations) == (13, "None", ())


@pytest.mark.parametrize("vector", [v for v in stream_vectors() if v.messages], ids=str)
@pytest.mark.parametrize("cut", [lambda data: [data], single_bytes], ids=["whole", "bytewise"])
def test_vector_connections_have_the_stated_event_ids(vector, cut):
    received, node, error, next_id = heard(Connection(), cut(vector.data))
    assert node is not None
    assert error == "None"
    assert next_id == vector.next_event_id
    assert len(received) == len(vector.messages)
    for event, expected in zip(received, vector.messages, strict=True):
        assert (event.event_id, event.timestamp, event.number, event.error) == (
            expected["event_id"],
            expected["timestamp_us"],
            expected["discriminator"],
            "None",
        )


def test_397_dropped_events_move_the_ids_by_397():
    (vector,) = [v for v in stream_vectors() if "session B" in v.description]
    assert ids(Connection().receive_data(vector.data)) == [0, 1, 2, 3, 400]


def test_a_reconnection_starts_at_id_0_again():
    vectors = [v for v in stream_vectors() if "session C" in v.description]
    assert [ids(Connection().receive_data(v.data)) for v in vectors] == [[0], [0]]


def test_a_reconnection_without_node_information_is_refused():
    first, second = [v for v in stream_vectors() if not v.conformant]
    connection = Connection()
    (event,) = connection.receive_data(first.data)
    assert (connection.error, event.event_id, event.error.rule) == (None, 0, "unknown_event")

    connection = Connection()
    assert connection.receive_data(second.data) == []
    assert isinstance(connection.error, NodeInformationError)


# --- Any bytes -------------------------------------------------------------------


@st.composite
def conversation(draw: st.DrawFn) -> bytes:
    """A connection's bytes: good and hostile events, then perhaps mutated as a whole."""
    node = FakeNode(PEER, cores=draw(st.sampled_from((1, 2, 11))), version=draw(st.integers(0, 2)))
    data = bytearray(node.connect())
    for number, _, body in draw(st.lists(hostile_payloads(), max_size=4)):
        data += message(number, body)
    return draw(mutated(bytes(data))) if draw(st.booleans()) else bytes(data)


@pytest.mark.no_cover
@pytest.mark.slow
@given(conversation() | st.binary(max_size=300), st.data())
def test_arbitrary_bytes_never_raise_however_they_are_cut(stream, data):
    whole = heard(Connection(max_frame=1000), [stream])
    assert heard(Connection(max_frame=1000), single_bytes(stream)) == whole
    assert heard(Connection(max_frame=1000), data.draw(segmentations(stream))) == whole


@pytest.mark.slow
@given(conversation())
def test_every_event_but_dropped_moves_the_id_by_one(stream):
    for event, following in pairwise(Connection().receive_data(stream)):
        if event.number != 0 or event.error:
            assert following.event_id == (event.event_id + 1) % 2**64


@pytest.mark.slow
@given(st.lists(events(), max_size=5))
def test_a_conformant_node_s_events_have_no_deviations(cases):
    by_version = {0: FakeNode(PEER, cores=11, version=0), 1: FakeNode(PEER, cores=11)}
    for version, node in by_version.items():
        chosen = [(event, fields) for event, of, fields in cases if of == version]
        data = node.connect() + b"".join(
            message(event.number, payload(event.layout(version), fields))
            for event, fields in chosen
        )
        received = Connection().receive_data(data)
        assert [(each.number, each.error, each.deviations) for each in received] == [
            (event.number, None, ()) for event, _ in chosen
        ]


# --- What stays in memory --------------------------------------------------------


def test_an_error_does_not_keep_the_bytes_around_it_alive():
    connection = connected()
    bad = [each for each in connection.receive_data(BROKEN + UNKNOWN + SHORT) if each.error]
    assert [each.error.__traceback__ for each in bad] == [None] * 3
    assert [each.error.__context__ for each in bad] == [None] * 3


def test_a_connection_is_freed_without_the_collector():
    """Without a collection: thousands of nodes may come, say nonsense and go."""
    gc.disable()
    try:
        for data in (SYNCED, FakeNode(PEER).connect() + BROKEN, b"\xff\xff\xff\xff"):
            connection = Connection()
            connection.receive_data(data)
            gone = weakref.ref(connection)
            del connection
            assert gone() is None
    finally:
        gc.enable()
