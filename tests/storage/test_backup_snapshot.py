"""What is held does not change, and everything goes on after."""

from __future__ import annotations

import time
from contextlib import contextmanager

import pytest

from tart.errors import StorageError
from tart.storage import backup_snapshot as module
from tart.storage.backup_snapshot import BackupSnapshot
from tart.units import HOUR_US
from tests.storage.running import NOON, batch, event, open_storage, wait_for

SETTINGS = {"checkpoint_seconds": 0.02}


@contextmanager
def holding(store):
    held = BackupSnapshot(store)
    try:
        yield held
    finally:
        held.release()


def bytes_of(held):
    return {path: path.read_bytes() for path in held.paths}


def test_what_may_be_copied_stays_as_it_is_and_together_it_is_all_up_to_the_turn(tmp_path):
    with open_storage(tmp_path, **SETTINGS) as storage, holding(storage.store) as held:
        storage.write(*(batch(event(seq)) for seq in range(20)))
        copied = bytes_of(held.freeze_aggregates()) | bytes_of(held.freeze_files())
        storage.write(*(batch(event(seq)) for seq in range(20, 30)))
        turned = held.rotate_segments()
        copied |= bytes_of(turned)
        assert turned.end == 30
        done = storage.store.writer.checkpoints.statistics.done
        storage.write(*(batch(event(seq)) for seq in range(30, 40)))
        time.sleep(5 * SETTINGS["checkpoint_seconds"])
        assert storage.store.writer.checkpoints.statistics.done == done
        assert {path: path.read_bytes() for path in copied} == copied
        assert held.release() is True
        wait_for(lambda: storage.store.writer.checkpoints.statistics.done > done)
    assert len(copied) == 3


def test_a_period_that_ends_meanwhile_is_in_it_and_the_next_is_not(tmp_path):
    with open_storage(tmp_path, file_hours=1, **SETTINGS) as storage:
        storage.write(batch(event(0)))
        with holding(storage.store) as held:
            held.freeze_aggregates()
            held.freeze_files()
            storage.write(batch(event(1)), batch(event(2), at=NOON + HOUR_US))
            turned = held.rotate_segments()
            assert turned.end == 2
            assert [path.name[:13] for path in turned.paths] == ["2026-11-21T12"]


def test_of_a_shard_without_events_there_are_only_aggregates(tmp_path):
    with open_storage(tmp_path, **SETTINGS) as storage, holding(storage.store) as held:
        assert [path.name for path in held.freeze_aggregates().paths] == ["aggregates.duckdb"]
        assert held.freeze_files().paths == held.rotate_segments().paths == ()


def test_nothing_is_deleted_while_it_is_held(tmp_path):
    with open_storage(tmp_path, file_hours=1, **SETTINGS) as storage:
        storage.write(batch(event(0)), batch(event(1), at=NOON + HOUR_US))
        store = storage.store
        oldest = store.files(0)[-1:]
        wait_for(lambda: not store.writer.uses(oldest[0]))
        with holding(store) as held:
            held.freeze_aggregates()
            assert store.drop(oldest, 1.0) is False
        wait_for(lambda: store.drop(oldest, 1.0))


def test_one_holds_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.01)
    with (
        open_storage(tmp_path, **SETTINGS) as storage,
        holding(storage.store) as first,
        holding(storage.store) as second,
    ):
        wait_for(lambda: holds(first))
        with pytest.raises(StorageError, match="another backup"):
            second.freeze_aggregates()
        first.release()
        wait_for(lambda: holds(second))


def holds(held):
    """Whether it can: a checkpoint may be under way."""
    try:
        return held.freeze_aggregates()
    except StorageError:
        return None


def test_who_never_releases_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.05)
    with open_storage(tmp_path, **SETTINGS) as storage, holding(storage.store) as held:
        held.freeze_aggregates()
        wait_for(lambda: not storage.store.writer.checkpoints.rotation_lock.locked())
        assert held.release() is False
        with pytest.raises(StorageError, match="given up"):
            held.freeze_aggregates()


@pytest.mark.parametrize("step", ["freeze_aggregates", "freeze_files", "rotate_segments"])
def test_after_its_end_a_hold_gives_nothing_to_copy(tmp_path, step):
    """What is copied then may change meanwhile."""
    with open_storage(tmp_path) as storage, holding(storage.store) as held:
        storage.write(batch(event(0)))
        held.release()
        with pytest.raises(StorageError, match="given up"):
            getattr(held, step)()
