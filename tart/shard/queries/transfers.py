"""Blocks that nodes transferred, from the aggregates' ``transfers``.

A node transfers nearly every block, so its slots form few unbroken ranges. The gateway merges the
ranges that different shards have of one node.
"""

from __future__ import annotations

from collections.abc import Callable

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.blocks import TransferredSlots, Transfers
from tart.shard.queries import block_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
MAX_RANGES = 300_000


def transfers(
    relations: MergedRelations,
    query: Transfers,
    nodes: NodeCondition,
    id_of: NodeIds,
) -> list[TransferredSlots]:
    """Return each unbroken range of slots whose blocks a node transferred.

    Args:
        nodes: A condition on ``directory`` and ``node``.
        id_of: The id of a directory's node, by numbers.
    """
    ranges = block_columns.transfers(relations, query, MAX_RANGES, nodes, id_of)
    return _ranges_by_statement(relations, query, nodes, id_of) if ranges is None else ranges


def _ranges_by_statement(
    relations: MergedRelations, query: Transfers, nodes: NodeCondition, id_of: NodeIds
) -> list[TransferredSlots]:
    start, end = bounds_us(query.window)
    where = f"bucket >= make_timestamp({start}) AND bucket < make_timestamp({end}) AND {nodes}"
    of_slot = (
        "SELECT directory, node, slot, sum(count) AS blocks, max(last_at) AS last_at, "
        "slot - row_number() OVER (PARTITION BY directory, node ORDER BY slot) AS range "
        f"FROM {relations.table('transfers', where)} GROUP BY directory, node, slot"
    )
    rows = relations.execute(
        "SELECT directory, node, min(slot), max(slot), sum(blocks)::UBIGINT, "
        f"epoch_us(max(last_at)) FROM ({of_slot}) GROUP BY directory, node, range "
        f"LIMIT {MAX_RANGES}"
    ).fetchall()
    return [TransferredSlots(id_of(directory, node), *values) for directory, node, *values in rows]
