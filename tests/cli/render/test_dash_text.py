"""A page as text."""

from tart.cli.render.dash_text import render_page
from tart.dash.core.model import Cell, Column, Figure, Page, Row, Table
from tart.style import PLAIN, Style
from tart.text_width import display_width

COLUMNS = (Column("name", "Name"), Column("rate", "Rate", "right", descending=True))
ROWS = (
    Row("a", (Cell("a", "a"), Cell("1", 1))),
    Row("b", (Cell("b\x1b[2J", "b"), Cell("2", 2, "bad"))),
)
PAGE = Page(
    "Numbers",
    figures=(Figure("Rows", "2", 2, "good"),),
    tables=(Table("Rows", COLUMNS, ROWS, sort=("rate", True)), Table("Empty", COLUMNS, (), "none")),
)


def test_a_page_is_text_without_spaces_at_the_ends_of_lines():
    assert list(render_page(PAGE, 80, PLAIN)) == [
        "Numbers",
        "Rows 2",
        "",
        "Rows  2",
        "Name  ↓Rate",
        "b\ufffd[2J     2",
        "a         1",
        "",
        "Empty  none",
    ]


def test_colours_repeat_what_the_text_says():
    text = "\n".join(render_page(PAGE, 80, Style(enabled=True)))
    assert "\x1b[1;31m   2\x1b[0m" in text
    assert "\x1b[32m2\x1b[0m" in text


def test_a_page_fits_the_terminal():
    assert all(display_width(line) <= 12 for line in render_page(PAGE, 12, PLAIN))
