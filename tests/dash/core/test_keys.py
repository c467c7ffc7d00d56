"""The keys."""

from tart.dash.core.keys import ALL, COLUMN_LETTERS, DIGITS
from tart.dash.core.views.table import tabs


def test_no_key_does_two_things():
    keys = [name for key in ALL for name in key.keys]
    keys += [*DIGITS, *COLUMN_LETTERS]
    assert len(keys) == len(set(keys))


def test_each_tab_has_a_digit():
    assert len(tabs()) <= len(DIGITS)
