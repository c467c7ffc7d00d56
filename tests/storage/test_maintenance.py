"""``tart/storage/maintenance.py``: expired periods are deleted, a full disk is reported."""

import asyncio
import os
import queue
import threading
import time

import duckdb
import pytest

from tart.storage import maintenance as module
from tart.units import HOUR_US
from tests.storage.running import (
    DEADLINE,
    NOON,
    batch,
    closed,
    day,
    event,
    log_files,
    open_storage,
    opened,
    wait_for,
    write,
)

HOURS = [NOON + hour * HOUR_US for hour in range(4)]


def hourly(root, count=3, **settings):
    """A file per hour with an event in each, session 0 in the first and 1 in the others."""
    batches = [batch(event(seq, at=at), at=at) for seq, at in enumerate(HOURS[:count])]
    batches[0].sessions += [opened(0), closed(0)]
    batches[1].sessions.append(opened(1))
    write(root, *batches, file_hours=1, **settings)


def aged(path, hours):
    """Set a file's last write to some hours ago."""
    then = time.time() - hours * 3600
    os.utime(path, (then, then))


def test_an_expired_file_is_deleted_and_the_sessions_only_it_names_are_reported(tmp_path):
    hourly(tmp_path)
    deleted_sessions = []
    aged(day(tmp_path, "2026-11-21T12"), 25)
    with open_storage(
        tmp_path, file_hours=1, on_sessions_deleted=lambda *what: deleted_sessions.append(what)
    ) as storage:
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=True)
        assert [file.path.stem for file in storage.store.files(0)] == [
            "2026-11-21T14",
            "2026-11-21T13",
        ]
        assert storage.store.maintenance.statistics.files == 1
        storage.write(batch(event(3), at=HOURS[2]))
    assert log_files(tmp_path) == ["2026-11-21T13.duckdb", "2026-11-21T14.duckdb"]
    assert deleted_sessions == [(0, {0})]


def test_nothing_is_deleted_by_age_while_the_clock_is_unstable(tmp_path):
    hourly(tmp_path)
    aged(day(tmp_path, "2026-11-21T12"), 1000)
    with open_storage(tmp_path, file_hours=1) as storage:
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
    assert len(log_files(tmp_path)) == 3


def test_all_beyond_the_size_limit_is_deleted_except_the_current_segment(tmp_path):
    hourly(tmp_path)
    with open_storage(tmp_path, file_hours=1, retain_disk_share=1e-12) as storage:
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
        storage.write(batch(event(3), at=HOURS[2]))
    assert log_files(tmp_path) == ["2026-11-21T14.duckdb"]


def test_a_period_in_use_blocks_the_deletion_of_newer_ones(tmp_path, monkeypatch):
    """A gap between files would look like loss."""
    hourly(tmp_path, 4)
    with open_storage(tmp_path, file_hours=1, retain_disk_share=1e-12) as storage:
        oldest, drop = storage.store.files(0)[-1], storage.store.delete_period
        monkeypatch.setattr(
            storage.store,
            "delete_period",
            lambda segments, seconds: oldest not in segments and drop(segments, 0.0),
        )
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
        assert len(storage.store.files(0)) == 4


def test_retention_deletes_nothing_while_segments_may_not_rotate(tmp_path, monkeypatch):
    monkeypatch.setattr("tart.storage.store._LOCK_SECONDS", 0.01)
    hourly(tmp_path)
    with open_storage(tmp_path, file_hours=1, retain_disk_share=1e-12) as storage:
        with storage.store.writer.checkpoints.rotation_lock:
            storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
            assert len(storage.store.files(0)) == 3
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
        assert len(storage.store.files(0)) == 1


def test_a_dirty_segment_is_not_deleted(tmp_path):
    settings = {"file_hours": 1, "checkpoint_seconds": 1000.0, "retain_disk_share": 1e-12}
    with open_storage(tmp_path, **settings) as storage:
        storage.write(batch(event(0)), batch(event(1), at=HOURS[1]))
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)
        assert len(storage.store.files(0)) == 2


def test_an_adopted_directory_is_removed_with_its_last_file(tmp_path):
    write(tmp_path, batch(event(0)), shard=1, count=2)
    aged(day(tmp_path, directory=1), 25)
    with open_storage(tmp_path) as storage:
        assert storage.store.directories == [0, 1]
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=True)
        assert storage.store.directories == [0]
        assert storage.store.files(1) == []
    assert log_files(tmp_path, 1) == []


def test_a_running_query_reads_a_file_to_its_end_before_it_is_deleted(tmp_path):
    hourly(tmp_path)
    aged(day(tmp_path, "2026-11-21T12"), 25)
    reading, may_continue = threading.Event(), threading.Event()

    def query(cursor):
        oldest = storage.store.files(0)[-1]
        reading.set()
        assert may_continue.wait(DEADLINE)
        return cursor.execute(f"SELECT seq FROM {oldest.alias}.log").fetchall()

    async def both():
        running = asyncio.create_task(storage.store.query_threads.run(query, DEADLINE))
        await asyncio.to_thread(reading.wait, DEADLINE)
        retention = asyncio.create_task(
            asyncio.to_thread(
                storage.store.maintenance.apply_retention, time.time(), clock_is_stable=True
            )
        )
        await asyncio.to_thread(wait_for, lambda: len(storage.store.files(0)) == 2)
        assert day(tmp_path, "2026-11-21T12").exists()
        may_continue.set()
        await retention
        return await running

    with open_storage(tmp_path, file_hours=1) as storage:
        assert asyncio.run(both()) == [(0,)]
    assert not day(tmp_path, "2026-11-21T12").exists()


def test_a_file_that_is_read_for_too_long_is_not_deleted(tmp_path):
    hourly(tmp_path)
    reading, may_continue = threading.Event(), threading.Event()

    def query(cursor):
        reading.set()
        assert may_continue.wait(DEADLINE)

    async def both():
        running = asyncio.create_task(storage.store.query_threads.run(query, DEADLINE))
        await asyncio.to_thread(reading.wait, DEADLINE)
        oldest = storage.store.files(0)[-1]
        assert not await asyncio.to_thread(storage.store.delete_period, [oldest], 0.0)
        assert storage.store.files(0)[-1] == oldest
        may_continue.set()
        await running

    with open_storage(tmp_path, file_hours=1) as storage:
        asyncio.run(both())
    assert len(log_files(tmp_path)) == 3


@pytest.mark.parametrize("midnights", [15, pytest.param(60, marks=pytest.mark.soak)])
def test_files_are_created_and_deleted_under_load_and_every_query_is_answered(tmp_path, midnights):
    """Many midnights with a concurrent reader; all events kept are there."""
    settings = {"file_hours": 1, "checkpoint_seconds": 0.01, "retain_disk_share": 1e-12}
    with open_storage(tmp_path, **settings) as storage:
        stop = threading.Event()
        seen = []

        def keep():
            while not stop.is_set():
                storage.store.maintenance.apply_retention(time.time(), clock_is_stable=False)

        def count(cursor):
            files = storage.store.files(0)
            return [
                cursor.execute(f"SELECT count(*), min(seq), max(seq) FROM {file.alias}.log")
                for file in files
                if cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()
            ]

        async def ask():
            while not stop.is_set():
                await storage.store.query_threads.run(count, DEADLINE)
                seen.append(True)

        threads = [
            threading.Thread(target=keep),
            threading.Thread(target=lambda: asyncio.run(ask())),
        ]
        for each in threads:
            each.start()
        deadline, number = time.monotonic() + DEADLINE, 0
        while number < 4 * midnights or storage.store.maintenance.statistics.files <= midnights / 3:
            assert time.monotonic() < deadline, storage.store.maintenance.statistics
            at = NOON + number // 4 * HOUR_US
            storage.write(batch(*(event(number * 50 + row, at=at) for row in range(50)), at=at))
            number += 1
        stop.set()
        for each in threads:
            each.join(DEADLINE)
        assert seen
    with open_storage(tmp_path) as storage:
        past = storage.store.recovered[0]
        assert past.next_sequence == number * 50
        assert past.missing == 0


class Disk:
    """A disk whose free space the test sets."""

    total = 1 << 40

    def __init__(self, free):
        self.free = free


@pytest.fixture
def disk(monkeypatch):
    found = Disk(1 << 39)
    monkeypatch.setattr(module.Maintenance, "_disk_usage", lambda self: found)
    return found


def test_ingestion_pauses_below_the_reserve_and_resumes_a_tenth_above_it(tmp_path, disk):
    shortages = queue.SimpleQueue()
    settings = {"disk_reserve_bytes": 1000}
    with open_storage(tmp_path, on_shortage=shortages.put, **settings) as storage:
        maintenance = storage.store.maintenance
        for free, full in [(1000, False), (999, True), (1099, True), (1100, False), (1000, False)]:
            disk.free = free
            maintenance.check_space()
            assert maintenance.shortage == ("disk" if full else "")
    assert [shortages.get_nowait(), shortages.get_nowait()] == ["disk", ""]
    assert shortages.empty()


def test_the_thread_reports_a_full_disk(tmp_path, disk):
    shortages = queue.SimpleQueue()
    with open_storage(tmp_path, on_shortage=shortages.put, maintenance_interval=0.001):
        disk.free = 0
        assert shortages.get(timeout=DEADLINE) == "disk"
        disk.free = 1 << 39
        assert shortages.get(timeout=DEADLINE) == ""


@pytest.mark.parametrize("error", [OSError("no"), duckdb.IOException("no"), ZeroDivisionError()])
@pytest.mark.parametrize("part", ["apply_retention", "check_files"])
def test_a_failed_round_does_not_end_the_maintenance_thread(
    tmp_path, disk, monkeypatch, part, error
):
    def fail(self, *arguments, **more):
        raise error

    monkeypatch.setattr(module.Maintenance, part, fail)
    shortages = queue.SimpleQueue()
    task = {"apply_retention": "retention", "check_files": "looking for deleted files"}[part]
    with open_storage(tmp_path, on_shortage=shortages.put, maintenance_interval=0.001) as storage:
        wait_for(lambda: storage.store.background.failures[task])
        disk.free = 0
        assert shortages.get(timeout=DEADLINE) == "disk"


def test_files_deleted_or_replaced_while_in_use_are_logged_once(tmp_path, caplog):
    hourly(tmp_path)
    with open_storage(tmp_path, file_hours=1, start_maintenance=False) as storage:
        maintenance = storage.store.maintenance
        maintenance.check_files()
        assert storage.store.vanished_files() == []
        gone, other = day(tmp_path, "2026-11-21T12"), day(tmp_path, "2026-11-21T13")
        gone.unlink()
        other.write_bytes(other.read_bytes())
        replacement = tmp_path / "replacement"
        replacement.write_bytes(b"something else")
        replacement.rename(other)
        for _ in range(2):
            maintenance.check_files()
            assert storage.store.vanished_files() == [f"00/{gone.name}", f"00/{other.name}"]
        # An attached file is readable all the same.
        assert storage.ask(f"SELECT count(*) FROM {storage.store.files(0)[2].alias}.log") == [(1,)]
    assert caplog.text.count("was deleted or replaced while tart uses it") == 2


def test_files_deleted_by_retention_have_not_vanished(tmp_path, caplog):
    hourly(tmp_path)
    aged(day(tmp_path, "2026-11-21T12"), 25)
    with open_storage(tmp_path, file_hours=1) as storage:
        storage.store.maintenance.check_files()
        storage.store.maintenance.apply_retention(time.time(), clock_is_stable=True)
        storage.store.maintenance.check_files()
        assert storage.store.vanished_files() == []
