from hypothesis import given
from hypothesis import strategies as st

from tart.cli.render.screen import cut, fit, replace_block
from tart.style import Style
from tart.text_width import display_width

STYLE = Style(enabled=True)


def test_a_block_takes_the_place_of_the_one_before():
    assert replace_block(0, ["a", "b"]) == "\r\x1b[Ja\nb\n"
    assert replace_block(2, ["c"]) == "\r\x1b[2A\x1b[Jc\n"


def test_a_block_fits_the_terminal_with_a_row_for_the_cursor():
    assert fit("abc\nd\ne", 2, 3) == ["ab", "d"]
    assert fit("abc", 2, 1) == ["ab"]


def test_colours_take_no_columns_and_end_where_a_line_is_cut():
    line = f"a{STYLE.good('bcd')}e"
    assert cut(line, 5) == line
    assert cut(line, 3) == "a\x1b[32mbc\x1b[0m"


@given(st.text("ab漢\u0301"), st.integers(0, 10))
def test_a_cut_line_is_its_longest_beginning_that_fits(line, columns):
    start = cut(line, columns)
    assert line.startswith(start)
    assert display_width(start) <= columns
    longer = line[: len(start) + 1]
    assert start == line or display_width(longer) > columns
