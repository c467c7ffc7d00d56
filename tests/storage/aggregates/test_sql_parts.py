"""``tart/storage/aggregates/sql_parts.py``: nodes as relations of a cursor."""

from __future__ import annotations

import duckdb

from tart.storage.aggregates.sql_parts import NodeRows


def test_nodes_are_relations_until_they_are_removed():
    with duckdb.connect(":memory:") as cursor:
        NodeRows([(0, 3, b"\xaa" * 32), (5, 3, b"\xbb" * 32)], [b'{"a": 1}']).register(cursor)
        assert cursor.sql("SELECT node_id FROM sql_nodes WHERE directory = 5").fetchall() == [
            ("bb" * 32,)
        ]
        assert cursor.sql("FROM sql_node_documents").fetchall() == [('{"a": 1}',)]
        NodeRows.unregister(cursor)
        NodeRows([], []).register(cursor)
        assert cursor.sql("FROM sql_nodes").fetchall() == []
