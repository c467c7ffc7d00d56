"""First sights of blocks and their transfers from rows in memory.

The same answers as the statements of ``first_seen`` and ``transfers`` (``tests/shard/queries``).
"""

from __future__ import annotations

import numpy as np

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.blocks import (
    BlockPropagation,
    FirstSeenBlock,
    FirstSeenBlocks,
    FirstSight,
    TransferredSlots,
    Transfers,
)
from tart.shard.queries import column_answers
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.selected_rows import NodeIds, select_rows
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Numbers, group
from tart.units import MINUTE_US


def first_seen_blocks(
    relations: MergedRelations, query: FirstSeenBlocks, limit: int, nodes: NodeCondition
) -> list[FirstSeenBlock] | None:
    """Return each block first seen in a window; ``None`` if DuckDB must read the rows."""
    names = ("hash", "slot", "seen_at", "node")
    rows = select_rows(relations, "sightings", names, nodes, *bounds_us(query.window))
    if rows is None:
        return None
    by_node = rows.group("hash", "node")
    nodes_of = np.bincount(rows.texts("hash").codes[by_node.first] + 1, minlength=1)
    blocks = rows.group("hash")
    hashes = rows.texts("hash").take(blocks.first)
    columns = (
        hashes.tolist(),
        blocks.reduce(rows.numbers("slot"), "max", None),
        blocks.reduce(rows.numbers("seen_at"), "min", None),
        nodes_of[hashes.codes + 1].tolist(),
    )
    seen = [FirstSeenBlock(*row) for row in zip(*columns, strict=True)]
    return sorted(seen, key=lambda block: block.first_at, reverse=True)[:limit]


def block_propagation(
    relations: MergedRelations, query: BlockPropagation, nodes: NodeCondition, id_of: NodeIds
) -> list[FirstSight] | None:
    """Return each node's first sight of blocks; ``None`` if DuckDB must read the rows."""
    names = ("hash", "node", "seen_at", "timestamp", "type")
    rows = select_rows(relations, "sightings", names, nodes)
    if rows is None:
        return None
    rows = rows.where(rows.among("hash", *map(bytes.fromhex, query.hashes)))
    groups = rows.group("hash", "node")
    if not len(groups.starts):
        return []
    seen_at = rows.numbers("seen_at")
    earliest = Numbers(-seen_at.values)
    first = groups.first
    node = rows.numbers("node").take(first)
    first_at = groups.reduce(seen_at, "min", None)
    minutes = [each // MINUTE_US * MINUTE_US for each in first_at]
    offsets = _offsets(relations, min(minutes), max(minutes) + 1)
    if offsets is None:
        return None
    columns = (
        rows.texts("hash").take(first).tolist(),
        column_answers.node_ids(node, id_of),
        first_at,
        groups.reduce(rows.numbers("timestamp"), "last", earliest),
        groups.reduce(rows.numbers("type"), "last", earliest),
        [offsets.get(key) for key in zip(node.values.tolist(), minutes, strict=True)],
    )
    return [FirstSight(*row) for row in zip(*columns, strict=True)]


def _offsets(
    relations: MergedRelations, start_us: int, end_us: int
) -> dict[tuple[int, int], int | None] | None:
    """Return the offsets of clocks by node and minute; ``None`` if DuckDB must read the rows."""
    names = ("node", "bucket", "offset_us")
    rows = select_rows(relations, "clocks", names, start_us=start_us, end_us=end_us)
    if rows is None:
        return None
    groups = rows.group("node", "bucket")
    keys = zip(
        rows.numbers("node").values[groups.first].tolist(),
        rows.numbers("bucket").values[groups.first].tolist(),
        strict=True,
    )
    return dict(zip(keys, groups.reduce(rows.numbers("offset_us"), "min", None), strict=True))


def transfers(
    relations: MergedRelations, query: Transfers, limit: int, nodes: NodeCondition, id_of: NodeIds
) -> list[TransferredSlots] | None:
    """Return ranges of slots that nodes transferred; ``None`` if DuckDB must read the rows."""
    names = ("bucket", "node", "slot", "count", "last_at")
    rows = select_rows(relations, "transfers", names, nodes, *bounds_us(query.window))
    if rows is None:
        return None
    slots = rows.group("node", "slot")
    node = rows.numbers("node").values[slots.first]
    slot = rows.numbers("slot").values[slots.first].astype(np.int64)
    # Groups are in the order of node and slot: in an unbroken range slot minus place is constant.
    ranges = group([Numbers(node), Numbers(slot - np.arange(len(slot)))], len(slot))
    counts = np.array(slots.reduce(rows.numbers("count"), "sum", None), np.int64)
    last_at = np.array(slots.reduce(rows.numbers("last_at"), "max", None), np.int64)
    columns = (
        column_answers.node_ids(Numbers(node[ranges.first]), id_of),
        ranges.reduce(Numbers(slot), "min", None),
        ranges.reduce(Numbers(slot), "max", None),
        ranges.reduce(Numbers(counts), "sum", None),
        ranges.reduce(Numbers(last_at), "max", None),
    )
    return [TransferredSlots(*row) for row in zip(*columns, strict=True)][:limit]
