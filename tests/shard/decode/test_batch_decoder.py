"""``tart/shard/decode/batch_decoder.py``: all frames together give what each alone would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.isolation import Isolation
from tart.errors import DecodeError
from tart.protocol.columnar import read_columns
from tart.protocol.connection import Connection
from tart.protocol.events import EVENTS
from tart.protocol.frames import Frames
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch, decode_in_parts
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.schema import PeerRow
from tests.cases import examples
from tests.protocol.strategies import CORES, events, hostile_payloads, payload
from tests.shard.plain import decoded, plain_row, session_of
from tests.vectors import event_vectors

quick = examples(1)
A, B = (bytes([number]) * 32 for number in (1, 2))
VECTORS = [*event_vectors(), *event_vectors(conformant=False)]


def content(number, sent, timestamp=4):
    return timestamp.to_bytes(8, "little") + bytes([number]) + sent


good = events().map(
    lambda event: content(event[0].number, payload(event[0].layout(event[1]), event[2]))
)
bad = hostile_payloads().map(lambda hostile: content(hostile[0], hostile[2]))
frames = st.lists(st.one_of(good, bad, st.binary(max_size=40)), max_size=12)


def plain(session, contents, *, seq, received_at):
    """What the plain decoder makes of the same frames: rows, errors, deviations, event ids."""
    connection = Connection()
    connection.node = session.connection.node
    connection.next_event_id = session.connection.next_event_id
    version = connection.node.protocol_version
    rows, errors, deviations = [], [], []
    for at, each in enumerate(contents):
        event = connection.decode(each)
        if event.error is not None:
            errors.append((seq + at, event.event_id, str(event.error), each))
            continue
        deviations += [event.deviations] if event.deviations else []
        rows.append(
            plain_row(
                event,
                version,
                seq=seq + at,
                received_at=received_at,
                node=session.node_number,
                session=session.number,
            )
        )
    return rows, errors, deviations, (connection.last_event_id, connection.next_event_id)


def assert_same(session, contents, **where):
    expected_rows, errors, deviations, event_ids = plain(session, contents, **where)
    found = decoded(session, *contents, **where)
    assert [*found.log.rows()] == expected_rows
    assert [
        (
            row.seq,
            row.event_id,
            str(DecodeError(row.rule, row.byte_offset, row.expectation, row.field)),
            row.frame,
        )
        for _, row in found.undecodable
    ] == errors
    assert [each for _, each in found.deviations] == deviations
    connection = session.connection
    assert (connection.last_event_id, connection.next_event_id) == event_ids


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(frames.filter(bool), st.sampled_from((0, 1)), st.integers(0, 2**64 - 1))
def test_a_batch_of_any_frames_equals_the_plain_decoder(contents, version, first_id):
    session = session_of(version)
    session.connection.next_event_id = first_id
    assert_same(session, contents, seq=100, received_at=200)


@pytest.mark.parametrize("version", [0, 1])
def test_a_batch_of_the_vectors_equals_the_plain_decoder(version):
    contents = [vector.content for vector in VECTORS]
    assert_same(session_of(version), contents, seq=0, received_at=1)


def test_several_connections_in_one_batch_keep_their_own_ids_and_times():
    one, other = session_of(number=1, node_number=11), session_of(number=2, node_number=12)
    other.connection.next_event_id = 50
    synced = content(13, b"\x01")
    dropped = content(0, bytes(8) + (7).to_bytes(8, "little"))
    runs = FrameRuns([one, other, one], [2, 3, 1], [1000, 2000, 3000])
    found = decode_batch(
        Frames.of([synced, dropped, synced, b"short", synced, synced]), runs, 40, PeerDictionary({})
    )
    told = [
        (row.seq, row.session, row.node, row.event_id, row.received_at) for row in found.log.rows()
    ]
    assert told == [
        (40, 1, 11, 0, 1000),
        (41, 1, 11, 1, 1000),
        (42, 2, 12, 50, 2000),
        (44, 2, 12, 52, 2000),
        (45, 1, 11, 8, 3000),
    ]
    assert [(row.seq, row.session, row.event_id) for _, row in found.undecodable] == [(43, 2, 51)]
    assert [found.owners[at].number for at in found.owner_of] == [1, 1, 2, 2, 1]
    assert (one.connection.next_event_id, other.connection.next_event_id) == (9, 53)


def received_from(peer):
    """Assurance received (131): the sender, then nothing that is kept in the body."""
    return content(131, peer + bytes(32))


def test_a_peer_gets_a_number_the_first_time_it_is_named():
    peers, session = PeerDictionary({0: A}), session_of()
    first = decoded(session, received_from(B), received_from(A), received_from(B), peers=peers)
    assert first.log.peer.tolist() == [1, 0, 1]
    assert [row.peer for row in first.log.rows()] == [B, A, B]
    assert first.new_peers == [PeerRow(1, B)]
    assert decoded(session, received_from(B), peers=peers).new_peers == []


def test_an_undecodable_frame_assigns_no_peer_number():
    found = decoded(session_of(), content(131, A), content(128, bytes(8) + A[:31]))
    assert (len(found.log), found.new_peers) == (0, [])


def test_beyond_the_limit_a_peer_stays_in_the_body():
    peers = PeerDictionary({}, max_peers=1)
    found = decoded(session_of(), received_from(A), received_from(B), peers=peers)
    one, other = found.log.rows()
    assert (one.peer, one.body, found.new_peers) == (A, bytes(32), [PeerRow(0, A)])
    assert (other.peer, other.body) == (None, B + bytes(32))
    assert other.payload == B + bytes(32)


def test_status_changes_are_listed_in_order():
    session = session_of()
    best = content(11, (3).to_bytes(4, "little") + bytes(32))
    status = content(10, bytes(32 + CORES))
    found = decoded(session, best, status, content(13, b"\x00"), content(11, b"too short"))
    assert [(change.type, change.payload[:1]) for change in found.status_changes] == [
        (11, b"\x03"),
        (10, b"\x00"),
        (13, b"\x00"),
    ]


def test_event_ids_wrap_around_after_64_bits():
    session = session_of()
    session.connection.next_event_id = 2**64 - 1
    found = decoded(session, content(13, b"\x01"), content(13, b"\x01"))
    assert [row.event_id for row in found.log.rows()] == [2**64 - 1, 0]


def test_every_event_type_is_in_the_vectors_used_here():
    assert {vector.number for vector in VECTORS} >= EVENTS.keys() - {90, 98, 104}


def test_a_failed_decoding_changes_nothing(monkeypatch):
    peers, session = PeerDictionary({0: A}), session_of()
    session.connection.next_event_id = 7

    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("tart.shard.decode.batch_decoder._faults", fail)
    with pytest.raises(ZeroDivisionError):
        decoded(session, received_from(B), peers=peers)
    assert (session.connection.next_event_id, peers.ids) == (7, [A])
    monkeypatch.undo()
    found = decoded(session, received_from(B), peers=peers)
    assert (found.new_peers, found.log.event_id.tolist()) == ([PeerRow(1, B)], [7])


@pytest.mark.parametrize("bad", [(), (0,), (5,), (2, 3), (0, 1, 2, 3, 4, 5)])
def test_a_frame_that_makes_decoding_fail_is_stored_and_costs_no_other(monkeypatch, bad):
    one, other = session_of(number=1, node_number=11), session_of(number=2, node_number=12)
    other.connection.next_event_id = 50
    frames = [content(13, b"\x01", timestamp=at) for at in range(6)]

    def read(contents):
        if any(frames[at] in contents for at in bad):
            raise ZeroDivisionError
        return read_columns(contents)

    monkeypatch.setattr("tart.shard.decode.batch_decoder.read_columns", read)
    isolation = Isolation()
    runs = FrameRuns([one, other, one], [2, 3, 1], [1000, 2000, 3000])
    parts = decode_in_parts(Frames.of(frames), runs, 40, PeerDictionary({}), isolation)
    rows = [(row.seq, row.session, row.event_id) for part in parts for row in part.log.rows()]
    kept = [
        (row.seq, row.session, row.event_id, row.rule, row.frame)
        for part in parts
        for _, row in part.undecodable
    ]
    places = [(40, 1, 0), (41, 1, 1), (42, 2, 50), (43, 2, 51), (44, 2, 52), (45, 1, 2)]
    assert rows == [place for at, place in enumerate(places) if at not in bad]
    assert kept == [(*places[at], "server_failure", frames[at]) for at in bad]
    assert (one.connection.next_event_id, other.connection.next_event_id) == (3, 53)
    assert (isolation.failures["decode"], isolation.events_lost["decode"]) == (len(bad), len(bad))


@pytest.mark.no_cover
@quick
@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.data())
def test_runs_are_split_between_any_two_frames(lengths, data):
    owners = [session_of(1, number=number) for number in range(len(lengths))]
    runs = FrameRuns(owners, lengths, [*range(len(lengths))])

    def frames_of(part):
        of_runs = zip(*part.columns, strict=True)
        return [(one.number, at) for one, length, at in of_runs for _ in range(length)]

    whole = frames_of(runs)
    cut = data.draw(st.integers(1, len(whole)))
    first, rest = runs.split(cut)
    assert (frames_of(first), frames_of(rest)) == (whole[:cut], whole[cut:])
    assert 0 not in first.lengths + rest.lengths
    assert frames_of(runs) == whole
