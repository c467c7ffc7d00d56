"""Tables that fit a width."""

from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.arrangement import Filter, Sort
from tart.dash.core.model import Cell, Column, Row, Table
from tart.dash.core.table_lines import (
    columns_line,
    fit_columns,
    heading_line,
    natural_widths,
    row_line,
)
from tart.text_width import display_width

COLUMNS = (
    Column("node", "Node"),
    Column("best", "Best", "right", descending=True),
    Column("message", "Message"),
    Column("events", "Events", "right"),
)
ROW = Row("a", (Cell("abc", "abc"), Cell("1,000", 1000, "bad"), Cell("m" * 50, ""), Cell("7", 7)))
TABLE = Table("Nodes", COLUMNS, (ROW,))


def shown(width, sort=None):
    widths = fit_columns(COLUMNS, natural_widths(TABLE, TABLE.rows, sort), width)
    return [
        columns_line(TABLE, widths, sort).text,
        row_line(ROW, COLUMNS, widths, cursor=False).text,
    ]


def test_all_columns_are_shown_where_they_fit():
    assert shown(100) == [
        f"Node   Best  {'Message':50}  Events",
        f"abc   1,000  {'m' * 50}       7",
    ]


def test_a_text_is_cut_before_a_column_is_left_out():
    assert shown(60)[1] == f"abc   1,000  {'m' * 38}…       7"
    assert shown(40)[1] == f"abc   1,000  {'m' * 26}…"
    assert shown(12) == ["Node   Best", "abc   1,000"]
    assert shown(3)[1] == "abc"


def test_a_text_that_matters_more_than_the_columns_behind_it():
    columns = (*COLUMNS[:2], Column("message", "Message", least=40), COLUMNS[3])
    assert fit_columns(columns, (4, 5, 50, 6), 60) == [4, 5, 47]
    assert fit_columns(columns, (4, 5, 50, 6), 61) == [4, 5, 40, 6]
    assert fit_columns(columns, (4, 5, 20, 6), 60) == [4, 5, 20, 6]
    # Where it does not have its least width, it is cut rather than left out.
    assert fit_columns(columns, (4, 5, 50, 6), 45) == [4, 5, 32]
    assert fit_columns(columns, (4, 5, 50, 6), 37) == [4, 5, 24]
    assert fit_columns(columns, (4, 5, 50, 6), 36) == [4, 5]


def test_the_sorted_column_has_an_arrow():
    assert shown(12, Sort("best", descending=True))[0] == "Node  ↓Best"
    assert shown(13, Sort("node", descending=False))[0] == "Node↑   Best"


def test_a_sort_hides_no_column():
    assert shown(len(shown(100)[0]), Sort("events", descending=True)) == [
        f"Node   Best  {'Message':50} ↓Events",
        f"abc   1,000  {'m' * 50}       7",
    ]


@given(st.integers(1, 200), st.lists(st.integers(1, 120), min_size=4, max_size=4))
def test_columns_fit(width, natural):
    widths = fit_columns(COLUMNS, natural, width)
    assert sum(widths) + 2 * (len(widths) - 1) <= width
    assert all(size <= full for size, full in zip(widths, natural, strict=False))


def test_columns_grow_and_do_not_shrink():
    assert natural_widths(TABLE, (), None) == (4, 4, 7, 6)
    assert natural_widths(TABLE, (), None, (9, 1, 50, 6)) == (9, 4, 50, 6)
    capped = Table("t", (Column("a", "A", width=5),), (Row("x", (Cell("1234567", 1),)),))
    assert natural_widths(capped, capped.rows, None) == (5,)


def test_cells_keep_their_tones():
    (first, bad, rest) = row_line(ROW, COLUMNS, [4, 5, 10, 2], cursor=True).spans
    assert (first.paint, bad.paint, rest.paint) == ("", "bad", "")
    assert bad.text.strip() == "1,000"
    whole = row_line(ROW, COLUMNS, [4, 5, 10, 2], cursor=True)
    assert whole.is_cursor
    assert display_width(whole.text) == 4 + 5 + 10 + 2 + 6


def test_the_text_of_a_node_cannot_move_the_cursor():
    row = Row("x", (Cell("a\x1b[2J\nb", ""),))
    assert row_line(row, COLUMNS[:1], [12], cursor=False).text == "a\ufffd[2J\ufffdb     "


def heading(table=TABLE, shown=1, sort=None, text="", columns=4, width=60):
    return heading_line(table, shown, sort, Filter(text), columns, width).text


def test_the_heading_counts_rows():
    assert heading() == "Nodes  1"
    assert heading(shown=0, text="zz") == "Nodes  0 of 1 with /zz"
    assert heading(Table("Alerts", COLUMNS, (), "none")) == "Alerts  none"
    assert heading(Table("Alerts", COLUMNS, (ROW,), "a note")) == "Alerts  1 · a note"


def test_the_heading_names_a_sort_that_no_column_shows():
    assert heading(sort=Sort("events", descending=True), columns=2) == (
        "Nodes  1 · sorted by Events ↓"
    )
