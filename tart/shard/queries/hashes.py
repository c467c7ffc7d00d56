"""Hashes by their first and last digits, from the aggregates."""

from __future__ import annotations

from collections.abc import Callable

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.hashes import HASH_COLUMNS, HashColumn, HashMatch, HashMatches
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

MAX_MATCHES = 50
_DIGITS = 64


def hash_matches(
    relations: MergedRelations,
    query: HashMatches,
    nodes: NodeCondition,
    id_of: Callable[[int, int], str | None],
) -> list[HashMatch]:
    """Return the newest matches of each kind."""
    limit = max(0, min(query.limit, MAX_MATCHES))
    return [
        HashMatch(column.kind, *row)
        for column in HASH_COLUMNS
        for row in relations.execute(_statement(relations, query, column, limit)).fetchall()
    ]


def _statement(
    relations: MergedRelations, query: HashMatches, column: HashColumn, limit: int
) -> str:
    start, end = bounds_us(query.window)
    name, clock = column.column, column.clock
    # The range of bytes prunes row groups; only its rows are written as digits.
    low, high = (bytes.fromhex(query.first.ljust(_DIGITS, fill)).hex() for fill in "0f")
    where = (
        f"{name} BETWEEN from_hex('{low}') AND from_hex('{high}') "
        f"AND {clock} >= make_timestamp({start}) AND {clock} < make_timestamp({end})"
    )
    if query.last:
        where += f" AND ends_with(lower(hex({name})), '{_digits(query.last)}')"
    values = (
        f"max({column.slot})" if column.slot else "NULL",
        f"max({column.core})" if column.core else "NULL",
        f"lower(hex(any_value({column.package})))" if column.package else "NULL",
        f"max({column.outcome})" if column.outcome else "NULL",
    )
    return (
        f"SELECT lower(hex({name})), epoch_us(max({clock})) AS last_at, {', '.join(values)} "
        f"FROM {relations.table(column.table, where)} GROUP BY 1 ORDER BY last_at DESC "
        f"LIMIT {limit}"
    )


def _digits(text: str) -> str:
    """Return hex digits in lower case; ``ValueError`` for any other text."""
    int(text, 16)
    return text.lower()
