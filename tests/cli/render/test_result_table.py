"""``tart/cli/render/result_table.py``: results as text that fits a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.cli.render.result_table import (
    Layout,
    cell_text,
    fit_widths,
    render_table,
    render_vertical,
)
from tart.text_width import display_width


def result(types, *rows):
    columns = [{"name": f"c{number}", "type": kind} for number, kind in enumerate(types)]
    return {"columns": columns, "rows": [list(row) for row in rows], "row_count": len(rows)}


def lines(answer, **layout):
    return list(render_table(answer, Layout(**layout)))


def test_numbers_are_on_the_right_and_null_is_visible():
    answer = result(["VARCHAR", "BIGINT", "DECIMAL(18,2)"], ["a", 7, 1.5], [None, 12345, None])
    assert lines(answer) == [
        "c0       c1    c2",
        "----  -----  ----",
        "a         7   1.5",
        "NULL  12345  NULL",
        "(2 rows)",
    ]


def test_text_is_one_line_without_control_characters():
    assert cell_text("x\ny\x1b[31m\u202e") == "x\ufffdy\ufffd[31m\ufffd"
    assert cell_text({"a": [1, "é"]}) == '{"a": [1, "é"]}'


@given(
    st.lists(st.lists(st.text(max_size=90), min_size=4, max_size=4), max_size=4),
    st.integers(1, 200),
)
def test_a_table_fits_the_terminal(rows, width):
    *shown, footer = lines(result(["VARCHAR"] * 4, *rows), width=width)
    assert all(display_width(line) <= width for line in shown)
    assert footer.startswith(f"({len(rows)} row")


@given(st.lists(st.integers(0, 300), min_size=1, max_size=9), st.integers(1, 300))
def test_widths_fit_and_no_column_is_wider_than_its_values(natural, width):
    widths = fit_widths(natural, width)
    assert 1 <= len(widths) <= len(natural)
    assert sum(widths) + 2 * (len(widths) - 1) <= max(width, 1)
    assert all(shown <= max(full, 1) for shown, full in zip(widths, natural, strict=False))


def test_what_is_left_out_is_said():
    wide = result(["VARCHAR"] * 3, ["a" * 30, "b" * 30, "c"])
    assert lines(wide, width=40)[-1] == (
        "(1 row; values are cut; --wide or --vertical shows them whole)"
    )
    many = result(["BIGINT"] * 9, range(1_000_000_000_000, 1_000_000_000_009))
    assert lines(many, width=40)[-1] == (
        "(1 row; 3 of 9 columns are shown; --wide or --vertical shows all)"
    )
    tall = result(["BIGINT"], [1], [2], [3])
    assert lines(tall, max_rows=2)[2:] == [
        " 1",
        " 2",
        "(3 rows; the first 2 are shown; --rows 0 shows all)",
    ]
    assert lines(wide)[-1] == "(1 row)"


def test_a_node_id_is_whole_where_there_is_room():
    assert "f" * 64 in lines(result(["VARCHAR", "BIGINT"], ["f" * 64, 1]), width=80)[2]


def test_vertical_shows_one_value_a_line():
    answer = result(["VARCHAR", "BIGINT"], ["日本", None], ["b", 2])
    assert list(render_vertical(answer, Layout(max_rows=1))) == [
        "-- row 1 --",
        "c0  日本",
        "c1  NULL",
        "(2 rows; the first 1 are shown; --rows 0 shows all)",
    ]
