"""The keys and their help."""

from tart.dash.core.keys import ALL, DIGITS, help_lines
from tart.dash.core.views.table import VIEWS, tabs


def test_no_key_does_two_things():
    keys = [name for key in ALL for name in key.keys]
    assert len(keys) == len(set(keys))


def test_each_tab_has_a_digit():
    assert len(tabs()) <= len(DIGITS)


def test_the_help_has_every_key_and_every_view():
    text = "\n".join(line.text for line in help_lines(VIEWS, tabs()))
    assert all(key.shown in text and key.meaning in text for key in ALL)
    for view in VIEWS:
        assert view.name in text
        assert all(alias in text for alias in view.aliases)
    assert all(len(line) <= 80 for line in text.splitlines())
