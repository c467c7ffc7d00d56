"""``tart/shard/nodes.py``: nodes and connections, now and as the files tell."""

import itertools

import orjson
import pytest

from tart.protocol.connection import Connection
from tart.shard.nodes import MAX_DROPPED, Block, Nodes, Session
from tart.shard.rendering import to_bytes
from tart.storage.recovery import Past, StoredSession
from tests.shard.running import best, fake_node, framed, run, until

SECOND = 1_000_000
NOON = 1_795_262_400 * SECOND


def hello(number=1, **more):
    """A node's first message, without the frame's length."""
    return fake_node(number, **more).connect()[4:]


def connected(nodes, number, at, *, node=1, directory=0, address="192.0.2.1:4", **more):
    """A session whose node information has come."""
    connection = Connection()
    connection.receive_data(fake_node(node, **more).connect())
    session = Session(number, directory, address, at, connection)
    session.node = nodes.node(bytes([node]) * 32)
    session.node_number, _ = nodes.number(directory, session.node.peer_id)
    nodes.opened(session, at)
    return session


def shown(nodes, node=1):
    return nodes.by_id[bytes([node]).hex() * 32].as_json()


def stored(number, started, ended=None, *, node=0, of=1, counters=None, **more):
    return StoredSession(
        number, node, f"192.0.2.{number}:4", hello(of, **more), started, ended, counters or {}
    )


def recovered(*pasts):
    nodes = Nodes()
    for past in pasts:
        nodes.recover(past)
    return nodes


def past(*sessions, directory=0, of=1, **more):
    """A directory that knows one node, numbered 0."""
    return Past(
        directory,
        nodes={0: bytes([of]) * 32},
        sessions={each.session: each for each in sessions},
        **more,
    )


def test_a_node_is_one_whatever_its_connections():
    nodes = Nodes()
    first, second = connected(nodes, 0, NOON), connected(nodes, 1, NOON + 1)
    assert first.node is second.node
    assert first.node_number == second.node_number
    assert len(nodes.by_id) == 1


def test_numbers_are_given_per_directory_and_only_once():
    nodes = Nodes()
    keys = [bytes([number]) * 32 for number in range(3)]
    given = [nodes.number(directory, key) for directory, key in itertools.product((0, 7), keys)]
    assert given == [(0, True), (1, True), (2, True)] * 2
    assert nodes.number(7, keys[1]) == (1, False)
    assert nodes.number_of(7, keys[2].hex()) == 2
    assert nodes.number_of(8, keys[2].hex()) is None


def test_numbers_go_on_behind_those_in_the_files():
    nodes = recovered(Past(0, nodes={4: b"\x04" * 32}))
    assert nodes.number(0, b"\x04" * 32) == (4, False)
    assert nodes.number(0, b"\x05" * 32) == (5, True)


def test_a_connected_node_shows_who_it_is_and_since_when():
    nodes = Nodes()
    connected(nodes, 3, NOON, name="jam", implementation_version="9", version=0, directory=2)
    node = shown(nodes)
    assert node["node_id"] == "01" * 32
    assert (node["implementation_name"], node["implementation_version"]) == ("jam", "9")
    assert node["is_connected"]
    assert node["first_seen_at"] == node["connected_at"] == "2026-11-21T12:00:00.000000Z"
    assert node["disconnected_at"] is None
    (connection,) = node["connections"]
    assert connection["session"] == 3 << 8 | 2
    assert connection["protocol_version"] == 0
    assert (
        orjson.loads(to_bytes(node, "hex"))["node_info"]["details"]["peer_id"] == "0x" + "01" * 32
    )


def test_a_node_is_connected_until_its_last_connection_is_over():
    nodes = Nodes()
    first, second = connected(nodes, 0, NOON), connected(nodes, 1, NOON + SECOND)
    nodes.closed(first, NOON + 2 * SECOND)
    assert shown(nodes)["is_connected"]
    assert shown(nodes)["disconnected_at"] is None
    nodes.closed(second, NOON + 3 * SECOND)
    assert not shown(nodes)["is_connected"]
    assert shown(nodes)["disconnected_at"] == "2026-11-21T12:00:03.000000Z"
    assert shown(nodes)["connections"] == []


def test_the_newest_connection_speaks_for_a_node():
    nodes = Nodes()
    first = connected(nodes, 0, NOON, name="old", address="192.0.2.1:1")
    first.node.best = Block(9, b"")
    second = connected(nodes, 1, NOON + 1, name="new", address="192.0.2.2:2")
    node = shown(nodes)
    assert (node["implementation_name"], node["address"]) == ("new", "192.0.2.2:2")
    assert (node["best"], node["finalized"], node["synced"]) == (None, None, None)
    assert first.node.newest == second.number
    nodes.closed(second, NOON + 2)
    assert first.node.newest == first.number


def test_what_never_said_who_it_is_changes_nothing_when_it_goes():
    nodes = Nodes()
    nodes.closed(Session(0, 0, "", NOON, Connection()), NOON)
    assert nodes.by_id == {}


def test_events_are_read_in_the_dialect_of_their_connection():
    nodes = recovered(
        past(
            stored(0, NOON, NOON + 1, version=0, cores=2),
            stored(1, NOON + 2, version=1, cores=341, name="later"),
            directory=5,
        )
    )
    first, second = nodes.speakers[5, 0], nodes.speakers[5, 1]
    assert (first.protocol_version, first.cores, first.name) == (0, 2, "fake-node")
    assert (second.protocol_version, second.cores, second.name) == (1, 341, "later")
    assert first.node_id == second.node_id == "01" * 32


def test_after_a_restart_a_node_has_its_counts_from_all_directories():
    nodes = recovered(
        past(counts={0: {11: 5, 0: 1}}, dropped={0: (7, 1)}, last_seen={0: NOON}),
        past(counts={0: {11: 3}}, last_seen={0: NOON + 1}, directory=4),
        past(counts={0: {11: 100}}, of=2, directory=5),
    )
    node = shown(nodes)
    assert node["event_count"] == 9
    assert (node["dropped_count"], node["dropped_messages"]) == (7, 1)
    assert node["last_seen_at"] == "2026-11-21T12:00:00.000001Z"
    assert shown(nodes, 2)["event_count"] == 100


def test_after_a_restart_a_node_is_as_its_newest_connection_was_in_whichever_directory():
    sessions = [
        past(stored(1, NOON + 20, NOON + 30, name="newest"), directory=0),
        past(stored(2, NOON, NOON + 90, name="oldest"), directory=1),
    ]
    for order in itertools.permutations(sessions):
        node = shown(recovered(*order))
        assert node["implementation_name"] == "newest"
        assert node["address"] == "192.0.2.1:4"
        assert node["first_seen_at"] == "2026-11-21T12:00:00.000000Z"
        assert node["connected_at"] == "2026-11-21T12:00:00.000020Z"
        assert node["disconnected_at"] == "2026-11-21T12:00:00.000030Z"
        assert not node["is_connected"]


@pytest.mark.parametrize(
    ("last_event", "ended"),
    [(None, 20), (10, 20), (25, 25)],
    ids=["it never spoke", "it spoke only before", "it spoke"],
)
def test_a_connection_whose_shard_died_ended_when_it_was_last_heard(last_event, ended):
    seen = {} if last_event is None else {0: NOON + last_event}
    nodes = recovered(past(stored(0, NOON, NOON + 5), stored(1, NOON + 20), last_seen=seen))
    assert shown(nodes)["disconnected_at"] == f"2026-11-21T12:00:00.0000{ended}Z"


def test_deviations_of_closed_connections_add_up():
    nodes = recovered(
        past(
            stored(0, NOON, NOON + 1, counters={"deviations": {"a": 1, "b": 2}}),
            stored(1, NOON, NOON + 1, counters={"deviations": {"a": 3}}),
        )
    )
    assert shown(nodes)["deviations"] == {"a": 4, "b": 2}


def test_what_was_shed_of_closed_connections_adds_up():
    nodes = recovered(
        past(
            stored(0, NOON, NOON + 1, counters={"shed": {"rate": 1}}),
            stored(1, NOON, NOON + 1, counters={"shed": {"rate": 3}}),
            stored(2, NOON, NOON + 1, counters={}),
        )
    )
    assert shown(nodes)["shed"] == {"rate": 4}
    assert (shown(nodes)["pauses"], shown(nodes)["paused_seconds"]) == ({}, 0)


def test_a_refused_connection_is_nobody_s():
    refused = StoredSession(0, None, "192.0.2.1:4", b"", NOON, NOON)
    nodes = recovered(Past(0, sessions={0: refused}))
    assert nodes.by_id == {}
    assert nodes.speakers == {}


def test_events_of_a_connection_we_no_longer_understand_are_still_its_node_s():
    stale = StoredSession(3, 0, "192.0.2.1:4", b"as an older release took it", NOON, NOON)
    nodes = recovered(past(stale))
    assert nodes.speakers[0, 3].node_id == "01" * 32


def test_no_claim_of_dropped_events_is_too_large_to_be_shown():
    nodes = recovered(past(dropped={0: (2 * (2**64 - 1), 2)}))
    assert shown(nodes)["dropped_count"] == MAX_DROPPED
    assert to_bytes(shown(nodes), "hex")


def test_what_is_kept_of_a_connection_says_how_it_went():
    nodes = Nodes()
    session = connected(nodes, 0, NOON)
    session.events, session.bytes, session.undecodable = 4, 5, 6
    session.deviations["rule"] += 1
    session.last_at = NOON
    assert session.counters() == {
        "started_at": NOON,
        "events": 4,
        "bytes": 5,
        "dropped": 0,
        "undecodable": 6,
        "next_event_id": 0,
        "last_event_id": None,
        "last_at": NOON,
        "deviations": {"rule": 1},
        "shed": {},
    }


def test_connections_no_file_names_any_more_are_forgotten_and_what_they_counted_is_not():
    found = recovered(past(stored(0, NOON), stored(1, NOON), counts={0: {11: 5}}))
    found.forget(0, {0, 7})
    assert set(found.speakers) == {(0, 1)}
    assert shown(found)["event_count"] == 5


def test_a_node_that_only_the_aggregates_know_is_there_with_what_they_know(tmp_path):
    async def told(shard):
        node = fake_node(1)
        session = shard.session(node.connect(), best(node, 1), best(node, 2), framed(b""))
        shard.intake.end(session, "gone")
        shard.intake.aggregate()
        await shard.settled()
        await until(lambda: not shard.aggregation.statistics()["aggregate_flushes_pending"])
        return await shard.ask("nodes")

    (before,) = run(told, tmp_path)
    # Retention takes the log's files, and leaves the aggregates.
    for file in (tmp_path / "00").glob("20*.duckdb*"):
        file.unlink()
    (after,) = run(lambda shard: shard.ask("nodes"), tmp_path)
    names = ("node_id", "event_count", "undecodable", "first_seen_at", "connected_at", "address")
    assert [after[name] for name in names] == [before[name] for name in names]
    assert (after["event_count"], after["undecodable"]) == (2, 1)
    assert after["last_seen_at"] == after["disconnected_at"] == before["disconnected_at"]
    assert not after["is_connected"]
    assert after["node_info"] is None
