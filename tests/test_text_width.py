"""``tart/text_width.py``: text in columns of a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.text_width import cut_text, display_width, pad_text


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("ｆ", 2), ("é", 1), ("", 0)]
)
def test_width_is_counted_in_columns_of_the_terminal(text, width):
    assert display_width(text) == width


@given(st.text(), st.integers(1, 20))
def test_cut_text_fits(text, width):
    cut = cut_text(text, width)
    assert display_width(cut) <= width
    assert cut == text or cut.endswith("…")


@given(st.text(), st.integers(1, 20), st.booleans())
def test_padded_text_takes_its_width(text, width, right):
    assert display_width(pad_text(text, width, right=right)) == width


def test_text_is_padded_on_either_side():
    assert pad_text("ab", 4) == "ab  "
    assert pad_text("ab", 4, right=True) == "  ab"
