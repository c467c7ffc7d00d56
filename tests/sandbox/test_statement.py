"""``tart/sandbox/statement.py``: what is refused, and what is known of a statement."""

from __future__ import annotations

import json

import duckdb
import pytest

from tart.query.sql.pushdown import MAX_LIMIT, Condition
from tart.sandbox.statement import StatementRefused, examine

SCHEMAS = {
    "blocks": {"id": "BIGINT", "slot": "UINTEGER", "hash": "BLOB", "Time": "TIMESTAMP"},
    "nodes": {"node_id": "VARCHAR", "id": "BIGINT"},
}


@pytest.fixture(scope="module")
def parser():
    with duckdb.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def needs(parser):
    def constant(node, kind):
        """Stands for the value that DuckDB finds: its text, as far as it is a literal."""
        literal = node.get("literal") or {}
        value = literal.get("text", (node.get("value") or {}).get("value"))
        return None if value is None else str(value)

    def examined(sql, tables=frozenset()):
        options = "skip_null := true, skip_default := true"
        ((tree,),) = parser.execute(
            f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]
        ).fetchall()
        return examine(json.loads(tree), SCHEMAS, tables, constant)

    return examined


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "-- nothing",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE blocks",
        "SELECT 1 /* ; */; ATTACH 'x'",
        "ATTACH 'control.sqlite'",
        "DETACH memory",
        "USE memory",
        "PRAGMA database_list",
        "SET memory_limit = '1TB'",
        "RESET memory_limit",
        "COPY blocks TO 'x.csv'",
        "COPY (SELECT 1) TO '/dev/null'",
        "EXPORT DATABASE 'x'",
        "CREATE TABLE t AS SELECT 1",
        "CREATE MACRO f() AS 1",
        "INSERT INTO blocks VALUES (1)",
        "UPDATE blocks SET id = 1",
        "DELETE FROM blocks",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "CHECKPOINT",
        "EXPLAIN SELECT 1",
        "PREPARE p AS SELECT 1",
        "WITH x AS (INSERT INTO blocks VALUES (1) RETURNING *) SELECT * FROM x",
        "WITH x AS (DELETE FROM blocks RETURNING *) SELECT * FROM x",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'control.sqlite'",
        'SELECT * FROM "https://example.org/x.parquet"',
        "FROM read_text('/etc/passwd')",
        "FROM READ_CSV('/etc/passwd')",
        "FROM read_blob('*')",
        "FROM glob('/*')",
        "FROM query('SELECT 1')",
        "FROM query_table('blocks')",
        "FROM checkpoint('x')",
        "FROM duckdb_settings()",
        "FROM duckdb_secrets()",
        "FROM pragma_database_size()",
        "FROM sniff_csv('x')",
        "FROM parquet_scan('x')",
        "FROM json_execute_serialized_sql('{}')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 WHERE EXISTS (FROM read_text('x'))",
        "WITH x AS (FROM read_text('x')) SELECT 1",
        "SELECT 1 UNION ALL SELECT content FROM read_text('x')",
        "SELECT * FROM blocks JOIN read_text('x') ON true",
        "SELECT * FROM f00_1.log",
        "SELECT * FROM system.main.duckdb_settings",
        "SELECT * FROM pg_catalog.pg_settings",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM information_schema.schemata",
        "SELECT * FROM unknown",
        "SELECT * FROM partials",
    ],
)
def test_statements_other_than_one_select_from_a_view_are_refused(needs, sql):
    with pytest.raises(StatementRefused):
        needs(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "VALUES (1)",
        "/* ; ATTACH 'x' */ SELECT ';' -- ; SELECT 2",
        "SELECT 1;",
        "SELECT * FROM range(3)",
        "SELECT unnest([1, 2])",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x WHERE a < 3) FROM x",
        "SELECT 1 UNION SELECT 2",
    ],
)
def test_a_statement_without_views_needs_no_scans(needs, sql):
    assert needs(sql).scans == ()


def test_partials_are_a_table_if_present(needs):
    assert needs("SELECT * FROM partials", frozenset({"partials"})).scans == ()


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT slot FROM blocks", ("slot",)),
        ('SELECT SLOT, "TIME" FROM Blocks b WHERE b.id = 1', ("id", "slot", "Time")),
        ("SELECT count(*) FROM blocks", ("id",)),
        ("SELECT * FROM blocks", tuple(SCHEMAS["blocks"])),
        ("SELECT b FROM blocks b", tuple(SCHEMAS["blocks"])),
        ("SELECT blocks.hash FROM blocks", ("hash",)),
        ("SELECT b.hash.part FROM blocks b", ("hash",)),
        ("SELECT COLUMNS('s.*') FROM blocks", tuple(SCHEMAS["blocks"])),
        ("SELECT #1 FROM blocks", tuple(SCHEMAS["blocks"])),
        ("SELECT slot FROM blocks b(slot)", tuple(SCHEMAS["blocks"])),
        ("SELECT x FROM blocks PIVOT (count(*) FOR slot IN (1 AS x))", tuple(SCHEMAS["blocks"])),
        ("SELECT slot FROM blocks NATURAL JOIN range(3)", tuple(SCHEMAS["blocks"])),
        ("SELECT slot FROM blocks JOIN range(3) r(hash) USING (hash)", ("slot", "hash")),
        ("SELECT to_json(b) FROM blocks b", tuple(SCHEMAS["blocks"])),
        ("SELECT 1 FROM blocks ORDER BY slot", ("slot",)),
        ("SELECT 1 FROM blocks GROUP BY hash HAVING max(slot) > 1", ("slot", "hash")),
        ("SELECT (SELECT max(slot) FROM blocks)", ("slot",)),
    ],
)
def test_scanned_columns_are_those_that_may_be_referenced(needs, sql, columns):
    (scan,) = needs(sql).scans
    assert scan.view == "blocks"
    assert scan.columns == columns


def test_joined_tables_each_get_their_columns(needs):
    blocks, nodes = needs("SELECT slot FROM blocks JOIN nodes USING (id)").scans
    assert (blocks.columns, nodes.columns) == (("id", "slot"), ("id",))
    blocks, nodes = needs("SELECT slot FROM blocks NATURAL JOIN nodes").scans
    assert (blocks.columns, nodes.columns) == (tuple(SCHEMAS["blocks"]), tuple(SCHEMAS["nodes"]))


SLOT_3 = (Condition("slot", "=", "3"),)


@pytest.mark.parametrize(
    ("where", "conditions"),
    [
        ("slot = 3", SLOT_3),
        ("3 = slot", SLOT_3),
        ("3 < slot", (Condition("slot", ">", "3"),)),
        ("blocks.slot = 3 AND (id >= 1 AND hash IS NULL)", ("id", "slot")),
        ("slot BETWEEN 1 AND 2", (Condition("slot", ">=", "1"), Condition("slot", "<=", "2"))),
        ("slot = 3 OR id = 1", ()),
        ("NOT slot = 3", ()),
        ("slot != 3", ()),
        ("slot = id", ()),
        ("slot + 1 = 3", ()),
        ("slot = random()", ()),
        ("slot = (SELECT 3)", ()),
        ("nosuch = 3", ()),
        ("other.slot = 3", ()),
    ],
)
def test_comparisons_with_constants_are_pushed_down(needs, where, conditions):
    (scan,) = needs(f"SELECT count(*) FROM blocks WHERE {where}").scans
    found = scan.conditions[0] if scan.conditions else ()
    if conditions == ("id", "slot"):
        assert sorted(each.column for each in found) == ["id", "slot"]
    else:
        assert sorted(found, key=str) == sorted(conditions, key=str)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM blocks, nodes WHERE blocks.id = nodes.id",
        "SELECT * FROM nodes n, blocks WHERE id = 3",
        "SELECT * FROM nodes n LEFT JOIN blocks b USING (id) WHERE b.slot = 3",
        "SELECT * FROM nodes n FULL JOIN blocks b USING (id) WHERE b.slot = 3",
        "SELECT * FROM (SELECT 1 AS slot), blocks WHERE slot = 3",
        "SELECT * FROM blocks WHERE slot IN (3, id)",
        "SELECT * FROM blocks WHERE slot = 3 OR id = 3",
        "SELECT * FROM blocks WHERE slot BETWEEN 3 AND '5'",
        "SELECT * FROM blocks WHERE slot IN ('3', 5)",
        "SELECT * FROM blocks b(slot) WHERE slot = 3",
        "SELECT * FROM blocks LEFT JOIN nodes ON slot = 3",
        "SELECT * FROM blocks TABLESAMPLE 10% WHERE slot = 3",
        "SELECT * FROM blocks WHERE slot = 3 UNION ALL SELECT * FROM blocks",
        "WITH b AS (SELECT * FROM blocks) SELECT * FROM b WHERE slot = 3",
        "SELECT count(*) FILTER (slot = 3) FROM blocks",
        "SELECT slot FROM blocks GROUP BY slot HAVING slot = 3",
    ],
)
def test_uncertain_conditions_are_not_pushed_down(needs, sql):
    assert needs(sql).scans[0].conditions == ()


def test_several_uses_of_a_view_are_alternatives(needs):
    sql = "SELECT * FROM blocks WHERE slot = 3 UNION ALL SELECT * FROM blocks WHERE id < 9"
    (scan,) = needs(sql).scans
    assert sorted(scan.conditions, key=str) == [
        (Condition("id", "<", "9"),),
        SLOT_3,
    ]


@pytest.mark.parametrize(
    ("sql", "order", "limit"),
    [
        ("SELECT * FROM blocks LIMIT 5", (), 5),
        ("SELECT slot FROM blocks ORDER BY id DESC LIMIT 5 OFFSET 2", (("id", True),), 7),
        (
            "FROM blocks WHERE slot = 3 ORDER BY Time, slot LIMIT 1",
            (("Time", False), ("slot", False)),
            1,
        ),
        ("SELECT * FROM blocks", (), None),
        (f"SELECT * FROM blocks LIMIT {MAX_LIMIT + 1}", (), None),
        ("SELECT max(slot) FROM blocks LIMIT 5", (), None),
        ("SELECT DISTINCT slot FROM blocks LIMIT 5", (), None),
        ("SELECT slot FROM blocks GROUP BY slot LIMIT 5", (), None),
        ("SELECT slot FROM blocks QUALIFY row_number() OVER () = 1 LIMIT 5", (), None),
        ("SELECT slot FROM blocks ORDER BY slot + 1 LIMIT 5", (), None),
        ("SELECT slot FROM blocks ORDER BY slot NULLS FIRST LIMIT 5", (), None),
        ("SELECT id AS slot FROM blocks ORDER BY slot LIMIT 5", (), None),
        ("SELECT slot FROM blocks WHERE slot != 3 LIMIT 5", (), None),
        ("SELECT slot FROM blocks LIMIT 10%", (), None),
        ("SELECT slot FROM blocks GROUP BY ALL LIMIT 5", (), None),
        ("SELECT * RENAME (id AS slot) FROM blocks ORDER BY slot LIMIT 5", (), None),
        ("SELECT * EXCLUDE (id) FROM blocks LIMIT 5", (), None),
        ("SELECT slot FROM blocks b(slot) LIMIT 5", (), None),
        ("SELECT * FROM blocks, nodes LIMIT 5", (), None),
        ("SELECT * FROM blocks USING SAMPLE 3 LIMIT 5", (), None),
        ("SELECT * FROM (SELECT * FROM blocks LIMIT 5)", (), None),
    ],
)
def test_a_limit_is_pushed_down_for_plain_selections(needs, sql, order, limit):
    scan = needs(sql).scans[0]
    assert (scan.order, scan.limit) == (order, limit)


@pytest.mark.parametrize(
    "sql", ["DESCRIBE blocks", "SHOW TABLES", "SELECT * FROM information_schema.columns"]
)
def test_catalogue_queries_need_the_catalogue(needs, sql):
    assert needs(sql).catalogue


def test_a_deep_tree_is_walked_without_recursion(needs):
    where = " AND ".join(["slot = 3"] * 500)
    assert needs(f"SELECT 1 FROM blocks WHERE {where}").scans[0].conditions == (
        (Condition("slot", "=", "3"),),
    )


@pytest.mark.parametrize(
    ("sql", "conditions"),
    [
        ("FROM blocks, nodes n WHERE slot = 3", [["slot = 3"]]),
        (
            "FROM blocks b JOIN nodes n USING (id) WHERE b.slot = 3 AND b.id < 9",
            [["slot = 3", "id < 9"]],
        ),
        ("FROM blocks b LEFT JOIN nodes n USING (id) WHERE slot = 3", [["slot = 3"]]),
        ("FROM nodes n RIGHT JOIN blocks b USING (id) WHERE slot = 3", [["slot = 3"]]),
        ("FROM blocks b RIGHT JOIN nodes n USING (id) WHERE slot = 3", []),
        ("FROM blocks WHERE slot IN (3, 4)", [["slot = 3"], ["slot = 4"]]),
        (
            "FROM blocks WHERE slot IN (3, 4) AND id > 5",
            [["slot = 3", "id > 5"], ["slot = 4", "id > 5"]],
        ),
        (
            "FROM (FROM blocks WHERE slot = 3), (FROM blocks WHERE slot = 4)",
            [["slot = 3"], ["slot = 4"]],
        ),
        ("FROM blocks a, blocks b WHERE a.slot = 3 AND b.slot = 4", [["slot = 3"], ["slot = 4"]]),
        ("FROM blocks a, blocks b WHERE a.slot = 3", []),
    ],
)
def test_conditions_are_pushed_through_lists_and_inner_joins(needs, sql, conditions):
    (scan,) = (each for each in needs(sql).scans if each.view == "blocks")
    pushed = [{f"{c.column} {c.operator} {c.value}" for c in all_of} for all_of in scan.conditions]
    assert sorted(map(sorted, pushed)) == sorted(map(sorted, conditions))


@pytest.mark.parametrize(
    ("sql", "exact"),
    [
        ("SELECT slot FROM blocks WHERE slot > 3", True),
        ("SELECT * FROM blocks", True),
        ("SELECT slot FROM blocks ORDER BY id LIMIT 3", True),
        ("SELECT slot FROM blocks WHERE slot <> 3", False),
        ("SELECT slot + 1 FROM blocks", False),
        ("SELECT DISTINCT slot FROM blocks", False),
        ("SELECT count(*) FROM blocks", False),
        ("SELECT slot FROM blocks GROUP BY ALL", False),
        ("SELECT b.slot FROM blocks b, nodes n", False),
    ],
)
def test_a_scan_is_exact_if_it_returns_the_rows_of_the_result(needs, sql, exact):
    assert needs(sql).exact is exact
