"""Bytes that other implementations wrote, through the whole system and back as JSON."""

from __future__ import annotations

import signal
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tart.protocol.events import EVENTS
from tart.protocol.framing import frame
from tart.protocol.types import ImportSpecification
from tart.protocol.wire import Bytes, List, Option, Struct, Tuple, Type
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query
from tests.fuzz.model import taken_by
from tests.running import System, fake_node, running_system, wait_for
from tests.vectors import NodeVector, event_vectors, flat, flat_values, node_vectors, stream_vectors

pytestmark = pytest.mark.slow

CORES_WHERE_SILENT = 2


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    data = tmp_path_factory.mktemp("vectors") / "data"
    with running_system(data, shards=2) as running:
        yield running


def conversations(*, conformant):
    """The vectors as nodes would send them: one connection per version and core count."""

    def setting(vector):
        return vector.protocol_version, vector.cores or CORES_WHERE_SILENT

    vectors = sorted(event_vectors(conformant=conformant), key=setting)
    return [(key, list(group)) for key, group in groupby(vectors, setting)]


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def many_frames_per_segment(data: bytes) -> list[bytes]:
    return [data[at : at + 1400] for at in range(0, len(data), 1400)]


def value_of(layout: Type, found: Any) -> Any:
    """The API's JSON of a field, as the decoder's Python value."""
    match layout:
        case ImportSpecification():
            ((kind, root),) = found["root_identifier"].items()
            return {**found, "root_identifier": {kind: bytes.fromhex(root[2:])}}
        case Struct(fields=fields):
            assert list(found) == [name for name, _ in fields]
            return {name: value_of(each, found[name]) for name, each in fields}
        case List(inner=each):
            return [value_of(each, element) for element in found]
        case Tuple(inner=types):
            return [value_of(each, part) for each, part in zip(types, found, strict=True)]
        case Option(inner=each):
            return None if found is None else value_of(each, found)
        case Bytes():
            assert found.startswith("0x")
            return bytes.fromhex(found[2:])
    return found


def assert_event_is(event, vector, event_id):
    declared = EVENTS[vector.number]
    ((variant, fields),) = event["data"].items()
    assert variant == declared.variant
    assert event["event_type"] == vector.number
    assert event["event_id"] == event_id
    assert fields.pop("timestamp") == vector.timestamp
    layout = declared.layout(vector.protocol_version)
    assert flat_values(layout, value_of(layout, fields)) == flat(vector.values)


@pytest.mark.parametrize("cut", [whole, byte_by_byte, many_frames_per_segment])
def test_conformant_vectors_come_back_with_equal_values(system, cut):
    for index, ((version, cores), vectors) in enumerate(conversations(conformant=True)):
        first = {whole: 10, byte_by_byte: 30, many_frames_per_segment: 50}[cut]
        node = fake_node(first + index, cores=cores, version=version)
        data = node.connect() + b"".join(frame(vector.content) for vector in vectors)
        with system.connect() as connection:
            for piece in cut(data):
                connection.sendall(piece)
            events = system.wait_for_events(node.peer_id, len(vectors))
        event_id = 0
        assert len(events) == len(vectors)
        for event, vector in zip(events, vectors, strict=True):
            assert_event_is(event, vector, event_id)
            event_id += taken_by(vector.content)
        assert system.node(node.peer_id)["undecodable"] == 0
        assert system.node(node.peer_id)["deviations"] == {}


def test_deviating_vectors_are_kept_counted_and_harm_nothing(tmp_path):
    data = tmp_path / "data"
    witness = fake_node(1)
    sent = []
    with running_system(data, shards=1) as system, system.connect() as watching:
        watching.sendall(witness.connect())
        for index, ((version, cores), vectors) in enumerate(conversations(conformant=False)):
            node = fake_node(100 + index, cores=cores, version=version)
            with system.connect() as connection:
                connection.sendall(node.connect())
                for vector in vectors:
                    connection.sendall(frame(vector.content))
                sent += [vector.content for vector in vectors]
                wait_for_all(system, node.peer_id, len(vectors))
                told = system.node(node.peer_id)
            assert told["undecodable"] + sum(told["deviations"].values()) >= len(vectors)
        watching.sendall(witness.event("SyncStatusChanged", 0, synced=True)[1])
        assert len(system.wait_for_events(witness.peer_id, 1)) == 1
        stop(system)
    assert sorted(sent) == sorted(stored_frames(data, but_not=witness.peer_id))


def test_node_information_of_every_implementation_is_understood(system):
    # Two vectors name the same node: told apart by their implementation and note.
    for vector in node_vectors():
        with system.connect() as connection:
            connection.sendall(frame(vector.content))
            here = "{}:{}".format(*connection.getsockname())
            information = wait_for(
                lambda vector=vector, here=here: node_as_told(system, vector, here), str(vector)
            )
        assert information["additional_info"] == vector.expected["note"]
        assert information["genesis"] == "0x" + vector.expected["genesis_header_hash"]
        assert information["implementation_name"] == vector.expected["implementation_name"]
        if "jam_parameters" in vector.expected:
            assert information["params"] == {
                **dict.fromkeys(information["params"]),
                **vector.expected["jam_parameters"],
            }


def test_streams_of_real_clients_have_the_ids_the_specification_gives(tmp_path):
    streams = [vector for vector in stream_vectors() if vector.messages]
    assert streams
    with running_system(tmp_path / "data", shards=2) as system:
        for vector in streams:
            with system.connect() as connection:
                connection.sendall(vector.data)
                ids = wait_for(
                    lambda vector=vector: session_with(system, vector.messages), str(vector)
                )
            assert ids == [message["event_id"] for message in vector.messages]


def session_with(system: System, messages: list[dict[str, Any]]) -> list[int] | None:
    """The event ids of the session that has just these messages' timestamps."""
    wanted = [message["timestamp_us"] for message in messages]
    sessions: dict[int, list[tuple[int, int]]] = {}
    for event in reversed(system.get("/api/events", limit=1000)["events"]):
        ((_, fields),) = event["data"].items()
        sessions.setdefault(event["session"], []).append((event["event_id"], fields["timestamp"]))
    for events in sessions.values():
        if [timestamp for _, timestamp in events] == wanted:
            return [event_id for event_id, _ in events]
    return None


def node_as_told(system: System, vector: NodeVector, address: str) -> dict[str, Any] | None:
    """The node's information as told on this very connection; several vectors name one node."""
    node = system.node(vector.expected["peer_id"])
    return node["node_info"] if node.get("address") == address else None


def wait_for_all(system: System, peer_id: bytes, count: int) -> None:
    """Wait until a node's frames are all counted, understood or not."""

    def counted() -> bool:
        node = system.node(peer_id)
        return bool(node) and node["event_count"] + node["undecodable"] >= count

    wait_for(counted, f"{count} frames")


def stop(system: System) -> None:
    """Stop it as an operator would, cleanly."""
    system.process.send(signal.SIGTERM)
    assert system.process.exited() == 0


def stored_frames(data: Path, *, but_not: bytes) -> list[bytes]:
    """Every frame in a stopped system's files, as it came, one node's left out."""
    frames = []
    for path in data.glob("*/20*.duckdb"):
        with duckdb.connect(str(path), read_only=True) as file:
            (number,) = file.execute(
                "SELECT node FROM nodes WHERE peer_id = ?", [but_not]
            ).fetchone()
            for row in file.execute(log_rows_query("main", "node <> ?"), [number]).fetchall():
                event = LogRow(*row)
                head = event.timestamp.to_bytes(8, "little") + bytes([event.type])
                frames.append(head + event.payload)
            frames += [row[0] for row in file.execute("SELECT frame FROM undecodable").fetchall()]
    return frames
