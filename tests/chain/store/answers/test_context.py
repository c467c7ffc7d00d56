"""``tart/chain/store/answers/context.py``: files as a query reads them."""

from __future__ import annotations

import duckdb
import pytest

from tart.chain.store.answers.context import Context, FileView
from tart.errors import BadQuery, QueryTimeout


def view(first_slot, last_slot, forks=()):
    return FileView("f", first_slot, last_slot, 3, 0, 0, forks)


def make_context(files=(), check=lambda: None, max_rows=5):
    return Context(duckdb.connect(), files, {}, [], check, max_rows)


def test_files_with_a_slot_of_the_range_are_read_newest_first():
    old, new, empty = view(10, 20), view(20, 30), view(None, None)
    context = make_context([old, new, empty])
    assert context.overlapping(20, 20) == [new, old]
    assert context.overlapping(0, 10) == [old]
    assert context.overlapping(31, 99) == []
    assert context.overlapping(0, 9) == []


def test_forks_are_excluded_by_their_numbers():
    context = make_context()
    numbers = "SELECT number FROM range(4) AS numbers(number) WHERE true"
    for forks, expected in (((), [0, 1, 2, 3]), ((1, 3), [0, 2])):
        condition, values = view(0, 9, forks).on_chain()
        assert [number for (number,) in context.rows(numbers + condition, values)] == expected


def test_the_deadline_is_checked_before_a_statement():
    def check():
        raise QueryTimeout("no answer within 1 s")

    with pytest.raises(QueryTimeout):
        make_context(check=check).rows("SELECT 1")


def test_more_rows_than_the_limit_are_refused():
    context = make_context(max_rows=5)
    context.refuse_large(5)
    with pytest.raises(BadQuery, match="more than 5 rows; ask for a shorter window"):
        context.refuse_large(6)
