"""``tart/shard/queries/selected_rows.py``: conditions, counts and sums of selected rows."""

from __future__ import annotations

from tart.shard.queries.selected_rows import SelectedRows, count
from tart.storage.core.column_table import ColumnTable, encode_column

ROWS = SelectedRows(
    ColumnTable(
        {
            "core": encode_column("USMALLINT", [1, 2, None, 1]),
            "outcome": encode_column("VARCHAR", ["failed", None, "ok", "ok"]),
            "first": encode_column("UBIGINT", [5, 9, 0, 1]),
            "last": encode_column("UBIGINT", [9, 5, 0, 1 << 63]),
        },
        4,
    )
)


def test_null_is_neither_known_nor_among():
    assert ROWS.known("core", "outcome").tolist() == [True, False, False, True]
    assert ROWS.among("core", 1).tolist() == [True, False, False, True]
    assert ROWS.outcome("failed").tolist() == [True, False, False, False]


def test_a_span_is_neither_negative_nor_longer_than_the_most():
    assert ROWS.span("first", "last", 1000).tolist() == [4, 0, 0, 1000]


def test_groups_count_and_add_up_what_a_mask_selects():
    known = ROWS.where(ROWS.known("core"))
    groups = known.group("core")
    mask = known.outcome("ok")
    assert count(mask) == 1
    assert known.count(groups, mask) == [1, 0]
    assert known.total(groups, known.numbers("last").values, mask) == [1 << 63, 0]
