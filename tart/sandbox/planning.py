"""Plans: the tables, parts and columns of a statement, before any row is read.

A plan is made in the sandbox, whose DuckDB parses and binds the statement over empty tables. So an
unknown name or a wrong type is an error before a shard reads anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import duckdb
import nanoarrow as na

from tart.query.sql.byte_comparisons import (
    TextForBytes,
    apply_edits,
    comparison_edits,
    unhex_edits,
)
from tart.query.sql.planner import CLOCKS, NotSplit, Split, split
from tart.query.sql.pushdown import Scan, compares_exactly
from tart.query.sql.statement_errors import without_end
from tart.query.sql.syntax_tree import (
    Tree,
    arguments,
    function_name,
    is_text_literal,
    transform,
)
from tart.query.sql.tables import Table
from tart.query.sql.views import quote_identifier
from tart.sandbox.statement import Needs, StatementRefused, examine

Connection = duckdb.DuckDBPyConnection

PARTIALS = "partials"


@dataclass(frozen=True)
class Plan:
    """The execution of a statement.

    Attributes:
        scans: The rows of the tables that it reads; none if it is split.
        catalogue: Whether all tables must exist, without rows.
        sql: The statement to run, with the bytes that compared text means.
        split: Its parts, if every shard runs a part of it.
    """

    scans: tuple[Scan, ...]
    catalogue: bool
    sql: str
    split: Split | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document that the sandbox's caller reads."""
        return {
            "scans": [scan.as_json() for scan in self.scans],
            "map": self.split.map if self.split else None,
        }


class Engine:
    """DuckDB as ``query.sql.planner`` needs it.

    Args:
        connection: A connection in which the tables of the statement exist, without rows.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._times: dict[str, tuple[str, str]] | None = None

    def begin(self) -> None:
        """Begin a statement, whose clocks show one time."""
        self._times = None

    @cached_property
    def _functions(self) -> list[tuple[str, list[str], list[str | None]]]:
        return self._connection.execute(
            "SELECT function_name, list(DISTINCT function_type), list(DISTINCT stability) "
            "FROM duckdb_functions() GROUP BY ALL"
        ).fetchall()

    @cached_property
    def deterministic(self) -> frozenset[str]:
        """Names that mean scalar functions without state only."""
        return frozenset(
            name
            for name, kinds, stabilities in self._functions
            if kinds == ["scalar"] and stabilities == ["CONSISTENT"]
        )

    @cached_property
    def aggregates(self) -> frozenset[str]:
        """Names of aggregate functions."""
        return frozenset(name for name, kinds, _ in self._functions if "aggregate" in kinds)

    def text(self, expression: Tree) -> str:
        """Return an expression as SQL."""
        return select_text(self._connection, expression).removeprefix("SELECT ")

    def types(self, statement: str) -> list[str]:
        """Return the types of the columns of a statement."""
        return [str(kind) for kind in self._connection.sql(statement).types]

    def clock(self, name: str) -> Tree:
        """Return the value of one of ``CLOCKS`` as a constant, the same time for all of them."""
        if self._times is None:
            # DuckDB evaluates the clocks of one statement at one time.
            names = sorted(CLOCKS)
            words = ("current_date", "current_timestamp", "localtimestamp")
            calls = [name if name in words else f"{name}()" for name in names]
            listed = ", ".join(f"({call})::VARCHAR, typeof({call})" for call in calls)
            (row,) = self._connection.execute(f"SELECT {listed}").fetchall()
            self._times = dict(zip(names, zip(row[::2], row[1::2], strict=True), strict=True))
        value, kind = self._times[name]
        tree = syntax_tree(self._connection, f"SELECT CAST('{value}' AS {kind})")
        constant: Tree = tree["statements"][0]["node"]["select_list"][0]
        return constant


class Planner:
    """Plans statements over tables.

    Args:
        connection: A connection without tables.
        tables: The tables that statements may name.
    """

    def __init__(self, connection: Connection, tables: Mapping[str, Table]) -> None:
        self.connection = connection
        self._tables = tables
        self.engine = Engine(connection)

    def prepare(self) -> None:
        """Read DuckDB's functions, and run everything once that is slower the first time."""
        if "events" in self._tables:
            self.plan("SELECT coalesce(sum(type), 0) FROM events GROUP BY id ORDER BY 1")

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table that exists; none of another."""
        try:
            return list(self.connection.table(table).columns)
        except duckdb.Error:
            return []

    def permit(self, sql: str, tables: frozenset[str]) -> None:
        """Check a statement over tables that exist already.

        Raises:
            StatementRefused: It is not permitted.
        """
        examine(syntax_tree(self.connection, sql), {}, tables, self._constant)

    def plan(self, sql: str, max_rows: int | None = None, *, splits: bool = True) -> Plan:
        """Return the plan of a statement.

        Args:
            sql: The statement.
            max_rows: The limit of the result.
            splits: Whether it may be split.

        Raises:
            StatementRefused: It is not permitted.
            duckdb.Error: DuckDB does not understand it.
        """
        self.engine.begin()
        tree = syntax_tree(self.connection, sql)
        if edits := unhex_edits(tree):
            sql = apply_edits(sql, edits)
            tree = syntax_tree(self.connection, sql)
        needs = self._needs(tree)
        with self._empty_tables(needs.scans):
            if needs.catalogue or not needs.scans:
                return Plan(needs.scans, needs.catalogue, sql)
            bound = self.connection.sql(sql)
            if bound is None:
                raise StatementRefused("only a statement with a result is run")
            compared = self.compared_bytes(sql, tree)
            if compared != sql:
                sql, bound = compared, self.connection.sql(compared)
                needs = self._needs(syntax_tree(self.connection, sql))
            if needs.exact:
                enough = None if max_rows is None else max_rows + 1
                return Plan((replace(needs.scans[0], enough=enough),), False, sql)
            parts = self._split(needs, bound) if splits else None
            return Plan(() if parts else needs.scans, False, sql, parts)

    def ended(self, sql: str) -> str:
        """Return a statement without comments behind its last semicolon."""
        candidates = list(without_end(sql))
        tree = syntax_tree(self.connection, sql) if candidates else None
        same = (each for each in candidates[::-1] if syntax_tree(self.connection, each) == tree)
        return next(same, sql)

    def compared_bytes(self, sql: str, tree: Tree) -> str:
        """Return a statement that compares bytes as bytes, not with their hexadecimal text.

        Args:
            sql: The statement; its tables exist.
            tree: Its syntax tree.

        Raises:
            StatementRefused: It compares bytes with other text.
        """
        try:
            edits = comparison_edits(tree, bound_plan(self.connection, sql))
            if not edits:
                return sql
            edited = apply_edits(sql, edits)
            tree = syntax_tree(self.connection, edited)
            if comparison_edits(tree, bound_plan(self.connection, edited)):
                raise TextForBytes("bytes (BLOB) are compared with text: write unhex(…) around it")
            return edited
        except TextForBytes as error:
            raise StatementRefused(str(error)) from None

    @contextmanager
    def _empty_tables(self, scans: tuple[Scan, ...]) -> Iterator[None]:
        for scan in scans:
            create_table(self.connection, scan.view, self._tables[scan.view].types)
        try:
            yield
        finally:
            for scan in scans:
                self.connection.execute(f"DROP TABLE {quote_identifier(scan.view)}")

    def _needs(self, tree: Tree) -> Needs:
        schemas = {name: table.types for name, table in self._tables.items()}
        needs = examine(tree, schemas, frozenset(), self._constant)
        scans = tuple(
            gathered(scan, self._tables[scan.view]) if self._tables[scan.view].merge else scan
            for scan in needs.scans
        )
        exact = needs.exact and scans == needs.scans
        return Needs(needs.node, scans, needs.catalogue, exact)

    def _constant(self, node: Tree, kind: str) -> str | None:
        def time(part: Tree) -> Tree | None:
            name = "" if arguments(part) else function_name(part)
            return self.engine.clock(name) if name in CLOCKS else None

        return constant_text(self.connection, transform(node, time), kind)

    def _split(self, needs: Needs, bound: duckdb.DuckDBPyRelation) -> Split | None:
        """Return the parts of a statement if it can be split."""
        disjoint = {
            name: table.types for name, table in self._tables.items() if table.merge is None
        }
        try:
            parts = split(needs.node, disjoint, bound.columns, self.engine)
            return parts if self._merges(parts, bound) else None
        except (NotSplit, RecursionError, duckdb.Error):
            return None

    def _merges(self, parts: Split, bound: duckdb.DuckDBPyRelation) -> bool:
        """Return whether the parts have the types of the statement, on every way between them."""
        connection = self.connection
        mapped = connection.sql(parts.map)
        load(connection, PARTIALS, [na.ArrayStream(mapped).read_all()])
        try:
            partials = connection.table(PARTIALS)
            if list(map(str, partials.types)) != list(map(str, mapped.types)):
                return False
            merged = connection.sql(parts.reduce)
            return list(map(str, merged.types)) == list(map(str, bound.types))
        finally:
            connection.execute(f"DROP TABLE {PARTIALS}")


def gathered(scan: Scan, table: Table) -> Scan:
    """Return the scan of the shards' parts of a table that is merged from them.

    Its rows are complete, and only those are left out whose key the statement does not read.
    """
    conditions = tuple(
        tuple(each for each in all_of if each.column in table.keys & table.part_types.keys())
        for all_of in scan.conditions
    )
    return Scan(scan.view, tuple(table.part_types), conditions if all(conditions) else ())


def syntax_tree(connection: Connection, sql: str) -> Tree:
    """Return the syntax tree of a statement, or a document with its error."""
    options = "skip_null := true, skip_default := true"
    ((text,),) = connection.execute(
        f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]
    ).fetchall()
    tree: Tree = json.loads(text)
    return tree


def bound_plan(connection: Connection, sql: str) -> Tree:
    """Return the plan of a statement before DuckDB optimizes it; empty if it has no document."""
    try:
        ((text,),) = connection.execute(
            "SELECT json_serialize_plan(?::VARCHAR, skip_null := true, skip_default := true, "
            "optimize := false)",
            [sql],
        ).fetchall()
        tree: Tree = json.loads(text)
        return tree
    except (duckdb.Error, RecursionError):
        return {}


def select_text(connection: Connection, expression: Tree) -> str:
    """Return the SELECT of an expression as SQL."""
    statement = {
        "type": "SELECT_NODE",
        "cte_map": {"map": []},
        "modifiers": [],
        "select_list": [expression],
        "from_table": {"type": "EMPTY"},
        "aggregate_handling": "STANDARD_HANDLING",
    }
    document = {"error": False, "statements": [{"node": statement}]}
    ((text,),) = connection.execute(
        "SELECT json_deserialize_sql(?::JSON)", [json.dumps(document)]
    ).fetchall()
    return str(text)


def constant_text(connection: Connection, node: Tree, kind: str) -> str | None:
    """Evaluate a constant, see ``statement.ConstantEvaluator``; ``None`` if that fails."""
    try:
        text = select_text(connection, node)
        ((value, same, own),) = connection.execute(
            f"SELECT (value::{kind})::VARCHAR, value = value::{kind}, typeof(value) "
            f"FROM ({text}) AS t(value)"
        ).fetchall()
    except duckdb.Error:
        return None
    exact = compares_exactly(kind, None if is_text_literal(node) else str(own))
    return str(value) if same and exact else None


def create_table(connection: Connection, table: str, columns: Mapping[str, str]) -> None:
    """Create a table without rows."""
    listed = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {quote_identifier(table)} ({listed})")


def load(connection: Connection, table: str, streams: Any) -> None:
    """Load Arrow streams with equal columns into a table, which the first one may create."""
    for stream in streams:
        connection.register("feed", stream)
        try:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {quote_identifier(table)} AS FROM feed LIMIT 0"
            )
            connection.execute(f"INSERT INTO {quote_identifier(table)} FROM feed")
        finally:
            connection.unregister("feed")


def load_table(
    connection: Connection, table: Table, columns: tuple[str, ...], streams: Any
) -> None:
    """Load the rows of a table of all shards, merged if the table has a merge."""
    if table.merge is None:
        create_table(connection, table.name, {name: table.types[name] for name in columns})
        load(connection, table.name, streams)
        return
    create_table(connection, PARTIALS, {name: table.part_types[name] for name in columns})
    load(connection, PARTIALS, streams)
    connection.execute(f"CREATE TABLE {quote_identifier(table.name)} AS {table.merge}")
    connection.execute(f"DROP TABLE {PARTIALS}")
