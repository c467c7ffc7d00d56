"""``tart backup`` and ``restore``: exactly the events up to a moment, whatever goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import datetime

import pytest

from tart.cli import backup
from tart.ipc.messages import (
    CHAIN_INDEX,
    CHAIN_SOCKET,
    REQUESTS,
    FreezeAggregates,
    FreezeFiles,
    FrozenFiles,
    MessageBuffer,
    Released,
    ReleaseFiles,
    RotateSegments,
    Welcome,
    encode,
)
from tart.query.chain_queries.chain import RangeCounts
from tart.query.core.event_ids import DIRECTORY_BITS
from tests.chain.store.running import line, open_store
from tests.cli.backups import list_backups
from tests.cli.test_verify import filled
from tests.running import fake_node, fake_peer_id, running_system, wait_for

# Together about 20,000 events a second at first. Then each pause is longer than the one before, up
# to a second: on a busy machine it goes on for minutes, and all of it is read back.
BURST, PAUSE, AT_FIRST, LONGER, LONGEST = 200, 0.04, 10, 1.2, 1.0
NODES = 4


def stored(system, node):
    """Ids of all events of a node."""
    return [(each["id"], each["event_id"], each["data"]) for each in system.events(node)]


@contextmanager
def talking(system):
    """Nodes that send until the block ends; how many events, by node."""
    stop = threading.Event()

    def talk(number):
        node, pause = fake_node(number), PAUSE
        with system.connect() as connection:
            connection.sendall(node.connect())
            while not stop.wait(pause):
                connection.sendall(
                    b"".join(
                        node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1]
                        for slot in range(BURST)
                    )
                )
                sent[number] += BURST
                if sent[number] > AT_FIRST * BURST:
                    pause = min(LONGEST, pause * LONGER)

    sent = Counter()
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(1, NODES + 1)]
    for thread in threads:
        thread.start()
    try:
        yield sent
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_a_backup_under_load_has_exactly_the_events_up_to_its_freeze(tmp_path, run):
    def events():
        return sum(node["event_count"] for node in system.get("/api/nodes")["nodes"])

    environ = {"TART_STORAGE_CHECKPOINT_SECONDS": "0.3", "TART_AGGREGATES_FLUSH_SECONDS": "0.5"}
    with running_system(tmp_path / "data", environ=environ) as system:
        with talking(system) as sent:
            wait_for(lambda: events() > 20 * BURST)
            code, out, err = run("backup", tmp_path / "kept")
            assert (code, err) == (0, "")
            before = events()
            wait_for(lambda: events() > before + NODES * BURST)
        wait_for(lambda: events() == sent.total() and system.committed())
        last = [fake_peer_id(number) for number in range(1, NODES + 1)]
        everything = {node: stored(system, node) for node in last}

    ((backup, manifest),) = list_backups(tmp_path / "kept")
    ends = {int(number): each["end"] for number, each in manifest["directories"].items()}
    assert set(ends) == {0, 1}
    assert "files" in out
    assert run("restore", backup, data="again")[0] == 0
    assert run("verify", "--deep", data="again")[0] == 0
    with running_system(tmp_path / "again") as system:
        restored = {node: stored(system, node) for node in last}
        counted = {
            node["node_id"]: node["event_count"] for node in system.get("/api/nodes")["nodes"]
        }
    mask = (1 << DIRECTORY_BITS) - 1
    for node, found in everything.items():
        expected = [each for each in found if each[0] >> DIRECTORY_BITS < ends[each[0] & mask]]
        assert restored[node] == expected
        assert counted[node.hex()] == len(expected)
    assert 0 < sum(map(len, restored.values())) < sum(map(len, everything.values()))


@pytest.mark.slow
def test_aggregates_of_a_backup_match_its_events(tmp_path, run):
    with running_system(tmp_path / "data", shards=1) as system:
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect())
            for slot in range(BURST):
                connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.wait_for_events(fake_peer_id(1), BURST)
            assert run("backup", tmp_path / "kept")[0] == 0
    ((backup, _),) = list_backups(tmp_path / "kept")
    assert run("restore", backup, data="again")[0] == 0
    with running_system(tmp_path / "again", shards=1) as system:
        shown = system.get(f"/api/nodes/{fake_peer_id(1).hex()}/status")["event_breakdown"]
        assert [(each["event_type"], each["count"]) for each in shown] == [(11, BURST)]
        (session,) = system.get("/api/sessions")["sessions"]
        assert session["event_count"] == BURST


def chain_blocks(folder):
    with open_store(folder) as store:
        return store.answer(RangeCounts(0, 99)).blocks


@contextmanager
def chain_process(path, store):
    """Answer a backup as the chain process does, on a thread; what it was asked."""
    asked = []

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(encode(Welcome(CHAIN_INDEX, os.getpid())))
            buffer = MessageBuffer(REQUESTS)
            while data := connection.recv(1 << 16):
                for message in buffer.receive_data(data):
                    asked.append(type(message))
                    if isinstance(message, FreezeFiles):
                        paths = [str(path) for path in store.freeze()]
                        reply = FrozenFiles(message.id, paths, None, [])
                    else:
                        reply = Released(message.id, store.release())
                    connection.sendall(encode(reply))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked


@pytest.mark.slow
def test_the_chain_is_part_of_a_backup_and_of_its_restoration(tmp_path, run):
    filled(tmp_path / "data")
    with open_store(tmp_path / "data" / "chain") as store:
        store.write(line(range(10, 20)))
    assert run("backup", tmp_path / "kept")[0] == 0
    ((backup, manifest),) = list_backups(tmp_path / "kept")
    assert "chain/2026-11-30.duckdb" in manifest["files"]
    assert run("restore", backup, data="again")[0] == 0
    code, out, _ = run("verify", "--deep", data="again")
    assert (code, "10 blocks of the chain" in out) == (0, True)
    assert chain_blocks(tmp_path / "again" / "chain") == 10


@pytest.mark.slow
def test_the_chain_process_freezes_its_files_for_a_backup(tmp_path, run):
    with (
        running_system(tmp_path / "data", shards=1),
        open_store(tmp_path / "data" / "chain") as store,
    ):
        store.write(line(range(10, 20)))
        with chain_process(tmp_path / "data" / "run" / CHAIN_SOCKET, store) as asked:
            code, _, err = run("backup", tmp_path / "kept")
            assert (code, err) == (0, "")
        assert asked == [FreezeFiles, ReleaseFiles]
        store.write(line(range(20, 22)))
    ((backup, manifest),) = list_backups(tmp_path / "kept")
    assert list(manifest["directories"]) == ["0"]
    assert chain_blocks(backup / "chain") == 10


@pytest.mark.slow
def test_files_of_a_chain_that_is_not_followed_any_more_are_copied(tmp_path, run):
    with open_store(tmp_path / "data" / "chain") as store:
        store.write(line(range(10, 20)))
    with running_system(tmp_path / "data", shards=1):
        assert run("backup", tmp_path / "kept")[0] == 0
    ((backup, _),) = list_backups(tmp_path / "kept")
    assert chain_blocks(backup / "chain") == 10


@pytest.mark.slow
def test_a_backup_of_a_stopped_server_links_unchanged_files(tmp_path, run):
    filled(tmp_path / "data")
    run("keys", "create", "--new", "--name", "k")
    (segment,) = (tmp_path / "data" / "00").glob("2*.duckdb")
    segment.with_name(f"{segment.name}.index").write_bytes(b"derived")
    assert run("backup", tmp_path / "kept")[0] == 0
    (first, manifest), *_ = list_backups(tmp_path / "kept")
    first.rename(first.with_name("2000-01-01T00-00-00Z"))
    code, out, _ = run("backup", tmp_path / "kept")
    assert code == 0
    (old, _), (new, again) = list_backups(tmp_path / "kept")
    names = [name for name in manifest["files"] if name.endswith(".duckdb")]
    assert names
    assert not any(name.endswith(".index") for name in manifest["files"])
    assert {name: manifest["files"][name] for name in names} == {
        name: again["files"][name] for name in names
    }
    for name in names:
        assert (old / name).stat().st_ino == (new / name).stat().st_ino
    assert f"unchanged files are hard links to {old}: " in out
    assert "tart backup --copy" in out
    assert "hard links" not in run("backup", tmp_path / "whole", "--copy")[1]
    assert "hard links" not in run("backup", tmp_path / "whole", "--copy")[1]
    for whole, _ in list_backups(tmp_path / "whole"):
        assert {file.stat().st_nlink for file in whole.rglob("*") if file.is_file()} == {1}
    shutil.rmtree(old)
    assert run("restore", new, data="again")[0] == 0
    assert "in use" in run("keys", "list", data="again")[1]
    assert run("verify", "--deep", data="again")[0] == 0


@pytest.mark.slow
def test_a_server_stops_while_a_backup_holds_its_files(tmp_path, run):

    with running_system(tmp_path / "data", shards=1) as system:
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect() + node.event("SyncStatusChanged", 1, synced=True)[1])
            system.wait_for_events(fake_peer_id(1), 1)
        path = tmp_path / "data" / "run" / "00.sock"
        with backup._connect(path) as shard:
            for step in (FreezeAggregates(1), FreezeFiles(1), RotateSegments(1)):
                shard.freeze(step)
            system.process.send(signal.SIGTERM)
            assert system.process.ended() == 0


def test_a_backup_without_a_data_directory_is_refused(tmp_path, run):
    code, _, err = run("backup", tmp_path / "kept")
    assert (code, "does not exist" in err) == (2, True)
    assert not (tmp_path / "kept").exists()


def test_backup_restore_and_verify_print_documents(tmp_path, run):
    filled(tmp_path / "data")
    code, out, err = run("backup", tmp_path / "backups", "--json")
    backup = json.loads(out)
    assert (code, err) == (0, "")
    ((path, manifest),) = list_backups(tmp_path / "backups")
    assert (backup["path"], backup["begun_at"]) == (str(path), manifest["begun_at"])
    size = sum(file["bytes"] for file in manifest["files"].values())
    assert (backup["files"], backup["copied_bytes"]) == (len(manifest["files"]), size)
    assert (backup["linked_bytes"], backup["damaged"]) == (0, [])
    code, out, _ = run("restore", path, "--json", data="again")
    restored = json.loads(out)
    assert (restored["path"], restored["bytes"]) == (str(tmp_path / "again"), size)
    code, out, _ = run("verify", "--json", data="again")
    assert json.loads(out) == {
        "files": 1,
        "blocks": 0,
        "events": 1,
        "decoded": 1,
        "undecodable": {},
        "findings": [],
    }


@pytest.mark.slow
def test_files_that_cannot_be_linked_are_copied(tmp_path, run, monkeypatch):
    """An earlier backup that lacks a file, that is cut short or unreadable, and no hard links."""
    filled(tmp_path / "data")
    kept = tmp_path / "kept"
    assert run("backup", kept)[0] == 0
    ((first, manifest),) = list_backups(kept)
    first = first.rename(kept / "2000-01-01T00-00-00Z")
    one, *_ = (first / "00").glob("2*.duckdb")
    content = one.read_bytes()
    for damage in ("missing", "short", "manifest", "links"):
        if damage == "missing":
            one.unlink()
        elif damage == "short":
            one.write_bytes(content[:-1])
        elif damage == "manifest":
            (first / "backup.json").write_text("{")
        else:
            monkeypatch.setattr("os.link", refuse_link)
        code, _, err = run("backup", kept)
        assert (code, err) == (0, "")
        (last,) = (path for path in kept.iterdir() if path != first)
        assert (last / "00" / one.name).read_bytes() == content
        shutil.rmtree(last)
        one.write_bytes(content)
        os.utime(one, ns=(0, manifest["files"][f"00/{one.name}"]["mtime_ns"]))
        (first / "backup.json").write_text(json.dumps(manifest))


def refuse_link(source, destination):
    """Fail as on a file system without hard links."""
    raise PermissionError(1, "Operation not permitted")


def test_what_a_killed_backup_left_is_removed_and_a_running_one_is_not(tmp_path, run):
    filled(tmp_path / "data")
    abandoned, running = (
        tmp_path / "kept" / f".{name}.unfinished" for name in ("2000-01-01", "2000-01-02")
    )
    for draft in (abandoned, running):
        (draft / "00").mkdir(parents=True)
        (draft / "00" / "file").write_text("copied so far")
    with backup._lock(running):
        assert run("backup", tmp_path / "kept")[0] == 0
    assert not abandoned.exists()
    assert (running / "00" / "file").exists()
    assert run("backup", tmp_path / "kept")[0] in (0, 1)  # 1 within the same second
    assert not running.exists()


def test_two_backups_of_one_second_do_not_remove_each_other_s(tmp_path, run, monkeypatch):
    class Now(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    monkeypatch.setattr(backup, "datetime", Now)
    filled(tmp_path / "data")
    draft = tmp_path / "kept" / ".2026-01-02T03-04-05Z.unfinished"
    draft.mkdir(parents=True)
    (draft / "file").touch()
    with backup._lock(draft):
        code, _, err = run("backup", tmp_path / "kept")
    assert (code, "backup failed: it exists already" in err) == (1, True)
    assert (draft / "file").exists()
