"""Connections from rows in memory: the same answers as the statements of ``sessions``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tart.aggregate.core.tables import ROWS
from tart.aggregate.keyed.sessions import REFUSED
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.sessions import (
    ConnectionBucket,
    ConnectionCounts,
    Connections,
    ProtocolVersions,
    VersionSpans,
)
from tart.shard.queries import column_answers
from tart.shard.queries.column_answers import NO_NODE, NODE_BITS
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.selected_rows import NodeIds, SelectedRows, select_rows
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Array, Numbers

_COLUMNS = tuple(ROWS["sessions"])


def open_within(
    relations: MergedRelations,
    names: Sequence[str],
    start: int,
    end: int,
    nodes: NodeCondition,
) -> SelectedRows | None:
    """Return connections that were open at any time of a window; ``None`` as ``select_rows``."""
    read = tuple(dict.fromkeys(("started_at", "ended_at", "node", "outcome", *names)))
    rows = select_rows(relations, "sessions", read, nodes)
    if rows is None:
        return None
    ended = rows.numbers("ended_at")
    began = rows.known("started_at") & (rows.numbers("started_at").values < end)
    return rows.where(began & (~rows.known("ended_at") | (ended.values >= start)))


def _accepted(rows: SelectedRows) -> Array:
    """Return true for connections that were not refused."""
    return rows.known("outcome") & ~rows.outcome(REFUSED)


def session_rows(
    relations: MergedRelations,
    start: int,
    end: int,
    positions: Mapping[int, int],
    limit: int,
    nodes: NodeCondition,
) -> Sequence[Sequence[Any]] | None:
    """Return directory and columns of connections that were open within a window.

    Args:
        relations: The rows.
        start: The first microsecond.
        end: The microsecond after the last.
        positions: By directory the number that connections are below.
        limit: Connections of each directory.
        nodes: The nodes.

    Returns:
        The rows by directory, newest first; ``None`` if DuckDB must read them.
    """
    rows = open_within(relations, _COLUMNS, start, end, nodes)
    if rows is None:
        return None
    directory = rows.numbers("node").values >> NODE_BITS
    session = rows.numbers("session").values
    order = []
    for number in np.unique(directory).tolist():
        mask = directory == number
        if number in positions:
            mask &= session < positions[number]
        places = np.flatnonzero(mask)
        order.append(places[np.argsort(-session[places].astype(np.int64), kind="stable")][:limit])
    chosen: Array = np.concatenate(order) if order else np.zeros(0, np.intp)
    directories, numbers = column_answers.split_nodes(rows.numbers("node").values[chosen])
    columns = [
        numbers if name == column_answers.NODE else rows.table.columns[name].take(chosen).tolist()
        for name in _COLUMNS
    ]
    return list(zip(directories, *columns, strict=True))


def connections(
    relations: MergedRelations, query: Connections, nodes: NodeCondition
) -> ConnectionCounts | None:
    """Return connections by bucket; ``None`` if DuckDB must read the rows."""
    start, end = bounds_us(query.window)
    step = query.step_us or end - start
    rows = open_within(relations, (), start, end, nodes)
    if rows is None:
        return None
    accepted, refused = _accepted(rows), rows.outcome(REFUSED)
    began, ended = rows.numbers("started_at").values, rows.numbers("ended_at").values
    began_inside = (began >= start) & (began < end)
    ended_inside = rows.known("ended_at") & (ended >= start) & (ended < end)
    counts = [
        _by_bucket(times[mask], step)
        for times, mask in (
            (began, accepted & began_inside),
            (ended, accepted & ended_inside),
            (began, refused & began_inside),
        )
    ]
    # A connection that was refused makes a bucket, even one that ended in it.
    buckets = sorted({bucket for each in counts for bucket in each})
    return ConnectionCounts(
        open=int(np.count_nonzero(accepted & (began < start))),
        buckets=[ConnectionBucket(each, *(count[each] for count in counts)) for each in buckets],
    )


def _by_bucket(times: Array, step: int) -> Counter[int]:
    values, counts = np.unique(times // step * step, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


def version_rows(
    relations: MergedRelations, query: VersionSpans, limit: int, nodes: NodeCondition
) -> Sequence[Sequence[Any]] | None:
    """Return directory, session, node, start and end of accepted connections, newest first.

    ``None`` means that DuckDB must read the rows.
    """
    start, end = bounds_us(query.window)
    until = min(end, query.now_us)
    rows = open_within(relations, ("session",), start, end, nodes)
    if rows is None:
        return None
    node = rows.numbers("node").values
    named = node & NO_NODE != NO_NODE
    rows = rows.where(named & _accepted(rows))
    order = np.argsort(-rows.numbers("started_at").values, kind="stable")[:limit]
    directories, numbers = column_answers.split_nodes(rows.numbers("node").values[order])
    ended = rows.numbers("ended_at").take(order)
    columns = (
        directories,
        rows.numbers("session").take(order).tolist(),
        numbers,
        rows.numbers("started_at").take(order).tolist(),
        [until if each is None else each for each in ended.tolist()],
    )
    return list(zip(*columns, strict=True))


def protocol_versions(
    relations: MergedRelations, query: ProtocolVersions, nodes: NodeCondition, id_of: NodeIds
) -> Sequence[Sequence[Any]] | None:
    """Return the rows of ``ProtocolVersions``; ``None`` if DuckDB must read them."""
    start, end = bounds_us(query.window)
    now = query.now_us
    until = min(end, now)
    names = ("protocol_version", "params_layout", "shed")
    rows = open_within(relations, names, start, end, nodes)
    if rows is None:
        return None
    rows = rows.where(_accepted(rows))
    groups = rows.group("node", "protocol_version", "params_layout")
    began, ended = rows.numbers("started_at"), rows.numbers("ended_at").values
    till = np.minimum(np.where(rows.known("ended_at"), ended, now), until)
    spent = np.maximum(0, till - np.maximum(began.values, start))
    first = groups.first
    columns = (
        column_answers.node_ids(rows.numbers("node").take(first), id_of),
        rows.table.columns["protocol_version"].take(first).tolist(),
        rows.table.columns["params_layout"].take(first).tolist(),
        rows.count(groups, np.ones(rows.length, bool)),
        groups.reduce(began, "min", None),
        groups.reduce(began, "max", None),
        groups.reduce(Numbers(spent), "sum", None),
        groups.reduce(rows.numbers("shed"), "sum", None),
    )
    return list(zip(*columns, strict=True))
