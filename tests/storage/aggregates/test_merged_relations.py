"""``tart/storage/aggregates/merged_relations.py``: file and memory as one, each row once."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pytest

from tart.aggregate.core.tables import TABLES
from tart.aggregate.flush import Flush, FlushState
from tart.config.schema import StorageConfig
from tart.storage.aggregates import merged_relations as module
from tart.storage.aggregates.database import aggregate_file
from tart.storage.aggregates.merged_relations import (
    MergedRelations,
    Snapshot,
    StaleSnapshot,
    UnflushedRows,
)
from tart.storage.log.database import Database
from tart.units import HOUR_US
from tests.aggregate.batches import aggregate, all_rows, rows, troubled_network
from tests.storage.running import write_flush

FINE = 6 * HOUR_US


@pytest.fixture
def database():
    with closing(Database(StorageConfig())) as database:
        yield database


@pytest.fixture
def cursor(database):
    with closing(database.cursor()) as cursor:
        yield cursor


@pytest.fixture
def files(database, tmp_path):
    files = [aggregate_file(tmp_path, directory) for directory in (0, 2)]
    for file in files:
        database.attach_writable(file)
    return files


def every_row():
    return all_rows(aggregate(troubled_network()))


def snapshot(flush, found=None):
    return Snapshot(
        0, flush, {table: [UnflushedRows(table, found[table])] if found else [] for table in TABLES}
    )


def totals(relations, text):
    return relations.cursor.execute(
        f"SELECT directory, count(*) FROM {text} GROUP BY 1 ORDER BY 1"
    ).fetchall()


def test_a_relation_has_the_rows_of_files_and_memory_with_their_directory(cursor, files):
    found = every_row()
    write_flush(cursor, files[0], Flush(FlushState(1, 1, 1), found, []))
    write_flush(cursor, files[1], Flush(FlushState(7, 1, 1), found, []))
    with MergedRelations(cursor, files, snapshot(1, found), FINE) as relations:
        for table in TABLES:
            count = len(next(iter(found[table].values())))
            assert totals(relations, relations.table(table)) == [(0, 2 * count), (2, count)], table


def test_a_snapshot_from_before_a_flush_is_refused(cursor, files):
    write_flush(cursor, files[0], Flush(FlushState(1, 1, 1), every_row(), []))
    with (
        MergedRelations(cursor, files, snapshot(0), FINE) as relations,
        pytest.raises(StaleSnapshot),
    ):
        relations.execute("SELECT 1")
    with MergedRelations(cursor, files, snapshot(1), FINE) as relations:
        assert totals(relations, relations.table("blocks"))


def test_an_interrupted_query_leaves_its_cursor_without_a_transaction(cursor, files, monkeypatch):
    write_flush(cursor, files[0], Flush(FlushState(1, 1, 1), every_row(), []))

    def interrupted(*_):
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")

    with monkeypatch.context() as patched:
        patched.setattr(module, "read_state", interrupted)
        with (
            MergedRelations(cursor, files, snapshot(1), FINE) as relations,
            pytest.raises(duckdb.InterruptException),
        ):
            relations.execute("SELECT 1")
    for _ in range(2):
        with MergedRelations(cursor, files, snapshot(1), FINE) as relations:
            assert totals(relations, relations.table("counts"))


def test_no_relation_stays_registered(cursor, files):
    found = every_row()
    for _ in range(2):
        with MergedRelations(cursor, files, snapshot(0, found), FINE) as relations:
            assert totals(relations, relations.table("counts"))
    views = cursor.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall()
    assert views == [(0,)]


@pytest.fixture(scope="module")
def written_twice(tmp_path_factory):
    """A cursor, the files, and the rows of two flushes in the first of them."""
    files = [aggregate_file(tmp_path_factory.mktemp("twice"), directory) for directory in (0, 2)]
    with closing(Database(StorageConfig())) as database, closing(database.cursor()) as cursor:
        for file in files:
            database.attach_writable(file)
        found = every_row()
        # The copies of the second are not due again yet.
        for number in (1, 2):
            write_flush(cursor, files[0], Flush(FlushState(number, 1, 1), found, []))
        yield cursor, files, found


@pytest.mark.parametrize("later", [0, 3 * HOUR_US, 20 * HOUR_US, 100 * HOUR_US])
@pytest.mark.parametrize("before", [HOUR_US, 20 * HOUR_US, 90 * HOUR_US])
def test_counts_are_the_same_from_every_rollup(written_twice, later, before):
    """Half rolled up, half not yet, and the rest in memory: all of it once."""
    cursor, files, found = written_twice
    counts = rows(aggregate(troubled_network()), "counts")
    total = sum(row["count"] for row in counts)
    first = min(row["bucket"] for row in counts)
    newest = max(row["bucket"] for row in counts)
    with MergedRelations(cursor, files, snapshot(2, found), FINE) as relations:
        text = relations.counts(first - before, newest + later + 60_000_000, newest + later)
        ((summed,),) = cursor.execute(f"SELECT sum(count) FROM {text}").fetchall()
    assert summed == 3 * total


@pytest.mark.parametrize("later", [0, 400 * HOUR_US])
def test_durations_are_the_same_from_every_rollup(written_twice, later):
    cursor, files, found = written_twice
    total = int(found["latency"]["count"].sum())
    first, newest = (int(f(found["latency"]["bucket"])) for f in (min, max))
    with MergedRelations(cursor, files, snapshot(2, found), FINE) as relations:
        text = relations.latencies(
            first - HOUR_US, newest + HOUR_US, newest + later, 48 * HOUR_US, "true"
        )
        ((summed,),) = cursor.execute(f"SELECT sum(count) FROM {text}").fetchall()
    assert summed == 3 * total
