"""``tart/storage/log/writer.py``: batches are committed, in order, to the right segment."""

import errno
import os
import shutil
import threading
from contextlib import closing

import duckdb
import pytest

from tart.config.schema import StorageConfig
from tart.storage.core.files import first_segment, period_start
from tart.storage.core.schema import NodeRow, PeerRow
from tart.storage.log.database import Database
from tart.units import HOUR_US
from tests.storage.running import (
    DEADLINE,
    NOON,
    PEERS,
    alone,
    batch,
    closed,
    contents,
    day,
    event,
    log_files,
    open_storage,
    opened,
    unreadable,
    wait_for,
    write,
)


def sequences(path):
    return [row[0] for row in contents(path)]


def what_happened(path):
    return [(session, what, at) for session, at, what, *_ in contents(path, "sessions")]


def test_everything_in_a_batch_is_committed(tmp_path):
    known, seen = [NodeRow(0, PEERS[0]), NodeRow(1, PEERS[1])], [opened(0), opened(1, node=1)]
    write(
        tmp_path,
        batch(
            event(0),
            event(1, peer=PEERS[3]),
            nodes=known,
            peers=[PeerRow(3, PEERS[3])],
            sessions=seen,
            undecodable=[unreadable(2)],
        ),
    )
    path = day(tmp_path)
    assert contents(path) == [event(0), event(1, peer=PEERS[3])]
    assert contents(path, "nodes") == known
    assert contents(path, "peers") == [(3, PEERS[3])]
    assert contents(path, "sessions") == seen
    assert contents(path, "undecodable") == [unreadable(2)]


def test_batches_are_written_in_the_order_they_came(tmp_path):
    write(tmp_path, *(batch(event(seq)) for seq in range(40)))
    assert sequences(day(tmp_path)) == list(range(40))


def test_a_batch_is_readable_when_it_is_reported_and_not_before(tmp_path):
    with open_storage(tmp_path) as storage:
        for seq in range(5):
            storage.write(batch(event(seq)))
            (file,) = storage.store.files(0)
            assert storage.ask(f"SELECT count(*) FROM {file.alias}.log") == [(seq + 1,)]


def test_batches_handed_over_before_the_stop_are_written(tmp_path):
    with open_storage(tmp_path) as storage:
        for seq in range(30):
            storage.store.writer.put(batch(event(seq)))
    assert sequences(day(tmp_path)) == list(range(30))


@pytest.mark.parametrize(
    ("hours", "arrivals", "names"),
    [
        (24, [NOON, NOON + 11 * HOUR_US, NOON + 12 * HOUR_US], ["2026-11-21", "2026-11-22"]),
        (1, [NOON, NOON + HOUR_US - 1, NOON + HOUR_US], ["2026-11-21T12", "2026-11-21T13"]),
        (6, [NOON + 5 * HOUR_US, NOON + 6 * HOUR_US], ["2026-11-21T12", "2026-11-21T18"]),
    ],
)
def test_a_batch_of_the_next_period_starts_a_segment(tmp_path, hours, arrivals, names):
    batches = [batch(event(seq, at=at), at=at) for seq, at in enumerate(arrivals)]
    write(tmp_path, *batches, file_hours=hours)
    paths = [day(tmp_path, name) for name in names]
    assert log_files(tmp_path) == [path.name for path in paths]
    assert [seq for path in paths for seq in sequences(path)] == list(range(len(arrivals)))
    assert sequences(paths[-1]) == [len(arrivals) - 1]


def test_events_of_a_clock_set_back_go_to_the_newest_file_as_they_arrived(tmp_path):
    arrivals = [NOON + HOUR_US, NOON, NOON - 100 * HOUR_US, NOON + HOUR_US + 1]
    batches = [batch(event(seq, at=at), at=at) for seq, at in enumerate(arrivals)]
    write(tmp_path, *batches, file_hours=1)
    path = day(tmp_path, "2026-11-21T13")
    assert log_files(tmp_path) == [path.name]
    assert [row[1] for row in contents(path)] == arrivals


def test_a_segment_named_after_a_wrong_clock_ends_after_a_period(tmp_path):
    """The clock was years ahead for a moment; the log must not grow in one file for years."""
    ahead = NOON + 10_000 * HOUR_US
    arrivals = [ahead, *(NOON + half * HOUR_US // 2 for half in range(6))]
    write(
        tmp_path,
        *(batch(event(seq, at=at), at=at) for seq, at in enumerate(arrivals)),
        file_hours=1,
    )
    paths = [tmp_path / "00" / name for name in log_files(tmp_path)]
    assert [sequences(path) for path in paths] == [[0, 1, 2], [3, 4], [5, 6]]
    with open_storage(tmp_path) as storage:
        assert storage.store.recovered[0].next_sequence == 7
        assert storage.store.recovered[0].missing == 0


def test_a_clock_set_back_during_a_restart_leaves_events_in_the_newest_file(tmp_path):
    write(tmp_path, batch(event(0)), file_hours=1)
    write(tmp_path, batch(event(1), at=NOON - 5 * HOUR_US), file_hours=1)
    (name,) = log_files(tmp_path)
    assert sequences(tmp_path / "00" / name) == [0, 1]


@pytest.mark.parametrize(("before", "after"), [(24, 1), (1, 24)])
def test_a_change_of_the_period_length_loses_no_file_and_makes_none_twice(tmp_path, before, after):
    write(tmp_path, batch(event(0)), file_hours=before)
    later = [NOON + 1, NOON + HOUR_US, NOON + 12 * HOUR_US, NOON + 13 * HOUR_US]
    rest = [batch(event(seq, at=at), at=at) for seq, at in enumerate(later, 1)]
    write(tmp_path, *rest, file_hours=after)
    with open_storage(tmp_path, file_hours=after) as storage:
        assert storage.store.recovered[0].next_sequence == 5
        assert storage.store.recovered[0].counts[0][11] == 5


def test_a_new_file_has_every_node_and_the_open_connections_and_no_others(tmp_path):
    first = batch(
        event(0),
        nodes=[NodeRow(0, PEERS[0]), NodeRow(1, PEERS[1])],
        peers=[PeerRow(5, PEERS[5])],
        sessions=[opened(0), opened(1, node=1), opened(2, node=1)],
    )
    second = batch(sessions=[closed(1, node=1)])
    later = NOON + HOUR_US
    third = batch(
        event(1, at=later, peer=PEERS[5]),
        at=later,
        nodes=[NodeRow(2, PEERS[2])],
        peers=[PeerRow(6, PEERS[6])],
        sessions=[closed(2, node=1, at=later), opened(3, node=2, at=later)],
    )
    write(tmp_path, first, second, third, file_hours=1)
    path = alone(day(tmp_path, "2026-11-21T13"), tmp_path / "elsewhere")
    assert contents(path, "nodes") == [(number, PEERS[number]) for number in range(3)]
    assert what_happened(path) == [
        (0, "continued", later),
        (2, "continued", later),
        (2, "closed", later),
        (3, "opened", later),
    ]
    assert contents(path, "sessions")[0][5] == b"hello"
    assert contents(path, "peers") == [(5, PEERS[5]), (6, PEERS[6])]
    assert contents(path) == [event(1, at=later, peer=PEERS[5])]


def test_an_open_connection_continues_from_file_to_file(tmp_path):
    hours = [NOON + hour * HOUR_US for hour in range(3)]
    batches = [batch(event(seq, at=at), at=at) for seq, at in enumerate(hours)]
    batches[0].sessions.append(opened(0))
    write(tmp_path, *batches, file_hours=1)
    assert what_happened(day(tmp_path, "2026-11-21T14")) == [(0, "continued", hours[2])]


def test_every_file_can_be_read_alone_even_while_its_successor_is_written(tmp_path):
    with open_storage(tmp_path, file_hours=1, checkpoint_seconds=0.01) as storage:
        storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])]))
        storage.write(batch(event(1), at=NOON + HOUR_US))
        older = day(tmp_path, "2026-11-21T12")
        wait_for(lambda: not older.with_name(older.name + ".wal").exists())
        path = alone(older, tmp_path / "elsewhere")
        assert contents(path) == [event(0)]
        assert contents(path, "nodes") == [(0, PEERS[0])]


def test_a_file_whose_process_died_before_its_first_batch_gets_its_nodes(tmp_path):
    write(tmp_path, batch(event(0), nodes=[NodeRow(0, PEERS[0]), NodeRow(1, PEERS[1])]))
    tomorrow = NOON + 24 * HOUR_US
    with closing(Database(StorageConfig())) as died:
        died.attach_writable(first_segment(tmp_path, 0, period_start(tomorrow, 24), 24))
    write(tmp_path, batch(event(1, at=tomorrow), at=tomorrow, nodes=[NodeRow(2, PEERS[2])]))
    path = alone(day(tmp_path, "2026-11-22"), tmp_path / "elsewhere")
    assert contents(path, "nodes") == [(number, PEERS[number]) for number in range(3)]


def test_after_a_restart_nodes_are_not_repeated_in_a_file_that_has_them(tmp_path):
    write(tmp_path, batch(event(0), nodes=[NodeRow(0, PEERS[0])]))
    write(tmp_path, batch(event(1), nodes=[NodeRow(1, PEERS[1])]))
    assert contents(day(tmp_path), "nodes") == [(0, PEERS[0]), (1, PEERS[1])]


def test_no_wal_is_left_beside_a_file_after_a_stop(tmp_path):
    write(tmp_path, batch(event(0)), batch(event(1), at=NOON + HOUR_US), file_hours=1)
    assert len(log_files(tmp_path)) == 2


def test_batches_and_events_are_counted_and_timed(tmp_path):
    with open_storage(tmp_path) as storage:
        storage.write(batch(event(0), event(1)), batch(event(2), undecodable=[unreadable(3)]))
        statistics = storage.store.writer.statistics
        wait_for(lambda: statistics.events == 4)
        assert statistics.batches == 2
        assert statistics.commit_seconds.as_json()["count"] == 2
        assert statistics.write_seconds.as_json()["count"] == 2


def assert_ended(storage, last):
    """Writing has failed once, for good, and ``last`` was the last batch committed."""
    storage.failures.get(timeout=DEADLINE)
    for seq in range(3):
        storage.store.writer.put(batch(event(100 + seq)))
    storage.store.writer.stop()
    assert storage.failures.empty()
    assert storage.commits.empty()
    assert storage.store.writer.statistics.batches == last


def test_the_first_failure_ends_writing_and_is_reported_once(tmp_path):
    with open_storage(tmp_path, file_hours=1) as storage:
        storage.write(batch(event(0)))
        shutil.move(tmp_path / "00", tmp_path / "gone")
        (tmp_path / "00").touch()
        storage.store.writer.put(batch(event(1), at=NOON + HOUR_US))
        assert_ended(storage, last=1)


def test_a_row_that_no_column_can_hold_ends_writing(tmp_path):
    """An error outside DuckDB: a thread that ended silently would stop all reading."""
    with open_storage(tmp_path) as storage:
        storage.write(batch(event(0)))
        storage.store.writer.put(batch(event(1), sessions=[opened(2**40)]))
        assert_ended(storage, last=1)
    assert sequences(day(tmp_path)) == [0]


def test_a_batch_is_committed_whole_or_not_at_all(tmp_path):
    broken = batch(event(1), nodes=[NodeRow(1, PEERS[1])], undecodable=[unreadable(2, type=300)])
    with open_storage(tmp_path) as storage:
        storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])]))
        storage.store.writer.put(broken)
        assert_ended(storage, last=1)
    assert sequences(day(tmp_path)) == [0]
    assert contents(day(tmp_path), "nodes") == [(0, PEERS[0])]


class FullDiskOnce:
    """A cursor on which the first INSERT of events fails as on a full disk."""

    def __init__(self, cursor):
        self._cursor, self.failures = cursor, 0

    def __getattr__(self, name):
        return getattr(self._cursor, name)

    def execute(self, statement, *parameters):
        if statement == "EXECUTE insert_log" and not self.failures:
            self.failures += 1
            raise duckdb.IOException(f"Could not write file: {os.strerror(errno.ENOSPC)}")
        return self._cursor.execute(statement, *parameters)


def test_after_a_failed_insert_the_retry_on_the_same_cursor_commits_each_row_once(
    tmp_path, monkeypatch
):
    """A failed INSERT leaves its transaction open: without a rollback no other can begin."""
    cursor_of, cursors = Database.cursor, []

    def cursor(database):
        if threading.current_thread().name != "writer":
            return cursor_of(database)
        cursors.append(FullDiskOnce(cursor_of(database)))
        return cursors[-1]

    monkeypatch.setattr(Database, "cursor", cursor)
    with open_storage(tmp_path) as storage:
        storage.write(batch(event(0), nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)]))
        storage.write(batch(event(1)))
        assert storage.store.writer.statistics.shortage == ""
    assert sum(cursor.failures for cursor in cursors) == 1
    assert sequences(day(tmp_path)) == [0, 1]
    assert contents(day(tmp_path), "nodes") == [(0, PEERS[0])]
    assert contents(day(tmp_path), "sessions") == [opened(0)]
