"""Telemetry connections, from the aggregates' ``sessions``.

Open connections are rows whose ``ended_at`` is NULL. A connection is in a window if it was open
at any time of it. The numbers of a directory's connections grow with time, as the sequences of
its events do, so lists are paged in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tart.aggregate.core.tables import ROWS, TIME
from tart.aggregate.keyed.sessions import REFUSED
from tart.query.core.event_ids import DIRECTORY_BITS
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.version_spans import VersionSpan, join_spans
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.sessions import (
    ConnectionBucket,
    ConnectionCounts,
    Connections,
    SessionPage,
    VersionSpans,
)
from tart.shard.queries import session_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.state.nodes import SessionOwner
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
# Limit of the connections of one directory in one answer.
MAX_SESSIONS = 110_000


def sessions(
    relations: MergedRelations,
    query: SessionPage,
    nodes: NodeCondition,
    id_of: NodeIds,
    *,
    shard: int,
) -> list[dict[str, Any]]:
    """Return a directory's connections as objects of ``sessions``' columns, newest first.

    Args:
        nodes: A condition on ``directory`` and ``node``.
        id_of: The id of a directory's node, by numbers.
        shard: The number of this shard.
    """
    start, end = bounds_us(query.cursor.window_on(shard))
    limit = max(0, min(query.limit, MAX_SESSIONS))
    positions = query.cursor.positions
    rows = session_columns.session_rows(relations, start, end, positions, limit, nodes)
    if rows is None:
        rows = _rows_by_statement(relations, start, end, positions, limit, nodes)
    columns = ROWS["sessions"]
    shown_rows = []
    for directory, *values in rows:
        row = dict(zip(columns, values, strict=True))
        row = {"id": row["session"] << DIRECTORY_BITS | directory, **row}
        row["node"] = None if row["node"] is None else id_of(directory, row["node"])
        for name, kind in columns.items():
            row[name] = _text(row[name]) if kind == TIME else row[name]
        shown_rows.append(row)
    return shown_rows


def _rows_by_statement(
    relations: MergedRelations,
    start: int,
    end: int,
    positions: Mapping[int, int],
    limit: int,
    nodes: NodeCondition,
) -> Sequence[Sequence[Any]]:
    below = [
        f"(directory <> {directory} OR session < {number})"
        for directory, number in positions.items()
    ]
    where = " AND ".join((_overlapping(start, end), str(nodes), *below))
    columns = ROWS["sessions"].items()
    shown = [f"epoch_us({name})" if kind == TIME else name for name, kind in columns]
    return relations.execute(
        f"SELECT directory, {', '.join(shown)} "
        f"FROM {relations.table('sessions', where)} QUALIFY "
        f"row_number() OVER (PARTITION BY directory ORDER BY session DESC) <= {limit} "
        "ORDER BY directory, session DESC"
    ).fetchall()


def connections(
    relations: MergedRelations, query: Connections, nodes: NodeCondition, id_of: NodeIds
) -> ConnectionCounts:
    """Return the connections that began, ended and were refused in each bucket of a window."""
    counts = session_columns.connections(relations, query, nodes)
    return _counts_by_statement(relations, query, nodes) if counts is None else counts


def _counts_by_statement(
    relations: MergedRelations, query: Connections, nodes: NodeCondition
) -> ConnectionCounts:
    start, end = bounds_us(query.window)
    step = query.step_us or end - start
    relation = relations.table("sessions", f"{_overlapping(start, end)} AND {nodes}")
    accepted = f"outcome <> '{REFUSED}'"
    began, ended = (_inside(name, start, end) for name in ("started_at", "ended_at"))
    rows = relations.execute(
        f"WITH found AS MATERIALIZED (SELECT started_at, ended_at, outcome FROM {relation}) "
        "SELECT moment, sum(one)::BIGINT, sum(two)::BIGINT, sum(three)::BIGINT FROM ("
        f"SELECT {_bucket('started_at', step)} AS moment, ({accepted})::INTEGER AS one, 0 AS two, "
        f"(NOT {accepted})::INTEGER AS three FROM found WHERE {began} UNION ALL "
        f"SELECT {_bucket('ended_at', step)}, 0, 1, 0 FROM found WHERE {accepted} AND {ended} "
        "UNION ALL SELECT NULL, count(*), 0, 0 FROM found "
        f"WHERE {accepted} AND started_at < make_timestamp({start})) "
        "GROUP BY moment ORDER BY moment"
    ).fetchall()
    return ConnectionCounts(
        open=sum(row[1] for row in rows if row[0] is None),
        buckets=[ConnectionBucket(*row) for row in rows if row[0] is not None],
    )


def version_spans(
    relations: MergedRelations,
    query: VersionSpans,
    nodes: NodeCondition,
    id_of: NodeIds,
    *,
    owner_of: Callable[[tuple[int, int]], SessionOwner | None],
) -> list[VersionSpan]:
    """Return the times in which nodes were connected, with the version of each connection.

    Args:
        owner_of: The owner of a connection by directory and number; ``None`` if no file has its
            node information any more.
    """
    start, end = bounds_us(query.window)
    until = min(end, query.now_us)
    rows = session_columns.version_rows(relations, query, MAX_SESSIONS, nodes)
    if rows is None:
        rows = _versions_by_statement(relations, query, nodes)
    spans = []
    for directory, session, number, started_at, ended_at in rows:
        node, owner = id_of(directory, number), owner_of((directory, session))
        if node is None:
            continue
        name, version = (owner.name, owner.implementation_version) if owner else (None, None)
        first, last = max(started_at, start), min(ended_at, until)
        spans.append(VersionSpan(node, name, version, first, max(first, last)))
    return join_spans(spans, query.gap_us)


def _versions_by_statement(
    relations: MergedRelations, query: VersionSpans, nodes: NodeCondition
) -> Sequence[Sequence[Any]]:
    start, end = bounds_us(query.window)
    until = min(end, query.now_us)
    where = f"outcome <> '{REFUSED}' AND node IS NOT NULL AND {nodes}"
    return relations.execute(
        "SELECT directory, session, node, epoch_us(started_at), "
        f"coalesce(epoch_us(ended_at), {until}) "
        f"FROM {relations.table('sessions', f'{_overlapping(start, end)} AND {where}')} "
        f"ORDER BY started_at DESC LIMIT {MAX_SESSIONS}"
    ).fetchall()


def _overlapping(start: int, end: int) -> str:
    return (
        f"started_at < make_timestamp({end}) "
        f"AND (ended_at IS NULL OR ended_at >= make_timestamp({start}))"
    )


def _inside(column: str, start: int, end: int) -> str:
    return f"{column} >= make_timestamp({start}) AND {column} < make_timestamp({end})"


def _bucket(column: str, step: int) -> str:
    return f"epoch_us({column}) // {step} * {step}"


def _text(unix_us: int | None) -> str | None:
    return None if unix_us is None else rfc3339(unix_us)
