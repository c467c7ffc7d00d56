"""Telemetry connections, from the aggregates' ``sessions``.

Open connections are rows whose ``ended_at`` is NULL. A connection is in a window if it was open
at any time of it. The numbers of a directory's connections grow with time, as the sequences of
its events do, so lists are paged in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
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
from tart.shard.state.nodes import SessionOwner
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
# Limit of the connections of one directory in one answer.
MAX_SESSIONS = 110_000
_API_ID = f"(session::BIGINT << {DIRECTORY_BITS} | directory)"


def sessions(
    relations: MergedRelations,
    query: SessionPage,
    nodes: str,
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
    below = [
        f"(directory <> {directory} OR session < {number})"
        for directory, number in query.cursor.positions.items()
    ]
    where = " AND ".join((_overlapping(start, end), nodes, *below))
    columns = ROWS["sessions"]
    shown = [f"epoch_us({name})" if kind == TIME else name for name, kind in columns.items()]
    limit = max(0, min(query.limit, MAX_SESSIONS))
    rows = relations.execute(
        f"SELECT {_API_ID}, directory, {', '.join(shown)} "
        f"FROM {relations.table('sessions', where)} QUALIFY "
        f"row_number() OVER (PARTITION BY directory ORDER BY session DESC) <= {limit} "
        "ORDER BY directory, session DESC"
    ).fetchall()
    shown_rows = []
    for api_id, directory, *values in rows:
        row = {"id": api_id, **dict(zip(columns, values, strict=True))}
        row["node"] = None if row["node"] is None else id_of(directory, row["node"])
        for name, kind in columns.items():
            row[name] = _text(row[name]) if kind == TIME else row[name]
        shown_rows.append(row)
    return shown_rows


def connections(
    relations: MergedRelations, query: Connections, nodes: str, id_of: NodeIds
) -> ConnectionCounts:
    """Return the connections that began, ended and were refused in each bucket of a window."""
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
    nodes: str,
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
    where = f"outcome <> '{REFUSED}' AND node IS NOT NULL AND {nodes}"
    rows = relations.execute(
        "SELECT directory, session, node, epoch_us(started_at), "
        f"coalesce(epoch_us(ended_at), {until}) "
        f"FROM {relations.table('sessions', f'{_overlapping(start, end)} AND {where}')} "
        f"ORDER BY started_at DESC LIMIT {MAX_SESSIONS}"
    ).fetchall()
    spans = []
    for directory, session, number, started_at, ended_at in rows:
        node, owner = id_of(directory, number), owner_of((directory, session))
        if node is None:
            continue
        name, version = (owner.name, owner.implementation_version) if owner else (None, None)
        first, last = max(started_at, start), min(ended_at, until)
        spans.append(VersionSpan(node, name, version, first, max(first, last)))
    return join_spans(spans, query.gap_us)


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
