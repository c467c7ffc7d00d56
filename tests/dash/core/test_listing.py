"""Cursor, scrolling, sort and filter of a page on the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.listing import Listing
from tart.dash.core.model import Cell, Column, Figure, Page, Row, Table

COLUMNS = (Column("name", "Name"), Column("rate", "Rate", "right", descending=True))


def table(name, values, sort=("rate", True)):
    rows = tuple(
        Row(f"{name}{number}", (Cell(f"{name}{number}", f"{name}{number}"), Cell(str(it), it)))
        for number, it in enumerate(values)
    )
    return Table(name, COLUMNS, rows, "" if rows else "none", sort)


def page(*tables, figures=1):
    return Page(
        "x", figures=tuple(Figure(f"f{it}", "1" * 70, 1) for it in range(figures)), tables=tables
    )


def listing(*tables, height=12, figures=1):
    made = Listing()
    made.resize(80, height)
    made.show(page(*tables, figures=figures))
    return made


def texts(made):
    return [line.text.rstrip() for line in made.lines()]


def cursor_line(made):
    (line,) = (line.text for line in made.lines() if line.is_cursor)
    return line.split()[0]


def test_a_page_is_figures_then_tables():
    made = listing(table("a", [1, 2]), table("b", []))
    assert texts(made) == [
        f"f0 {'1' * 70}",
        "",
        "a  2",
        "Name ↓Rate",
        "a1       2",
        "a0       1",
        "",
        "b  none",
        *[""] * 4,
    ]
    assert cursor_line(made) == "a1"


def test_until_it_is_moved_the_cursor_stays_at_the_top():
    made = listing(table("a", [1, 2, 3]))
    assert made.row.key == "a2"
    made.show(page(table("a", [9, 2, 3])))
    assert made.row.key == "a0"
    made.move(1)
    assert made.row.key == "a2"
    made.show(page(table("a", [1, 2, 8])))
    assert made.row.key == "a2"
    made.move_home()
    made.show(page(table("a", [1, 9, 8])))
    assert made.row.key == "a1"


def test_a_row_stays_at_its_line_of_the_screen():
    made = listing(table("a", range(100)))
    made.move(50)
    made.move(-3)
    key, line = made.row.key, [line.is_cursor for line in made.lines()].index(True)
    made.show(page(table("a", [*range(100), 1000, 1001, 1002])))
    assert made.row.key == key
    assert [line.is_cursor for line in made.lines()].index(True) == line


def test_a_row_that_went_leaves_the_cursor_at_its_place():
    made = listing(table("a", [5, 4, 3]))
    made.move(1)
    rows = table("a", [5, 4, 3])
    rest = Table("a", COLUMNS, (rows.rows[0], rows.rows[2]), "", ("rate", True))
    made.show(page(rest))
    assert made.row.key == "a2"
    made.show(page(table("a", [])))
    assert made.row is None


def test_the_titles_stay_while_rows_scroll():
    made = listing(table("a", range(100)))
    made.move_end()
    lines = texts(made)
    assert lines[0].startswith("f0")
    assert lines[2] == "Name ↓Rate"
    assert lines[-1].split() == ["a0", "0"]
    assert cursor_line(made) == "a0"
    made.move_page(-1)
    assert made.row.key == "a8"
    made.move(-1000)
    assert texts(made)[2] == "a  100"


def test_the_cursor_goes_through_all_tables():
    made = listing(table("a", [1, 2]), table("b", [1, 2]), height=7)
    keys = [made.row.key]
    for _ in range(3):
        made.move(1)
        keys.append(made.row.key)
        assert cursor_line(made) == made.row.key
    assert keys == ["a1", "a0", "b1", "b0"]
    made.move(-3)
    assert cursor_line(made) == "a1"


def test_tables_are_reached_by_their_own_keys():
    made = listing(table("a", range(20)), table("b", []), table("c", range(20)), height=12)
    made.move_table(1)
    assert made.row.key == "c19"
    assert texts(made)[2] == "c  20"
    made.move(2)
    made.move_table(1)
    made.move_table(-1)
    assert made.row.key == "c19"
    made.move_table(-1)
    assert made.row.key == "a19"
    assert texts(made)[2] == "a  20"
    made.move_table(-1)
    assert made.row.key == "a19"


def test_many_figures_scroll_with_the_tables():
    made = listing(table("a", range(20)), figures=30, height=10)
    assert texts(made)[0].startswith("f0")
    made.move_end()
    assert cursor_line(made) == "a0"
    made.move_home()
    assert texts(made)[0].startswith("f0")


def test_a_page_without_rows_scrolls():
    made = listing(figures=30, height=10)
    made.move(3)
    assert texts(made)[0].startswith("f3")
    made.move_end()
    assert texts(made)[-1].startswith("f29")
    made.move(-100)
    assert texts(made)[0].startswith("f0")


def test_sorts_are_those_of_the_cursor_s_table():
    made = listing(table("a", [1, 2]), table("b", [1, 2]))
    assert made.sort_by_letter("N")
    assert made.row.key == "a0"
    made.reverse_sort()
    assert made.row.key == "a1"
    made.sort_by_neighbour(1)
    assert "↓Rate" in texts(made)[3]
    made.move_end()
    assert made.sort_by_letter("n")
    assert not made.sort_by_letter("x")
    assert made.row.key == "b0"
    assert "↓Rate" in texts(made)[3]


def test_a_filter_is_for_all_tables():
    made = listing(table("a", [1, 2]), table("b", [1, 2]))
    made.set_filter("b1")
    assert made.row.key == "b1"
    assert "a  0 of 2 with /b1" in texts(made)
    made.set_filter("")
    assert made.row_count == 4


def test_a_page_that_cannot_be_shown_leaves_the_one_before():
    made = listing(table("a", [1]))
    broken = Table("a", COLUMNS, (Row("x", (Cell("one cell too few", 1),)),))
    with pytest.raises(IndexError):
        made.show(page(broken))
    assert made.row.key == "a0"
    assert texts(made)


def test_nothing_happens_before_the_first_page():
    made = Listing()
    made.move(1)
    made.move_end()
    made.sort_by_neighbour(1)
    made.reverse_sort()
    made.set_filter("x")
    assert not made.sort_by_letter("x")
    assert made.row is None
    assert len(made.lines()) == 20


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-30, 30)),
        st.tuples(st.just("move_page"), st.sampled_from([-1, 1])),
        st.tuples(st.just("move_home")),
        st.tuples(st.just("move_table"), st.sampled_from([-1, 1])),
        st.tuples(st.just("move_end")),
        st.tuples(st.just("show"), st.lists(st.integers(0, 99), max_size=40)),
        st.tuples(st.just("resize"), st.integers(1, 120), st.integers(1, 50)),
        st.tuples(st.just("set_filter"), st.sampled_from(["", "1", "!1", "b"])),
        st.tuples(st.just("sort_by_neighbour"), st.sampled_from([-1, 1])),
    ),
    max_size=20,
)


@given(STEPS, st.integers(0, 12))
def test_whatever_is_pressed_the_screen_is_full_and_has_the_cursor(steps, figures):
    made = listing(table("a", range(30)), table("b", [3]), figures=figures)
    height = 12
    for name, *arguments in steps:
        if name == "show":
            made.show(page(table("a", arguments[0]), table("b", [1]), figures=figures))
        else:
            getattr(made, name)(*arguments)
        height = arguments[1] if name == "resize" else height
        lines = made.lines()
        assert len(lines) == height
        marked = [line for line in lines if line.is_cursor]
        if name in ("move", "move_page") and made.row and height > figures * 2 + 6:
            assert len(marked) == 1
        assert len(marked) <= 1
