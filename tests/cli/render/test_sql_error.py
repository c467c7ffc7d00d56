"""``tart/cli/render/sql_error.py``: a sentence, and a caret below the word."""

from __future__ import annotations

import duckdb
import pytest

from tart.cli.render.sql_error import render_sql_error


@pytest.mark.parametrize(
    ("statement", "line", "word"),
    [
        ("SELECT nosuch FROM range(1)", "SELECT nosuch FROM range(1)", "nosuch"),
        ("SELEC", "SELEC", "SELEC"),
        ("SELECT 1,\n  bad(2)", "  bad(2)", "bad"),
        ("SELECT a FRM x", "SELECT a FRM x", "x"),
    ],
)
def test_the_caret_is_below_the_word(statement, line, word):
    with duckdb.connect(":memory:") as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute(statement)
    sentence, shown, caret = render_sql_error(str(raised.value)).splitlines()
    assert word in sentence
    assert "Error:" not in sentence
    assert shown == f"  {line}"
    assert caret.index("^") == shown.index(word)


def test_a_message_without_a_place_is_one_line():
    message = "Catalog Error: there is no table x;\n  did you mean y?"
    assert render_sql_error(message) == "there is no table x; did you mean y?"
