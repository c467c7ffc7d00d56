"""``tart/query/sql/table.py``: the columns of a table and of its parts."""

from __future__ import annotations

from tart.query.sql.table import NODE_ID, Part, Table, declare_columns


def test_a_part_has_the_columns_of_the_table_unless_it_declares_others():
    columns = declare_columns(NODE_ID, ("n", "BIGINT", "Number."))
    assert list(Table("t", "", columns).part_types) == ["node_id", "n"]
    assert list(Table("t", "", columns, part=Part("SELECT 1")).part_types) == ["node_id", "n"]
    other = Table("t", "", columns, part=Part("SELECT 1", columns=(NODE_ID,)))
    assert dict(other.part_types) == {"node_id": "VARCHAR"}
    assert dict(other.types) == {"node_id": "VARCHAR", "n": "BIGINT"}
