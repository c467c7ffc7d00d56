"""Logarithms of figures of nodes' blocks and packages, added up by node from the aggregates."""

from __future__ import annotations

from collections.abc import Callable

from tart.aggregate.core.tables import ROWS, clock_column
from tart.errors import BadQuery
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.log_moments import LogMoments, NodeMoments
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
TABLES = ("blocks", "packages")
_NUMBERS = ("UINTEGER", "UBIGINT", "HUGEINT")


def log_moments(
    relations: MergedRelations, query: LogMoments, nodes: NodeCondition, id_of: NodeIds
) -> list[NodeMoments]:
    """Return the moments of each node that has rows in the window.

    Raises:
        BadQuery: There is no such table or column of numbers.
    """
    if query.table not in TABLES:
        raise BadQuery(f"table must be one of {', '.join(TABLES)}", "table")
    columns = [query.numerator, *([query.denominator] if query.denominator else [])]
    kinds = ROWS[query.table]
    for column in columns:
        if kinds.get(column) not in _NUMBERS:
            raise BadQuery(f"{query.table} has no number {column}", "numerator")
    start, end = bounds_us(query.window)
    clock = clock_column(query.table)
    positive = " AND ".join(f"{column} > 0" for column in columns)
    where = (
        f"{clock} >= make_timestamp({start}) AND {clock} < make_timestamp({end}) "
        f"AND node IS NOT NULL AND {nodes} AND {positive}"
    )
    value = " - ".join(f"ln({column}::DOUBLE)" for column in columns)
    rows = relations.execute(
        "SELECT directory, node, count(*), sum(value), sum(value * value) "
        f"FROM (SELECT directory, node, {value} AS value "
        f"FROM {relations.table(query.table, where)}) GROUP BY directory, node"
    ).fetchall()
    return [NodeMoments(id_of(directory, node), *values) for directory, node, *values in rows]
