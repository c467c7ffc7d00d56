"""Claims of nodes about assurances and gas, from the aggregates' ``deliveries`` and ``blocks``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.claims import (
    NAMED_NODES,
    AssurerBits,
    AssurersOfAnchors,
    ClaimedGas,
    ExecutedGas,
    unite_bits,
)
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
MAX_ANCHORS = 20_000
# Rows of one answer; a block without disagreement has one.
MAX_AMOUNTS = 200_000


def assurers_of_anchors(
    relations: MergedRelations, query: AssurersOfAnchors, nodes: NodeCondition, id_of: NodeIds
) -> list[AssurerBits]:
    """Return the bits of each node that distributed an assurance.

    Raises:
        BadQuery: There are too many anchors, or not a time for each.
    """
    if len(query.anchors) != len(query.before_us) or len(query.anchors) > MAX_ANCHORS:
        raise BadQuery(f"a query has at most {MAX_ANCHORS} anchors, each with a time", "anchors")
    if not query.anchors:
        return []
    start, end = bounds_us(query.window)
    size = len(query.anchors)
    anchors = ", ".join(
        f"(from_hex('{bytes.fromhex(anchor).hex()}'), {place:d}, {before:d})"
        for place, (anchor, before) in enumerate(zip(query.anchors, query.before_us, strict=True))
    )
    where = (
        f"type IN ({EventKind.DISTRIBUTING_ASSURANCE:d}, {EventKind.ASSURANCE_RECEIVED:d}) "
        f"AND seen_at >= make_timestamp({start}) AND seen_at < make_timestamp({end})"
    )
    rows = relations.execute(
        f"WITH anchors(hash, place, before_us) AS (VALUES {anchors}) "
        "SELECT type, directory, node, lower(hex(sender)), list(place), "
        "list(epoch_us(seen_at) <= before_us) "
        f"FROM {relations.table('deliveries', where)} JOIN anchors USING (hash) "
        "GROUP BY type, directory, node, sender"
    ).fetchall()
    by_node: dict[str | None, AssurerBits] = {}
    nothing = bytes(-(-size // 8))
    for kind, directory, number, sender, places, in_time in rows:
        if kind == EventKind.ASSURANCE_RECEIVED:
            node, bits = sender, AssurerBits(sender, nothing, nothing, _bits(places, size))
        elif number is None:
            continue
        else:
            node = id_of(directory, number)
            early = [place for place, is_early in zip(places, in_time, strict=True) if is_early]
            bits = AssurerBits(node, _bits(places, size), _bits(early, size), nothing)
        by_node[node] = unite_bits(by_node[node], bits) if node in by_node else bits
    return list(by_node.values())


def _bits(places: Sequence[int], size: int) -> bytes:
    bits = np.zeros(size, bool)
    bits[np.array(places, np.int64)] = True
    return np.packbits(bits, bitorder="little").tobytes()


def executed_gas(
    relations: MergedRelations, query: ExecutedGas, nodes: NodeCondition, id_of: NodeIds
) -> list[ClaimedGas]:
    """Return the amounts of gas by block, with the nodes that told each.

    Raises:
        BadQuery: There are too many.
    """
    start, end = bounds_us(query.window)
    where = (
        f"started_at >= make_timestamp({start}) AND started_at < make_timestamp({end}) "
        "AND hash IS NOT NULL AND gas IS NOT NULL AND executed IS NOT NULL AND node IS NOT NULL"
    )
    rows = relations.execute(
        "SELECT lower(hex(hash)), gas, count(DISTINCT (directory, node)), "
        f"(list(DISTINCT directory::BIGINT * {1 << 32} + node))[:{NAMED_NODES}] "
        f"FROM {relations.table('blocks', where)} GROUP BY hash, gas LIMIT {MAX_AMOUNTS + 1}"
    ).fetchall()
    if len(rows) > MAX_AMOUNTS:
        raise BadQuery("too many blocks: ask for fewer hours")
    return [
        ClaimedGas(block, gas, count, [id_of(each >> 32, each & 0xFFFF_FFFF) for each in numbers])
        for block, gas, count, numbers in rows
    ]
