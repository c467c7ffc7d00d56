"""Event ids and sessions through the whole system are the specification's."""

from __future__ import annotations

import pytest

from tests.running import fake_node, running_system, wait_for

pytestmark = pytest.mark.slow

SYNCED = ("SyncStatusChanged", 5)


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with running_system(tmp_path_factory.mktemp("identity") / "data", shards=2) as running:
        yield running


def ids(events):
    return [event["event_id"] for event in events]


def test_the_event_after_a_dropped_of_n_has_the_dropped_events_id_plus_n(system):
    node = fake_node(1)
    with system.connect() as connection:
        connection.sendall(node.connect())
        connection.sendall(node.event(*SYNCED, synced=True)[1])
        connection.sendall(node.event("Dropped", 6, last_timestamp=7, num=40)[1])
        connection.sendall(node.event(*SYNCED, synced=False)[1])
        events = system.wait_for_events(node.peer_id, 3)
    assert ids(events) == [0, 1, 41]
    told = system.node(node.peer_id)
    assert (told["dropped_count"], told["dropped_messages"]) == (40, 1)


def test_a_dropped_of_zero_does_not_advance(system):
    node = fake_node(2)
    with system.connect() as connection:
        connection.sendall(node.connect())
        connection.sendall(node.event("Dropped", 6, last_timestamp=7, num=0)[1])
        connection.sendall(node.event(*SYNCED, synced=False)[1])
        events = system.wait_for_events(node.peer_id, 2)
    assert ids(events) == [0, 0]


def test_an_undecodable_frame_takes_one_id_and_is_counted(system):
    node = fake_node(3)
    with system.connect() as connection:
        connection.sendall(node.connect())
        connection.sendall(node.event(*SYNCED, synced=True)[1])
        connection.sendall(b"\x03\x00\x00\x00abc")
        connection.sendall(b"\x09\x00\x00\x00" + bytes(8) + b"\xfe")
        connection.sendall(node.event(*SYNCED, synced=False)[1])
        events = system.wait_for_events(node.peer_id, 2)
    assert ids(events) == [0, 3]
    assert system.node(node.peer_id)["undecodable"] == 2


def test_a_reconnect_starts_a_session_with_ids_from_zero(system):
    node = fake_node(4)
    for _ in range(3):
        with system.connect() as connection:
            connection.sendall(node.connect())
            for synced in (True, False):
                connection.sendall(node.event(*SYNCED, synced=synced)[1])
            wait_for(lambda: system.node(node.peer_id).get("is_connected"))
        wait_for(lambda: system.node(node.peer_id)["is_connected"] is False)
    events = system.wait_for_events(node.peer_id, 6)
    assert len({event["session"] for event in events}) == 3
    by_session = {}
    for event in events:
        by_session.setdefault(event["session"], []).append(event["event_id"])
    assert list(by_session.values()) == [[0, 1]] * 3
    assert len({event["id"] for event in events}) == 6


def test_two_connections_of_one_node_are_two_sessions_of_one_node(system):
    node, again = fake_node(5), fake_node(5)
    with system.connect() as first, system.connect() as second:
        first.sendall(node.connect() + node.event(*SYNCED, synced=True)[1])
        second.sendall(again.connect() + again.event(*SYNCED, synced=False)[1])
        events = system.wait_for_events(node.peer_id, 2)
        told = system.node(node.peer_id)
        assert told["event_count"] == 2
        assert len(told["connections"]) == 2
    assert ids(events) == [0, 0]
    wait_for(lambda: system.node(node.peer_id)["is_connected"] is False)


def test_event_61_is_read_as_its_connection_s_version_writes_it(system):
    old, new = fake_node(6, version=0), fake_node(7, version=1)
    closed = ("BlockAnnouncementStreamClosed", 9)
    with system.connect() as first, system.connect() as second:
        first.sendall(
            old.connect() + old.event(*closed, peer=b"\x09" * 32, closer="Remote", reason="x")[1]
        )
        opened, frame = new.event(
            "BlockAnnouncementStreamOpened", 8, peer=b"\x08" * 32, opener="Local"
        )
        second.sendall(new.connect() + frame)
        second.sendall(new.event(*closed, opened_id=opened, closer="Local", reason="y")[1])
        (was,) = system.wait_for_events(old.peer_id, 1)
        _, now = system.wait_for_events(new.peer_id, 2)
    assert was["data"][closed[0]]["peer"] == "0x" + "09" * 32
    assert now["data"][closed[0]]["opened_id"] == opened
