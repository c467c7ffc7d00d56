"""Queries that read any table of the aggregates (``aggregate.core.tables``).

Pure. Each takes a window on the shard's clock and filters by column. An answer names its columns
and the operations that merge shards' values. Nodes are ids, times Unix microseconds, byte
strings hex.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tart.query.core import merge_aggregates
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

Json = dict[str, Any]
Where = Mapping[str, Sequence[Any]]
ALL_TIME = Window()


class SumRows(Struct, frozen=True):
    """One shard's sums: rows of keys and values.

    Attributes:
        keys: Names of the first columns.
        values: Names of the other columns, with the operation that merges two shards' values.
    """

    keys: list[str]
    values: dict[str, str]
    rows: list[list[Any]]


class AggregateSum(Query[SumRows, list[Json]], frozen=True):
    """The values of an additive table, added up by keys; objects, in any order.

    Attributes:
        by: Keys, columns of the table.
        values: Names of the values; ``None`` means all.
        where: By column, the values that it may have: ``{"node": [node_id]}``.
        step_us: Times among the keys are rounded down to multiples of it.
        top: Limit of rows of each shard: those with the greatest first value.
    """

    name = "aggregate_sum"
    source = "aggregates"
    table: str
    window: Window = ALL_TIME
    by: Sequence[str] = ()
    values: Sequence[str] | None = None
    where: Where | None = None
    step_us: int = 0
    top: int | None = None

    def merge(self, partials: Partials[SumRows]) -> list[Json]:
        """Add up rows with the same keys."""
        first = partials[0][1]
        rows = merge_aggregates.merge_rows(
            (row for _, part in partials for row in part.rows),
            len(first.keys),
            list(first.values.values()),
        )
        columns = (*first.keys, *first.values)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def tables_read(self) -> tuple[str, ...]:
        """Return the table."""
        return (self.table,)


class Rows(Struct, frozen=True):
    """One shard's rows of a table.

    Attributes:
        clock: The column that orders rows.
    """

    columns: list[str]
    clock: str
    rows: list[list[Any]]


class AggregateRows(Query[Rows, list[Json]], frozen=True):
    """Rows of a table of rows as objects, newest first.

    Attributes:
        columns: Names of the columns; ``None`` means all.
        where: By column, the values that it may have.
        known: Columns that must have a value.
        limit: Of rows of each shard.
        distinct: Return each combination of ``columns`` once, in any order.
    """

    name = "aggregate_rows"
    source = "aggregates"
    table: str
    window: Window = ALL_TIME
    columns: Sequence[str] | None = None
    where: Where | None = None
    known: Sequence[str] = ()
    limit: int = 100
    distinct: bool = False

    def merge(self, partials: Partials[Rows]) -> list[Json]:
        """Return the rows of all shards."""
        rows = [
            dict(zip(part.columns, row, strict=True)) for _, part in partials for row in part.rows
        ]
        if self.distinct:
            return list({tuple(row.items()): row for row in rows}.values())
        clock = partials[0][1].clock
        rows.sort(key=lambda row: row.get(clock) or 0, reverse=True)
        return rows

    def tables_read(self) -> tuple[str, ...]:
        """Return the table."""
        return (self.table,)


class ValuesByNode(Struct, frozen=True):
    """One shard's values of each node.

    Attributes:
        operation: Merges two shards' values of a node.
        nodes: Ids.
        rows: Keys, then a list of indices in ``nodes``, then a list of values.
    """

    operation: str
    nodes: list[str | None]
    rows: list[list[Any]]


class AggregateByNode(Query[ValuesByNode, ByNode], frozen=True):
    """One value of an additive table by keys, and within them by node; see ``AggregateSum``."""

    name = "aggregate_by_node"
    source = "aggregates"
    table: str
    value: str
    window: Window = ALL_TIME
    by: Sequence[str] = ()
    where: Where | None = None
    step_us: int = 0

    def merge(self, partials: Partials[ValuesByNode]) -> ByNode:
        """Return each node's value by the keys; a node on several shards has one value."""
        return merge_aggregates.merge_by_node(
            ((part.nodes, part.rows) for _, part in partials), partials[0][1].operation
        )

    def tables_read(self) -> tuple[str, ...]:
        """Return the table."""
        return (self.table,)
