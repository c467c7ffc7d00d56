"""``tart/shard/worker.py``: the real process, started, stopped and killed."""

import asyncio
import gc
import json
import shutil
import signal
import socket
import weakref

import duckdb
import pytest
import uvloop

from tart.shard.cpu_pressure import BUSY_PENDING_EVENTS
from tart.shard.worker import collect_cycles
from tart.storage.core.schema import log_subquery
from tests.shard.running import best, fake_node, framed, gateway, shard_process, until
from tests.storage.running import contents, open_storage, wait_for

pytestmark = pytest.mark.slow


def connected(worker, *data):
    """A blocking connection to a worker that says this."""
    peer = socket.create_connection(("127.0.0.1", worker.port), timeout=30)
    peer.sendall(b"".join(data))
    return peer


def asked(worker, name, **parameters):
    """A query's answer, over the worker's own socket."""

    async def whole():
        async with gateway(worker.socket) as there:
            return await there.ask(name, **parameters)

    return uvloop.run(whole())


def received(worker, number):
    """Wait until the worker has read so many events."""
    wait_for(lambda: asked(worker, "statistics")["events_received"] >= number)


def blocks(node, number):
    return [best(node, slot) for slot in range(number)]


def only_file(root, directory=0):
    (path,) = (root / f"{directory:02d}").glob("20*.duckdb")
    return path


def in_order(root, directory=0):
    """(seq, session, event id, slot, body) of a directory that nobody has open."""
    with open_storage(root, directory, directory + 1) as storage:
        union = " UNION ALL ".join(
            f"SELECT seq, session, event_id, slot, body FROM {log_subquery(file.alias)}"
            for file in storage.store.files(directory)
        )
        return storage.ask(f"SELECT * FROM ({union}) ORDER BY seq")


def test_on_sigterm_everything_read_is_in_the_file_and_the_exit_is_clean(tmp_path):
    node = fake_node()
    # Nothing would leave by age or by size: only the stop can write it.
    settings = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}
    with shard_process(tmp_path, storage=settings) as worker:
        with connected(worker, node.connect(), *blocks(node, 2000), framed(b"short")):
            received(worker, 2001)
            assert asked(worker, "statistics")["events_committed"] == 0
            worker.process.send(signal.SIGTERM)
            assert worker.process.ended() == 0
        assert "Traceback" not in worker.process.errors()
        assert "nanobind" not in worker.process.errors()
    path = only_file(tmp_path)
    assert list(path.parent.glob("20*")) == [path]
    assert [row.slot for row in contents(path)] == list(range(2000))
    assert [row[-1] for row in contents(path, "undecodable")] == [b"short"]
    _, ended = contents(path, "sessions")
    assert (ended[2], ended[7]) == ("closed", "server stopping")
    assert json.loads(ended[6])["events"] == 2001


def test_queries_get_low_priority_while_many_events_are_pending(tmp_path):
    node = fake_node()
    settings = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}
    with shard_process(tmp_path, storage=settings) as worker:
        assert asked(worker, "statistics")["queries_low_priority"] is False
        with connected(worker, node.connect(), *blocks(node, BUSY_PENDING_EVENTS)):
            wait_for(lambda: asked(worker, "statistics")["queries_low_priority"])
            assert asked(worker, "events", limit=1, node="ff" * 32) == []


def test_a_shard_stops_cleanly_when_its_supervisor_is_gone(tmp_path):
    node = fake_node()
    with shard_process(tmp_path) as worker, connected(worker, node.connect(), *blocks(node, 10)):
        received(worker, 10)
        worker.orphan()
        assert worker.process.ended() == 0
    assert len(contents(only_file(tmp_path))) == 10


def test_a_restarted_shard_continues_its_numbering(tmp_path):
    node = fake_node()
    for round_ in (1, 2):
        said = [node.connect(), *blocks(node, 5)]
        with shard_process(tmp_path) as worker, connected(worker, *said):
            received(worker, 5)
            (known,) = asked(worker, "nodes")
            assert known["event_count"] == 5 * round_
            worker.process.send(signal.SIGTERM)
            assert worker.process.ended() == 0
    assert [row[:3] for row in in_order(tmp_path)] == [
        (seq, seq // 5, seq % 5) for seq in range(10)
    ]


def test_committed_events_survive_kill_9_exactly_once(tmp_path):
    kills, node = 2, fake_node()
    settings = {"flush_rows": 50, "checkpoint_seconds": 0.02}
    least = 0
    for _ in range(kills):
        with shard_process(tmp_path, storage=settings) as worker:
            before = asked(worker, "nodes")
            known = before[0]["event_count"] if before else 0
            assert known >= least
            with connected(worker, node.connect()) as peer:
                slot = 0
                while asked(worker, "statistics")["events_committed"] < 500:
                    peer.sendall(b"".join(best(node, slot + each) for each in range(100)))
                    slot += 100
                least = known + asked(worker, "statistics")["events_committed"]
                worker.process.send(signal.SIGKILL)
                assert worker.process.exited() == -signal.SIGKILL
    rows = in_order(tmp_path)
    assert len(rows) >= least
    assert [row[0] for row in rows] == list(range(len(rows)))
    for session in range(kills):
        own = [(event_id, slot) for _, number, event_id, slot, _ in rows if number == session]
        assert own == [(number, number) for number in range(len(own))]
    with open_storage(tmp_path) as storage:
        past = storage.store.recovered[0]
        assert past.counts[0][11] == len(rows)
        assert past.next_session == kills
        assert [past.sessions[number].ended_at for number in range(kills)] == [None] * kills


def test_directories_of_fewer_shards_are_adopted_and_answered_for(tmp_path):
    for shard in range(2):
        node = fake_node(shard + 1)
        said = [node.connect(), *blocks(node, shard + 1)]
        with shard_process(tmp_path, shard, 2) as worker, connected(worker, *said):
            received(worker, shard + 1)
            worker.process.send(signal.SIGTERM)
            assert worker.process.ended() == 0
    with shard_process(tmp_path, 0, 1) as worker:
        found = {each["node_id"][:2]: each["event_count"] for each in asked(worker, "nodes")}
        assert found == {"01": 1, "02": 2}
        assert len(asked(worker, "events", limit=100)) == 3
        assert len(asked(worker, "events", node="02" * 32)) == 2


def test_a_shard_ends_with_a_storage_error_when_its_files_cannot_be_written(tmp_path):
    node = fake_node()
    with shard_process(tmp_path) as worker:
        # Where the directory's first file should come to be there is something else.
        shutil.rmtree(tmp_path / "00")
        (tmp_path / "00").touch()
        with connected(worker, node.connect(), *blocks(node, 3)):
            assert worker.process.line(r"StorageError: writing failed: .*")
            assert worker.process.ended() == 1


def test_a_start_that_fails_ends_at_once(tmp_path):
    """The writer's threads must not keep a process alive that has nothing to do."""
    with shard_process(tmp_path) as worker:
        worker.process.send(signal.SIGTERM)
        assert worker.process.ended() == 0
    config = {"storage_compatibility_version": "v1.5.0"}
    duckdb.connect(str(tmp_path / "00" / "2026-11-21.duckdb"), config=config).close()
    with pytest.raises(AssertionError, match="StorageError"), shard_process(tmp_path):
        pass
    shutil.rmtree(tmp_path / "00")
    (tmp_path / "run" / "00.sock").unlink(missing_ok=True)
    (tmp_path / "run" / "00.sock").mkdir()
    with pytest.raises(AssertionError, match="OSError"), shard_process(tmp_path):
        pass


def test_reference_cycles_are_collected_periodically():
    class Cycle:
        def __init__(self):
            self.itself = self

    async def scenario():
        gc.disable()
        try:
            left = weakref.ref(Cycle())
            collecting = asyncio.create_task(collect_cycles(0.001))
            await until(lambda: left() is None)
            collecting.cancel()
        finally:
            gc.enable()

    asyncio.run(scenario())
