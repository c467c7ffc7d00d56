"""``tart/storage/core/arrow.py``: columns that DuckDB reads as they were meant."""

import duckdb
import numpy as np
import pytest

from tart.storage.core.arrow import (
    BYTES,
    INT32,
    INT128,
    TEXT,
    TIME,
    UINT8,
    UINT64,
    ArrowTable,
    binary_column,
    column,
    number_column,
)


def scanned(table):
    with duckdb.connect(":memory:") as connection:
        connection.register("table", table)
        found = connection.execute('SELECT * FROM "table"').fetchall()
        connection.unregister("table")
    return found


def test_duckdb_reads_numbers_with_their_extremes_and_nulls():
    values = np.array([0, 2**64 - 1, 5], np.uint64)
    valid = np.array([True, True, False])
    assert scanned(ArrowTable({"n": number_column(UINT64, values, valid)}, 3)) == [
        (0,),
        (2**64 - 1,),
        (None,),
    ]


def test_duckdb_reads_integers_of_128_bits():
    values = [0, 1, -1, 2**63, 2**64 - 1, 2**64, 10**38 - 1, None, 1 - 10**38]
    found = scanned(ArrowTable({"n": column(INT128, values)}, len(values)))
    assert [None if each is None else int(each) for (each,) in found] == values


def test_duckdb_reads_bytes_empty_long_and_null():
    values = [b"", b"\0\xff" * 5000, b"gone"]
    valid = np.array([True, True, False])
    assert scanned(ArrowTable({"b": binary_column(BYTES, values, valid)}, 3)) == [
        (b"",),
        (values[1],),
        (None,),
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (INT32, [1, None, -1]),
        (UINT8, [0, 255]),
        (TEXT, ["", None, "NUL \0 and ½"]),
        (BYTES, [b"", None, b"\0"]),
    ],
)
def test_duckdb_reads_python_values(kind, values):
    assert scanned(ArrowTable({"v": column(kind, values)}, len(values))) == [
        (each,) for each in values
    ]


def test_duckdb_reads_times_as_unix_microseconds():
    table = ArrowTable({"t": column(TIME, [1_795_262_400_000_001])}, 1)
    with duckdb.connect(":memory:") as connection:
        connection.register("times", table)
        found = connection.execute("SELECT epoch_us(t) FROM times").fetchall()
        connection.unregister("times")
    assert found == [(1_795_262_400_000_001,)]


def test_an_arrow_table_can_be_read_twice():
    table = ArrowTable({"n": number_column(INT32, np.arange(3))}, 3)
    assert scanned(table) == scanned(table)


def test_a_value_that_does_not_fit_its_column_is_an_error():
    with pytest.raises(OverflowError):
        column(UINT8, [256])
