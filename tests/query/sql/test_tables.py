"""``tart/query/sql/tables.py``: the declared tables."""

from __future__ import annotations

import duckdb

from tart.query.sql.tables import TABLES
from tart.query.sql.views import VIEWS, is_event_view, quote_identifier


def test_every_view_is_a_table_with_the_same_columns():
    for view in VIEWS.values():
        types = {column.name: column.type for column in view.columns}
        assert dict(TABLES[view.name].types) == types


def test_names_are_unique_in_lower_case_and_found_by_them():
    for name, table in TABLES.items():
        assert name == table.name == name.lower()
        columns = [column.name.lower() for column in table.columns]
        assert len(set(columns)) == len(columns)


def test_a_merge_returns_the_declared_columns():
    with duckdb.connect(":memory:") as connection:
        for table in TABLES.values():
            columns = ", ".join(f"{quote_identifier(n)} {t}" for n, t in table.part_types.items())
            connection.execute(f"CREATE OR REPLACE TABLE partials ({columns})")
            assert table.keys <= table.types.keys()
            if table.merge is not None:
                merged = connection.sql(table.merge)
                assert merged.columns == list(table.types)
                assert [str(kind) for kind in merged.types] == [
                    str(duckdb.sqltype(kind)) for kind in table.types.values()
                ]


def test_each_table_and_column_is_described_and_has_an_example():
    for table in TABLES.values():
        assert table.description.endswith("."), table.name
        assert table.name in table.example
        for column in table.columns:
            assert is_event_view(table.name) or column.description.endswith("."), (
                table.name,
                column.name,
            )
