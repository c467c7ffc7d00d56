"""``tart/storage/store.py``: the files, writer and query threads of a shard."""

import os

import duckdb
import pytest

from tart.errors import StorageError
from tart.storage import store as module
from tart.storage.core.schema import SCHEMA_VERSION
from tart.units import HOUR_US
from tests.storage.running import (
    NOON,
    PEERS,
    alone,
    batch,
    contents,
    day,
    event,
    in_both_segments,
    log_files,
    open_storage,
    wait_for,
    write,
)

HOURS = [NOON + hour * HOUR_US for hour in range(3)]


def names(storage, directory=0):
    return [file.path.stem for file in storage.store.files(directory)]


def test_an_empty_directory_has_no_files_until_the_first_batch(tmp_path):
    with open_storage(tmp_path) as storage:
        assert names(storage) == []
        assert log_files(tmp_path) == []
        storage.write(batch(event(0)))
        assert names(storage) == ["2026-11-21"]


def test_files_are_listed_newest_first(tmp_path):
    write(tmp_path, batch(event(0)), batch(event(1), at=HOURS[1]), file_hours=1)
    with open_storage(tmp_path, file_hours=1) as storage:
        assert names(storage) == ["2026-11-21T13", "2026-11-21T12"]
        storage.write(batch(event(2), at=HOURS[2]))
        assert names(storage) == ["2026-11-21T14", "2026-11-21T13", "2026-11-21T12"]
        found = [
            storage.ask(f"SELECT seq FROM {file.alias}.log") for file in storage.store.files(0)
        ]
        assert found == [[(2,)], [(1,)], [(0,)]]


def test_the_list_of_files_belongs_to_the_caller(tmp_path):
    with open_storage(tmp_path) as storage:
        storage.write(batch(event(0)))
        storage.store.files(0).clear()
        assert names(storage) == ["2026-11-21"]


def test_only_the_newest_file_of_the_own_directory_may_be_written(tmp_path):
    write(tmp_path, batch(event(0)), batch(event(1), at=HOURS[1]), file_hours=1)
    write(tmp_path, batch(event(0)), shard=1, count=2)
    with open_storage(tmp_path) as storage:
        read_only = dict(
            storage.ask("SELECT database_name, readonly FROM duckdb_databases() WHERE path != ''")
        )
        own, adopted = storage.store.files(0), storage.store.files(1)
        assert [read_only[file.alias] for file in own] == [False, True]
        assert [read_only[file.alias] for file in adopted] == [True]


def test_disk_usage_is_that_of_the_store_s_directories(tmp_path):
    write(tmp_path, batch(event(0)), shard=1, count=2)
    with open_storage(tmp_path, 0, 2) as storage:
        storage.write(batch(event(0)))
        count, size, free = storage.store.disk_usage()
        assert count == 1
        assert size >= day(tmp_path).stat().st_size
        assert free > 0
    with open_storage(tmp_path, 0, 1) as storage:
        assert storage.store.disk_usage()[0] == 2


def test_a_store_that_fails_to_open_releases_all_files(tmp_path):
    write(tmp_path, batch(event(0)), batch(event(1), at=HOURS[1]), file_hours=1)
    newer = day(tmp_path, "2026-11-21T13")
    for version in ("99", str(SCHEMA_VERSION)):
        with duckdb.connect(str(newer)) as connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [version])
        if version == "99":
            with pytest.raises(StorageError, match="2026-11-21T13"), open_storage(tmp_path):
                pass
    with open_storage(tmp_path) as storage:
        assert storage.store.recovered[0].next_sequence == 2


def test_a_file_that_another_store_writes_is_refused(tmp_path):
    write(tmp_path, batch(event(0)))
    with open_storage(tmp_path), pytest.raises(StorageError), open_storage(tmp_path):
        pass


def test_closing_a_store_releases_complete_files(tmp_path):
    for seq in range(3):
        with open_storage(tmp_path) as storage:
            assert storage.store.recovered[0].next_sequence == seq
            storage.store.writer.put(batch(event(seq)))
    assert log_files(tmp_path) == ["2026-11-21.duckdb"]


def test_after_a_restart_both_segments_of_the_newest_period_are_written_to(tmp_path):
    in_both_segments(tmp_path)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        assert names(storage) == ["2026-11-21", "2026-11-21.1"]
        assert (storage.store.recovered[0].next_sequence, storage.store.recovered[0].missing) == (
            6,
            0,
        )
        for seq in (6, 7):
            storage.write(batch(event(seq)))
            wait_for(lambda seq=seq: storage.store.writer.checkpoints.statistics.done > seq - 6)
    first, second = (
        [row.seq for row in contents(day(tmp_path, name))]
        for name in ("2026-11-21", "2026-11-21.1")
    )
    assert sorted(first + second) == list(range(8))
    assert (len(first), len(second)) == (4, 4)


def test_each_segment_can_be_read_alone(tmp_path):
    in_both_segments(tmp_path)
    for name, what in (("2026-11-21", "opened"), ("2026-11-21.1", "continued")):
        path = alone(day(tmp_path, name), tmp_path / "elsewhere")
        assert contents(path, "nodes") == [(0, PEERS[0])]
        assert [(row[0], row[2]) for row in contents(path, "sessions")] == [(0, what)]


def test_both_segments_of_a_period_are_deleted_together(tmp_path):
    in_both_segments(tmp_path, file_hours=1)
    with open_storage(tmp_path, file_hours=1) as storage:
        segments = storage.store.files(0)
        assert not storage.store.delete_period(segments, 0.0), "events go to them"
        storage.write(batch(event(6, at=HOURS[1]), at=HOURS[1]))
        wait_for(lambda: storage.store.delete_period(segments, 0.0))
        assert names(storage) == ["2026-11-21T13"]
    assert log_files(tmp_path) == ["2026-11-21T13.duckdb"]
    with open_storage(tmp_path, file_hours=1) as storage:
        assert storage.store.recovered[0].missing == 0


def test_a_quarantined_file_counts_as_unreadable_in_the_windows_of_its_period(tmp_path):
    write(tmp_path, batch(event(0)))
    path = day(tmp_path, "2026-11-21")
    aside = path.with_name(f"{path.name}.corrupt-20261122T000000Z")
    path.rename(aside)
    path.with_name(f"{aside.name}.wal").touch()
    os.utime(aside, (NOON / 1e6, NOON / 1e6))
    midnight = NOON - 12 * HOUR_US
    expected = [[f"00/{aside.name}", None, midnight, NOON]]
    with open_storage(tmp_path) as storage:
        unreadable = storage.store.unreadable_events
        assert unreadable(None, None) == expected
        assert unreadable(NOON, None) == unreadable(None, midnight) == expected
        assert unreadable(NOON + 1, None) == unreadable(None, midnight - 1) == []
        aside.unlink()
        assert unreadable(None, None) == []


def test_quarantined_files_are_listed_again_when_the_directory_changes(tmp_path, monkeypatch):
    write(tmp_path, batch(event(0)))
    with open_storage(tmp_path, start_maintenance=False) as storage:
        folder, listed = tmp_path / "00", []
        listing = module.list_quarantined
        monkeypatch.setattr(
            module, "list_quarantined", lambda *given: listed.append(1) or listing(*given)
        )
        os.utime(folder, (1, 1))
        assert storage.store.quarantined_files() == storage.store.quarantined_files() == []
        assert len(listed) == 1
        name = "2026-11-20.duckdb.corrupt-20261121T000000Z"
        (folder / name).touch()
        assert storage.store.quarantined_files() == [f"00/{name}"]
        (folder / name).unlink()
        assert storage.store.quarantined_files() == []
