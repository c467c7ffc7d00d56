"""``tart/query/sql/planner.py``: which statements are split.

``tests/sandbox/test_planning.py`` compares the answers.
"""

from __future__ import annotations

import re

import duckdb
import pytest

from tart.query.sql.tables import Table, TableColumn
from tart.sandbox.planning import Planner

COLUMNS = {
    "slot": "UINTEGER",
    "core": "USMALLINT",
    "size": "UBIGINT",
    "load": "DOUBLE",
    "price": "DECIMAL(9,2)",
    "ok": "BOOLEAN",
    "name": "VARCHAR",
    "hash": "BLOB",
    "seen": "TIMESTAMP",
}
_DECLARED = tuple(TableColumn(name, kind) for name, kind in COLUMNS.items())
TABLES = {
    "t": Table("t", "", _DECLARED),
    "u": Table("u", "", _DECLARED),
    "merged": Table("merged", "", _DECLARED, "FROM partials", frozenset({"slot"})),
}


@pytest.fixture(scope="module")
def planner():
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'; SET arrow_lossless_conversion = true")
        yield Planner(connection, TABLES)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM t",
        "SELECT COUNT(slot) + 1, sum(size) / count(*) FROM t x WHERE x.slot > 3 OR name LIKE 'a%'",
        "SELECT core, count(*) FILTER (WHERE ok) * 1.0 / count(*) FROM t GROUP BY core",
        "SELECT core AS c, avg(slot) FROM t GROUP BY c HAVING avg(slot) > 1 ORDER BY 2 LIMIT 3",
        "SELECT date_trunc('hour', seen) AS hour, max(hash) FROM t GROUP BY ALL ORDER BY hour",
        "SELECT core FROM t GROUP BY core",
        "SELECT DISTINCT core, name || '!' FROM t",
        "SELECT slot + 1 AS next FROM t WHERE name IS NULL ORDER BY next LIMIT 5 OFFSET 2",
        "SELECT * FROM t WHERE slot <> 3 LIMIT 5",
        "SELECT sum(price), min(price), bool_and(ok), bit_xor(slot) FROM t WHERE seen < now()",
        "SELECT core FROM t GROUP BY core ORDER BY sum(size)",
        "SELECT sum(size) AS n FROM t HAVING n > 2",
        "SELECT {'core': core, 'n': count(*)}::VARCHAR FROM t GROUP BY core",
    ],
)
def test_provable_statements_are_split(planner, sql):
    assert planner.plan(sql).split is not None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM t, u",
        "SELECT count(*) FROM merged",
        "WITH t AS (SELECT 1 AS slot) SELECT count(*) FROM t",
        "SELECT count(*) FROM (SELECT * FROM t LIMIT 3)",
        "SELECT count(*) FROM t WHERE slot = (SELECT max(slot) FROM t)",
        "SELECT count(DISTINCT slot) FROM t",
        "SELECT sum(load) FROM t",
        "SELECT max(load) FROM t",
        "SELECT avg(price) FROM t",
        "SELECT median(slot) FROM t",
        "SELECT list(slot ORDER BY seen) FROM t",
        "SELECT first(slot) FROM t",
        "SELECT max(slot, 3) FROM t",
        "SELECT slot, random() FROM t WHERE slot <> 3",
        "SELECT sum(slot) OVER () FROM t",
        "SELECT slot FROM t QUALIFY row_number() OVER () = 1",
        "SELECT core, count(*) FROM t GROUP BY ROLLUP (core)",
        "SELECT DISTINCT ON (core) core, slot FROM t",
        "SELECT * EXCLUDE (slot) FROM t",
        "SELECT slot FROM t TABLESAMPLE 1 ROWS",
        "SELECT slot FROM t WHERE slot <> 3 LIMIT 10%",
        "SELECT slot FROM t UNION ALL SELECT slot FROM u",
        "SELECT slot AS s FROM t WHERE s <> 3",
        "SELECT count(*) FROM t HAVING count(*) > (SELECT 1)",
        "SELECT unnest([slot]) FROM t",
        "SELECT 1 FROM t GROUP BY ()",
        "SELECT struct_pack(core)::VARCHAR, count(*) FROM t GROUP BY core",
        "SELECT struct_pack(core, n := 1)::VARCHAR FROM t WHERE slot <> 3",
        "SELECT alias(slot) AS x FROM t WHERE slot <> 3",
        "SELECT slot AS s FROM t AS x(slot) WHERE slot <> 3",
        "SELECT * RENAME (slot AS s) FROM t WHERE slot <> 3",
        "SELECT count(*) FROM t PIVOT (count(*) FOR core IN (1))",
    ],
)
def test_other_statements_run_once(planner, sql):
    plan = planner.plan(sql)
    assert plan.split is None
    assert plan.scans or plan.catalogue


def test_a_statement_without_tables_needs_nothing(planner):
    plan = planner.plan("SELECT 1")
    assert (plan.scans, plan.split, plan.catalogue) == ((), None, False)


def test_a_limit_is_applied_on_every_shard(planner):
    parts = planner.plan("SELECT slot FROM t WHERE slot <> 3 ORDER BY slot LIMIT 5 OFFSET 2").split
    assert parts.map.endswith("LIMIT 7")
    assert parts.reduce.endswith("LIMIT 5 OFFSET 2")


def test_all_shards_compute_with_one_time(planner):
    for clock in ("now()", "current_timestamp", "today()", "current_date", "localtimestamp"):
        parts = planner.plan(f"SELECT count(*) FROM t WHERE seen < {clock} OR ok").split
        assert "20" in parts.map
        assert clock.removesuffix("()") not in parts.map.lower()


def test_all_clocks_of_a_statement_show_one_time(planner):
    parts = planner.plan("SELECT current_timestamp = now() AS x, count(*) FROM t GROUP BY x").split
    assert len(set(re.findall(r"'20[^']*'", parts.map))) == 1
    sql = "SELECT 1 FROM t WHERE seen <= now() UNION ALL SELECT 1 FROM t WHERE seen > now()"
    (scan,) = planner.plan(sql).scans
    assert len({each.value for all_of in scan.conditions for each in all_of}) == 1


def test_merged_tables_are_read_whole_but_for_conditions_on_their_keys(planner):
    (scan,) = planner.plan("SELECT core FROM merged WHERE slot = 3 AND core = 4 LIMIT 1").scans
    assert scan.columns == tuple(COLUMNS)
    assert [each.column for each in scan.conditions[0]] == ["slot"]
    assert (scan.order, scan.limit) == ((), None)
    (scan,) = planner.plan("SELECT core FROM merged WHERE core = 4").scans
    assert scan.conditions == ()
