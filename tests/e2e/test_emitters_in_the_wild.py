"""Emitters that were met live, through the whole system: what they mean comes out."""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack, closing

import pytest

from tart.protocol.framing import frame
from tart.shard.check.offline_check import Checker
from tests.protocol.test_dialects import FRAMES
from tests.running import fake_node, running_system, wait_for

pytestmark = pytest.mark.slow

PBNJ = bytes.fromhex("1a000000fcc83a9e2797a91500000000000000000000ffff0a000007419c")
NOW = 60_192_751_000_000


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with running_system(tmp_path_factory.mktemp("emitters") / "data", shards=1) as running:
        yield running


def rows(system, statement):
    answer = system.http.post("/api/sql", json={"map": statement}).json()
    assert "rows" in answer, answer
    return [tuple(row) for row in answer["rows"]]


def rules(system, node):
    found = system.get(f"/api/nodes/{node.peer_id.hex()}/conformance")["findings"]
    return {each["code"]: each["count"] for each in found}


def session_of(system, node):
    """The session of a node that has one; it is listed after its events."""

    def listed():
        sessions = system.get("/api/sessions")["sessions"]
        return [each for each in sessions if each["node_id"] == node.peer_id.hex()]

    (session,) = wait_for(listed, "the session")
    return session


def plain(value):
    """A decoded value as the API shows it."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


@pytest.fixture(scope="module")
def jamixir(system):
    """A node that has sent all of Jamixir's frames, and what its stream showed."""
    node = fake_node(1, name="Jamixir", version=0)
    url = f"{system.api}/api/events/stream?node_id={node.peer_id.hex()}"
    with closing(urllib.request.urlopen(url, timeout=30)) as stream:
        sent = [bytes.fromhex(each[0]) for each in FRAMES.values()]
        with system.connect() as connection:
            connection.sendall(node.connect() + b"".join(sent))
            system.wait_for_events(node.peer_id, len(sent))
            live = []
            while len(live) < len(sent):
                line = stream.readline().decode()
                if line.startswith("data: ") and '"event_type"' in line:
                    live.append(json.loads(line.removeprefix("data: ")))
            yield node, live


def test_events_have_the_values_that_jamixir_means(system, jamixir):
    node, live = jamixir
    events = system.wait_for_events(node.peer_id, len(FRAMES))
    for told in (events, live):
        for event, (_, fields, _) in zip(told, FRAMES.values(), strict=True):
            ((_, data),) = (event.get("data") or event["event"]).items()
            assert {name: data[name] for name in fields} == plain(fields)


def test_sql_views_have_them(system, jamixir):
    node, _ = jamixir
    own = f"node_id = '{node.peer_id.hex()}'"
    slots = rows(system, f"SELECT slot FROM best_block_changed WHERE {own} ORDER BY id")
    assert slots == [(10_052_000,), (5,), (300,)]
    assert rows(system, f'SELECT "from".port FROM connection_refused WHERE {own}') == [(40_000,)]
    ((epoch, attempt),) = rows(system, f"SELECT epoch, attempt FROM ticket_transferred WHERE {own}")
    assert (epoch, attempt) == (837_667, 2)
    ((guarantees,),) = rows(system, f"SELECT num_guarantees FROM status WHERE {own}")
    assert list(guarantees) == [0, 0]
    in_all = rows(system, f"SELECT slot FROM events WHERE {own} AND type = 11 ORDER BY id")
    assert in_all == slots


def test_each_deviation_has_its_rule(system, jamixir):
    node, _ = jamixir
    expected = {"slot_natural": 3, "epoch_natural": 1, "core_list_packed": 1}
    # One is of the port in node information.
    expected["port_big_endian"] = 2
    wait_for(lambda: rules(system, node).items() >= expected.items(), str(expected))
    found = rules(system, node)
    assert {rule: found[rule] for rule in expected} == expected
    assert "reference_unknown" not in found


def test_the_check_of_a_node_says_the_same():
    node = fake_node(2, name="Jamixir", version=0)
    found = []
    checker = Checker(lambda each: found.append(each.finding.rule))
    session = checker.open("node", 1)
    data = node.connect() + b"".join(bytes.fromhex(each[0]) for each in FRAMES.values())
    checker.receive(session, data, 2)
    checker.finish()
    expected = [rule for _, _, each in FRAMES.values() for rule in each]
    assert [rule for rule in found if rule in expected] == ["port_big_endian", *expected]


def test_references_of_jamixir_lead_nowhere(system):
    node = fake_node(3, name="Jamixir", version=0)
    with system.connect() as connection:
        connection.sendall(node.connect())
        # By JIP-3's count the id 1 is the second Authoring.
        for slot in (1, 2):
            connection.sendall(node.event("Authoring", NOW, slot=slot, parent=bytes(32))[1])
        failed = node.event("AuthoringFailed", NOW, authoring_id=1, reason="none")[1]
        connection.sendall(failed)
        *_, event = system.wait_for_events(node.peer_id, 3)
    assert event["data"]["AuthoringFailed"]["authoring_id"] == 1
    own = f"node_id = '{node.peer_id.hex()}'"
    assert rows(system, f"SELECT ref, authoring_id FROM authoring_failed WHERE {own}") == [
        (None, 1)
    ]
    wait_for(lambda: "own_event_ids" in rules(system, node))
    wrong = {"reference_unknown", "reference_wrong_type", "pipeline_cut_short", "second_outcome"}
    assert not rules(system, node).keys() & wrong


def test_an_absurd_dropped_moves_nothing(system):
    node = fake_node(4, version=0, name="PBNJ")
    with system.connect() as connection:
        synced = node.event("SyncStatusChanged", NOW, synced=True)[1]
        too_soon = node.event("Dropped", NOW, last_timestamp=NOW, num=10**9)[1]
        true = node.event("Dropped", NOW, last_timestamp=NOW, num=40)[1]
        connection.sendall(node.connect() + PBNJ + synced + too_soon + true + synced)
        events = system.wait_for_events(node.peer_id, 5)
        told = system.node(node.peer_id)
        session = wait_for(
            lambda: found if (found := session_of(system, node))["next_event_id"] == 44 else None
        )
    assert [event["event_id"] for event in events] == [0, 1, 2, 3, 43]
    assert (told["dropped_count"], told["dropped_messages"]) == (40, 1)
    assert session["dropped_count"] == 40
    expected = {"dropped_implausible": 2, "events_dropped": 1}
    wait_for(lambda: rules(system, node).items() >= expected.items())


def test_free_numbers_are_kept_and_counted(system):
    node = fake_node(5)
    free = [*range(1, 10), *range(14, 20), *range(29, 40), *range(48, 60), *range(69, 80)]
    free += [*range(85, 90), *range(114, 120), *range(132, 140), *range(154, 160)]
    free += [*range(179, 190), *range(200, 256)]
    contents = [NOW.to_bytes(8, "little") + bytes([number]) + b"later" for number in free]
    with system.connect() as connection:
        synced = node.event("SyncStatusChanged", NOW, synced=True)[1]
        connection.sendall(node.connect() + b"".join(map(frame, contents)) + synced)
        (event,) = system.wait_for_events(node.peer_id, 1)
        # Each takes an id.
        assert event["event_id"] == len(free)
        wait_for(lambda: system.node(node.peer_id)["undecodable"] == len(free))
    statement = (
        f"SELECT type, rule, frame FROM undecodable WHERE node_id = '{node.peer_id.hex()}' "
        "ORDER BY id"
    )
    # They are counted before they are committed.
    wait_for(lambda: len(rows(system, statement)) >= len(free), "the last commit")
    stored = rows(system, statement)
    assert [number for number, _, _ in stored] == free
    assert {rule for _, rule, _ in stored} == {"unknown_event"}
    assert stored[0][2].removeprefix("0x") == contents[0].hex()
    wait_for(lambda: rules(system, node).get("unknown_event") == len(free))


def chain(system):
    """The network's best block; ``None`` while it is not known."""
    stats = system.get("/api/stats")
    return stats["best_block"] if stats["best_block_known"] else None


def test_an_implausible_slot_becomes_nowhere_the_best_block(tmp_path):
    with running_system(tmp_path / "data", shards=1) as system:
        node = fake_node(1)
        with system.connect() as connection:
            far = node.event("BestBlockChanged", NOW, slot=2_573_312_224, hash=bytes(32))[1]
            connection.sendall(node.connect() + far)
            system.wait_for_events(node.peer_id, 1)
            wait_for(lambda: rules(system, node).get("implausible_slot") == 1)
            assert chain(system) is None
            told = system.node(node.peer_id)
            assert (told["best"], told["statements"]["best"]["is_ahead"]) == (None, True)
            path = f"/api/nodes/{node.peer_id.hex()}/status"
            assert system.get(path)["chain_status"]["best_slot"] is None
            # A true one counts, and another false one after it does not.
            true = node.event("BestBlockChanged", NOW, slot=14, hash=bytes(32))[1]
            connection.sendall(true + far)
            system.wait_for_events(node.peer_id, 3)
            wait_for(lambda: chain(system) == 14)
            assert system.node(node.peer_id)["best"]["slot"] == 14
            sync = system.get("/api/analytics/sync-status/timeline")
            assert {each["slot"] for each in sync["current_status"]} == {14}


def test_slots_that_the_network_agrees_on_are_believed(tmp_path):
    slots = {index: 500_000_000 + index for index in range(1, 4)}
    nodes = {index: fake_node(index) for index in slots}
    with running_system(tmp_path / "data", shards=1) as system, ExitStack() as connections:
        for index, node in nodes.items():
            connection = connections.enter_context(system.connect())
            best = node.event("BestBlockChanged", NOW, slot=slots[index], hash=bytes(32))[1]
            connection.sendall(node.connect() + best)
            system.wait_for_events(node.peer_id, 1)
        wait_for(lambda: chain(system) == slots[3])
        for index, node in nodes.items():
            assert system.node(node.peer_id)["best"]["slot"] == slots[index]
            wait_for(lambda node=node: "implausible_slot" not in rules(system, node))
