"""``tart/shard/state/nodes.py``: nodes and connections, now and recovered from files."""

import itertools

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.connection import Connection
from tart.query.core import merge
from tart.query.core.merge import ChainStatements
from tart.shard.encoding.json_bytes import dumps
from tart.shard.state.nodes import Nodes, Session
from tart.storage.log.recovery import RecoveredState, StoredSession
from tart.units import SECOND_US
from tests.cases import examples
from tests.shard.running import HASH, best, fake_node, framed, run, until

NOON = 1_795_262_400 * SECOND_US


def hello(number=1, **more):
    """A node's first message, without the frame's length."""
    return fake_node(number, **more).connect()[4:]


def connected(nodes, number, at, *, node=1, directory=0, address="192.0.2.1:4", **more):
    """A session whose node information has come."""
    connection = Connection()
    connection.receive_data(fake_node(node, **more).connect())
    session = Session(number, directory, address, at, connection)
    session.node = nodes.node(bytes([node]) * 32)
    session.node_number, _ = nodes.assign_number(directory, session.node.peer_id)
    nodes.add_session(session)
    return session


def says(session, at, slot):
    """A best block."""
    session.add_statement(11, at, 5, slot.to_bytes(4, "little") + bytes(32))


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
    return RecoveredState(
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


def test_node_numbers_are_assigned_once_per_directory():
    nodes = Nodes()
    keys = [bytes([number]) * 32 for number in range(3)]
    given = [
        nodes.assign_number(directory, key) for directory, key in itertools.product((0, 7), keys)
    ]
    assert given == [(0, True), (1, True), (2, True)] * 2
    assert nodes.assign_number(7, keys[1]) == (1, False)
    assert nodes.number_of(7, keys[2].hex()) == 2
    assert nodes.number_of(8, keys[2].hex()) is None


def test_node_numbers_continue_after_the_stored_ones():
    nodes = recovered(RecoveredState(0, nodes={4: b"\x04" * 32}))
    assert nodes.assign_number(0, b"\x04" * 32) == (4, False)
    assert nodes.assign_number(0, b"\x05" * 32) == (5, True)


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
    assert orjson.loads(dumps(node, "hex"))["node_info"]["details"]["peer_id"] == "0x" + "01" * 32


def test_a_node_is_connected_until_its_last_connection_is_over():
    nodes = Nodes()
    first, second = connected(nodes, 0, NOON), connected(nodes, 1, NOON + SECOND_US)
    nodes.end_session(first, NOON + 2 * SECOND_US)
    assert shown(nodes)["is_connected"]
    assert shown(nodes)["disconnected_at"] is None
    nodes.end_session(second, NOON + 3 * SECOND_US)
    assert not shown(nodes)["is_connected"]
    assert shown(nodes)["disconnected_at"] == "2026-11-21T12:00:03.000000Z"
    assert shown(nodes)["connections"] == []


def test_the_statements_of_the_newest_connection_count():
    nodes = Nodes()
    first = connected(nodes, 0, NOON, name="old", address="192.0.2.1:1")
    says(first, NOON + 9, 5)
    second = connected(nodes, 1, NOON + 1, name="new", address="192.0.2.2:2")
    says(second, NOON + 8, 6)
    node = shown(nodes)
    assert (node["implementation_name"], node["address"]) == ("new", "192.0.2.2:2")
    assert (node["best"]["slot"], node["finalized"], node["synced"]) == (5, None, None)
    assert node["statements"]["best"] == {
        **{"received_at": "2026-11-21T12:00:00.000009Z", "session": 0},
        **{"address": "192.0.2.1:1", "is_open": True},
    }
    nodes.end_session(first, NOON + 10)
    assert shown(nodes)["best"]["slot"] == 6
    nodes.end_session(second, NOON + 11)
    node = shown(nodes)
    assert (node["best"]["slot"], node["statements"]["best"]["is_open"]) == (5, False)
    assert (node["implementation_name"], node["is_connected"]) == ("new", False)
    assert node["disconnected_at"] == "2026-11-21T12:00:00.000011Z"


def test_of_the_nodes_that_left_the_last_few_are_recent():
    nodes = Nodes()
    sessions = [connected(nodes, each, NOON, node=each) for each in range(1, 6)]
    for number, session in enumerate(sessions[:4]):
        nodes.end_session(session, NOON + number)
    assert [node.peer_id[0] for node in nodes.recent(NOON + 1, 2)] == [5, 4, 3]
    assert [node.peer_id[0] for node in nodes.recent(NOON + 3, 2)] == [5, 4]


def test_figures_are_those_of_the_statements_that_count():
    nodes = Nodes()
    session = connected(nodes, 1, NOON)
    says(session, NOON + 1, 7)
    figures = nodes.by_id[bytes([1]).hex() * 32].figures()
    assert figures.handshake.is_open
    assert figures.statements["11"] == (True, NOON + 1, session.address, {"slot": 7})
    nodes.end_session(session, NOON + 2)
    figures = nodes.by_id[bytes([1]).hex() * 32].figures()
    assert not figures.handshake.is_open
    assert figures.statements["11"].is_open is False


def test_the_end_of_a_connection_without_node_information_changes_nothing():
    nodes = Nodes()
    nodes.end_session(Session(0, 0, "", NOON, Connection()), NOON)
    assert nodes.by_id == {}


def test_events_are_decoded_with_the_version_of_their_connection():
    nodes = recovered(
        past(
            stored(0, NOON, NOON + 1, version=0, cores=2),
            stored(1, NOON + 2, version=1, cores=341, name="later"),
            directory=5,
        )
    )
    first, second = nodes.session_owners[5, 0], nodes.session_owners[5, 1]
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


def test_after_a_restart_the_newest_connection_of_any_directory_counts():
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
        # Until the older one ended, it was connected.
        assert node["disconnected_at"] == "2026-11-21T12:00:00.000090Z"
        assert not node["is_connected"]


@pytest.mark.parametrize(
    ("last_event", "ended"),
    [(None, 20), (10, 20), (25, 25)],
    ids=["no event", "an event before the connection", "an event on the connection"],
)
def test_a_connection_whose_shard_died_ended_with_its_last_event(last_event, ended):
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


def test_shed_events_of_closed_connections_add_up():
    nodes = recovered(
        past(
            stored(0, NOON, NOON + 1, counters={"shed": {"rate": 1}}),
            stored(1, NOON, NOON + 1, counters={"shed": {"rate": 3}}),
            stored(2, NOON, NOON + 1, counters={}),
        )
    )
    assert shown(nodes)["shed"] == {"rate": 4}
    assert (shown(nodes)["pauses"], shown(nodes)["paused_seconds"]) == ({}, 0)


def test_a_refused_connection_makes_no_node():
    refused = StoredSession(0, None, "192.0.2.1:4", b"", NOON, NOON)
    nodes = recovered(RecoveredState(0, sessions={0: refused}))
    assert nodes.by_id == {}
    assert nodes.session_owners == {}


def test_a_connection_whose_handshake_cannot_be_decoded_keeps_its_node():
    stale = StoredSession(3, 0, "192.0.2.1:4", b"as an older release took it", NOON, NOON)
    nodes = recovered(past(stale))
    assert nodes.session_owners[0, 3].node_id == "01" * 32


def test_counts_of_dropped_events_beyond_64_bits_are_shown():
    nodes = recovered(past(dropped={0: (2 * (2**64 - 1), 2)}))
    assert shown(nodes)["dropped_count"] == 2 * (2**64 - 1)
    assert dumps(shown(nodes), "hex")


def test_the_counters_of_a_connection_are_stored_when_it_ends():
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


def test_forgotten_connections_stay_counted():
    found = recovered(past(stored(0, NOON), stored(1, NOON), counts={0: {11: 5}}))
    found.forget_sessions(0, {0, 7})
    assert set(found.session_owners) == {(0, 1)}
    assert shown(found)["event_count"] == 5


def test_a_node_known_only_from_aggregates_has_their_totals(tmp_path):
    async def told(shard):
        node = fake_node(1)
        session = shard.session(node.connect(), best(node, 1), best(node, 2), framed(b""))
        shard.ingest.close_session(session, "gone")
        shard.ingest.flush_aggregates()
        await shard.settled()
        await until(lambda: not shard.aggregator.statistics()["aggregate_flushes_pending"])
        return await shard.ask("nodes")

    (before,) = run(told, tmp_path)
    # Retention takes the log's files, and leaves the aggregates.
    for file in (tmp_path / "00").glob("20*.duckdb*"):
        file.unlink()
    (after,) = run(lambda shard: shard.ask("nodes"), tmp_path)
    names = ("node_id", "event_count", "undecodable", "first_seen_at", "connected_at", "address")
    names += ("last_seen_at", "disconnected_at")
    assert [after[name] for name in names] == [before[name] for name in names]
    assert (after["event_count"], after["undecodable"]) == (2, 1)
    assert after["last_seen_at"] < after["disconnected_at"]
    assert not after["is_connected"]
    assert after["node_info"] is None


def test_a_restart_changes_no_statement_and_no_time_of_a_node(tmp_path):
    async def told(shard):
        node, other = fake_node(1), fake_node(1)
        first = shard.session(node.connect(), best(node, 1), address="192.0.2.1:1")
        second = shard.session(other.connect(), best(other, 2), address="192.0.2.1:2")
        more = [
            node.event("FinalizedBlockChanged", 3, slot=9, hash=HASH)[1],
            node.event("SyncStatusChanged", 4, synced=True)[1],
            framed(b"no event"),
        ]
        for each in more:
            shard.ingest.receive(first, each)
        shard.ingest.close_session(second, "gone")
        shard.ingest.close_session(first, "gone")
        await shard.settled()
        return await shard.ask("nodes"), await shard.ask("node_status", node="01" * 32)

    async def asked(shard):
        return await shard.ask("nodes"), await shard.ask("node_status", node="01" * 32)

    before, after = run(told, tmp_path), run(asked, tmp_path)
    # How often reading paused and what a rule found is told elsewhere.
    assert after == before
    ((node,), status) = after
    assert (node["best"]["slot"], node["finalized"]["slot"], node["synced"]) == (2, 9, True)
    assert status["latest"]["13"]["data"]["SyncStatusChanged"]["synced"] is True
    assert node["last_seen_at"] < node["disconnected_at"]


def test_the_end_of_a_connection_does_not_extend_last_seen():
    spoke = stored(0, NOON, NOON + 90, counters={"last_at": NOON + 30})
    silent = stored(1, NOON + 40, NOON + 95)
    nodes = recovered(past(spoke, silent, last_seen={0: NOON + 30}))
    assert shown(nodes)["last_seen_at"] == "2026-11-21T12:00:00.000040Z"
    assert shown(nodes)["disconnected_at"] == "2026-11-21T12:00:00.000095Z"


# --- Connections on several shards ------------------------------------------------------

STATEMENTS = {
    10: bytes(12) + b"\1\2" + bytes(20),
    11: (7).to_bytes(4, "little") + bytes(32),
    12: (6).to_bytes(4, "little") + bytes(32),
    13: b"\1",
}
STEPS = st.lists(
    st.tuples(
        # Which connection, what happens to it, and how much later than what was before.
        st.integers(0, 5),
        st.sampled_from(["open", "close", *STATEMENTS]),
        st.integers(0, 2),
    ),
    max_size=30,
)


class Placed:
    """Some shards, and which of them has which connection."""

    def __init__(self, places):
        self._places = places
        self.shards = {place: Nodes() for place in places}
        self._sessions = {}

    def happen(self, steps):
        """The same things happen at the same times, wherever the connections are."""
        at = NOON
        for number, what, later in steps:
            at += later
            nodes = self.shards[self._places[number]]
            session = self._sessions.get(number)
            if what == "open" and session is None:
                address = f"192.0.2.{number}:{number}"
                self._sessions[number] = connected(
                    nodes, number, at, address=address, name=f"name {number}"
                )
            elif what == "close" and session:
                nodes.end_session(session, at)
                self._sessions[number] = False
            elif what in STATEMENTS and session:
                payload = STATEMENTS[what]
                if what in (11, 12):
                    payload = (at - NOON).to_bytes(4, "little") + payload[4:]
                session.add_statement(what, at, number, payload)
                session.node.extend_last_seen(at)

    def told(self, order):
        """What the gateway makes of the shards' answers, whatever their order."""
        # They may answer in any order.
        first = [self.shards[place] for place in order if place in self.shards]
        shards = list({id(each): each for each in [*first, *self.shards.values()]}.values())
        every = [list(nodes.by_id.values()) for nodes in shards]
        parts = [orjson.loads(dumps([node.as_json() for node in some], "hex")) for some in every]
        connected_ = [
            [ChainStatements(node.id, *node.stated_blocks()) for node in some if node.sessions]
            for some in every
        ]
        named = [
            [ChainStatements(node.id, *node.stated_blocks()) for node in some] for some in every
        ]
        found = merge.chain(list(enumerate(connected_)))
        if any(None in said for said in found.values()):
            # As the gateway does for those that it lacks something of.
            wanted = [node for node, said in found.items() if None in said]
            more = [[each for each in some if each.node in wanted] for some in named]
            found = merge.chain([*enumerate(connected_), *enumerate(more)])
        status = merge.node_status(
            [
                (
                    at,
                    {
                        "counts": {},
                        "latest": node.latest_statements(),
                    },
                )
                for at, some in enumerate(every)
                for node in some
            ]
        )
        return merge.nodes(list(enumerate(parts))), merge.claims(found), status


@pytest.mark.no_cover
@examples(1)
@given(
    steps=STEPS,
    places=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    order=st.lists(st.integers(0, 4), max_size=5),
)
def test_answers_do_not_depend_on_how_connections_spread_over_shards(steps, places, order):
    one, several = Placed([0] * 6), Placed(places)
    for each in (one, several):
        each.happen(steps)
    assert several.told(order) == one.told([])
