"""``tart/storage/log/checkpoints.py``: what is committed gets into the files, and nobody waits."""

import asyncio

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


def test_at_a_stop_every_file_written_to_gets_what_is_in_its_log(tmp_path):
    with open_storage(tmp_path, file_hours=1, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(event(0)), batch(event(1), at=NOON + HOUR_US))
        assert sum(name.endswith(".wal") for name in log_files(tmp_path)) == 2
        storage.store.writer.stop()
        assert log_files(tmp_path) == ["2026-11-21T12.duckdb", "2026-11-21T13.duckdb"]
        assert checkpointed(storage).done == 2


def test_committed_rows_are_moved_into_the_files_now_and_then(tmp_path):
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


def test_without_new_rows_nothing_is_checkpointed(tmp_path):
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        storage.write(batch(event(0)))
        wait_for(lambda: checkpointed(storage).done)
    assert checkpointed(storage).done == 1


def test_while_a_file_is_checkpointed_events_go_to_the_other(tmp_path):
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


def test_a_checkpoint_that_fails_is_counted_and_tried_again(tmp_path):
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
            # Until it has had a turn; then the other one keeps its.
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


def test_a_file_whose_checkpoint_failed_gets_no_turn(tmp_path):
    first, second = segments(tmp_path)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])]))
        wait_for(lambda: checkpointed(storage).done == 1)

        def hold_up(cursor):
            cursor.begin()
            cursor.execute(KEEPS_CHECKPOINTS_OUT.format(file=first.alias))
            storage.write(batch(event(1)))  # to the second, which is checkpointed then
            wait_for(lambda: checkpointed(storage).done == 2)
            storage.write(batch(event(2)))  # to the first, which cannot be
            wait_for(lambda: checkpointed(storage).failures)
            storage.write(batch(event(3)))
            failures = checkpointed(storage).failures
            wait_for(lambda: checkpointed(storage).failures > failures + 1)
            storage.write(batch(event(4)))
            cursor.rollback()

        asyncio.run(storage.store.query_threads.run(hold_up, DEADLINE))
        wait_for(lambda: first not in storage.store.writer.checkpoints)
    assert [row.seq for row in contents(first.path)] == [0, 2]
    assert [row.seq for row in contents(second.path)] == [1, 3, 4]


def test_a_round_that_fails_does_not_end_the_thread(tmp_path, monkeypatch):
    turn, failed = Checkpoints._turn, []

    def fail_once(self):
        if not failed:
            failed.append(True)
            raise ZeroDivisionError
        turn(self)

    monkeypatch.setattr(Checkpoints, "_turn", fail_once)
    with open_storage(tmp_path, checkpoint_seconds=0.001) as storage:
        storage.write(batch(event(0)))
        wait_for(lambda: checkpointed(storage).done)
        assert storage.store.background.failures == {"checkpoints": 1}
