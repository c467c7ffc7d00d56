"""DuckDB without memory for a commit: nothing is lost or altered, and it goes on by itself."""

import random
from contextlib import closing
from functools import cache

import pytest

from tart.storage.core.schema import NodeRow
from tests.storage.running import (
    DEADLINE,
    PEERS,
    batch,
    contents,
    day,
    event,
    open_storage,
    opened,
    wait_for,
)

ROWS = 5_000


@cache
def noise():
    """All bodies, one after another."""
    return random.Random(1).randbytes(4000 * 2 * ROWS)


def body(seq):
    """Bytes that no other event has, and that do not compress."""
    return noise()[4000 * seq : 4000 * (seq + 1)]


def rows(first, count):
    return [event(seq, body=body(seq)) for seq in range(first, first + count)]


def limit(storage, size):
    with closing(storage.store.cursor()) as cursor:
        cursor.execute(f"SET memory_limit = '{size}'")


def is_short(storage):
    return storage.store.writer.statistics.shortage == "memory"


# Where in the commit it happens differs; with some of these DuckDB's own retry stores
# bodies with other events' numbers.
@pytest.mark.parametrize("size", ["3MB", "10MB"])
def test_a_commit_without_memory_is_repeated_once_there_is_memory(tmp_path, caplog, size):
    first, large = batch(*rows(0, 100), nodes=[NodeRow(0, PEERS[0])]), batch(*rows(100, ROWS))
    first.sessions.append(opened(0))
    last = batch(*rows(100 + ROWS, 10))
    with open_storage(tmp_path, checkpoint_seconds=1000.0) as storage:
        storage.write(first)
        limit(storage, size)
        storage.store.writer.put(large)
        storage.store.writer.put(last)
        wait_for(lambda: is_short(storage))
        assert storage.commits.empty()
        limit(storage, "512MB")
        assert storage.commits.get(timeout=DEADLINE) is large
        assert storage.commits.get(timeout=DEADLINE) is last
        assert not storage.store.writer.statistics.shortage
        assert storage.failures.empty()
    assert caplog.text.count("cannot commit, retrying") == 1
    assert [(row.seq, row.body) for row in contents(day(tmp_path))] == [
        (seq, body(seq)) for seq in range(110 + ROWS)
    ]
    assert len(contents(day(tmp_path), "nodes")) == len(contents(day(tmp_path), "sessions")) == 1


def test_ingestion_pauses_while_memory_is_short(tmp_path, caplog):
    shortages = []
    with open_storage(tmp_path, on_shortage=shortages.append, maintenance_interval=0.01) as storage:
        storage.write(batch(*rows(0, 100)))
        limit(storage, "2MB")
        storage.store.writer.put(batch(*rows(100, ROWS)))
        wait_for(lambda: shortages == ["memory"])
        limit(storage, "512MB")
        wait_for(lambda: shortages == ["memory", ""])
    assert "memory of DuckDB suffices again; ingestion resumes" in caplog.text
    assert "disk space" not in caplog.text


def test_a_file_in_use_is_reattached_when_its_readers_have_ended(tmp_path):
    with open_storage(tmp_path, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(*rows(0, 5000)))
        (file,) = storage.store.files(0)
        reading = storage.store.cursor()
        reading.begin()
        unread = reading.execute(f"SELECT seq FROM {file.alias}.log")
        unread.fetchone()
        limit(storage, "2MB")
        storage.store.writer.put(batch(*rows(5000, ROWS)))
        wait_for(lambda: is_short(storage))
        limit(storage, "512MB")
        reading.close()
        storage.commits.get(timeout=DEADLINE)
    found = contents(day(tmp_path))
    assert [(row.seq, row.body) for row in found] == [(n, body(n)) for n in range(5000 + ROWS)]


def test_a_stop_without_memory_ends_and_reports_the_failure(tmp_path):
    with open_storage(tmp_path, checkpoint_seconds=1000.0) as storage:
        storage.write(batch(*rows(0, 100)))
        limit(storage, "2MB")
        storage.store.writer.put(batch(*rows(100, ROWS)))
        wait_for(lambda: is_short(storage))
        storage.store.writer.stop()
        assert "memory" in str(storage.failures.get(timeout=DEADLINE)).lower()
        limit(storage, "512MB")
    assert [row.seq for row in contents(day(tmp_path))] == list(range(100))
