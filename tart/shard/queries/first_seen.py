"""First sights of blocks by nodes, from the aggregates' ``sightings``.

Each sight has the offset between the node's clock and the server's in that minute (``clocks``),
so that times by different nodes' clocks can be compared.
"""

from __future__ import annotations

from collections.abc import Callable

from tart.errors import BadQuery
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.blocks import (
    BlockPropagation,
    FirstSeenBlock,
    FirstSeenBlocks,
    FirstSight,
)
from tart.shard.queries import block_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
MAX_SIGHTS = 300_000


def first_seen_blocks(
    relations: MergedRelations, query: FirstSeenBlocks, nodes: NodeCondition, id_of: NodeIds
) -> list[FirstSeenBlock]:
    """Return each block first seen in a window."""
    seen = block_columns.first_seen_blocks(relations, query, MAX_SIGHTS, nodes)
    return _blocks_by_statement(relations, query, nodes) if seen is None else seen


def _blocks_by_statement(
    relations: MergedRelations, query: FirstSeenBlocks, nodes: NodeCondition
) -> list[FirstSeenBlock]:
    start, end = bounds_us(query.window)
    where = f"seen_at >= make_timestamp({start}) AND seen_at < make_timestamp({end}) AND {nodes}"
    rows = relations.execute(
        "SELECT lower(hex(hash)), max(slot), epoch_us(min(seen_at)), "
        f"count(DISTINCT (directory, node)) FROM {relations.table('sightings', where)} "
        f"GROUP BY 1 ORDER BY 3 DESC LIMIT {MAX_SIGHTS}"
    ).fetchall()
    return [FirstSeenBlock(*row) for row in rows]


def block_propagation(
    relations: MergedRelations, query: BlockPropagation, nodes: NodeCondition, id_of: NodeIds
) -> list[FirstSight]:
    """Return each node's first sight of each of these blocks.

    Raises:
        BadQuery: There are too many.
    """
    sights = block_columns.block_propagation(relations, query, nodes, id_of)
    if sights is None:
        sights = _sights_by_statement(relations, query, nodes, id_of)
    if len(sights) > MAX_SIGHTS:
        raise BadQuery("too many rows: ask for fewer blocks")
    return sights


def _sights_by_statement(
    relations: MergedRelations, query: BlockPropagation, nodes: NodeCondition, id_of: NodeIds
) -> list[FirstSight]:
    digests = [bytes.fromhex(block).hex() for block in query.hashes]
    if not digests:
        return []
    among = ", ".join(f"from_hex('{each}')" for each in digests)
    minutes = "bucket IN (SELECT date_trunc('minute', seen_at) FROM seen)"
    rows = relations.execute(
        "WITH seen AS MATERIALIZED (SELECT hash, directory, node, min(seen_at) AS seen_at, "
        "arg_min(timestamp, seen_at) AS timestamp, arg_min(type, seen_at) AS type "
        f"FROM {relations.table('sightings', f'hash IN ({among}) AND {nodes}')} "
        "GROUP BY hash, directory, node), "
        "clocks AS (SELECT directory, node, bucket, min(offset_us) AS offset_us "
        f"FROM {relations.table('clocks', minutes)} GROUP BY directory, node, bucket) "
        "SELECT directory, node, lower(hex(hash)), epoch_us(seen_at), timestamp, type, offset_us "
        "FROM (SELECT *, date_trunc('minute', seen_at) AS bucket FROM seen) "
        "LEFT JOIN clocks USING (directory, node, bucket) "
        f"LIMIT {MAX_SIGHTS + 1}"
    ).fetchall()
    return [
        FirstSight(block, id_of(directory, node), *values)
        for directory, node, block, *values in rows
    ]
