"""``tart/query/sql/byte_comparisons.py``: text that means bytes is compared as bytes."""

from __future__ import annotations

import duckdb
import pytest

from tart.query.sql.table import Table, TableColumn
from tart.sandbox.planning import Planner
from tart.sandbox.statement import StatementRefused

KEY = "ab" * 32
OTHER = "cd" * 32
BLOCKS = {"hash": "BLOB", "peer": "BLOB", "ids": "BLOB[]", "o": "STRUCT(hash BLOB)", "slot": "INT"}
NODES = {"node_id": "VARCHAR", "name": "VARCHAR", "data": "JSON"}


def table(name, columns):
    return Table(name, "", tuple(TableColumn(column, kind) for column, kind in columns.items()))


@pytest.fixture(scope="module")
def count():
    """Returns the number of rows of a statement as the planner rewrites it."""
    with duckdb.connect(":memory:") as planning, duckdb.connect(":memory:") as rows:
        planner = Planner(planning, {"b": table("b", BLOCKS), "n": table("n", NODES)})
        for name, columns in (("b", BLOCKS), ("n", NODES)):
            listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            rows.execute(f"CREATE TABLE {name} ({listed})")
        for key in (KEY, OTHER):
            rows.execute(
                "INSERT INTO b SELECT h, h, [h], {'hash': h}, 1 FROM (SELECT unhex(?) AS h)", [key]
            )
            rows.execute("INSERT INTO n VALUES (?, 'é', ?)", [key, f'{{"hash": "0x{key}"}}'])
        yield lambda sql: len(rows.execute(planner.plan(sql).sql).fetchall())


@pytest.mark.parametrize(
    "condition",
    [
        f"hash = '0x{KEY}'",
        f"'0X{KEY.upper()}' = hash",
        f"hash = '{KEY}'",
        f"b.hash IN ('0x{KEY}', '0x00')",
        f"o.hash = '0x{KEY}'",
        f"hash BETWEEN '0x{KEY[:2]}' AND '0x{KEY}'",
        f"hash IS NOT DISTINCT FROM '0x{KEY}'",
        f"list_contains(ids, '0x{KEY}')",
        f"'é' <> '' AND hash = '0x{KEY}' AND peer = '0x{KEY}'",
        f"CASE hash WHEN '0x{KEY}' THEN true ELSE false END",
        f"hash = unhex('0x{KEY}')",
        f"hash = from_hex('{KEY}')",
        f"hash = '{chr(92)}x{(chr(92) + 'x').join([KEY[:2]] * 32)}'",
    ],
)
def test_hexadecimal_text_is_bytes(count, condition):
    assert count(f"SELECT 1 FROM b WHERE {condition}") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM b JOIN n ON b.peer = n.node_id",
        "SELECT 1 FROM b, n WHERE node_id = peer",
        "SELECT 1 FROM b JOIN n ON peer = upper(n.node_id)",
        "SELECT 1 FROM b WHERE EXISTS (SELECT 1 FROM n WHERE node_id = b.peer)",
        "WITH x AS (SELECT peer AS p FROM b) SELECT 1 FROM x JOIN n ON p = node_id",
        "WITH x AS (SELECT data->>'hash' AS h FROM n) SELECT 1 FROM b JOIN x ON hash = h",
    ],
)
def test_a_column_of_text_joins_one_of_bytes(count, statement):
    assert count(statement) == 2


@pytest.mark.parametrize("text", [f"0x{KEY}", KEY, KEY.upper()])
def test_a_node_id_may_be_written_as_results_show_peers(count, text):
    assert count(f"SELECT 1 FROM n WHERE node_id = '{text}'") == 1
    assert count(f"SELECT 1 FROM n WHERE n.node_id IN ('{text}', 'x')") == 1


def test_text_stays_text(count):
    assert count(f"SELECT 1 FROM n WHERE data->>'hash' = '0x{KEY}'") == 1
    assert count(f"SELECT DISTINCT '0x{KEY}' AS x FROM b WHERE x = '0x{KEY}'") == 1
    assert count("SELECT 1 FROM b WHERE hash <> ''") == 2


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("hash = 'abc'", "the text 'abc', which is not hexadecimal"),
        ("hash = '0xabc'", r"unhex\('01ab…'\)"),
        ("hash IN ('0xab', 'Authored')", "Authored"),
        (f"(hash, slot) = ('0x{KEY}', 1)", r"unhex\(…\)"),
        (f"hash = '0x{KEY}'::VARCHAR", "text"),
        (f"ids = ['0x{KEY}']", r"unhex\(…\)"),
    ],
)
def test_other_text_is_refused(count, condition, words):
    with pytest.raises(StatementRefused, match=words):
        count(f"SELECT 1 FROM b WHERE {condition}")
    with pytest.raises(StatementRefused, match="unhex"):
        count("SELECT 1 FROM b JOIN (SELECT node_id AS peer FROM n) USING (peer)")


def test_a_cast_of_the_author_is_left_alone(count):
    assert count("SELECT 1 FROM b JOIN n ON peer = CAST(node_id AS BLOB)") == 0
    assert count("SELECT 1 FROM b WHERE hash = 'abc'::BLOB") == 0
