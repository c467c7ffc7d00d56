"""``tart/query/sql/statement_errors.py``: messages that name the wrong word and the right one."""

from __future__ import annotations

import json

import duckdb
import pytest

from tart.query.sql.statement_errors import (
    Statement,
    explain,
    explain_syntax,
    unknown_table,
    without_end,
)
from tart.query.sql.tables import TABLES

COLUMNS = {name: list(table.types) for name, table in TABLES.items()}


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(":memory:") as connection:
        for name in ("events", "best_block_changed"):
            columns = ", ".join(f'"{n}" {t}' for n, t in TABLES[name].types.items())
            connection.execute(f"CREATE TABLE {name} ({columns})")
        yield connection


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT tipe FROM events", "there is no column tipe in events; did you mean type?"),
        (
            "SELECT e.even_type FROM events e",
            "there is no column even_type in events; did you mean event_type?",
        ),
        (
            "SELECT\n  slot\nFROM events\nWHERE typ = 3",
            "there is no column typ in events (line 4); did you mean type?",
        ),
        (
            'SELECT slot FROM events WHERE node_id = "zzzz"',
            "there is no column zzzz in events; text has single quotes: 'zzzz'",
        ),
        (
            "SELECT slot FROM events WHERE event_name = Authored",
            "there is no column Authored; text has single quotes: 'Authored'",
        ),
        (
            "SELECT unhex('0x')",
            "unhex takes text of hexadecimal digits only, two for each byte, without 0x",
        ),
        (
            "SELECT 1 FROM best_block_changed WHERE hash IN (SELECT node_id FROM events)",
            "bytes (BLOB) are compared with text: write unhex(…) around the text",
        ),
        (
            "SELECT qqqq FROM best_block_changed",
            "there is no column qqqq in best_block_changed; it has id, node_id, session, event_id, "
            "received_at, timestamp, timestamp_us, ref, slot, hash",
        ),
        ("SELECT x.slot FROM events e", "there is no table x in the FROM clause; it has e"),
        (
            "SELECT flor(slot) FROM events",
            "there is no function flor; did you mean floor?",
        ),
        ("SELECT 1::NUMBER", "there is no type NUMBER"),
        (
            "SELECT sum(node_id) FROM events",
            "sum does not take (VARCHAR); cast an argument: CAST(… AS BIGINT)",
        ),
        (
            "SELECT received_at - 5 FROM events",
            "- does not take (TIMESTAMP, INTEGER); cast an argument: CAST(… AS BIGINT)",
        ),
        ("SELECT min() FROM events", "min() needs an argument"),
        (
            "SELECT slot FROM events GROUP BY type",
            "the column slot must be in GROUP BY or in an aggregate: add it to GROUP BY, or write "
            "any_value(slot)",
        ),
        (
            "SELECT $1",
            "parameters like $1 or ? have no value here; write the value itself",
        ),
        (
            "SELECT count(*) FROM events WHERE count(*) > 1",
            "WHERE clause cannot contain aggregates!",
        ),
        (
            "SELECT slot FROM events a, events b",
            "ambiguous reference to column name \"slot\" (use: 'a.slot' or 'b.slot')",
        ),
    ],
)
def test_errors_of_names_and_types(connection, sql, message):
    with pytest.raises(duckdb.Error) as raised:
        connection.sql(sql).fetchall()
    found = explain(str(raised.value), Statement(sql, COLUMNS))
    # DuckDB 1.5 quotes in another way.
    assert found.replace('"', "'") == message.replace('"', "'")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", 'syntax error at "SELEC"; did you mean SELECT?'),
        ("SELECT 1 FORM events", 'syntax error at "events", after FORM; did you mean FROM?'),
        ("SELECT 1\nFROM events\nWHERE ) = 3", 'syntax error at ")" (line 3)'),
        ("SELECT * FROM events WHERE", "the statement is incomplete after WHERE"),
        ("DROP TABLE events", "only SELECT statements run here; DROP does not"),
        ("-- x\nINSERT INTO events VALUES (1)", "only SELECT statements run here; INSERT does not"),
        ("SELECT from.ipv6 FROM t", 'syntax error at "."; the column from needs double quotes'),
        ("SELECT from FROM t", 'syntax error at "FROM"; the column from needs double quotes'),
        ("SELECT to FROM t", 'syntax error at "to"; the column to needs double quotes'),
        ("SELECT 1 + FROM t", 'syntax error at "FROM"'),
        ("SELECT count(* FROM t", 'syntax error at "FROM"; a closing ) is missing before it'),
        ("SELECT 'abc", "unterminated "),
    ],
)
def test_errors_of_syntax(connection, sql, message):
    ((text,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    error = json.loads(text)
    found = explain_syntax(error["error_message"], error.get("position"), sql)
    assert found.startswith(message)
    assert found == message or " + " not in sql


def test_deep_nesting_is_named():
    for message in ("Max expression depth limit of 1000 exceeded", "maximum recursion depth"):
        found = explain(message, Statement("SELECT 1", {}))
        assert found.startswith("the statement is nested too deeply")


def test_errors_of_values_have_no_names_of_classes(connection):
    sql = "SELECT CAST('x' AS INTEGER)"
    with pytest.raises(duckdb.Error) as raised:
        connection.sql(sql).fetchall()
    message = explain(str(raised.value), Statement(sql, COLUMNS))
    assert message.startswith("could not convert string 'x'")
    assert "Error" not in message
    inner = "Conversion Error: Could not convert x when casting from source column __k0"
    assert explain(inner, Statement(sql, COLUMNS)) == "could not convert x"


def test_unknown_tables_get_the_nearest_one():
    assert unknown_table("eventz", TABLES) == "there is no table eventz; did you mean events?"
    assert "information_schema.tables" in unknown_table("qqqqqq", TABLES)
    assert unknown_table("events", ["partials"]) == (
        "there is no table events in reduce; it reads the table partials only"
    )


def test_a_statement_without_its_end_says_where_it_stops():
    message = "syntax error at end of input"
    assert explain_syntax(message, None, "SELECT 1 FROM") == (
        "the statement is incomplete after FROM"
    )
    assert explain_syntax(message, None, " ") == "it is empty"


def test_a_semicolon_and_comments_at_the_end_may_end_a_statement():
    assert list(without_end("SELECT 1")) == []
    assert list(without_end("SELECT 1; -- one\n;")) == ["SELECT 1; -- one\n", "SELECT 1"]
    # The semicolon is in a text, with more of the statement behind it.
    assert list(without_end("SELECT ';' AS x")) == []
    assert len(list(without_end("SELECT 1" + 20 * ";"))) == 8
