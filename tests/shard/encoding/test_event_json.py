"""``tart/shard/encoding/event_json.py``: into a row and back, byte for byte."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import DecodeError
from tart.ipc.messages import Subscribe
from tart.protocol.decoding import decode_event
from tart.protocol.encoding import encode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.query.core.event_ids import event_identity
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import dumps
from tart.shard.state.nodes import SessionOwner
from tests.cases import all_cases, examples
from tests.protocol.strategies import CORES, U64, events, hostile_payloads, payload
from tests.shard.chains import Sequences
from tests.shard.ingest.test_live_streams import Recorder
from tests.shard.plain import decoded, session_of
from tests.shard.running import run, until
from tests.vectors import event_vectors

HIGHEST = 2**64 - 1
VECTORS = [*event_vectors(), *event_vectors(conformant=False)]
quick = examples(3)


def received(number, content, *, event_id=3, timestamp=4):
    return event_id, timestamp.to_bytes(8, "little") + bytes([number]) + content


def row_of(event, version=1):
    event_id, content = event
    session = session_of(version)
    session.connection.next_event_id = event_id
    return next(decoded(session, content).log.rows())


def kept(number, sent, version):
    """The payload as it is stored, whichever way it went."""
    found = decoded(session_of(version), received(number, sent)[1])
    if len(found.log):
        return next(found.log.rows()).payload
    ((_, row),) = found.undecodable
    return row.frame[9:]


def owner(version=1, cores=CORES):
    return SessionOwner("ab" * 32, "somebody", "1.2.3", version, cores)


def shown(row, version=1, cores=CORES):
    return to_json(row, 5, owner(version, cores))


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(events(), U64, U64)
def test_the_stored_parts_of_any_event_join_to_its_payload(event, timestamp, event_id):
    kind, version, fields = event
    sent = payload(kind.layout(version), fields)
    row = row_of(received(kind.number, sent, timestamp=timestamp, event_id=event_id), version)
    assert row.payload == sent
    assert (row.type, row.timestamp, row.event_id) == (kind.number, timestamp, event_id)
    assert (row.seq, row.received_at, row.node, row.session) == (7, 8, 9, 10)
    assert (row.ref is not None) == (leading_reference(kind.layout(version)) is not None)


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(events())
def test_the_event_of_a_row_has_the_fields_that_were_sent(event):
    kind, version, fields = event
    row = row_of(received(kind.number, payload(kind.layout(version), fields)), version)
    assert shown(row, version)["data"] == {kind.variant: {"timestamp": 4, **fields}}
    assert row.slot == _first(fields, "slot")
    assert row.core == _first(fields, "core")


def _first(fields, name):
    """A field by name, at the top or in one of the structures there."""
    if name in fields:
        return fields[name]
    nested = (each[name] for each in fields.values() if isinstance(each, dict) and name in each)
    return next(nested, None)


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(hostile_payloads())
def test_the_stored_parts_of_any_decodable_frame_join_to_its_payload(hostile):
    number, version, sent = hostile
    try:
        decoded = decode_event(number, sent, version=version, cores=CORES)
    except DecodeError:
        return
    row = row_of(received(number, sent), version)
    assert row.payload == sent
    event = shown(row, version)
    assert event["data"] == {EVENTS[number].variant: {"timestamp": 4, **decoded.fields}}
    assert dumps(event, "hex")


@all_cases("vector", VECTORS, ids=str)
def test_the_stored_parts_of_the_vectors_join_to_their_payloads(vector):
    if vector.number not in EVENTS:
        return
    assert kept(vector.number, vector.payload, vector.protocol_version) == vector.payload


@pytest.mark.no_cover
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 40])
def test_a_payload_of_any_length_is_stored(size):
    sent = bytes(range(size))
    for number in EVENTS:
        for version in (0, 1, 2, 255):
            assert kept(number, sent, version) == sent


@pytest.mark.parametrize("ref", [0, 1, 2**63, HIGHEST])
def test_a_reference_may_be_any_u64(ref):
    reason = "no"
    content = encode_event("AuthoringFailed", HIGHEST, {"authoring_id": ref, "reason": reason})[
        4 + 9 :
    ]
    row = row_of(received(41, content, event_id=HIGHEST, timestamp=HIGHEST))
    assert row.ref == ref
    assert row.body == b"\x02no"
    event = shown(row)
    assert event["data"]["AuthoringFailed"]["authoring_id"] == ref
    assert orjson.loads(dumps(event, "hex"))["event_id"] == HIGHEST


def test_an_event_is_shown_with_its_node_times_and_context():
    row = row_of(received(11, (6).to_bytes(4, "little") + bytes(32)))
    event = shown(row._replace(received_at=1_795_262_400_000_001))
    assert event_identity(event.pop("id")) == (5, 7)
    assert event == {
        "node_id": "ab" * 32,
        "session": 10 << 8 | 5,
        "event_id": 3,
        "event_type": 11,
        "timestamp": "2025-01-01T12:00:00.000004Z",
        "received_at": "2026-11-21T12:00:00.000001Z",
        "data": {"BestBlockChanged": {"timestamp": 4, "slot": 6, "hash": bytes(32)}},
        "node_name": "somebody",
        "node_version": "1.2.3",
        "context": {"slot": 6, "core": None, "hash": bytes(32), "root_event_id": None},
    }


def test_a_timestamp_beyond_the_calendar_is_null_and_its_number_is_kept():
    event = shown(row_of(received(13, b"\x01", timestamp=HIGHEST)))
    assert event["timestamp"] is None
    assert event["data"]["SyncStatusChanged"]["timestamp"] == HIGHEST


def test_a_row_that_cannot_be_decoded_is_shown_as_undecodable():
    event = shown(row_of(received(13, b"\x01"))._replace(body=b"\x05"))
    assert "bool_out_of_range" in event["data"]["SyncStatusChanged"]["undecodable"]


def test_a_status_without_known_cores_is_decoded_by_its_length():
    fields = {name: 1 for name, _ in EVENTS[10].layout(1).fields} | {"num_guarantees": [1, 2, 3]}
    sent = encode_event("Status", 4, fields)[4 + 9 :]
    event = shown(row_of(received(10, sent)), cores=None)
    assert event["data"]["Status"] == {"timestamp": 4, **fields}


@given(st.integers(0, 2**45 - 1), st.integers(0, 255))
@examples(0.4)
def test_the_id_of_an_event_encodes_directory_and_sequence(seq, directory):
    row = row_of(received(13, b"\x01"))._replace(seq=seq)
    number = to_json(row, directory, owner())["id"]
    assert event_identity(number) == (directory, seq)
    assert number < 2**53


async def _said(shard, sequences, sent, sessions):
    """Events come in reads and batches of any length."""
    for each in sent:
        shard.ingest.receive(sessions[each.session], each.frame)
        if sequences.random.random() < 0.2:
            shard.ingest.decode_received()
    shard.ingest.decode_received()
    await shard.settled()


def belongs(event):
    context = event["context"]
    return event["session"], event["event_id"], context["root_event_id"], context["hash"]


async def _stored(shard):
    """By event, what the log says that it belongs to."""
    events = await shard.ask("events", limit=5_000)
    return {each[:2]: each[2:] for each in map(belongs, events)}


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 9))]
)
def test_live_and_stored_events_have_the_same_chain_root(tmp_path, seed):
    sequences = Sequences(seed)
    sent = sequences.say(100)

    async def told(shard):
        sessions = [shard.session(hello) for hello in sequences.hellos]
        # Nobody listens yet: what came before is known all the same.
        await _said(shard, sequences, sent, sessions)
        channel = Recorder()
        shard.streams.subscribe(channel, Subscribe(1, {"type": "All"}))
        heard = [*sequences.every_type(), *sequences.say(300)]
        await _said(shard, sequences, heard, sessions)
        await until(lambda: len(channel.events()) == len(heard))
        ids = {each.number: each.api_id for each in sessions}
        expected = {
            (ids[each.session], each.event_id): (each.root, each.hash) for each in [*sent, *heard]
        }
        live = {each[:2]: each[2:] for each in (belongs(event) for event, _ in channel.events())}
        assert live == {key: expected[key] for key in live}
        assert await _stored(shard) == expected
        # One at a time, in pages of any length and in an export.
        shown = await shard.ask("events", limit=5_000)
        for event in shown[:: len(shown) // 20]:
            one = await shard.ask("event", id=event["id"])
            assert belongs(one)[2:] == expected[belongs(one)[:2]]
        (part,) = (await shard.ask("export", format="ndjson")).value["parts"].values()
        assert len(part["lengths"]) == len(expected)
        lines = (await shard.ask("export", format="ndjson")).data.splitlines()
        exported = {each[:2]: each[2:] for each in map(belongs, map(orjson.loads, lines))}
        assert exported == expected
        return expected

    expected = run(told, tmp_path)
    assert {each.number for each in sent} - {0}
    assert run(_stored, tmp_path) == expected
