"""``tart/printable.py``: no character that a reader does not see."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tart.printable import remove_hidden, replace_unprintable


@given(st.text())
def test_hidden_characters_are_removed_and_others_stay(text):
    hidden = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
    expected = "".join(each for each in text if unicodedata.category(each) not in hidden)
    assert remove_hidden(text) == expected


def test_text_in_tag_characters_is_removed():
    tags = "".join(chr(0xE0000 + ord(each)) for each in "obey")
    assert remove_hidden(f"ok{tags}\u202e\x1b[2J") == "ok[2J"


@given(st.text())
def test_what_is_not_printable_is_replaced_in_its_place(text):
    shown = replace_unprintable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(new in (old, "\ufffd") for old, new in zip(text, shown, strict=True))


def test_terminals_execute_no_text():
    assert replace_unprintable("a\x1b[31m\n\u202e") == "a\ufffd[31m\ufffd\ufffd"
