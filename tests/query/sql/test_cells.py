"""``tart/query/sql/cells.py``: text of nodes is text in every spreadsheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.sql.cells import csv_cell, is_formula, markdown_cell
from tests.cases import all_cases

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tplain",
    "\rplain",
    "\nplain",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    "\ufe62 1+1",  # small plus sign
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "-",
    "--1",
    "-1 ",
    "+\uff11",
]


@all_cases("text", FORMULAS)
def test_text_that_is_a_formula_gets_an_apostrophe(text):
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(text, formulas=True) == text


@pytest.mark.parametrize(
    "value",
    [
        *("", "polkajam", "0x3d", "a=b", "1-1", "'=1", "2026-11-20T12:00:00Z", '{"=": 1}', " "),
        *("-5", "+5", "-1.5", "-1e-7", "-340282366920938463463374607431768211456"),
        *(-5, -1.5, None, True),
    ],
)
def test_a_value_that_is_not_a_formula_is_unchanged(value):
    assert csv_cell(value) == value


@given(st.text())
def test_no_cell_is_a_formula_and_its_text_is_kept(text):
    shown = csv_cell(text)
    assert shown.removeprefix("'") == text or shown == text
    assert shown[:1] not in ("=", "@", "\t", "\r", "\n", "\uff1d")
    assert not (shown[:1] in "+-" and shown) or shown.lstrip("+-")[:1].isdigit()
    assert is_formula(text) is (shown != text)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "NULL"),
        (18446744073709551616, "18446744073709551616"),
        ("best_block_changed", "best_block_changed"),
        ("a|b", r"a\|b"),
        ("two\nlines", "two<br>lines"),
        ("<script>", r"\<script\>"),
        ("[x](y)", r"\[x\](y)"),
        ("\x1b[31m", "\ufffd\\[31m"),
    ],
)
def test_a_markdown_cell_is_one_line_that_shows_its_text(value, cell):
    assert markdown_cell(value) == cell
