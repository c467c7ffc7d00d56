"""A real disk that is full: nothing is lost, and it goes on by itself when there is room."""

import shutil

import duckdb
import pytest

from tart.storage.log import checkpoints
from tart.units import HOUR_US
from tests.storage.full_disk import Ballast, small_disk
from tests.storage.running import DEADLINE, NOON, batch, day, event, open_storage, opened, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as path:
        yield path


def hundred(number, at=NOON):
    rows = [event(number * 100 + row, at=at, body=bytes(200)) for row in range(100)]
    return batch(*rows, at=at)


def stored(storage):
    found = []
    for file in storage.store.files(0):
        found += storage.ask(f"SELECT seq FROM {file.alias}.log")
    return sorted(seq for (seq,) in found)


def test_a_batch_without_disk_space_is_committed_once_there_is_space(tmp_path, disk, caplog):
    ballast, root = Ballast(disk), disk / "shards"
    with open_storage(root, checkpoint_seconds=1000.0) as storage:
        first = hundred(0)
        first.sessions.append(opened(0))
        storage.write(first)
        ballast.leave(0)
        waiting = [hundred(number) for number in range(1, 40)]
        for each in waiting:
            storage.store.writer.put(each)
        wait_for(lambda: storage.store.writer.statistics.shortage)
        committed = stored(storage)
        assert committed == list(range(len(committed)))
        assert len(committed) % 100 == 0
        ballast.release()
        for each in waiting:
            assert storage.commits.get(timeout=DEADLINE) is each
        assert stored(storage) == list(range(4000))
        assert storage.failures.empty()
        assert not storage.store.writer.statistics.shortage
    assert caplog.text.count("cannot commit, retrying") == 1


def test_a_period_that_begins_on_a_full_disk_begins_once_there_is_space(tmp_path, disk):
    ballast, root = Ballast(disk), disk / "shards"
    with open_storage(root, file_hours=1) as storage:
        first = hundred(0)
        first.sessions.append(opened(0))
        storage.write(first)
        ballast.leave(0)
        following = hundred(1, NOON + HOUR_US)
        storage.store.writer.put(following)
        wait_for(lambda: storage.store.writer.statistics.shortage)
        ballast.release()
        assert storage.commits.get(timeout=DEADLINE) is following
        assert stored(storage) == list(range(200))
        sessions = storage.ask(f"SELECT what FROM {storage.store.files(0)[0].alias}.sessions")
        assert sessions == [("continued",)]


def test_a_checkpoint_waits_for_disk_space(tmp_path, disk):
    ballast, root = Ballast(disk), disk / "shards"
    with open_storage(root, checkpoint_seconds=0.01) as storage:
        storage.write(hundred(0))
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done)
        ballast.leave(200_000)
        storage.write(hundred(1))
        wait_for(lambda: storage.store.writer.checkpoints.statistics.failures)
        assert stored(storage) == list(range(200))
        ballast.release()
        done = storage.store.writer.checkpoints.statistics.done
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done > done)
        assert stored(storage) == list(range(200))


def readable(storage):
    try:
        return stored(storage)
    except duckdb.Error:
        return []


def test_a_checkpoint_that_runs_out_of_space_loses_no_event(tmp_path, disk, monkeypatch, caplog):
    """Others can take the room while it runs; DuckDB then shuts the file to everybody."""
    monkeypatch.setattr(checkpoints, "_check_disk_space", lambda file: None)
    ballast, root = Ballast(disk), disk / "shards"
    with open_storage(root, checkpoint_seconds=0.01) as storage:
        storage.write(hundred(0))
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done)
        ballast.leave(150_000)
        storage.write(hundred(1))
        wait_for(lambda: "re-attached after" in caplog.text)
        # Each checkpoint shuts it again for a moment.
        assert wait_for(lambda: readable(storage)) == list(range(200))
        ballast.release()
        done = storage.store.writer.checkpoints.statistics.done
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done > done)
        storage.write(hundred(2))
        assert stored(storage) == list(range(300))
        assert storage.failures.empty()


def test_a_stop_on_a_full_disk_ends_and_reports_the_failure(tmp_path, disk):
    ballast, root = Ballast(disk), disk / "shards"
    with open_storage(root) as storage:
        storage.write(hundred(0))
        ballast.leave(0)
        for number in range(1, 40):
            storage.store.writer.put(hundred(number))
        wait_for(lambda: storage.store.writer.statistics.shortage)
        storage.store.writer.stop()
        assert "No space left" in str(storage.failures.get(timeout=DEADLINE))
    ballast.release()
    with open_storage(root) as storage:
        found = stored(storage)
        assert found == list(range(len(found)))
        assert len(found) % 100 == 0


def test_a_wal_on_a_full_disk_is_read_in_place(tmp_path, disk):
    ballast, elsewhere = Ballast(disk), tmp_path / "elsewhere"
    with open_storage(elsewhere, checkpoint_seconds=1000.0) as storage:
        storage.write(*(hundred(number) for number in range(20)))
        shutil.copytree(elsewhere, disk / "shards")
    with open_storage(disk / "shards", 1, 2):
        pass  # its aggregates are there before the disk is full
    ballast.leave(0)
    with open_storage(disk / "shards", 1, 2), open_storage(disk / "shards", 0, 2) as storage:
        assert storage.store.quarantined_files() == []
        assert stored(storage) == list(range(2000))
        ballast.release()
        storage.write(hundred(20))
    with open_storage(disk / "shards", 0, 2) as storage:
        assert stored(storage) == list(range(2100))
    assert day(disk / "shards").exists()


def test_maintenance_pauses_ingestion_while_the_disk_is_full(tmp_path, disk):
    shortages = []
    ballast = Ballast(disk)
    settings = {"disk_reserve_bytes": 4 << 20, "maintenance_interval": 0.01}
    with open_storage(disk / "shards", on_shortage=shortages.append, **settings) as storage:
        storage.write(hundred(0))
        ballast.leave(3 << 20)
        wait_for(lambda: shortages == ["disk"])
        storage.write(hundred(1))
        ballast.release()
        wait_for(lambda: shortages == ["disk", ""])
