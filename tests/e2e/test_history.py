"""Events as people look into them: one, its tree, all of a window, and SQL over them."""

from __future__ import annotations

import json

import pytest

from tart.protocol.capture import CLOSED, CaptureReader
from tests.running import fake_node, fake_peer_id, running_system

pytestmark = pytest.mark.slow

NODES = 4
BLOCKS = 300


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """Two shards with what four nodes have said, some of it in a tree."""
    with running_system(tmp_path_factory.mktemp("history") / "data") as system:
        for index in range(NODES):
            node = fake_node(index + 1)
            said = [node.connect(), node.event("Authoring", 1, slot=1, parent=bytes(32))[1]]
            said += [
                node.event("BestBlockChanged", slot, slot=slot, hash=bytes([index]) * 32)[1]
                for slot in range(BLOCKS)
            ]
            said.append(node.event("AuthoringFailed", 2, authoring_id=0, reason="no")[1])
            with system.connect() as connection:
                connection.sendall(b"".join(said))
                system.wait_for_events(fake_peer_id(index + 1), BLOCKS + 2)
        yield system


def sql(system, statement, reduce=None, status=200):
    response = system.http.post("/api/sql", json={"map": statement, "reduce": reduce})
    assert response.status_code == status, response.text
    return response.json()


def test_an_event_and_its_tree(system):
    events = system.events(fake_peer_id(1))
    last = system.get(f"/api/events/{events[-1]['id']}")
    assert last["raw"]["payload"] == "0x" + bytes(8).hex() + "02" + b"no".hex()
    trace = system.get(f"/api/events/{events[-1]['id']}/trace")
    assert [each["event_id"] for each in trace["events"]] == [0, BLOCKS + 1]
    assert trace["root"] == events[0]["id"]


def test_an_export_is_what_the_lists_have(system):
    lines = system.http.get("/api/events/export").text.splitlines()
    exported = [json.loads(line) for line in lines]
    listed = [each for index in range(NODES) for each in system.events(fake_peer_id(index + 1))]
    assert len(exported) == NODES * (BLOCKS + 2)
    assert {each["id"]: each for each in exported} == {each["id"]: each for each in listed}
    times = [each["received_at"] for each in exported]
    assert times == sorted(times)


def test_a_capture_is_what_was_sent(system):
    reader = CaptureReader()
    records = reader.receive_data(system.http.get("/api/events/export?format=capture").content)
    assert reader.complete
    # The last session's end may not be committed yet.
    assert len([each for each in records if each.kind != CLOSED]) == NODES * (BLOCKS + 3)
    assert len({each.session for each in records}) == NODES
    hellos = {each.content for each in records if each.kind == 0}
    assert hellos == {fake_node(index + 1).connect()[4:] for index in range(NODES)}


def test_sql_counts_what_all_shards_have(system):
    counted = sql(
        system,
        "SELECT node_id, count(*) AS n, max(slot) AS slot FROM best_block_changed GROUP BY node_id",
        "SELECT node_id, sum(n)::BIGINT, max(slot) FROM partials GROUP BY node_id ORDER BY node_id",
    )
    assert counted["rows"] == [
        [fake_peer_id(index + 1).hex(), BLOCKS, BLOCKS - 1] for index in range(NODES)
    ]


HOSTILE = [
    "ATTACH 'x'",
    "FROM read_text('/etc/passwd')",
    "SELECT * FROM 'control.sqlite'",
    "SELECT len(range(1000000000))",
    "SELECT count(DISTINCT a) FROM range(2000000000) t(a)",
    "WITH RECURSIVE x AS (SELECT repeat('x', 1000) AS s UNION ALL SELECT s || s FROM x) FROM x",
]


def test_hostile_sql_stops_neither_the_writer_nor_the_shard(tmp_path):
    node = fake_node(9)
    with running_system(tmp_path / "data") as system, system.connect() as connection:
        pids = {each["pid"] for each in _statistics(system)}
        assert len(pids) == 2
        connection.sendall(node.connect())
        for count, statement in enumerate(HOSTILE, 1):
            answer = sql(system, statement, status=422)
            assert answer["error"]["code"] == "sql"
            connection.sendall(node.event("BestBlockChanged", 1, slot=1, hash=bytes(32))[1])
            assert len(system.wait_for_events(fake_peer_id(9), count)) == count
        assert {each["pid"] for each in _statistics(system)} == pids


def _statistics(system):
    """The shards' parts of health."""
    components = system.get("/api/health/detailed")["components"]
    return [
        each["metrics"] for name, each in components.items() if "pid" in each.get("metrics", {})
    ]
