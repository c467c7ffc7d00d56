"""``tart/protocol/recording.py``: whatever nodes send is in the capture, byte for byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.capture import CLOSED, FRAME, OPENED, RAW, CaptureReader, Record
from tart.protocol.framing import frame
from tart.protocol.recording import Recording
from tests.protocol.strategies import segmentations

LIMIT = 40
TOO_LONG = (LIMIT + 1).to_bytes(4, "little") + b"x" * 9

# What a node may send: messages, and at some point perhaps what is none.
octets = st.builds(
    lambda messages, rest: b"".join(map(frame, messages)) + rest,
    st.lists(st.binary(max_size=LIMIT), max_size=5),
    st.just(b"") | st.just(TOO_LONG) | st.binary(max_size=60),
)


def read(capture):
    reader = CaptureReader()
    found = reader.receive_data(capture)
    assert reader.complete
    return found


def recorded(*reads, limit=LIMIT, unfinished=1 << 20, closed=True):
    """The records of one connection, and the recording."""
    recording = Recording(limit, unfinished)
    session = recording.open_session()
    capture = recording.header
    for now, data in enumerate(reads):
        capture += session.receive_data(data, now)
    capture += session.close(len(reads)) if closed else session.flush(len(reads))
    return read(capture + recording.end()), recording


def kinds(records):
    return [(each.kind, each.content) for each in records]


@given(st.lists(octets, max_size=4), st.sampled_from([1 << 20, 100, 10]), st.data())
def test_each_session_s_bytes_are_what_its_node_sent(sent, most, data):
    recording = Recording(LIMIT, most)
    sessions = [recording.open_session() for _ in sent]
    pieces = [list(data.draw(segmentations(each))) for each in sent]
    closing = [data.draw(st.booleans()) for _ in sent]
    capture = recording.header
    order = data.draw(st.permutations([at for at, each in enumerate(pieces) for _ in each]))
    for now, at in enumerate(order):
        capture += sessions[at].receive_data(pieces[at].pop(0), now)
        assert recording.incomplete <= most
    for session, closed in zip(sessions, closing, strict=True):
        capture += session.close(99) if closed else session.flush(99)
    assert recording.incomplete == 0
    found = {}
    for each in read(capture + recording.end()):
        found.setdefault(each.session, []).append(each)
    assert sorted(
        b"".join(each.wire_bytes for each in records) for records in found.values()
    ) == sorted(filter(None, sent))
    assert sum(each[-1].kind == CLOSED for each in found.values()) == sum(
        closed and bool(each) for closed, each in zip(closing, sent, strict=True)
    )
    assert recording.octets == sum(map(len, sent))
    assert recording.sessions == len(found) == sum(map(bool, sent))
    assert recording.raw == sum(any(e.kind == RAW for e in each) for each in found.values())


@given(octets, st.data())
def test_messages_do_not_depend_on_how_they_were_cut(sent, data):
    def messages(*reads):
        records, recording = recorded(*reads)
        whole = [each for each in kinds(records) if each[0] != RAW]
        raw = b"".join(each.content for each in records if each.kind == RAW)
        return whole, raw, recording.frames

    assert messages(*data.draw(segmentations(sent))) == messages(sent)


def test_messages_have_the_time_of_their_last_byte():
    sent = frame(b"hello") + frame(b"a") + frame(b"b")
    found, recording = recorded(sent[:3], sent[3:13], sent[13:])
    assert found == [
        Record(OPENED, 0, 1, b"hello"),
        Record(FRAME, 0, 2, b"a"),
        Record(FRAME, 0, 2, b"b"),
        Record(CLOSED, 0, 3),
    ]
    assert (recording.frames, recording.raw) == (3, 0)


def test_an_incomplete_message_is_recorded_raw():
    found, _ = recorded(frame(b"hello") + frame(b"a")[:3])
    assert kinds(found) == [(OPENED, b"hello"), (RAW, frame(b"a")[:3]), (CLOSED, b"")]
    found, _ = recorded(frame(b"hello")[:3], closed=False)
    assert kinds(found) == [(RAW, frame(b"hello")[:3])]


def test_everything_after_an_invalid_length_is_raw_with_a_fault():
    recording = Recording(LIMIT)
    session = recording.open_session()
    session.receive_data(frame(b"hello"), 1)
    assert session.fault is None
    found = session.receive_data(frame(b"a") + TOO_LONG, 2) + session.receive_data(frame(b"b"), 3)
    capture = recording.header + recording.encode(Record(OPENED, 0, 1, b"")) + found
    assert kinds(CaptureReader().receive_data(capture))[1:] == [
        (FRAME, b"a"),
        (RAW, TOO_LONG),
        (RAW, frame(b"b")),
    ]
    assert session.fault == f"frame of {LIMIT + 1} bytes announced, at most {LIMIT} are accepted"
    assert recording.raw == 1


def test_a_connection_without_data_is_not_recorded():
    found, recording = recorded()
    assert found == []
    assert recording.sessions == 0


def test_sessions_are_numbered_in_the_order_of_their_first_records():
    recording = Recording()
    late, early = recording.open_session(), recording.open_session()
    late.receive_data(frame(b"hello")[:5], 1)
    capture = recording.header + early.receive_data(frame(b"e"), 2) + late.receive_data(b"ello", 3)
    assert [(each.session, each.content) for each in CaptureReader().receive_data(capture)] == [
        (0, b"e"),
        (1, b"hello"),
    ]


def test_incomplete_messages_of_all_sessions_are_bounded_without_loss():
    recording = Recording(LIMIT, max_incomplete=30)
    one, other = recording.open_session(), recording.open_session()
    capture = recording.header + one.receive_data(frame(bytes(LIMIT))[:20], 1)
    capture += other.receive_data(frame(bytes(LIMIT))[:20], 2)
    assert recording.incomplete == 20
    assert other.fault == "more than 30 bytes of incomplete messages"
    capture += other.receive_data(b"more", 3) + one.receive_data(bytes(LIMIT)[16:], 4)
    found = CaptureReader().receive_data(capture)
    assert kinds(found) == [
        (RAW, frame(bytes(LIMIT))[:20]),
        (RAW, b"more"),
        (OPENED, bytes(LIMIT)),
    ]
