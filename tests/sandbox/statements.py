"""Statements at random, and DuckDB databases that stand for shards.

A statement is run twice: by DuckDB over one database that has all rows, and by its plan over
databases that have a part of the rows each. Both have the same answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import duckdb
import nanoarrow as na

from tart.query.sql.pushdown import Scan
from tart.query.sql.tables import Table, TableColumn
from tart.query.sql.views import quote_identifier
from tart.sandbox.planning import PARTIALS, Plan, Planner, load, load_table

SHARDS = (1, 2, 5)
ROWS = 60


def _table(name: str, columns: str, **more: Any) -> Table:
    pairs = (column.split(" ", 1) for column in columns.split("; "))
    return Table(name, "", tuple(TableColumn(*pair) for pair in pairs), **more)


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        _table(
            "blocks",
            "id BIGINT; node_id VARCHAR; slot UINTEGER; core USMALLINT; size UBIGINT; "
            "price DECIMAL(10,2); load DOUBLE; ok BOOLEAN; hash BLOB; seen TIMESTAMP; "
            "tags VARCHAR[]; pair STRUCT(a INTEGER, b VARCHAR)",
        ),
        _table("faults", "id BIGINT; node_id VARCHAR; slot UINTEGER; reason VARCHAR"),
        _table(
            "hours",
            "hour TIMESTAMP; node_id VARCHAR; events HUGEINT; slowest UINTEGER",
            merge="SELECT hour, node_id, sum(events) AS events, max(slowest) AS slowest "
            "FROM partials GROUP BY ALL",
            keys=frozenset({"hour", "node_id"}),
        ),
    )
}
_FLOAT = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")
# Sums of floating-point numbers depend on the order of the rows; averages of integers of 64 bits
# are computed with 64 or 80 bits by DuckDB, depending on the other columns.
_INEXACT = (
    "load",
    "stddev",
    "avg(size",
    "avg(id",
    "mean(id",
    "avg((",
    "avg(3",
    "avg(length",
    "avg(coalesce",
)
_NULLS = (" NULLS FIRST", " NULLS LAST")
_WORDS = ("alpha", "beta", "gamma", "", "7", "07", "a%b", "Ünï", "NULL", "it''s")
# Constants that DuckDB compares with a column in different types.
CONSTANTS = (
    *("3", "7", "-1", "256", "2.5", "3.0", "3e0", "3::DOUBLE", "'3'", "'03'", "3::DECIMAL(38,0)"),
    *("9007199254740992", "9007199254740992e0", "9007199254740992::FLOAT", "18446744073709551616"),
    *("'alpha'", "'Alpha'::VARCHAR", "lower('ALPHA')", "'7'::VARCHAR", "unhex('01ff')", "true"),
    *("DATE '2026-11-20'", "TIMESTAMP '2026-11-20 00:00:30.5'", "'2026-11-20 02:00:30.5+02'"),
    *("TIMESTAMPTZ '2026-11-20 02:00:30.5+02'", "TIMESTAMP_NS '2026-11-20 00:00:30.500000001'"),
    *("now()", "NULL", "0.5", "'nan'::DOUBLE", "0.5::FLOAT"),
)
_WORDS_OF_OTHER_CASE = ("'ALPHA'", "'Beta'")


def rows(random: Random, table: str, count: int = ROWS) -> list[str]:
    """Rows of a table as SQL, of few values, so that groups and joins have some."""

    def maybe(text: str) -> str:
        return "NULL" if random.random() < 0.12 else text

    def word() -> str:
        return maybe(f"'{random.choice(_WORDS)}'")

    def hour() -> str:
        return maybe(f"TIMESTAMP '2026-11-20 {random.randrange(6):02}:00:00'")

    found = []
    for number in range(count):
        slot = maybe(str(random.choice((0, 1, 2, 3, 7, 100, 4294967295))))
        match table:
            case "blocks":
                size = random.choice(
                    (0, 5, 1 << 53, (1 << 53) + 1, (1 << 64) - 1, random.randrange(1 << 62))
                )
                load = random.choice(("0.5", "1e300", "-2.25", "'NaN'::DOUBLE", "'inf'::DOUBLE"))
                values = [
                    str(number),
                    word(),
                    slot,
                    maybe(str(random.randrange(4))),
                    maybe(str(size)),
                    maybe(f"{random.randrange(-9999, 9999) / 100:.2f}"),
                    maybe(load),
                    maybe(random.choice(("true", "false"))),
                    maybe(f"unhex('{random.randrange(4):02x}ff')"),
                    maybe(f"TIMESTAMP '2026-11-20 00:00:{random.randrange(60):02}.5'"),
                    maybe(f"[{word()}, {word()}]"),
                    maybe(f"{{'a': {maybe(str(random.randrange(3)))}, 'b': {word()}}}"),
                ]
            case "faults":
                values = [str(number), word(), slot, word()]
            case _:
                values = [hour(), word(), str(random.randrange(1 << 60)), slot]
        found.append(f"({', '.join(values)})")
    return found


class Databases:
    """All rows in one database, and parts of them in others.

    Args:
        random: Chooses the rows and their places.
        shards: The number of parts.
    """

    def __init__(self, random: Random, shards: int) -> None:
        self.one = duckdb.connect(":memory:")
        self.parts = [duckdb.connect(":memory:") for _ in range(shards)]
        self.runner = duckdb.connect(":memory:")
        planning = duckdb.connect(":memory:")
        everyone = [self.one, *self.parts, self.runner, planning]
        for connection in everyone:
            connection.execute("SET TimeZone = 'UTC'; SET arrow_lossless_conversion = true")
            connection.execute("SET threads = 1")
        self.planner = Planner(planning, TABLES)
        self.split = 0
        for table in TABLES.values():
            self._fill(table, random)

    def _fill(self, table: Table, random: Random) -> None:
        columns = ", ".join(f"{quote_identifier(n)} {t}" for n, t in table.types.items())
        for connection in (self.one, *self.parts):
            connection.execute(f"CREATE TABLE {table.name} ({columns})")
        for row in rows(random, table.name):
            for connection in (self.one, random.choice(self.parts)):
                connection.execute(f"INSERT INTO {table.name} VALUES {row}")
        if table.merge is not None:
            self.one.execute(f"ALTER TABLE {table.name} RENAME TO partials")
            self.one.execute(f"CREATE TABLE {table.name} AS {table.merge}")
            self.one.execute("DROP TABLE partials")

    def close(self) -> None:
        """Close all databases."""
        for connection in (self.one, *self.parts, self.runner):
            connection.close()

    def expected(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of the one database."""
        return self.one.execute(sql).fetchall()

    def planned(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that the parts have according to the plan."""
        plan = self.planner.plan(sql)
        self.split += plan.split is not None
        try:
            return self._run(plan)
        finally:
            for table in (*TABLES, PARTIALS):
                self.runner.execute(f"DROP TABLE IF EXISTS {table}")

    def _run(self, plan: Plan) -> list[tuple[Any, ...]]:
        if plan.split is not None:
            results = [stream(part, plan.split.map) for part in self.parts]
            load(self.runner, PARTIALS, results)
            return self.runner.execute(plan.split.reduce).fetchall()
        for scan in plan.scans:
            streams = [stream(part, *scan_text(scan)) for part in self.parts]
            load_table(self.runner, TABLES[scan.view], scan.columns, streams)
        return self.runner.execute(plan.sql).fetchall()


def stream(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> Any:
    """A result as it travels between processes."""
    return na.ArrayStream(connection.sql(sql, params=parameters)).read_all()


def scan_text(scan: Scan) -> tuple[str, list[str]]:
    """The statement that a shard runs for a scan."""
    types, values = TABLES[scan.view].types, []
    alternatives = []
    for all_of in scan.conditions:
        terms = []
        for each in all_of:
            column = quote_identifier(each.column)
            terms.append(f"{column} {each.operator} CAST(? AS {types[each.column]})")
            values.append(each.value)
        alternatives.append(f"({' AND '.join(terms)})")
    names = ", ".join(quote_identifier(name) for name in scan.columns)
    where = " OR ".join(alternatives) or "true"
    return f"SELECT {names} FROM {scan.view} WHERE {where} {scan.order_and_limit()}", values


def differ(found: Sequence[tuple[Any, ...]], expected: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether rows differ, in any order."""
    return Counter(map(repr, found)) != Counter(map(repr, expected))


def close(found: Sequence[tuple[Any, ...]], expected: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether rows are equal, in any order, but for the last digits of numbers."""
    pairs = zip(sorted(map(_numbers, found)), sorted(map(_numbers, expected)), strict=False)
    return len(found) == len(expected) and all(
        text == other and all(map(_is_close, numbers, others))
        for (text, numbers), (other, others) in pairs
    )


def _numbers(row: tuple[Any, ...]) -> tuple[str, list[float]]:
    """The text of a row, in which floating-point numbers are rounded, and these numbers."""
    numbers = [float(each) for each in _FLOAT.findall(repr(row))]
    return _FLOAT.sub(lambda each: f"{float(each[0]):.5e}", repr(row)), numbers


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-12)


# --- The generator ----------------------------------------------------------------------


class Statements:
    """Statements over the tables ``blocks``, ``faults`` and ``hours``."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def integer(self, depth: int = 2) -> str:
        """An expression of the type of integers."""
        if depth == 0 or self.likely(0.5):
            return self.pick("slot", "core", "id", "b.slot", "size", "3", "length(node_id)")
        left, right = self.integer(depth - 1), self.integer(depth - 1)
        return self.pick(
            f"({left})::HUGEINT + {right}",
            f"({left})::HUGEINT - ({right})",
            f"({left}) % 7",
            f"coalesce({left}, {right})",
            f"CASE WHEN {self.condition(depth - 1)} THEN {left} ELSE {right} END",
            f"greatest({left}, {right})",
        )

    def value(self) -> str:
        """An expression of any type."""
        return self.pick(
            self.integer(),
            self.integer(),
            *(
                "node_id",
                "upper(node_id)",
                "b.node_id || '-' || core",
                "price",
                "price * 2",
                "load",
            ),
            *("ok", "NOT ok", "hash", "hex(hash)", "seen", "date_trunc('minute', seen)", "tags"),
            *("tags[1]", "pair", "pair.a", "b.pair.b", "slot::VARCHAR", "'it''s'", "NULL", "size"),
            *(
                "seen + INTERVAL 1 MINUTE",
                "extract(second FROM seen)",
                "{'x': slot}",
                "[slot, core]",
            ),
            *(
                "slot / 2",
                "id // 3",
                "nullif(core, 1)",
                "seen::DATE",
                "now() > seen",
                "ok::INTEGER",
            ),
        )

    def condition(self, depth: int = 2) -> str:
        """A condition."""
        if depth and self.likely(0.4):
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            return self.pick(f"{left} AND {right}", f"({left} OR {right})", f"NOT ({left})")
        operator = self.pick("=", "<", "<=", ">", ">=", "<>", "IS DISTINCT FROM")
        return self.pick(
            f"slot {operator} {self.pick('0', '3', '100', '2.5', '-1', '4294967296')}",
            f"{self.pick('2', '3')} {operator} core",
            f"size {operator} 9007199254740992",
            f"price {operator} {self.pick('1.5', '0', '-20.25')}",
            f"seen {operator} TIMESTAMP '2026-11-20 00:00:30'",
            f"seen {operator} '2026-11-20 00:00:{self.random.randrange(60):02}'",
            f"seen {operator} now() - INTERVAL 1 HOUR",
            "slot BETWEEN 1 AND 100",
            "id BETWEEN 10 AND slot",
            f"slot IN ({self.pick('1, 2', '3, NULL', '7, 100, 1')})",
            "core NOT IN (1, 2)",
            "node_id LIKE '%a%'",
            "node_id IN ('alpha', 'beta')",
            "b.node_id = 'alpha'",
            "hash = unhex('01ff')",
            "slot IS NULL",
            "reason IS NULL" if self.likely(0.02) else "core IS NOT NULL",
            "ok",
            "tags[1] = 'alpha'",
            "list_contains(tags, 'beta')",
            "pair.a = 1",
            f"{self.integer(depth and 1)} {operator} {self.integer(0)}",
            self.mixed_comparison(),
        )

    def mixed_comparison(self) -> str:
        """A comparison of a column with constants of any type; many are errors."""
        column = self.pick(*("size", "slot", "core", "id", "node_id", "seen", "load", "ok"))
        one, other = self.pick(*CONSTANTS), self.pick(*CONSTANTS)
        operator = self.pick("=", "<", "<=", ">", ">=")
        return self.pick(
            f"{column} {operator} {one}",
            f"{one} {operator} {column}",
            f"{column} IN ({one}, {other})",
            f"{column} BETWEEN {one} AND {other}",
            f"{column} IS NOT DISTINCT FROM {one}",
            f"node_id {operator} {self.pick(*_WORDS_OF_OTHER_CASE)} COLLATE NOCASE",
        )

    def shapes(self) -> tuple[str, ...]:
        """Statements that use columns by place or name, or the text of expressions."""
        column = self.pick("id", "slot", "reason", "node_id")
        where = self.pick("", "WHERE f.slot = 3", "WHERE f.id < 20")
        limit = f"ORDER BY 1, 2, 3 LIMIT {self.random.randrange(1, 9)}"
        return (
            f"SELECT {column} FROM faults f(node_id, id)",
            f"SELECT max(reason), min(reason) FROM faults f({column}, reason)",
            "SELECT a, (SELECT max(reason) FROM faults) FROM faults f(a)",
            f"SELECT max({column}) FROM (SELECT * FROM faults f(reason, slot, id, node_id)) f",
            "SELECT count(*) FROM faults PIVOT (count(*) FOR slot IN (3, 7))",
            "SELECT three FROM faults PIVOT (count(*) FOR slot IN (3 AS three))",
            "SELECT x FROM faults UNPIVOT (x FOR name IN (id, slot))",
            f"SELECT * RENAME (id AS slot, slot AS id) FROM faults f {where} "
            f"ORDER BY id, slot, node_id, reason LIMIT {self.random.randrange(1, 9)}",
            f"SELECT * EXCLUDE (id) RENAME (slot AS id) FROM faults f {where} {limit}",
            f"SELECT * REPLACE (-id AS id) FROM faults f {where} ORDER BY id LIMIT 4",
            f"SELECT f.* EXCLUDE (slot) FROM faults f {where} {limit}",
            f"SELECT * LIKE '%d' FROM faults f {where}",
            f"SELECT {column} FROM faults f {where} GROUP BY ALL ORDER BY 1 LIMIT 5",
            f"SELECT #{self.pick('1', '2', '3')} FROM faults f {where}",
            f"SELECT min(COLUMNS(*)) FROM faults f {where}",
            "SELECT count(*) FROM faults NATURAL JOIN (SELECT slot, id FROM faults) x",
            "SELECT count(*) FROM blocks NATURAL JOIN faults",
            f"SELECT count(f.{column}) FROM faults f JOIN (SELECT slot FROM faults) s USING (slot)",
            f"SELECT to_json(f) FROM faults f {where}",
            f"SELECT count(DISTINCT f) FROM faults f {where}",
            f"SELECT row(f.slot, f.id)::VARCHAR FROM faults f {where}",
            f"SELECT to_json(struct_pack({column})), count(*) FROM faults f GROUP BY {column}",
            f"SELECT struct_pack({column}, n := count(*))::VARCHAR FROM faults GROUP BY {column}",
            f"SELECT {{'x': {column}, 'n': count(*)}}::VARCHAR FROM faults GROUP BY {column}",
            f"SELECT alias({column}) AS x, alias({column} || 'x') FROM faults f {where}",
            f"SELECT typeof({column}), typeof(sum(id)) FROM faults GROUP BY {column}",
            f"SELECT {self.clocks()} AS x, count(*) FROM faults GROUP BY x",
            f"SELECT {self.clocks()} AND now() = max(now()) FROM faults",
            f"SELECT node_id COLLATE NOCASE = 'ALPHA', count(*) FROM faults f {where} GROUP BY 1",
        )

    def clocks(self) -> str:
        """A comparison of clocks."""
        clock = ("now()", "current_timestamp", "get_current_timestamp()")
        return self.pick(
            f"{self.pick(*clock)} = {self.pick(*clock)}",
            f"{self.pick(*clock)}::DATE = {self.pick('today()', 'current_date')}",
            f"{self.pick(*clock)}::TIMESTAMP = localtimestamp",
        )

    def aggregate(self) -> str:
        """An aggregate, most of them of those that are split."""
        rest = f" FILTER (WHERE {self.condition(1)})" if self.likely(0.25) else ""
        name = self.pick("sum", "min", "max", "avg", "count")
        inner = self.pick(
            *("count(*)", "count()", "count(node_id)", "count_if(ok)", "max(seen)", "min(node_id)"),
            *("sum(slot)", "sum(size)", "sum(price)", "avg(slot)", "avg(size)", "avg(price)"),
            *("avg(core)", "bool_and(ok)", "bool_or(ok)", "bit_and(core)", "bit_xor(slot)"),
            *("bit_or(size)", "max(hash)", "min(price)", "sum(ok::INTEGER)", "mean(id)"),
            f"{name}({self.integer()})",
            self.pick(
                *("count(DISTINCT slot)", "sum(load)", "max(load)", "median(slot)", "mode(core)"),
                *(
                    "list(slot ORDER BY id)",
                    "quantile_cont(id, 0.9)",
                    "avg(load)",
                    "sum(DISTINCT core)",
                ),
                *(
                    "string_agg(node_id, ',' ORDER BY id)",
                    "min(pair)",
                    "max(tags)",
                    "arg_min(id, id)",
                ),
                *(
                    "stddev_pop(core)",
                    "approx_count_distinct(slot)",
                    "max(slot, 2)",
                    "any_value(3)",
                ),
            ),
        )
        return inner + rest

    def computed(self) -> str:
        """An expression of aggregates."""
        one, other = self.aggregate(), self.aggregate()
        return self.pick(
            one,
            one,
            one,
            f"coalesce(({one})::VARCHAR, '-')",
            f"[{one}]",
            "count(*) FILTER (WHERE ok) * 100.0 / count(*)",
            f"CASE WHEN count(*) > 3 THEN {one} END",
            f"({one}) IS NULL OR ({other}) IS NULL",
            "max(slot) - min(slot) + 1",
        )

    def where(self) -> str:
        return f" WHERE {self.condition()}" if self.likely(0.7) else ""

    def ending(self, columns: int) -> str:
        """ORDER BY all columns and LIMIT: rows that are equal may stand for each other."""
        if self.likely(0.5):
            return ""
        order = list(range(1, columns + 1))
        self.random.shuffle(order)
        keys = ", ".join(
            f"{number}{self.pick('', ' ASC', ' DESC')}{self.pick('', *_NULLS)}" for number in order
        )
        limit = f" LIMIT {self.random.randrange(8)}" if self.likely(0.7) else ""
        offset = f" OFFSET {self.random.randrange(5)}" if self.likely(0.3) else ""
        return f" ORDER BY {keys}{limit}{offset}"

    def selection(self) -> str:
        """Expressions of the rows of one table."""
        if self.likely(0.15):
            columns = len(TABLES["blocks"].columns)
            return (
                f"SELECT {self.pick('*', 'b.*')} FROM blocks b{self.where()}{self.ending(columns)}"
            )
        items = [self.value() for _ in range(self.random.randrange(1, 4))]
        named = [
            f"{item} AS {name}" if self.likely(0.4) else item for item, name in self._named(items)
        ]
        distinct = "DISTINCT " if self.likely(0.2) else ""
        return (
            f"SELECT {distinct}{', '.join(named)} FROM blocks {self.pick('b', 'AS b')}"
            f"{self.where()}{self.ending(len(items))}"
        )

    def _named(self, items: list[str]) -> list[tuple[str, str]]:
        names = ["slot", "x", "n", "core", "y"]
        self.random.shuffle(names)
        return list(zip(items, names, strict=False))

    def aggregation(self) -> str:
        """GROUP BY over one table."""
        keys = [self.value() for _ in range(self.random.randrange(3))]
        keys = [key for key in keys if key not in ("'it''s'", "NULL", "3")]
        items = keys + [self.computed() for _ in range(self.random.randrange(1, 4))]
        named = [
            f"{item} AS {name}" if self.likely(0.4) else item for item, name in self._named(items)
        ]
        group = self.pick(", ".join(keys), ", ".join(map(str, range(1, len(keys) + 1))), "ALL")
        having = f" HAVING {self.aggregate()} IS NOT NULL" if self.likely(0.2) else ""
        having = " HAVING count(*) > 2" if self.likely(0.2) else having
        distinct = "DISTINCT " if self.likely(0.05) else ""
        return (
            f"SELECT {distinct}{', '.join(named)} FROM blocks b{self.where()}"
            f"{f' GROUP BY {group}' if keys else ''}{having}{self.ending(len(named))}"
        )

    def join(self) -> str:
        """A join of two tables."""
        kind = self.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN")
        on = self.pick(
            "ON b.slot = f.slot", "ON b.node_id = f.node_id AND f.slot < 9", "USING (slot)"
        )
        left = f"b.core, b.id % 5 FROM blocks b {kind} faults f {on}"
        if kind in ("SEMI JOIN", "ANTI JOIN"):
            return f"SELECT {left} WHERE {self.pick('core = 1', 'b.size > 5', 'true')}"
        where = self.pick(
            *("b.core = 1", "f.reason = 'alpha'", "b.core = 2 AND f.reason IN ('beta', 'gamma')"),
            *("core < 3", "reason > 'b'", "f.reason IS NULL", "b.id = f.id", "true"),
        )
        extra = self.pick("", " AND EXISTS (SELECT 1 FROM hours h WHERE h.node_id = b.node_id)")
        return f"SELECT f.reason, count(*), {left} WHERE {where}{extra} GROUP BY ALL"

    def compound(self) -> str:
        """Common table expressions, windows, subqueries, set operations, merged tables."""
        where, slot = self.condition(1), self.pick("3", "7")
        return self.pick(
            f"WITH t AS (SELECT slot, core FROM blocks b WHERE {where}) "
            "SELECT core, max(slot), count(*) FROM t GROUP BY core",
            "WITH blocks AS (SELECT slot FROM blocks WHERE core = 1) SELECT sum(slot) FROM blocks",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) "
            "SELECT n, (SELECT count(*) FROM blocks WHERE core = n) FROM t",
            "SELECT id, rank() OVER (PARTITION BY core ORDER BY slot, id) FROM blocks b "
            f"WHERE {where}",
            "SELECT core, id FROM blocks "
            "QUALIFY row_number() OVER (PARTITION BY core ORDER BY id) = 1",
            "SELECT slot FROM blocks "
            f"WHERE slot > (SELECT avg(slot) FROM faults WHERE slot < {slot})",
            "SELECT count(*) FROM blocks "
            f"WHERE slot IN (SELECT slot FROM faults WHERE id < {slot}0)",
            f"SELECT slot, node_id FROM blocks b WHERE {where} "
            f"{self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL')} "
            "SELECT slot, node_id FROM faults WHERE slot < 100",
            "SELECT * FROM hours",
            "SELECT node_id, events FROM hours WHERE node_id = 'alpha'",
            "SELECT hour, events FROM hours WHERE events > 1000000000000000000 AND slowest = 3",
            "SELECT hour, sum(events), max(slowest) FROM hours "
            "WHERE hour >= '2026-11-20 02:00:00' GROUP BY hour",
            "SELECT count(*) FROM hours",
            f"SELECT sum(n) FROM (SELECT count(*) AS n FROM blocks b WHERE {where} GROUP BY core)",
            "SELECT core, slot, count(*) FROM blocks GROUP BY ROLLUP (core, slot)",
            "SELECT DISTINCT ON (core) core, id FROM blocks ORDER BY core, id",
            "FROM blocks SELECT unnest(tags), core",
            "SELECT b.slot, h.events FROM blocks b, hours h "
            "WHERE b.node_id = h.node_id AND b.core = 1",
            f"SELECT sum(slot) FROM blocks b WHERE {where} HAVING count(*) > 5",
            "SELECT core AS slot, count(*) AS n FROM blocks "
            "GROUP BY core HAVING n > 2 ORDER BY slot",
            "SELECT core + 1 AS core, count(*) FROM blocks GROUP BY core",
            "SELECT slot AS s, s + 1 FROM blocks WHERE s > 2",
            "SELECT list_transform(tags, x -> x || '!') FROM blocks",
            "SELECT current_date = today(), count(*) FROM blocks GROUP BY 1",
            f"SELECT * EXCLUDE (load) FROM blocks b WHERE {where}",
            "SELECT COLUMNS('s.*') FROM blocks",
            "SELECT blocks FROM blocks WHERE slot = 3",
            "SELECT 1",
            "SELECT * FROM range(3) t(a), faults WHERE a = slot",
            "SELECT slot FROM blocks LIMIT 0",
            "SELECT f.slot FROM faults f "
            "JOIN (SELECT slot FROM blocks WHERE core = 2) b USING (slot)",
            "SELECT (SELECT max(slot) FROM faults f WHERE f.node_id = b.node_id) FROM blocks b",
        )

    def next(self) -> str:
        """A statement."""
        kind = self.random.random()
        if kind < 0.3:
            return self.selection()
        if kind < 0.65:
            return self.aggregation()
        if kind < 0.8:
            return self.pick(*self.shapes())
        return self.join() if kind < 0.88 else self.compound()


def check(databases: Databases, sql: str) -> bool:
    """Compare both answers; return whether the one database has one.

    Raises:
        AssertionError: They differ.
    """
    try:
        expected = databases.expected(sql)
    except duckdb.Error:
        return False
    planned = databases.planned(sql)
    if differ(planned, expected):
        inexact = any(word in sql for word in _INEXACT) or "avg(CASE" in sql
        assert inexact, sql
        assert close(planned, expected), sql
    return True
