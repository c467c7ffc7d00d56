"""Event ids and sessions through the whole system are the specification's."""

from __future__ import annotations

import signal
from contextlib import ExitStack

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


# --- One node on many connections ---------------------------------------------------------


def said(system, peer_id):
    """What each route says that a node said of itself."""
    node = system.node(peer_id)
    status = system.get(f"/api/nodes/{peer_id.hex()}/status")["chain_status"]
    now = system.get("/api/analytics/sync-status/timeline")["current_status"]
    sync = next((each for each in now if each["node_id"] == peer_id.hex()), {})
    assert node["best"]["slot"] == status["best_slot"] == sync["slot"]
    assert node["finalized"]["slot"] == status["finalized_slot"]
    assert node["synced"] == status["synced"] == sync["says_synced"]
    return node["best"]["slot"], node["finalized"]["slot"], node["synced"]


def without_sessions(node):
    """What must be the same after a restart, of a node that has hung up."""
    return {
        name: value
        for name, value in node.items()
        if name not in ("connections", "connection_info", "pauses", "paused_seconds")
    }


@pytest.mark.parametrize("shards", [pytest.param(1, marks=pytest.mark.soak), 3])
def test_what_a_node_says_counts_wherever_its_connections_are_and_after_a_kill(tmp_path, shards):
    """Eight connections of one node: on one shard, or wherever the kernel puts them."""
    peer_id = fake_node(40).peer_id
    with running_system(tmp_path / "d", shards=shards) as system, ExitStack() as open_:
        lines = []

        def say(line, *event, **fields):
            count = system.node(peer_id).get("event_count", 0)
            line[0].sendall(line[1].event(*event, **fields)[1])
            wait_for(lambda: system.node(peer_id).get("event_count") == count + 1)

        for number in range(8):
            node = fake_node(40, implementation_version=str(number))
            line = open_.enter_context(system.connect())
            line.sendall(node.connect())
            lines.append((line, node))
            wait_for(
                lambda number=number: len(system.node(peer_id).get("connections", "")) == number + 1
            )
        # The newest says nothing; who spoke last counts, whichever it is.
        for slot, number in enumerate((3, 0, 6, 2, 5), 10):
            say(lines[number], "BestBlockChanged", 5, slot=slot, hash=bytes(32))
        say(lines[4], "FinalizedBlockChanged", 5, slot=9, hash=bytes(32))
        say(lines[1], "SyncStatusChanged", 5, synced=True)
        assert said(system, peer_id) == (14, 9, True)
        assert system.node(peer_id)["implementation_version"] == "7"
        assert system.get("/api/stats")["best_block"] == 14
        # Its connection ends: the last on one that is still open counts.
        lines[5][0].close()
        wait_for(lambda: len(system.node(peer_id)["connections"]) == 7)
        assert said(system, peer_id) == (13, 9, True)
        for line, _ in lines:
            line.close()
        wait_for(lambda: not system.node(peer_id)["is_connected"])
        wait_for(system.committed)
        assert said(system, peer_id) == (14, 9, True)
        before = without_sessions(system.node(peer_id))
        assert before["last_seen_at"] < before["disconnected_at"]
        status = system.get(f"/api/nodes/{peer_id.hex()}/status")
        system.process.send(signal.SIGKILL)
        # Its child processes use the directory until they have ended.
        assert system.process.ended() == -signal.SIGKILL
    with running_system(tmp_path / "d", shards=shards) as system:
        assert without_sessions(system.node(peer_id)) == before
        assert system.get(f"/api/nodes/{peer_id.hex()}/status") == status
        assert said(system, peer_id) == (14, 9, True)
        # It comes back and says nothing yet: that it is said before is told.
        with system.connect() as line:
            line.sendall(fake_node(40).connect())
            wait_for(lambda: system.node(peer_id)["is_connected"])
            assert said(system, peer_id) == (14, 9, True)
            node = system.node(peer_id)
            assert not any(node["statements"][name]["is_open"] for name in ("best", "synced"))
            assert node["statements"]["node_info"]["is_open"]
