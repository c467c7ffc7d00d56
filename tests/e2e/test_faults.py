"""What goes wrong in the field: dead shards, broken peers, taken ports, restarts."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket

import pytest

from tests.running import System, fake_node, running_system, wait_for
from tests.storage.full_disk import Ballast, small_disk
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow


def shard_pids(system):
    components = system.get("/api/health/detailed")["components"]
    return {
        name: each["metrics"].get("pid")
        for name, each in components.items()
        if name.startswith("shard_")
    }


def test_a_killed_shard_comes_back_with_its_events_while_the_other_answers(tmp_path):
    slow_restart = {"TART_SUPERVISOR_BACKOFF_SECONDS": "3"}
    with (
        running_system(tmp_path / "data", shards=2, environ=slow_restart) as system,
        Process(
            "tart",
            "simulate",
            *("--target", "{}:{}".format(*system.telemetry)),
            *("--nodes", 6, "--cores", 2, "--speed", 3, "--seed", 7),
        ),
    ):
        wait_for(lambda: on_both_shards(system), "nodes on both shards")
        wait_for(lambda: len(system.get("/api/events", limit=200)["events"]) == 200)
        before = {event["id"] for event in system.get("/api/events", limit=200)["events"]}
        pids = shard_pids(system)

        os.kill(pids["shard_00"], signal.SIGKILL)

        partial = wait_for(lambda: answered_by_one(system), "an answer by one shard")
        assert partial.json()["shards"] == {"answered": 1, "total": 2}
        assert partial.json()["events"]
        assert partial.headers["X-Tart-Shards"] == "1/2"
        wait_for(lambda: connected(system) == 6, "all nodes connected again")
        wait_for(lambda: shard_pids(system).get("shard_00") not in (None, pids["shard_00"]))
        assert shard_pids(system)["shard_01"] == pids["shard_01"]
        assert before <= stored_ids(system, before)
        best = system.get("/api/stats")["best_block"]
        wait_for(lambda: (system.get("/api/stats")["best_block"] or 0) > best, "the chain to go on")


def on_both_shards(system):
    components = system.get("/api/health/detailed")["components"]
    counts = [
        each["metrics"]["connections"]
        for name, each in components.items()
        if name.startswith("shard_")
    ]
    if len(counts) == 2 and all(counts):
        return True
    # The kernel spreads six connections over two shards as it likes; a seventh and more
    # make sure that both have one.
    extra = system.connect()
    node = fake_node(200 + len(EXTRA))
    # With an event, so that either shard has one to answer with.
    extra.sendall(node.connect() + node.event("SyncStatusChanged", 1, synced=True)[1])
    EXTRA.append(extra)
    return False


EXTRA: list[socket.socket] = []


@pytest.fixture(autouse=True)
def extra_connections():
    yield
    while EXTRA:
        EXTRA.pop().close()


def answered_by_one(system):
    response = system.http.get("/api/events", params={"limit": 50})
    return response if response.headers.get("X-Tart-Shards") == "1/2" else None


def connected(system):
    nodes = system.get("/api/nodes")["nodes"]
    names = [node["implementation_name"] for node in nodes if node["is_connected"]]
    return sum(name != "fake-node" for name in names)


def stored_ids(system, wanted):
    """Ids of stored events, page by page until all wanted were met or none are left."""
    found: set[int] = set()
    page = system.get("/api/events", limit=1000)
    while True:
        found |= {event["id"] for event in page["events"]}
        if wanted <= found or not page["has_more"]:
            return found
        page = system.get("/api/events", limit=1000, cursor=page["next_cursor"])


RUBBISH = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\xff\xff\xff\xff" + b"x" * 100,
    b"\x09\x00\x00\x00" + b"\xfc\xf0\xa1\xbf\xdf\xf2\xa8\x0d\x00",
    b"\x00\x00\x00\x00",
)


def test_a_bad_peer_costs_only_its_own_connection(tmp_path):
    node = fake_node(1)
    with running_system(tmp_path / "data", shards=1) as system, system.connect() as good:
        good.sendall(node.connect())
        for count, rubbish in enumerate(RUBBISH, 1):
            with system.connect() as bad:
                bad.sendall(rubbish)
                assert hung_up_on(bad), rubbish
            good.sendall(node.event("SyncStatusChanged", 5, synced=True)[1])
            system.wait_for_events(node.peer_id, count)
            assert system.node(node.peer_id)["is_connected"] is True, rubbish
        faults = re.findall(
            r"^tart_protocol_errors_total\{.*\} (\S+)$",
            system.http.get("/metrics").text,
            re.MULTILINE,
        )
        assert sum(map(float, faults)) == len(RUBBISH)


def hung_up_on(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_the_same_answers_after_a_restart_and_with_fewer_shards(tmp_path):
    data = tmp_path / "data"
    nodes = [fake_node(index) for index in range(1, 9)]
    with running_system(data, shards=3) as system:
        connections = [system.connect() for _ in nodes]
        for node, connection in zip(nodes, connections, strict=True):
            connection.sendall(node.connect())
            for slot in range(5):
                hash_ = bytes([slot]) * 32
                connection.sendall(node.event("BestBlockChanged", 9, slot=slot, hash=hash_)[1])
        for node in nodes:
            system.wait_for_events(node.peer_id, 5)
        for connection in connections:
            connection.close()
        wait_for(lambda: system.get("/api/network")["network"]["connected_nodes"] == 0)
        before = snapshot(system, nodes)
        system.process.send(signal.SIGTERM)
        assert system.process.exited() == 0
    # More shards again: see the test with four, two and three.
    for shards in (3, 1):
        with running_system(data, shards=shards) as system:
            assert snapshot(system, nodes) == before
            system.process.send(signal.SIGTERM)
            assert system.process.exited() == 0


def snapshot(system, nodes):
    """What the API says of the past, which a restart must not change."""
    return (
        system.get("/api/events", limit=1000)["events"],
        [system.events(node.peer_id) for node in nodes],
        [
            {
                key: system.node(node.peer_id)[key]
                for key in ("event_count", "node_info", "is_connected", "first_seen_at")
            }
            for node in nodes
        ],
        [system.get(f"/api/nodes/{node.peer_id.hex()}/status")["chain_status"] for node in nodes],
    )


def test_a_second_server_on_the_same_data_or_port_says_so_in_one_sentence(tmp_path):
    data = tmp_path / "data"
    with running_system(data, shards=1) as system:
        host, port = system.telemetry
        for arguments, word in (
            (("--data-dir", data, "--telemetry-bind", "127.0.0.1:0"), "data"),
            (("--data-dir", tmp_path / "other", "--telemetry-bind", f"{host}:{port}"), "telemetry"),
        ):
            with Process(
                "tart", "serve", *arguments, "--api-bind", "127.0.0.1:0", cwd=tmp_path
            ) as second:
                assert second.ended() == 1
                complaint = second.errors()
            assert "Traceback" not in complaint
            assert len(complaint.strip().splitlines()) == 1
            assert word in complaint


def test_bad_settings_end_with_two_and_a_sentence(tmp_path):
    with Process("tart", "serve", "--shards", "many", cwd=tmp_path) as process:
        assert process.ended() == 2
        assert "shards" in process.errors()
        assert "Traceback" not in process.errors()


def test_shards_four_then_two_then_three_answer_the_same_and_take_more(tmp_path):
    """What each run adds is there in the next, wherever its directory is served then."""
    data, ids = tmp_path / "data", set()
    for round_, shards in enumerate((4, 2, 3), 1):
        with running_system(data, shards=shards) as system:
            assert stored_ids(system, ids) == ids
            nodes = [fake_node(index) for index in range(round_ * 10, round_ * 10 + 8)]
            connections = [system.connect() for _ in nodes]
            for node, connection in zip(nodes, connections, strict=True):
                connection.sendall(node.connect())
                for slot in range(5):
                    hash_ = bytes([slot]) * 32
                    frame = node.event("BestBlockChanged", 9, slot=slot, hash=hash_)[1]
                    connection.sendall(frame)
            added = {
                event["id"] for node in nodes for event in system.wait_for_events(node.peer_id, 5)
            }
            assert len(added) == 40
            assert not ids & added
            ids |= added
            for connection in connections:
                connection.close()
            system.process.send(signal.SIGTERM)
            assert system.process.exited() == 0


def test_a_damaged_file_is_named_in_health_and_the_rest_serves(tmp_path):
    data, node = tmp_path / "data", fake_node(1)
    with running_system(data, shards=1) as system:
        with system.connect() as connection:
            connection.sendall(node.connect() + node.event("SyncStatusChanged", 5, synced=True)[1])
            system.wait_for_events(node.peer_id, 1)
        system.process.send(signal.SIGTERM)
        assert system.process.exited() == 0
    (path,) = (data / "00").glob("20*.duckdb")
    path.with_name("2020-01-01.duckdb").write_bytes(b"no database" * 1000)
    with running_system(data, shards=1) as system:
        assert len(system.events(node.peer_id)) == 1
        health = system.get("/api/health/detailed")
        assert health["status"] == "Degraded"
        assert "00/2020-01-01.duckdb.corrupt-" in health["components"]["shard_00"]["message"]
        for each in (data / "00").glob("*.corrupt-*"):
            each.unlink()
        wait_for(lambda: system.get("/api/health/detailed")["status"] == "Healthy")


def test_a_disk_that_gets_full_pauses_reading_and_health_says_so_until_it_has_room(tmp_path):
    data, node = tmp_path / "disk" / "data", fake_node(1)
    reserve = {"TART_STORAGE_DISK_RESERVE_BYTES": str(6 << 20)}
    with (
        small_disk(tmp_path / "disk") as disk,
        running_system(data, shards=1, environ=reserve) as system,
        system.connect() as connection,
    ):
        connection.sendall(node.connect() + node.event("SyncStatusChanged", 5, synced=True)[1])
        system.wait_for_events(node.peer_id, 1)
        ballast = Ballast(disk)
        ballast.leave(5 << 20)
        wait_for(lambda: "disk nearly full" in writer_part(system)["message"])
        assert writer_part(system)["status"] == "Unhealthy"
        connection.sendall(node.event("SyncStatusChanged", 6, synced=False)[1])
        ballast.release()
        system.wait_for_events(node.peer_id, 2)
        wait_for(lambda: writer_part(system)["status"] == "Healthy")


def writer_part(system):
    response = system.http.get("/api/health/detailed")
    return response.json()["components"]["batch_writer"]


def serving(data, cwd):
    ports = ("--telemetry-bind", "127.0.0.1:0", "--api-bind", "127.0.0.1:0")
    return Process("tart", "serve", *ports, "--data-dir", data, "--shards", 1, cwd=cwd)


def test_a_first_start_on_a_full_disk_says_so_and_ends_when_there_is_room(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        ballast = Ballast(disk)
        ballast.leave(16 << 10)
        with serving(disk / "data", tmp_path) as process:
            wait_for(lambda: "cannot start: disk full" in process.errors())
            process.send(signal.SIGTERM)
            assert process.ended() == 0
            assert "Traceback" not in process.errors()
        shutil.rmtree(disk / "data")
        with serving(disk / "data", tmp_path) as process:
            wait_for(lambda: "cannot start: disk full" in process.errors())
            ballast.release()
            system = System(process)
            with system.http, system.connect() as connection:
                node = fake_node(1)
                connection.sendall(node.connect())
                connection.sendall(node.event("SyncStatusChanged", 5, synced=True)[1])
                system.wait_for_events(node.peer_id, 1)
            process.send(signal.SIGTERM)
            assert process.ended() == 0
            assert "Traceback" not in process.errors()
