"""``tart/storage/backup_snapshot.py``: frozen files do not change, and events go on."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tart.errors import StorageError
from tart.storage.backup_snapshot import BackupSnapshot
from tart.units import HOUR_US
from tests.storage.running import NOON, batch, event, open_storage, wait_for

SETTINGS = {"checkpoint_seconds": 0.02}


@contextmanager
def snapshot_of(store, **limits):
    snapshot = BackupSnapshot(store, **limits)
    try:
        yield snapshot
    finally:
        snapshot.release()


def bytes_of(frozen):
    return {path: path.read_bytes() for path in frozen.paths}


def test_frozen_files_do_not_change_and_hold_all_events_up_to_the_rotation(tmp_path):
    with open_storage(tmp_path, **SETTINGS) as storage, snapshot_of(storage.store) as snapshot:
        storage.write(*(batch(event(seq)) for seq in range(20)))
        copied = bytes_of(snapshot.freeze_aggregates()) | bytes_of(snapshot.freeze_files())
        storage.write(*(batch(event(seq)) for seq in range(20, 30)))
        rotated = snapshot.rotate_segments()
        copied |= bytes_of(rotated)
        assert rotated.end == 30
        done = storage.store.writer.checkpoints.statistics.done
        storage.write(*(batch(event(seq)) for seq in range(30, 40)))
        statistics = storage.store.writer.checkpoints.statistics
        rounds = statistics.rounds
        wait_for(lambda: statistics.rounds >= rounds + 5)
        assert storage.store.writer.checkpoints.statistics.done == done
        assert {path: path.read_bytes() for path in copied} == copied
        assert snapshot.release() is True
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done > done)
    assert len(copied) == 3


def test_a_period_that_ends_during_a_backup_is_in_it_and_the_next_is_not(tmp_path):
    with open_storage(tmp_path, file_hours=1, **SETTINGS) as storage:
        storage.write(batch(event(0)))
        with snapshot_of(storage.store) as snapshot:
            snapshot.freeze_aggregates()
            snapshot.freeze_files()
            storage.write(batch(event(1)), batch(event(2), at=NOON + HOUR_US))
            rotated = snapshot.rotate_segments()
            assert rotated.end == 2
            assert [path.name[:13] for path in rotated.paths] == ["2026-11-21T12"]


def test_a_snapshot_of_a_shard_without_events_has_only_aggregates(tmp_path):
    with open_storage(tmp_path, **SETTINGS) as storage, snapshot_of(storage.store) as snapshot:
        assert [path.name for path in snapshot.freeze_aggregates().paths] == ["aggregates.duckdb"]
        assert snapshot.freeze_files().paths == snapshot.rotate_segments().paths == ()


def test_no_file_is_deleted_during_a_backup(tmp_path):
    with open_storage(tmp_path, file_hours=1, **SETTINGS) as storage:
        storage.write(batch(event(0)), batch(event(1), at=NOON + HOUR_US))
        store = storage.store
        oldest = store.files(0)[-1:]
        wait_for(lambda: not store.writer.uses(oldest[0]))
        with snapshot_of(store) as snapshot:
            snapshot.freeze_aggregates()
            assert store.delete_period(oldest, 1.0) is False
        wait_for(lambda: store.delete_period(oldest, 1.0))


def test_one_backup_runs_at_a_time(tmp_path):
    with (
        open_storage(tmp_path, **SETTINGS) as storage,
        snapshot_of(storage.store) as first,
        snapshot_of(storage.store, lock_seconds=0.01) as second,
    ):
        wait_for(lambda: frozen(first))
        with pytest.raises(StorageError, match="another backup"):
            second.freeze_aggregates()
        first.release()
        wait_for(lambda: frozen(second))


def frozen(snapshot):
    """The frozen aggregates; ``None`` while a checkpoint is under way."""
    try:
        return snapshot.freeze_aggregates()
    except StorageError:
        return None


def test_a_snapshot_that_is_never_released_ends_by_itself(tmp_path):
    with (
        open_storage(tmp_path, **SETTINGS) as storage,
        snapshot_of(storage.store, longest_seconds=0.05) as snapshot,
    ):
        snapshot.freeze_aggregates()
        wait_for(lambda: not storage.store.writer.checkpoints.rotation_lock.locked())
        assert snapshot.release() is False
        with pytest.raises(StorageError, match="given up"):
            snapshot.freeze_aggregates()


@pytest.mark.parametrize("step", ["freeze_aggregates", "freeze_files", "rotate_segments"])
def test_a_released_snapshot_has_nothing_to_copy(tmp_path, step):
    """A file that is copied then may change meanwhile."""
    with open_storage(tmp_path) as storage, snapshot_of(storage.store) as snapshot:
        storage.write(batch(event(0)))
        snapshot.release()
        with pytest.raises(StorageError, match="given up"):
            getattr(snapshot, step)()
