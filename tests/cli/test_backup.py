"""``tart backup`` and ``restore``: exactly the events up to a moment, whatever goes on."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from tart.cli.main import main
from tart.ipc.messages import FreezeAggregates, FreezeFiles, RotateSegments
from tart.query.core.catalog import DIRECTORY_BITS
from tests.cli.test_verify import filled
from tests.running import fake_node, fake_peer_id, running_system, wait_for

# Together about 50,000 events a second at first, then a fifth: on a machine that is busy it
# goes on for long, and all of it is read back.
BURST, PAUSE, LATER, AT_FIRST = 500, 0.04, 0.2, 10
NODES = 4


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, data="data"):
        code = main([*map(str, arguments), "--data-dir", str(tmp_path / data)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def made(directory):
    """All backups, the oldest first, with their manifests."""
    found = sorted(each for each in directory.iterdir() if not each.name.startswith("."))
    return [(each, json.loads((each / "backup.json").read_text())) for each in found]


def stored(system, node):
    """Ids of all events of a node."""
    return [(each["id"], each["event_id"], each["data"]) for each in system.events(node)]


@contextmanager
def talking(system):
    """Nodes that send until the block ends; how many events, by node."""
    stop = threading.Event()

    def talk(number):
        node = fake_node(number)
        with system.connect() as connection:
            connection.sendall(node.connect())
            while not stop.wait(PAUSE if sent[number] < AT_FIRST * BURST else LATER):
                connection.sendall(
                    b"".join(
                        node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1]
                        for slot in range(BURST)
                    )
                )
                sent[number] += BURST

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
def test_a_backup_while_events_come_is_exactly_those_up_to_its_moment(tmp_path, run):
    def events():
        return sum(node["event_count"] for node in system.get("/api/nodes")["nodes"])

    environ = {"TART_STORAGE_CHECKPOINT_SECONDS": "0.3", "TART_AGGREGATES_FLUSH_SECONDS": "0.5"}
    with running_system(tmp_path / "data", environ=environ) as system:
        with talking(system) as sent:
            wait_for(lambda: events() > 20 * BURST)
            code, out, err = run("backup", tmp_path / "kept")
            assert (code, err) == (0, "")
            before = events()
            wait_for(lambda: events() > before + 20 * BURST)
        wait_for(lambda: events() == sent.total() and system.committed())
        last = [fake_peer_id(number) for number in range(1, NODES + 1)]
        everything = {node: stored(system, node) for node in last}

    ((backup, manifest),) = made(tmp_path / "kept")
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
def test_figures_of_a_backup_are_those_of_its_events(tmp_path, run):
    with running_system(tmp_path / "data", shards=1) as system:
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect())
            for slot in range(BURST):
                connection.sendall(node.event("BestBlockChanged", 1, slot=slot, hash=bytes(32))[1])
            system.wait_for_events(fake_peer_id(1), BURST)
            assert run("backup", tmp_path / "kept")[0] == 0
    ((backup, _),) = made(tmp_path / "kept")
    assert run("restore", backup, data="again")[0] == 0
    with running_system(tmp_path / "again", shards=1) as system:
        shown = system.get(f"/api/nodes/{fake_peer_id(1).hex()}/status")["event_breakdown"]
        assert [(each["event_type"], each["count"]) for each in shown] == [(11, BURST)]
        (session,) = system.get("/api/sessions")["sessions"]
        assert session["event_count"] == BURST


@pytest.mark.slow
def test_a_stopped_tart_is_copied_and_what_is_unchanged_is_linked(tmp_path, run):
    filled(tmp_path / "data")
    run("keys", "create", "--name", "k")
    assert run("backup", tmp_path / "kept")[0] == 0
    (first, manifest), *_ = made(tmp_path / "kept")
    first.rename(first.with_name("2000-01-01T00-00-00Z"))
    assert run("backup", tmp_path / "kept")[0] == 0
    (old, _), (new, again) = made(tmp_path / "kept")
    names = [name for name in manifest["files"] if name.endswith(".duckdb")]
    assert names
    assert {name: manifest["files"][name] for name in names} == {
        name: again["files"][name] for name in names
    }
    for name in names:
        assert (old / name).stat().st_ino == (new / name).stat().st_ino
    shutil.rmtree(old)
    assert run("restore", new, data="again")[0] == 0
    assert "in use" in run("keys", "list", data="again")[1]
    assert run("verify", "--deep", data="again")[0] == 0


@pytest.mark.slow
def test_one_backup_at_a_time_and_a_stop_waits_for_none(tmp_path, run):
    from tart.cli import backup as backing

    with running_system(tmp_path / "data", shards=1) as system:
        node = fake_node(1)
        with system.connect() as connection:
            connection.sendall(node.connect() + node.event("SyncStatusChanged", 1, synced=True)[1])
            system.wait_for_events(fake_peer_id(1), 1)
        path = tmp_path / "data" / "run" / "00.sock"
        with backing._shard(path) as shard:
            for step in (FreezeAggregates(1), FreezeFiles(1), RotateSegments(1)):
                shard.freeze(step)
            system.process.send(signal.SIGTERM)
            assert system.process.ended() == 0


def test_what_is_no_backup_or_damaged_is_not_restored(tmp_path, run):
    filled(tmp_path / "data")
    code, _, err = run("restore", tmp_path, data="again")
    assert (code, "is no backup of tart" in err) == (1, True)
    run("backup", tmp_path / "kept")
    ((backup, _),) = made(tmp_path / "kept")
    code, _, err = run("restore", backup)
    assert (code, "has data already: 00" in err) == (1, True)
    (file,) = (backup / "00").glob("2*.duckdb")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    code, _, err = run("restore", backup, data="again")
    assert (code, "is not what was backed up" in err) == (1, True)
    (backup / "backup.json").write_text(json.dumps({"format": 99}))
    code, _, err = run("restore", backup, data="third")
    assert (code, "format 99, this release knows 1" in err) == (1, True)


def test_without_data_there_is_nothing_to_copy(tmp_path, run):
    code, _, err = run("backup", tmp_path / "kept")
    assert (code, "is not there" in err) == (1, True)
    assert not (tmp_path / "kept").exists()
