"""Filter and sort of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.arrangement import (
    Filter,
    Sort,
    arrange,
    initial_sort,
    reverse,
    sort_by,
    sort_by_letter,
    sort_by_neighbour,
)
from tart.dash.core.model import Cell, Column, Row, Table

COLUMNS = (
    Column("name", "Name"),
    Column("best", "Best", "right", descending=True),
    Column("behind", "Behind", "right", descending=True),
    Column("full_id", "Node"),
)


def row(name, best, behind=0):
    cells = (Cell(name, name), Cell(str(best), best), Cell(str(behind), behind))
    return Row(name, (*cells, Cell(f"{name * 2}…", name * 32)))


def table(*rows, sort=None):
    return Table("Nodes", COLUMNS, rows, sort=sort)


THREE = table(row("b", 10), row("a", None), row("c", 30))


def names(rows):
    return "".join(row.key for row in rows)


def test_what_is_not_known_is_last_in_either_order():
    assert names(arrange(THREE, Sort("best", descending=True), Filter())) == "cba"
    assert names(arrange(THREE, Sort("best", descending=False), Filter())) == "bca"


def test_without_a_sort_rows_stay_in_their_order():
    assert names(arrange(THREE, None, Filter())) == "bac"
    assert names(arrange(THREE, Sort("gone", descending=True), Filter())) == "bac"


@given(st.lists(st.none() | st.integers() | st.floats(allow_nan=False) | st.text() | st.booleans()))
def test_any_values_can_be_sorted(values):
    rows = [Row(str(number), (Cell("", value),)) for number, value in enumerate(values)]
    given_table = Table("t", (Column("x", "X"),), tuple(rows))
    for descending in (True, False):
        arranged = arrange(given_table, Sort("x", descending), Filter())
        assert sorted(names(arranged)) == sorted(names(rows))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "bac"),
        ("!", "bac"),
        ("30", "c"),
        ("!30", "ba"),
        ("B", "b"),
        ("cccccccc", "c"),
        ("zz", ""),
        ("! a ", "bc"),
    ],
)
def test_a_filter_looks_at_all_cells(text, shown):
    assert names(arrange(THREE, None, Filter(text))) == shown
    assert Filter(text).is_active == (text not in ("", "!"))


def test_a_column_s_first_order_is_its_own_and_then_reversed():
    sort = sort_by(THREE, "best", None)
    assert sort == Sort("best", descending=True)
    assert sort_by(THREE, "best", sort) == reverse(sort) == Sort("best", descending=False)
    assert sort_by(THREE, "name", sort) == Sort("name", descending=False)
    assert initial_sort(table(sort=("best", True))) == sort
    assert initial_sort(THREE) is None


def test_a_letter_goes_through_the_columns_that_begin_with_it():
    first = sort_by_letter(THREE, "B", None)
    second = sort_by_letter(THREE, "B", first)
    assert (first.key, second.key) == ("best", "behind")
    assert sort_by_letter(THREE, "B", second).key == "best"
    assert sort_by_letter(THREE, "X", None) is None
    named = sort_by_letter(table(), "N", None)
    assert [named.key, sort_by_letter(table(), "N", named).key] == ["name", "full_id"]


def test_neighbours_are_the_columns_that_are_shown():
    right = sort_by_neighbour(THREE, 1, Sort("name", descending=False), shown=2)
    assert right.key == "best"
    assert sort_by_neighbour(THREE, 1, right, shown=2).key == "name"
    assert sort_by_neighbour(THREE, -1, None, shown=4).key == "full_id"
    assert sort_by_neighbour(THREE, 1, None, shown=4).key == "name"
