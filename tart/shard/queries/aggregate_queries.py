"""Queries to the aggregates: sums of the additive tables, rows of the others.

Three queries serve all tables (``query.shard_queries.aggregates``); other modules of this package
answer the queries about one subject. The cost of an answer depends on the size of the aggregates,
not on that of the event log. Answers cover all events received until now: those that are not
flushed yet come from memory (``Snapshot``).

Nodes are returned as ids, times as Unix microseconds, byte strings as hex.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import duckdb

from tart.aggregate.core.tables import OPERATIONS, ROWS, TABLES, TIME, clock_column
from tart.clock import Clock, unix_us
from tart.config.schema import AggregatesConfig
from tart.errors import BadQuery, ShardUnavailable
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.aggregates import (
    AggregateByNode,
    AggregateRows,
    AggregateSum,
    Rows,
    SumRows,
    ValuesByNode,
    Where,
)
from tart.query.shard_queries.sessions import SessionPage, VersionSpans
from tart.shard.ingest.aggregator import Aggregator
from tart.shard.queries import column_answers, sessions
from tart.shard.queries.aggregate_handlers import HANDLERS, AnyQuery, Handler
from tart.shard.queries.column_answers import NODE
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.state.nodes import Nodes
from tart.storage.aggregates.merged_relations import MergedRelations, Snapshot, StaleSnapshot
from tart.storage.store import Store
from tart.units import HOUR_US

Cursor = duckdb.DuckDBPyConnection
T = TypeVar("T")
Run = Callable[[Callable[[Cursor], T]], Awaitable[T]]

# Limits of one answer; more would not fit a message.
MAX_ROWS = 300_000
MAX_VALUES_BY_NODE = 1_500_000
_TRIES = 10


class AggregateQueries:
    """Answers the queries to the aggregates for one shard.

    Args:
        count_received: Decodes and counts the events that were received and not decoded yet.
        clock: The present.
        monotonic: Seconds, for the age of snapshots.

    Attributes:
        handlers: By query, a function of relations and the query that answers it.
    """

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        aggregation: Aggregator,
        config: AggregatesConfig,
        count_received: Callable[[], None],
        clock: Clock = unix_us,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._aggregation = aggregation
        self._config = config
        self._count_received = count_received
        self._clock = clock
        self._monotonic = monotonic
        self.handlers: Mapping[type[AnyQuery], Callable[[MergedRelations, Any], Any]] = {
            AggregateSum: self._sum,
            AggregateRows: self._table_rows,
            AggregateByNode: self._by_node,
            VersionSpans: self._with_nodes(
                partial(sessions.version_spans, owner_of=nodes.session_owners.get)
            ),
            SessionPage: self._with_nodes(partial(sessions.sessions, shard=store.directory)),
            **{query: self._with_nodes(handler) for query, handler in HANDLERS.items()},
        }

    async def answer(self, query: AnyQuery, run: Run[T], encode: Callable[[Any], T]) -> T:
        """Return the encoded answer to a query.

        Args:
            run: Runs a function of a cursor on a query thread.
            encode: Encodes an answer, on that thread.

        Raises:
            ShardUnavailable: A flush of the aggregates invalidated every attempt.
        """
        tables = [_known_table(query, table) for table in query.tables_read()]
        for _ in range(_TRIES):
            self._count_received()
            snapshot = self._aggregation.snapshot(tables, self._monotonic())
            try:
                return await run(partial(self._run, query, snapshot, encode))
            except StaleSnapshot:
                continue
        raise ShardUnavailable(f"the aggregates were flushed in each of {_TRIES} attempts; retry")

    def _run(
        self, query: AnyQuery, snapshot: Snapshot, encode: Callable[[Any], T], cursor: Cursor
    ) -> T:
        files = [self._store.aggregates[directory] for directory in self._store.directories]
        counts_10s_us = self._config.counts_10s_hours * HOUR_US
        with MergedRelations(
            cursor, files, snapshot, counts_10s_us, self._store.statements, self._store.stored_rows
        ) as relations:
            answer = self.handlers[type(query)](relations, query)
        return encode(answer)

    def _sum(self, relations: MergedRelations, query: AggregateSum) -> SumRows:
        table = query.table
        operations = OPERATIONS[table]
        keys = [key for key in query.by if key in TABLES[table]]
        shown = [self._key(table, key, query.step_us) for key in keys]
        names = [name for name in operations if query.values is None or name in query.values]
        values = [
            f"{_operation(name, operations[name], TABLES[table][name])} AS {name}" for name in names
        ]
        group = f"GROUP BY {', '.join(map(str, _places(keys)))}" if keys else ""
        limit = f"LIMIT {MAX_ROWS + 1}"
        if query.top:
            limit = f"ORDER BY {next(iter(operations))} DESC LIMIT {query.top}"
        where = self._filters(table, query.where)
        read = [*keys, *names, *(["seen_at"] if "last" in operations.values() else [])]
        selected = self._rows_in_memory(relations, table, query, read)
        if selected is not None:
            rows = column_answers.sum_rows(
                table,
                keys,
                names,
                column_answers.joined(table, keys, selected, query.step_us),
                column_answers.joined(table, read, selected, 0),
                query.top,
                self._nodes.id_of,
            )
            _check_size(rows)
        else:
            relation = self._relation(relations, table, query, where)
            rows = self._fetch_rows(
                relations,
                f"SELECT {', '.join([*shown, *values])} FROM {relation} {group} {limit}",
                keys,
            )
        return SumRows(keys, {name: operations[name] for name in names}, rows)

    def _table_rows(self, relations: MergedRelations, query: AggregateRows) -> Rows:
        table = query.table
        columns = [name for name in TABLES[table] if query.columns is None or name in query.columns]
        distinct = "DISTINCT" if query.distinct else ""
        order = "" if query.distinct else f"ORDER BY {clock_column(table)} DESC"
        shown = [self._key(table, name, 0) for name in columns]
        where = self._filters(table, query.where, query.known)
        limit = max(0, min(query.limit, MAX_ROWS))
        clock = clock_column(table)
        selected = self._rows_in_memory(relations, table, query, [*columns, clock], query.known)
        if selected is not None:
            rows = column_answers.table_rows(
                table,
                columns,
                column_answers.joined(table, [*columns, clock], selected, 0),
                limit,
                distinct=query.distinct,
                id_of=self._nodes.id_of,
            )
            return Rows(columns, clock, rows)
        rows = self._fetch_rows(
            relations,
            f"SELECT {distinct} {', '.join(shown)} "
            f"FROM {self._relation(relations, table, query, where)} {order} "
            f"LIMIT {limit}",
            columns,
        )
        return Rows(columns, clock, rows)

    def _by_node(self, relations: MergedRelations, query: AggregateByNode) -> ValuesByNode:
        table, value = query.table, query.value
        if value not in OPERATIONS[table]:
            raise BadQuery(f"{table} has no value {value}", "value")
        keys = [key for key in query.by if key in TABLES[table]]
        shown = [self._key(table, key, query.step_us) for key in keys]
        operation = OPERATIONS[table][value]
        where = self._filters(table, query.where)
        read = [*keys, NODE, value, *(["seen_at"] if operation == "last" else [])]
        selected = self._rows_in_memory(relations, table, query, read)
        if selected is not None:
            nodes, by_node = column_answers.values_by_node(
                table,
                keys,
                value,
                column_answers.joined(table, [*keys, NODE], selected, query.step_us),
                column_answers.joined(table, read, selected, 0),
                self._nodes.id_of,
            )
            _check_values(by_node)
            return ValuesByNode(operation=operation, rows=by_node, nodes=nodes)
        relation = self._relation(relations, table, query, where)
        rows = relations.execute(
            f"SELECT {', '.join([*keys, ''])} list(directory * {1 << 32} + node), list(value) "
            f"FROM (SELECT {', '.join([*shown, ''])} directory, node, "
            f"{_operation(value, operation, TABLES[table][value])} AS value "
            f"FROM {relation} GROUP BY ALL) GROUP BY ALL"
        ).fetchall()
        # Without keys DuckDB has one row even if there are no values.
        rows = [row for row in rows if row[-1] is not None]
        _check_values(rows)
        indices: dict[int, int] = {}
        return ValuesByNode(
            operation=operation,
            rows=[
                [*row[:-2], [indices.setdefault(node, len(indices)) for node in row[-2]], row[-1]]
                for row in rows
            ],
            nodes=[self._nodes.id_of(node >> 32, node & 0xFFFF_FFFF) for node in indices],
        )

    def _with_nodes(self, handler: Handler) -> Callable[[MergedRelations, Any], Any]:
        """Return a handler that gets the condition on the query's nodes and the lookup of ids."""

        def answer(relations: MergedRelations, query: Any) -> Any:
            node = getattr(query, "node", None)
            ids = getattr(query, "nodes", None) if node is None else [node]
            nodes = NodeCondition(None if ids is None else self._node_numbers(ids))
            return handler(relations, query, nodes, self._nodes.id_of)

        return answer

    def _relation(
        self,
        relations: MergedRelations,
        table: str,
        query: AggregateSum | AggregateRows | AggregateByNode,
        where: str,
    ) -> str:
        start, end = bounds_us(query.window)
        now = self._clock()
        if table == "counts":
            return relations.counts(start, end, now, where)
        if table == "latency":
            retention_us = self._config.latency_hours * HOUR_US
            return relations.latencies(start, end, now, retention_us, where)
        column = clock_column(table)
        return relations.table(
            table,
            f"{column} >= make_timestamp({start}) AND {column} < make_timestamp({end}) AND {where}",
        )

    def _rows_in_memory(
        self,
        relations: MergedRelations,
        table: str,
        query: AggregateSum | AggregateRows | AggregateByNode,
        names: Sequence[str],
        known: Sequence[str] = (),
    ) -> column_answers.Parts | None:
        """Return columns of the rows of ``_relation``; ``None`` if DuckDB must read them."""
        start, end = bounds_us(query.window)
        now = self._clock()
        if table == "counts":
            parts = relations.count_parts(start, end, now)
        elif table == "latency":
            retention_us = self._config.latency_hours * HOUR_US
            parts = relations.latency_parts(start, end, now, retention_us)
        else:
            parts = relations.table_parts(table, start, end)
        where = dict(query.where or {})
        read = list(dict.fromkeys([*names, *where, *known]))
        rows = relations.rows_in_memory(table, parts, read, start, end)
        if rows is None:
            return None
        nodes = None
        if NODE in where:
            nodes = self._node_numbers(where.pop(NODE))
        filters = {
            name: [_value(TABLES[table][name], value) for value in values]
            for name, values in where.items()
        }
        return column_answers.filtered(rows, filters, known, nodes)

    def _node_numbers(self, node_ids: Sequence[str]) -> dict[int, list[int]]:
        """Return the numbers of nodes by directory."""
        numbers: dict[int, list[int]] = {}
        for directory in self._store.directories:
            for node_id in node_ids:
                number = self._nodes.number_of(directory, node_id)
                if number is not None:
                    numbers.setdefault(directory, []).append(number)
        return numbers

    def _filters(self, table: str, where: Where | None, known: Sequence[str] = ()) -> str:
        clauses = ["true"]
        for name, values in (where or {}).items():
            kind = TABLES[table].get(name)
            if kind is None:
                raise BadQuery(f"{table} has no {name}", name)
            if name == "node":
                clauses.append(str(NodeCondition(self._node_numbers(values))))
                continue
            literals = ", ".join(_literal(kind, value) for value in values)
            clauses.append(f"{name} IN ({literals})" if literals else "false")
        for name in known:
            if name not in TABLES[table]:
                raise BadQuery(f"{table} has no {name}", name)
            clauses.append(f"{name} IS NOT NULL")
        return " AND ".join(clauses)

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

    def _fetch_rows(
        self, relations: MergedRelations, statement: str, keys: Sequence[str]
    ) -> list[list[Any]]:
        rows = relations.execute(statement).fetchall()
        _check_size(rows)
        node = keys.index("node") if "node" in keys else None
        shown = [list(row) for row in rows]
        if node is not None:
            names: dict[tuple[int, int], str | None] = {}
            for row in shown:
                directory, number = row[node]
                pair = (directory, number)
                if pair not in names:
                    names[pair] = self._nodes.id_of(directory, number)
                row[node] = names[pair]
        return shown


def _check_size(rows: Sequence[Any]) -> None:
    if len(rows) > MAX_ROWS:
        raise BadQuery("too many rows: ask for a shorter window or a longer interval")


def _check_values(rows: Sequence[Sequence[Any]]) -> None:
    if sum(len(row[-1]) for row in rows) > MAX_VALUES_BY_NODE:
        raise BadQuery("too many values: ask for a shorter window or a longer interval")


def _known_table(query: AnyQuery, table: str) -> str:
    if isinstance(query, AggregateSum | AggregateByNode | AggregateRows):
        tables: Mapping[str, Any] = ROWS if isinstance(query, AggregateRows) else OPERATIONS
        if table not in tables:
            raise BadQuery(f"table must be one of {', '.join(tables)}", "table")
    return table


def _places(keys: Sequence[str]) -> range:
    return range(1, len(keys) + 1)


def _operation(name: str, operation: str, kind: str) -> str:
    if operation == "last":
        text = f"arg_max({name}, seen_at)"
        return f"lower(hex({text}))" if kind == "BLOB" else text
    if kind == TIME:
        return f"epoch_us({operation}({name}))"
    if operation == "sum":
        # The sum has 128 bits, so it is exact.
        return f"coalesce(sum({name}), 0)"
    return f"{operation}({name})"


def _value(kind: str, value: Any) -> Any:
    """Return a value of a condition as the column has it."""
    if kind == "BLOB":
        return bytes.fromhex(str(value).removeprefix("0x"))
    return str(value) if kind == "VARCHAR" else int(value)


def _literal(kind: str, value: Any) -> str:
    if kind == "BLOB":
        return f"from_hex('{bytes.fromhex(str(value).removeprefix('0x')).hex()}')"
    if kind == "VARCHAR":
        text = str(value).replace("'", "''")
        return f"'{text}'"
    return str(int(value))
