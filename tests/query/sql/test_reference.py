"""``tart/query/sql/reference.py``: the reference names everything that is declared."""

from __future__ import annotations

from tart.protocol.events import EVENTS
from tart.query.sql.formats import SQL_FORMATS
from tart.query.sql.reference import (
    Grid,
    Heading,
    Listing,
    blocks,
    render_markdown,
    sql_tables,
)
from tart.query.sql.tables import TABLES
from tart.query.sql.views import is_event_view


def test_every_table_column_format_and_limit_is_in_the_reference():
    content = list(blocks([("Rows of a result", "7")]))
    text = render_markdown(content)
    for name, table in TABLES.items():
        assert f"`{name}`" in text or f"### {name}\n" in text
        for column in table.columns:
            assert f"`{column.name}`" in text, (name, column.name)
        if not is_event_view(name):
            assert Listing(table.example) in content
    assert all(f"`{name}`" in text for name in SQL_FORMATS)
    assert "| Rows of a result | 7 |" in text


def test_a_cell_with_a_bar_stays_one_cell():
    grid = Grid(("a",), (("x | y",),))
    assert render_markdown([Heading("T", 1), grid]).splitlines()[-1] == r"| x \| y |"


def test_tables_are_those_of_the_declarations() -> None:
    tables = {table["name"]: table for table in sql_tables()["tables"]}
    assert tables.keys() == TABLES.keys()
    assert sum(table["is_event_type"] for table in tables.values()) == len(EVENTS)
    authored = {column["name"]: column for column in tables["authored"]["columns"]}
    assert authored["received_at"]["type"] == "TIMESTAMP"
    assert "limit what is read" in authored["received_at"]["description"]
    assert tables["events"]["example"].startswith("SELECT")
