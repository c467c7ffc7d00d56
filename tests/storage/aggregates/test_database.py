"""``tart/storage/aggregates/database.py``: flushes in, rows and state out, in real files."""

from __future__ import annotations

import threading
import weakref
from contextlib import closing

import duckdb
import pytest

from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.tables import ROLLUPS, TABLES, clock_column
from tart.aggregate.flush import Flush, FlushState
from tart.config.schema import AggregatesConfig, StorageConfig
from tart.storage.aggregates.database import (
    STORED,
    AggregateWriter,
    aggregate_file,
    delete_expired,
    encode_flush,
    read_nodes,
    read_state,
    retention_us,
    write,
)
from tart.storage.log.database import Database
from tart.units import DAY_US
from tests.aggregate.batches import aggregate, all_rows, troubled_network
from tests.running import wait_for
from tests.storage.running import write_flush


@pytest.fixture
def database():
    with closing(Database(StorageConfig())) as database:
        yield database


@pytest.fixture
def file(database, tmp_path):
    file = aggregate_file(tmp_path, 3)
    database.attach_writable(file)
    return file


@pytest.fixture
def cursor(database):
    with closing(database.cursor()) as cursor:
        yield cursor


def flush_of(number, aggregates=None, *, nodes=()):
    aggregates = aggregates or aggregate(troubled_network())
    rows = all_rows(aggregates)
    return Flush(FlushState(number, 10 * number, 10 * number - 5), rows, list(nodes))


def writer_of(database, file, written=lambda number: None, failed=lambda error: None, **limits):
    isolation = Isolation()
    return AggregateWriter(database, AggregatesConfig(), file, written, failed, isolation, **limits)


def count(cursor, file, table):
    return cursor.execute(f"SELECT count(*) FROM {file.alias}.{table}").fetchall()[0][0]


def test_a_new_aggregate_file_is_empty(cursor, file):
    assert read_state(cursor, file) == FlushState(0, 0, 0)
    assert read_nodes(cursor, file) == {}
    assert {table: count(cursor, file, table) for table in STORED} == dict.fromkeys(STORED, 0)


def test_a_flush_is_written_with_its_state_and_nodes(cursor, file):
    flush = flush_of(4, nodes=[(1, b"n" * 32)])
    write_flush(cursor, file, flush)
    assert read_state(cursor, file) == FlushState(4, 40, 35)
    assert read_nodes(cursor, file) == {1: b"n" * 32}
    for table, rows in flush.rows.items():
        assert count(cursor, file, table) == len(next(iter(rows.values()))) > 0, table


def test_rollups_add_up_to_the_same_counts(cursor, file):
    write_flush(cursor, file, flush_of(1))
    for name, source, seconds in ROLLUPS:
        total = f"SELECT sum(count) FROM {file.alias}."
        assert cursor.execute(total + name).fetchall() == cursor.execute(total + source).fetchall()
        buckets = cursor.execute(f"SELECT epoch_us(bucket) FROM {file.alias}.{name}").fetchall()
        assert all(bucket % (seconds * 1_000_000) == 0 for (bucket,) in buckets)


def test_a_failed_flush_leaves_no_row(cursor, file):
    cursor.execute(f"ALTER TABLE {file.alias}.tickets DROP COLUMN reason")
    with pytest.raises(duckdb.Error, match="tickets"):
        write_flush(cursor, file, flush_of(1))
    cursor.rollback()
    assert read_state(cursor, file) == FlushState(0, 0, 0)
    assert {count(cursor, file, table) for table in STORED} == {0}


def test_flushes_are_written_and_reported_in_order(database, cursor, file):
    written, failures = [], []
    writer = writer_of(database, file, written.append, failures.append)
    for number in (1, 2, 3):
        writer.put(flush_of(number))
    writer.stop()
    assert (written, failures) == ([1, 2, 3], [])
    assert read_state(cursor, file).flush == 3
    assert writer.rows == sum(count(cursor, file, table) for table in TABLES)


def test_a_failure_of_the_aggregate_writer_is_reported_once(database, file):
    failed = threading.Event()
    writer = writer_of(database, file, failed=lambda error: failed.set())
    with closing(database.cursor()) as cursor:
        cursor.execute(f"DROP TABLE {file.alias}.counts")
    writer.put(flush_of(1))
    assert failed.wait(10)
    writer.stop()


def test_expired_rows_are_deleted_and_others_stay(cursor, file):
    write_flush(cursor, file, flush_of(1))
    config = AggregatesConfig()
    newest = max(
        cursor.execute(
            f"SELECT epoch_us(max({clock_column(table)})) FROM {file.alias}.{table}"
        ).fetchall()[0][0]
        for table in TABLES
    )
    before = {table: count(cursor, file, table) for table in STORED}
    delete_expired(cursor, file, config, newest)
    assert {table: count(cursor, file, table) for table in STORED} == before
    delete_expired(cursor, file, config, newest + config.counts_10s_hours * 3_600_000_000 + 1)
    assert count(cursor, file, "counts") == 0
    assert count(cursor, file, "counts_1m") == before["counts_1m"]
    delete_expired(cursor, file, config, newest + config.row_retention_days * DAY_US + 1)
    left = {table for table in STORED if count(cursor, file, table)}
    assert left == {"counts_1h", "latency_1h"}
    delete_expired(cursor, file, config, newest + config.hourly_days * DAY_US + 3_600_000_001)
    assert {count(cursor, file, table) for table in STORED} == {0}


def test_every_table_has_a_retention():
    for table in STORED:
        assert retention_us(table, AggregatesConfig()) > 0


def test_a_row_that_no_table_can_hold_is_omitted_and_counted(cursor, file):
    rows = {name: list(each) for name, each in flush_of(1).rows["failures"].items()}
    count_of = len(rows["reason"])
    rows["reason"][3] = object()
    rows["last_at"][5] = 2**70
    isolation = Isolation()
    flush = Flush(
        FlushState(1, 10, 5), {"failures": rows, "counts": flush_of(1).rows["counts"]}, []
    )
    tables = dict(encode_flush(flush, isolation))
    assert len(tables["failures"]) == count_of - 2
    assert isolation.failures == {"flush": 2}
    write(cursor, file, flush, tables)
    assert count(cursor, file, "failures") == count_of - 2
    assert count(cursor, file, "counts") > 0


def test_a_table_whose_rows_duckdb_refuses_affects_no_other(database, cursor, file):
    cursor.execute(f"ALTER TABLE {file.alias}.failures ALTER reason TYPE UTINYINT")
    written, failures = [], []
    writer = writer_of(database, file, written.append, failures.append)
    writer.put(flush_of(1))
    writer.stop()
    assert (written, failures) == ([1], [])
    assert count(cursor, file, "failures") == 0
    assert all(count(cursor, file, table) for table in TABLES if table != "failures")


def test_after_a_failure_no_flush_waits_for_the_writer(database, file):
    failed = threading.Event()
    writer = writer_of(database, file, failed=lambda error: failed.set())
    with closing(database.cursor()) as cursor:
        cursor.execute(f"DROP TABLE {file.alias}.counts")
    writer.put(flush_of(1))
    assert failed.wait(30)
    writer.put(flush_of(2))
    assert writer.waiting == 0
    writer.stop()


def test_a_flush_leaves_no_rows_in_memory_and_a_large_wal_is_checkpointed(database, file):
    written = threading.Event()
    writer = writer_of(database, file, lambda number: written.set(), checkpoint_bytes=1)
    flush = flush_of(1)
    rows = weakref.ref(flush.rows["counts"])
    writer.put(flush)
    del flush
    assert written.wait(30)
    wait_for(lambda: rows() is None and (not file.wal.exists() or file.wal.stat().st_size == 0))
    writer.stop()
