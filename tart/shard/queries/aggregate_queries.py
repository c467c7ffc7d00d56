"""Answers from the aggregates: sums of the additive tables, rows of the others.

Two questions serve all of them. ``summed`` adds a table's values up by the keys that are
asked for; ``listed`` gives rows, newest first. Both take a window on the shard's clock and
filters by column, cost what the aggregates cost and not what the log does, and see what
was received until now: what was not flushed yet comes from memory (``Snapshot``).

Nodes leave by id, times as Unix microseconds, bytes as hex.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import duckdb

from tart.aggregate.core.tables import OPERATIONS, ROWS, TABLES, TIME, clock_column
from tart.config.schema import AggregatesConfig
from tart.errors import BadQuery, ShardUnavailable
from tart.query.core.windows import bounds_us
from tart.shard.ingest.aggregator import Aggregator
from tart.shard.queries import conformance, first_seen, packages, sessions, transfers
from tart.shard.state.nodes import Nodes
from tart.storage.aggregates.merged_relations import MergedRelations, Snapshot, StaleSnapshot
from tart.storage.store import Store
from tart.units import HOUR_US

Cursor = duckdb.DuckDBPyConnection
Parameters = Mapping[str, Any]
Run = Callable[[Callable[[Cursor], Any]], Any]
# Of relations, parameters, a condition on nodes, and nodes' ids by directory and number.
Answer = Callable[[MergedRelations, Parameters, str, Callable[[int, int], str | None]], Any]

# Rows of one answer; more would not fit a message.
MAX_ROWS = 300_000
MAX_SPREAD = 1_500_000
_TRIES = 10
# What the other questions are about.
_TABLE_OF = {
    "sighted": "sightings",
    "propagated": "sightings",
    "sessions": "sessions",
    "connections": "sessions",
    "spoken": "sessions",
    "examples": "examples",
    "transfers": "transfers",
    "handled": "packages",
    "tallied": "packages",
    "steps": "packages",
    "states": "packages",
    "handlings": "packages",
}

# And which table they look at besides.
_ALSO = {"propagated": ("clocks",), "tallied": ("sessions",)}


class AggregateQueries:
    """Answers the questions to the aggregates of ``query.core.catalog`` for one shard.

    Args:
        settle: counts what was received and not yet decoded.
    """

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        aggregation: Aggregator,
        config: AggregatesConfig,
        settle: Callable[[], None],
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._aggregation = aggregation
        self._config = config
        self._settle = settle
        self.questions: Mapping[str, Callable[[MergedRelations, Parameters], Any]] = {
            "summed": self._summed,
            "listed": self._listed,
            "spread": self._spread,
            "sighted": self._by_nodes(first_seen.sighted),
            "propagated": self._by_nodes(first_seen.propagated),
            "sessions": self._by_nodes(sessions.sessions),
            "connections": self._by_nodes(sessions.connections),
            "spoken": self._by_nodes(conformance.spoken),
            "examples": self._by_nodes(conformance.examples),
            "transfers": self._by_nodes(transfers.transfers),
            **{name: self._by_nodes(each) for name, each in packages.QUESTIONS.items()},
        }

    async def answer(self, name: str, parameters: Parameters, run: Run) -> Any:
        """The answer to one of ``questions``; ``run`` takes it to a reader thread."""
        tables = [self._table(name, parameters), *_ALSO.get(name, ())]
        question = self.questions[name]
        for _ in range(_TRIES):
            self._settle()
            snapshot = self._aggregation.snapshot(tables, time.monotonic())
            try:
                return await run(partial(self._ask, question, parameters, snapshot))
            except StaleSnapshot:
                continue
        raise ShardUnavailable("aggregates were written again and again")

    def _ask(
        self,
        question: Callable[[MergedRelations, Parameters], Any],
        parameters: Parameters,
        snapshot: Snapshot,
        cursor: Cursor,
    ) -> Any:
        files = [self._store.aggregates[each] for each in self._store.directories]
        counts_10s_us = self._config.counts_10s_hours * HOUR_US
        with MergedRelations(cursor, files, snapshot, counts_10s_us) as relations:
            return question(relations, parameters)

    def _table(self, name: str, parameters: Parameters) -> str:
        if name in _TABLE_OF:
            return _TABLE_OF[name]
        table = parameters.get("table")
        tables: Mapping[str, Any] = ROWS if name == "listed" else OPERATIONS
        if table not in tables:
            raise BadQuery(f"table must be one of {', '.join(tables)}", "table")
        return str(table)

    def _summed(self, relations: MergedRelations, parameters: Parameters) -> Any:
        """Rows of the keys in ``by`` and all values of the table, in that order."""
        table = self._table("summed", parameters)
        operations = OPERATIONS[table]
        keys = [each for each in parameters.get("by") or () if each in TABLES[table]]
        step = int(parameters.get("step_us") or 0)
        shown = [self._key(table, key, step) for key in keys]
        values = [
            f"{_operation(name, operations[name], TABLES[table][name])} AS {name}"
            for name in operations
        ]
        wanted = parameters.get("values")
        if wanted is not None:
            values = [each for each, name in zip(values, operations, strict=True) if name in wanted]
        group = f"GROUP BY {', '.join(map(str, _places(keys)))}" if keys else ""
        top = parameters.get("top")
        order = f"ORDER BY {next(iter(operations))} DESC LIMIT {int(top)}" if top else ""
        statement = (
            f"SELECT {', '.join([*shown, *values])} "
            f"FROM {self._relation(relations, table, parameters)} "
            f"{group} {order or f'LIMIT {MAX_ROWS + 1}'}"
        )
        return self._rows(relations.cursor, statement, keys)

    def _listed(self, relations: MergedRelations, parameters: Parameters) -> Any:
        """Rows of a table as objects, newest first, at most ``limit``."""
        table = self._table("listed", parameters)
        columns = [name for name in TABLES[table]]
        wanted = parameters.get("columns")
        columns = [name for name in columns if wanted is None or name in wanted]
        limit = max(0, min(int(parameters.get("limit") or 100), MAX_ROWS))
        distinct = "DISTINCT" if parameters.get("distinct") else ""
        order = "" if distinct else f"ORDER BY {clock_column(table)} DESC"
        shown = [self._key(table, name, 0) for name in columns]
        statement = (
            f"SELECT {distinct} {', '.join(shown)} "
            f"FROM {self._relation(relations, table, parameters)} {order} LIMIT {limit}"
        )
        found = self._rows(relations.cursor, statement, columns)
        return [dict(zip(columns, row, strict=True)) for row in found]

    def _spread(self, relations: MergedRelations, parameters: Parameters) -> Any:
        """One value of a table by node: nodes by their place in a list, so that it is small."""
        table = self._table("spread", parameters)
        value = str(parameters.get("value"))
        if value not in OPERATIONS[table]:
            raise BadQuery(f"{table} has no value {value}", "value")
        keys = [each for each in parameters.get("by") or () if each in TABLES[table]]
        step = int(parameters.get("step_us") or 0)
        shown = [self._key(table, key, step) for key in keys]
        operation = _operation(value, OPERATIONS[table][value], TABLES[table][value])
        rows = relations.cursor.execute(
            f"SELECT {', '.join([*keys, ''])} list(directory * {1 << 32} + node), list(value) "
            f"FROM (SELECT {', '.join([*shown, ''])} directory, node, {operation} AS value "
            f"FROM {self._relation(relations, table, parameters)} GROUP BY ALL) GROUP BY ALL"
        ).fetchall()
        if sum(len(row[-1]) for row in rows) > MAX_SPREAD:
            raise BadQuery("too many values: ask for a shorter window or a longer interval")
        places: dict[int, int] = {}
        return {
            "rows": [
                [*row[:-2], [places.setdefault(one, len(places)) for one in row[-2]], row[-1]]
                for row in rows
            ],
            "nodes": [self._nodes.id_of(one >> 32, one & 0xFFFF_FFFF) for one in places],
        }

    def _by_nodes(self, answer: Answer) -> Callable[[MergedRelations, Parameters], Any]:
        """A question about some nodes, answered elsewhere."""

        def answered(relations: MergedRelations, parameters: Parameters) -> Any:
            return answer(relations, parameters, self._of_node(parameters), self._nodes.id_of)

        return answered

    def _of_node(self, parameters: Parameters) -> str:
        node = parameters.get("node")
        return "true" if node is None else self._of_nodes([node])

    def _relation(self, relations: MergedRelations, table: str, parameters: Parameters) -> str:
        where = self._filters(table, parameters)
        if table not in ("counts", "latency"):
            return relations.table(table, self._where(table, parameters))
        start, end = bounds_us(parameters)
        now = time.time_ns() // 1000
        if table == "counts":
            return relations.counts(start, end, now, where)
        kept = self._config.latency_hours * HOUR_US
        return relations.latencies(start, end, now, kept, where)

    def _where(self, table: str, parameters: Parameters) -> str:
        start, end = bounds_us(parameters)
        column = clock_column(table)
        return (
            f"{column} >= make_timestamp({start}) AND {column} < make_timestamp({end}) "
            f"AND {self._filters(table, parameters)}"
        )

    def _filters(self, table: str, parameters: Parameters) -> str:
        clauses = ["true"]
        for name, values in (parameters.get("where") or {}).items():
            kind = TABLES[table].get(name)
            if kind is None:
                raise BadQuery(f"{table} has no {name}", name)
            if name == "node":
                clauses.append(self._of_nodes(values))
                continue
            some = ", ".join(_literal(name, kind, value) for value in values)
            clauses.append(f"{name} IN ({some})" if some else "false")
        for name in parameters.get("known") or ():
            if name not in TABLES[table]:
                raise BadQuery(f"{table} has no {name}", name)
            clauses.append(f"{name} IS NOT NULL")
        return " AND ".join(clauses)

    def _of_nodes(self, node_ids: Sequence[str]) -> str:
        """Numbers are a directory's own; a file's rows carry its directory as a literal."""
        pairs = [
            (directory, number)
            for directory in self._store.directories
            for node_id in node_ids
            if (number := self._nodes.number_of(directory, node_id)) is not None
        ]
        if not pairs:
            return "false"
        return f"(directory, node) IN ({', '.join(f'({one}, {two})' for one, two in pairs)})"

    def _key(self, table: str, name: str, step_us: int) -> str:
        kind = TABLES[table][name]
        if name == "node":
            return "[directory, node] AS node"
        if kind == TIME:
            micros = f"epoch_us({name})"
            return (
                f"{micros} // {step_us} * {step_us} AS {name}" if step_us else f"{micros} AS {name}"
            )
        return f"lower(hex({name})) AS {name}" if kind == "BLOB" else name

    def _rows(self, cursor: Cursor, statement: str, keys: Sequence[str]) -> list[list[Any]]:
        rows = cursor.execute(statement).fetchall()
        if len(rows) > MAX_ROWS:
            raise BadQuery("too many rows: ask for a shorter window or a longer interval")
        node = keys.index("node") if "node" in keys else None
        found = [list(row) for row in rows]
        if node is not None:
            names: dict[tuple[int, int], str | None] = {}
            for row in found:
                directory, number = row[node]
                pair = (directory, number)
                if pair not in names:
                    names[pair] = self._nodes.id_of(directory, number)
                row[node] = names[pair]
        return found


def _places(keys: Sequence[str]) -> range:
    return range(1, len(keys) + 1)


def _operation(name: str, operation: str, kind: str) -> str:
    if operation == "last":
        text = f"arg_max({name}, seen_at)"
        return f"lower(hex({text}))" if kind == "BLOB" else text
    if kind == TIME:
        return f"epoch_us({operation}({name}))"
    if operation == "sum":
        # Of 128 bits, whatever is added up: exact.
        return f"coalesce(sum({name}), 0)"
    return f"{operation}({name})"


def _literal(name: str, kind: str, value: Any) -> str:
    if kind == "BLOB":
        return f"from_hex('{bytes.fromhex(str(value).removeprefix('0x')).hex()}')"
    if kind == "VARCHAR":
        text = str(value).replace("'", "''")
        return f"'{text}'"
    return str(int(value))
