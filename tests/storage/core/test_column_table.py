"""``tart/storage/core/column_table.py``: columns and their sums.

``tests/shard/queries/test_column_answers.py`` compares the sums with DuckDB's.
"""

from __future__ import annotations

import numpy as np
import pytest

from tart.storage.core.column_table import (
    ColumnTable,
    Numbers,
    concatenate,
    encode_column,
    encode_rows,
    group,
    integers,
    texts,
)

HUGE = 1 << 90


def test_columns_keep_every_value():
    assert encode_column("BLOB", [b"\xab", None, b""]).tolist() == ["ab", None, ""]
    assert encode_column("VARCHAR", ["x", None]).tolist() == ["x", None]
    assert encode_column("UBIGINT", [None, (1 << 64) - 1]).tolist() == [None, (1 << 64) - 1]
    assert encode_column("HUGEINT", [HUGE, None, 3]).tolist() == [HUGE, None, 3]
    assert encode_column("INTEGER", np.array([1, 2])).tolist() == [1, 2]


def test_tables_are_joined_with_their_texts():
    kinds = {"hash": "BLOB", "sum": "HUGEINT"}
    one = encode_rows(kinds, {"hash": [b"a", b"b"], "sum": [1, None]})
    two = encode_rows(kinds, {"hash": [None, b"b"], "sum": [HUGE, 2]})
    joined = concatenate([one, two])
    assert joined.length == 4
    assert joined.columns["hash"].tolist() == ["61", "62", None, "62"]
    assert joined.columns["sum"].tolist() == [1, None, HUGE, 2]
    assert joined.take(np.array([3, 0]), 2).columns["hash"].tolist() == ["62", "61"]


@pytest.mark.parametrize("values", [[1, 2, 3], [HUGE, HUGE, 1], [(1 << 61), (1 << 61), 5]])
def test_sums_are_exact(values):
    groups = group([Numbers(np.array([0, 0, 1]))], 3)
    assert groups.reduce(integers(values), "sum", None) == [values[0] + values[1], values[2]]


def test_null_is_a_key_and_no_value():
    keys = encode_column("UTINYINT", [None, 0, None])
    groups = group([keys], 3)
    values = encode_column("UBIGINT", [7, None, 9])
    found = dict(
        zip(keys.take(groups.first).tolist(), groups.reduce(values, "max", None), strict=True)
    )
    assert found == {None: 9, 0: None}


def test_the_last_is_the_first_of_the_newest():
    groups = group([], 4)
    seen = encode_column("TIMESTAMP", [1, 5, 5, None])
    assert groups.reduce(texts(["a", "b", "c", "d"]), "last", seen) == ["b"]
    assert groups.reduce(texts(["a", None, "c", "d"]), "last", seen) == ["c"]


def test_no_rows_are_one_sum_without_keys_and_none_with():
    empty = Numbers(np.zeros(0, np.int64))
    assert group([], 0).reduce(empty, "sum", None) == [0]
    assert group([], 0).reduce(empty, "max", None) == [None]
    assert group([empty], 0).reduce(empty, "sum", None) == []


def test_keys_that_fit_no_integer_together_are_sorted_one_by_one():
    extremes = np.array([0, (1 << 63), 0, (1 << 63)], np.uint64)
    other = np.array([0, (1 << 62), 0, 1], np.int64)
    groups = group([Numbers(extremes), Numbers(other)], 4)
    assert sorted(groups.reduce(integers([1, 2, 3, 4]), "sum", None)) == [2, 4, 4]


def test_a_table_counts_its_bytes():
    table = ColumnTable({"hash": texts([b"x" * 32])}, 1)
    assert table.nbytes > 32


def test_rows_are_selected_by_their_values():
    small = encode_column("UTINYINT", [1, None, 3])
    assert small.among([3, 0, 256, -1]).tolist() == [False, False, True]
    large = encode_column("HUGEINT", [HUGE, None, 3])
    assert large.among([HUGE]).tolist() == [True, False, False]
    named = encode_column("VARCHAR", ["a", None, "b"])
    assert named.among(["b", "c"]).tolist() == [False, False, True]


def test_extremes_are_of_each_group():
    groups = group([texts(["a", "b", "a"])], 3)
    assert groups.reduce(integers([3, 5, 1]), "min", None) == [1, 5]
    assert groups.reduce(integers([3, 5, 1]), "max", None) == [3, 5]
    assert groups.reduce(encode_column("HUGEINT", [HUGE, None, 3]), "min", None) == [3, None]


def test_numbers_beyond_64_bits_are_keys():
    groups = group([encode_column("HUGEINT", [HUGE, 3, HUGE])], 3)
    assert groups.reduce(integers([1, 2, 4]), "sum", None) == [2, 5]


def test_the_last_of_rows_without_null_is_the_newest():
    groups = group([], 3)
    assert groups.reduce(integers([7, 8, 9]), "last", Numbers(np.array([1, 3, 2]))) == [8]
