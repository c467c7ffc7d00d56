"""Examples of findings from rows in memory: the same rows as the statement of ``conformance``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tart.aggregate.core.tables import ROWS
from tart.query.core.windows import Window, bounds_us
from tart.shard.queries.column_answers import NODE, split_nodes
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.selected_rows import SelectedRows, select_rows
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Array

_COLUMNS = tuple(ROWS["examples"])


def example_rows(
    relations: MergedRelations,
    window: Window,
    nodes: NodeCondition,
    shown: Sequence[str],
    limit: int,
    *,
    rule: str | None = None,
    per_rule: int | None = None,
) -> Sequence[Sequence[Any]] | None:
    """Return examples, newest first.

    Args:
        relations: The rows.
        window: The window in which the examples were seen.
        nodes: The nodes that are asked for.
        shown: The columns to return.
        limit: The maximum number of examples.
        rule: The rule that the examples break; ``None`` means any.
        per_rule: The maximum number of examples of one rule; ``None`` means no limit.

    Returns:
        Rows of directory, time, frame in hex, and ``shown``; ``None`` if DuckDB must read them.
    """
    rows = select_rows(relations, "examples", _COLUMNS, nodes, *bounds_us(window))
    if rows is None:
        return None
    if rule is not None:
        rows = rows.where(rows.among("rule", rule))
    order = _newest_first(rows)
    if per_rule is not None:
        order = order[_places(rows.texts("rule").codes[order]) < per_rule]
    order = order[:limit]
    directories, numbers = split_nodes(rows.numbers("node").values[order])
    columns = (
        directories,
        rows.numbers("seen_at").take(order).tolist(),
        rows.texts("frame").take(order).tolist(),
        *(
            numbers if name == NODE else rows.table.columns[name].take(order).tolist()
            for name in shown
        ),
    )
    return list(zip(*columns, strict=True))


def _newest_first(rows: SelectedRows) -> Array:
    """Return the indices of rows by time and ``seq``; those without a ``seq`` come last."""
    seq = rows.numbers("seq").values.astype(np.int64)
    order: Array = np.lexsort((-seq, ~rows.known("seq"), -rows.numbers("seen_at").values))
    return order


def _places(codes: Array) -> Array:
    """Return the place of each element among those that are equal to it."""
    order = np.argsort(codes, kind="stable")
    grouped = codes[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]][: len(codes)])
    places = np.empty(len(codes), np.int64)
    places[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(np.r_[starts, len(codes)]))
    return places
