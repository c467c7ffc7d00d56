"""``tart/storage/log/checkpoints.py``: committed rows get into the files, and no commit waits."""

import asyncio
from contextlib import closing

from tart.storage.core.files import first_segment, other_segment, period_start
from tart.storage.core.schema import NodeRow
from tart.storage.log.checkpoints import Checkpoints
from tart.units import HOUR_US
from tests.storage.running import (
    DEADLINE,
    NOON,
    PEERS,
    batch,
    contents,
    event,
    log_files,
    open_storage,
    wait_for,
)

# A transaction that changes rows keeps a checkpoint out, one that adds them does not.
KEEPS_CHECKPOINTS_OUT = "UPDATE {file}.nodes SET peer_id = '' WHERE node = 0"


def segments(root):
    first = first_segment(root, 0, period_start(NOON, 24), 24)
    return first, other_segment(first)


def checkpointed(storage):
    return storage.store.writer.checkpoints.statistics


def test_a_stop_checkpoints_every_dirty_file(tmp_path):
    with open_storage(tmp_path, file_hours=1, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(event(0)), batch(event(1), at=NOON + HOUR_US))
        assert sum(name.endswith(".wal") for name in log_files(tmp_path)) == 2
        storage.store.writer.stop()
        assert log_files(tmp_path) == ["2026-11-21T12.duckdb", "2026-11-21T13.duckdb"]
        assert checkpointed(storage).done == 2


def test_committed_rows_are_checkpointed_into_both_segments_in_turn(tmp_path):
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        statistics = checkpointed(storage)
        for seq in range(4):
            storage.write(batch(event(seq)))
            wait_for(lambda before=seq: statistics.done > before)
        assert statistics.failures == 0
        assert statistics.seconds > 0
    first, second = segments(tmp_path)
    assert [row.seq for row in contents(first.path)] == [0, 2]
    assert [row.seq for row in contents(second.path)] == [1, 3]


def test_a_segment_without_new_rows_is_not_checkpointed(tmp_path):
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        storage.write(batch(event(0)))
        wait_for(lambda: checkpointed(storage).done)
    assert checkpointed(storage).done == 1


def test_events_go_to_the_other_segment_during_a_checkpoint(tmp_path):
    """A checkpoint that does not end holds up no commit."""
    first, second = segments(tmp_path)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        # Held by a checkpoint from its beginning to its end.
        with storage.store.writer.checkpoints.attach_lock:
            storage.write(batch(event(0)))
            wait_for(lambda: second in storage.store.files(0))
            wait_for(lambda: storage.store.writer.uses(second))
            for seq in range(1, 20):
                storage.write(batch(event(seq)))
            assert checkpointed(storage).done == 0
        wait_for(lambda: checkpointed(storage).done)
    assert [row.seq for row in contents(first.path)] == [0]
    assert [row.seq for row in contents(second.path)] == list(range(1, 20))


def test_a_failed_checkpoint_is_counted_and_retried(tmp_path):
    _, second = segments(tmp_path)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        statistics, number = checkpointed(storage), 0
        storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])]))
        wait_for(lambda: statistics.done == 1)
        storage.write(batch(event(1)))
        wait_for(lambda: statistics.done == 2)

        def hold_up(cursor):
            nonlocal number
            cursor.begin()
            cursor.execute(KEEPS_CHECKPOINTS_OUT.format(file=second.alias))
            # Until a checkpoint of it failed; then events stay in the other segment.
            for number in range(2, 1000):
                storage.write(batch(event(number)))
                if statistics.failures >= 2:
                    break
            cursor.rollback()

        asyncio.run(storage.store.query_threads.run(hold_up, DEADLINE))
        assert statistics.failures >= 2
        done = statistics.done
        wait_for(lambda: statistics.done > done)
    found = [row.seq for file in segments(tmp_path) for row in contents(file.path)]
    assert sorted(found) == list(range(number + 1))


def test_events_do_not_go_to_a_segment_until_its_failed_checkpoint_succeeds(tmp_path):
    first, second = segments(tmp_path)
    with open_storage(tmp_path, checkpoint_seconds=1000.0) as storage:
        checkpoints, statistics = storage.store.writer.checkpoints, checkpointed(storage)
        with closing(storage.store.cursor()) as cursor, closing(storage.store.cursor()) as blocker:
            storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])]))  # to the first
            checkpoints.run_round(cursor)
            storage.write(batch(event(1)))  # to the second
            checkpoints.run_round(cursor)
            assert (statistics.done, statistics.failures) == (2, 0)
            blocker.begin()
            blocker.execute(KEEPS_CHECKPOINTS_OUT.format(file=first.alias))
            storage.write(batch(event(2)))  # to the first, which cannot be checkpointed
            checkpoints.run_round(cursor)
            assert (statistics.done, statistics.failures) == (2, 1)
            for seq in (3, 4):  # to the second, again and again
                storage.write(batch(event(seq)))
                checkpoints.run_round(cursor)
            assert (statistics.done, statistics.failures) == (2, 3)
            blocker.rollback()
            checkpoints.run_round(cursor)
            assert (statistics.done, statistics.failures) == (3, 3)
            assert not checkpoints.is_dirty(first)
            storage.write(batch(event(5)))  # to the second for the last time
            checkpoints.run_round(cursor)
            storage.write(batch(event(6)))  # to the first
    assert [row.seq for row in contents(first.path)] == [0, 2, 6]
    assert [row.seq for row in contents(second.path)] == [1, 3, 4, 5]


def test_a_failed_round_does_not_end_the_thread(tmp_path, monkeypatch):
    rotate, failed = Checkpoints._rotate, []

    def fail_once(self):
        if not failed:
            failed.append(True)
            raise ZeroDivisionError
        rotate(self)

    monkeypatch.setattr(Checkpoints, "_rotate", fail_once)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        storage.write(batch(event(0)))
        wait_for(lambda: checkpointed(storage).done)
        assert storage.store.background.failures == {"checkpoints": 1}
