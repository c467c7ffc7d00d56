"""``tart/cli/render/sql_error.py``: a sentence, and a caret below the word."""

from __future__ import annotations

import duckdb
import pytest

from tart.cli.render.sql_error import render_sql_error
from tart.text_width import display_width


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


@pytest.mark.parametrize(
    ("message", "statement", "word"),
    [
        (
            "there is no column nod_id in nodes; did you mean node_id?",
            "SELECT nod_id FROM nodes",
            "nod_id",
        ),
        ('syntax error at "FRM"; did you mean FROM?', "SELECT a\nFRM x", "FRM"),
        ("there is no table node; did you mean nodes?", "SELECT '日', 1 FROM node", "node"),
        ("the column b must be in GROUP BY or in an aggregate: add it", "SELECT b, count(*)", "b"),
    ],
)
def test_the_word_of_the_servers_message_is_marked(message, statement, word):
    sentence, shown, caret = render_sql_error(message, statement).splitlines()
    assert sentence == message
    assert display_width(shown[: shown.index(word)]) == caret.index("^")
    assert caret.count("^") == len(word)


def test_an_ambiguous_word_is_not_marked():
    message = "there is no column a in nodes"
    assert render_sql_error(message, "SELECT a FROM nodes WHERE a = 1") == message
