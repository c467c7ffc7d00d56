"""Deliveries from rows in memory: the same answer as the statements of ``deliveries``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.deliveries import Deliveries
from tart.query.shard_queries.packages import KEYS
from tart.shard.queries import column_answers
from tart.shard.queries.selected_rows import hash_keys, select_rows
from tart.storage.aggregates.merged_relations import MergedRelations

_READ = ("type", "hash", "seen_at", "last_at", "node", "sender", "slot", "core", "package", "bins")


def delivery_rows(
    relations: MergedRelations, query: Deliveries, arrival: int, underway_us: int, most: int
) -> tuple[Sequence[Sequence[Any]], int | None] | None:
    """Return rows of starts and arrivals, and the limit of their keys.

    Args:
        relations: The rows.
        query: The query.
        arrival: The type of arrivals.
        underway_us: The time after the window in which arrivals are looked for.
        most: Rows of an answer that is not a sample.

    Returns:
        Rows of type, key, hash, times of first and last, directory, node, sender, slot, core,
        package, bins; ``None`` if DuckDB must read them.
    """
    start, end = bounds_us(query.window)
    rows = select_rows(relations, "deliveries", _READ, start_us=start, end_us=end + underway_us)
    if rows is None:
        return None
    started = rows.among("type", int(query.kind)) & (rows.numbers("seen_at").values < end)
    chosen = started | rows.among("type", arrival)
    if query.hashes is not None:
        chosen &= rows.among("hash", *map(bytes.fromhex, query.hashes))
    rows = rows.where(chosen)
    hashes = rows.texts("hash")
    below = None if rows.length <= most else KEYS * most // rows.length
    numbers = hash_keys(relations, hashes)
    if below is not None:
        chosen = numbers < np.uint64(below)
        rows, numbers = rows.where(chosen), numbers[chosen]
    directories, nodes = column_answers.split_nodes(rows.numbers("node").values)
    bins = rows.texts("bins")
    columns = (
        rows.numbers("type").tolist(),
        numbers.tolist(),
        rows.texts("hash").tolist(),
        rows.numbers("seen_at").tolist(),
        rows.numbers("last_at").tolist(),
        directories,
        nodes,
        *(rows.table.columns[name].tolist() for name in ("sender", "slot", "core", "package")),
        [None if code < 0 else bins.values[code] for code in bins.codes.tolist()],
    )
    return list(zip(*columns, strict=True)), below
