"""Starts and arrivals of guarantees and assurances, from the aggregates' ``deliveries``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tart.aggregate.keyed.deliveries import decode_bins
from tart.protocol.events import EventKind
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.deliveries import (
    Deliveries,
    DeliveryArrivals,
    DeliveryRows,
    DeliveryStart,
)
from tart.query.shard_queries.packages import KEYS
from tart.shard.queries import delivery_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.units import MINUTE_US

NodeIds = Callable[[int, int], str | None]
# Rows of one answer. If there are more, it is a sample by hash.
MAX_ROWS = 30_000
# Arrivals are looked for this long after the end of the window.
_UNDERWAY_US = 10 * MINUTE_US
_ARRIVAL: Mapping[int, int] = {
    EventKind.GUARANTEE_BUILT: EventKind.GUARANTEE_RECEIVED,
    EventKind.DISTRIBUTING_ASSURANCE: EventKind.ASSURANCE_RECEIVED,
}


def deliveries(
    relations: MergedRelations, query: Deliveries, nodes: NodeCondition, id_of: NodeIds
) -> DeliveryRows:
    """Return the starts in a window and the arrivals that may belong to them, or a sample."""
    kind, arrival = query.kind, _ARRIVAL[query.kind]
    read = delivery_columns.delivery_rows(relations, query, arrival, _UNDERWAY_US, MAX_ROWS)
    if read is None:
        read = _rows_by_statement(relations, query, arrival)
    rows, below = read
    return DeliveryRows(
        starts=[_start(row, id_of) for row in rows if row[0] == kind],
        arrivals=[_arrivals(row) for row in rows if row[0] != kind],
        below=below,
    )


def _rows_by_statement(
    relations: MergedRelations, query: Deliveries, arrival: int
) -> tuple[Sequence[Sequence[Any]], int | None]:
    start, end = bounds_us(query.window)
    kind = query.kind
    where = (
        f"(type = {kind:d} AND seen_at < make_timestamp({end}) OR type = {arrival:d} "
        f"AND seen_at < make_timestamp({end + _UNDERWAY_US})) "
        f"AND seen_at >= make_timestamp({start})"
    )
    if query.hashes is not None:
        some = ", ".join(f"from_hex('{bytes.fromhex(each).hex()}')" for each in query.hashes)
        where += f" AND hash IN ({some})" if some else " AND false"
    relation = relations.table("deliveries", where)
    ((count,),) = relations.execute(f"SELECT count(*) FROM {relation}").fetchall()
    below = None if count <= MAX_ROWS else KEYS * MAX_ROWS // count
    rows = relations.execute(
        "SELECT type, hash(hash), lower(hex(hash)), epoch_us(seen_at), epoch_us(last_at), "
        "directory, node, lower(hex(sender)), slot, core, lower(hex(package)), bins "
        f"FROM {relation} WHERE {'true' if below is None else f'hash(hash) < {below}'}"
    ).fetchall()
    return rows, below


def _start(row: Sequence[Any], id_of: NodeIds) -> DeliveryStart:
    _, key, subject, at_us, _, directory, node, _, slot, core, package, _ = row
    return DeliveryStart(key, subject, at_us, id_of(directory, node), slot, core, package)


def _arrivals(row: Sequence[Any]) -> DeliveryArrivals:
    _, key, subject, first_us, last_us, _, _, sender, _, _, _, bins = row
    flat = [number for each in decode_bins(bins) for number in each]
    return DeliveryArrivals(key, subject, sender, first_us, last_us, flat)
