"""``tart/storage/aggregates/stored_rows.py``: rows are read once, each flush adds its own."""

from __future__ import annotations

import numpy as np
import pytest

from tart.storage.aggregates.stored_rows import NewerFlush, StoredRows, row_bytes

NOW = 1_795_262_400_000_000


class File:
    """A table of the file: rows of time and flush, as DuckDB would return them."""

    def __init__(self):
        self.rows = []
        self.asked = []

    def fetch(self, statement):
        self.asked.append(statement)
        rows = [row for row in self.rows if matches(row, statement)]
        if "count(*)" in statement:
            return {"rows": np.array([len(rows)])}
        times = np.array([time for time, _ in rows], np.int64)
        flushes = np.array([flush for _, flush in rows], np.int64)
        zeros = np.zeros(len(rows), np.int64)
        return {"bucket": times, "node": zeros, "offset_us": zeros, "flush": flushes}


def matches(row, statement):
    _, _, where = statement.partition("WHERE")
    time, flush = row
    for clause in where.split(" AND "):
        if "flush >" in clause and flush <= int(clause.split(">")[1]):
            return False
        if "make_timestamp" in clause and time < int(clause.split("(")[1].strip(")")):
            return False
    return True


@pytest.fixture
def file():
    file = File()
    file.rows = [(NOW + number, 1) for number in range(10)]
    return file


def test_rows_are_read_once_and_a_flush_adds_its_own(file):
    stored = StoredRows()
    assert stored.get("a.clocks", "clocks", 1, NOW, file.fetch).length == 10
    read = len(file.asked)
    assert stored.get("a.clocks", "clocks", 1, NOW + 5, file.fetch).length == 10
    assert len(file.asked) == read
    file.rows.append((NOW + 20, 2))
    assert stored.get("a.clocks", "clocks", 2, NOW, file.fetch).length == 11
    assert len(file.asked) == read + 1
    assert (stored.hits, stored.reads) == (1, 2)
    assert stored.nbytes > 0


def test_a_snapshot_before_the_rows_is_refused(file):
    stored = StoredRows()
    stored.get("a.clocks", "clocks", 2, 0, file.fetch)
    with pytest.raises(NewerFlush):
        stored.get("a.clocks", "clocks", 1, 0, file.fetch)


def test_a_table_that_is_too_large_is_left_to_duckdb_or_kept_from_a_later_start(file):
    stored = StoredRows(table_bytes=5 * row_bytes("clocks"))
    assert stored.get("a.clocks", "clocks", 1, NOW, file.fetch) is None
    asked = len(file.asked)
    assert stored.get("a.clocks", "clocks", 1, NOW, file.fetch) is None
    assert len(file.asked) == asked
    far = StoredRows(table_bytes=5 * row_bytes("clocks"))
    assert far.get("a.clocks", "clocks", 1, NOW + 6, file.fetch).length == 4


def test_a_table_that_grows_keeps_its_newer_half(file):
    stored = StoredRows(table_bytes=12 * row_bytes("clocks"))
    stored.get("a.clocks", "clocks", 1, NOW + 5, file.fetch)
    file.rows += [(NOW + 100 + number, 2) for number in range(20)]
    rows = stored.get("a.clocks", "clocks", 2, NOW + 5, file.fetch)
    assert rows.length <= 16
    assert min(rows.columns["bucket"].tolist()) > NOW + 5
    # What was dropped is not missing: an earlier start is read again, or left to DuckDB.
    assert stored.get("a.clocks", "clocks", 2, NOW + 5, file.fetch) is None


def test_all_tables_together_are_bounded(file):
    one = StoredRows()
    one.get("a.clocks", "clocks", 1, 0, file.fetch)
    stored = StoredRows(max_bytes=2 * one.nbytes)
    for name in "abcde":
        stored.get(f"{name}.clocks", "clocks", 1, 0, file.fetch)
    assert stored.nbytes <= 2 * one.nbytes
    reads = stored.reads
    stored.get("a.clocks", "clocks", 1, 0, file.fetch)
    assert stored.reads == reads + 1


def test_rows_are_read_again_after_an_hour(file):
    time = [0.0]
    stored = StoredRows(clock=lambda: time[0])
    stored.get("a.clocks", "clocks", 1, 0, file.fetch)
    file.rows = file.rows[5:]
    time[0] = 3700.0
    assert stored.get("a.clocks", "clocks", 1, 0, file.fetch).length == 5


def test_the_state_of_a_file_is_read_once_for_a_flush():
    stored = StoredRows()
    assert stored.state("a", 1, lambda: {"rolled": 1}) == {"rolled": 1}
    assert stored.state("a", 1, lambda: {"rolled": 2}) == {"rolled": 1}
    assert stored.state("a", 2, lambda: {"rolled": 2}) == {"rolled": 2}
