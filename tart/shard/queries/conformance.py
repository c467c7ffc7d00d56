"""Examples of findings, and nodes' protocol versions, from the aggregates.

Findings themselves are counted by ``aggregate_sum`` of ``conformance``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tart.aggregate.keyed.sessions import REFUSED
from tart.query.core.event_ids import event_api_id
from tart.query.core.windows import Window, bounds_us
from tart.query.shard_queries.sessions import Examples, FindingExamples, ProtocolVersions
from tart.shard.queries import example_columns, session_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
_COLUMNS = (
    "node",
    "session",
    "seq",
    "event_id",
    "type",
    "rule",
    "byte_offset",
    "field",
    "expectation",
    "size",
)
_VERSION_COLUMNS = (
    "protocol_version",
    "params_layout",
    "sessions",
    "first_at",
    "last_at",
    "connected_us",
    "shed",
)
# Limit of the examples of one rule.
MAX_EXAMPLES = 20
# Limit of a list of examples, which have a kibibyte of bytes each.
MAX_LISTED = 2_000


def examples(
    relations: MergedRelations, query: Examples, nodes: NodeCondition, id_of: NodeIds
) -> list[dict[str, Any]]:
    """Return the newest examples of each rule, newest first.

    Args:
        nodes: A condition on ``directory`` and ``node``.
        id_of: The id of a directory's node, by numbers.
    """
    limit = max(0, min(query.limit, MAX_EXAMPLES))
    rows = example_columns.example_rows(
        relations, query.window, nodes, _COLUMNS, MAX_LISTED, per_rule=limit
    )
    if rows is None:
        newest = f"row_number() OVER (PARTITION BY rule ORDER BY seen_at DESC, seq DESC) <= {limit}"
        rows = _examples_by_statement(relations, query.window, str(nodes), f"QUALIFY {newest}")
    return _shown(rows, id_of)


def finding_examples(
    relations: MergedRelations, query: FindingExamples, nodes: NodeCondition, id_of: NodeIds
) -> list[dict[str, Any]]:
    """Return the newest examples that pass a filter, newest first.

    Args:
        nodes: A condition on ``directory`` and ``node``.
        id_of: The id of a directory's node, by numbers.
    """
    limit = max(0, min(query.limit, MAX_LISTED))
    rows = example_columns.example_rows(
        relations, query.window, nodes, _COLUMNS, limit, rule=query.rule
    )
    if rows is None:
        where = str(nodes)
        if query.rule is not None:
            code = query.rule.replace("'", "''")
            where += f" AND rule = '{code}'"
        rows = _examples_by_statement(relations, query.window, where, "", limit)
    return _shown(rows, id_of)


def _examples_by_statement(
    relations: MergedRelations,
    window: Window,
    condition: str,
    qualify: str,
    limit: int = MAX_LISTED,
) -> Sequence[Sequence[Any]]:
    start, end = bounds_us(window)
    where = (
        f"seen_at >= make_timestamp({start}) AND seen_at < make_timestamp({end}) AND {condition}"
    )
    return relations.execute(
        f"SELECT directory, epoch_us(seen_at), lower(hex(frame)), {', '.join(_COLUMNS)} "
        f"FROM {relations.table('examples', where)} {qualify} "
        f"ORDER BY seen_at DESC, seq DESC LIMIT {limit}"
    ).fetchall()


def _shown(rows: Sequence[Sequence[Any]], id_of: NodeIds) -> list[dict[str, Any]]:
    """Return rows of directory, time, frame and ``_COLUMNS`` as objects."""
    shown = []
    for directory, seen_at, frame, *values in rows:
        row = {"at": seen_at, "frame": frame, **dict(zip(_COLUMNS, values, strict=True))}
        number, seq = row["node"], row.pop("seq")
        row["node"] = None if number is None else id_of(directory, number)
        row["id"] = None if seq is None else event_api_id(directory, seq)
        row["session"] = event_api_id(directory, row["session"])
        shown.append(row)
    return shown


def protocol_versions(
    relations: MergedRelations, query: ProtocolVersions, nodes: NodeCondition, id_of: NodeIds
) -> list[dict[str, Any]]:
    """Return the protocol versions of nodes' connections in a window.

    ``connected_us`` is the time within the window; ``shed`` counts events of whole connections.
    """
    rows = session_columns.protocol_versions(relations, query, nodes, id_of)
    if rows is None:
        rows = _versions_by_statement(relations, query, nodes, id_of)
    return [dict(zip(("node", *_VERSION_COLUMNS), row, strict=True)) for row in rows]


def _versions_by_statement(
    relations: MergedRelations, query: ProtocolVersions, nodes: NodeCondition, id_of: NodeIds
) -> Sequence[Sequence[Any]]:
    start, end = bounds_us(query.window)
    now = query.now_us
    until = min(end, now)
    open_till = f"least(coalesce(epoch_us(ended_at), {now}), {until})"
    rows = relations.execute(
        "SELECT directory, node, protocol_version, params_layout, count(*), "
        "epoch_us(min(started_at)), epoch_us(max(started_at)), "
        f"sum(greatest(0, {open_till} - greatest(epoch_us(started_at), {start})))::BIGINT, "
        f"sum(shed)::BIGINT FROM {relations.table('sessions', str(nodes))} "
        f"WHERE outcome <> '{REFUSED}' AND started_at < make_timestamp({end}) "
        f"AND (ended_at IS NULL OR ended_at >= make_timestamp({start})) GROUP BY 1, 2, 3, 4"
    ).fetchall()
    return [(id_of(directory, number), *values) for directory, number, *values in rows]
