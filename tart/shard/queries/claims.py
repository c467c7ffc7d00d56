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
    anchors = ", ".join(
        f"(from_hex('{bytes.fromhex(anchor).hex()}'), {place:d}, {before:d})"
        for place, (anchor, before) in enumerate(zip(query.anchors, query.before_us, strict=True))
    )
    where = (
        f"type = {EventKind.DISTRIBUTING_ASSURANCE:d} AND seen_at >= make_timestamp({start}) "
        f"AND seen_at < make_timestamp({end})"
    )
    rows = relations.execute(
        f"WITH anchors(hash, place, before_us) AS (VALUES {anchors}) "
        "SELECT directory, node, list(place), list(epoch_us(seen_at) <= before_us) "
        f"FROM {relations.table('deliveries', where)} JOIN anchors USING (hash) "
        "WHERE node IS NOT NULL GROUP BY directory, node"
    ).fetchall()
    return [
        AssurerBits(
            id_of(directory, node),
            _bits(places, np.ones(len(places), bool), len(query.anchors)),
            _bits(places, np.array(in_time, bool), len(query.anchors)),
        )
        for directory, node, places, in_time in rows
    ]


def _bits(places: Sequence[int], mask: np.ndarray[tuple[int], np.dtype[np.bool]], n: int) -> bytes:
    bits = np.zeros(n, bool)
    bits[np.array(places, np.int64)[mask]] = True
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
