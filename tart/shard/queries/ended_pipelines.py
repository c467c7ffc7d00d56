"""Packages and blocks that had news since a time, from their pipelines."""

from __future__ import annotations

from collections.abc import Callable

from tart.errors import BadQuery
from tart.query.core.event_ids import event_api_id
from tart.query.shard_queries.ended_pipelines import EndedPart, EndedPipeline, EndedPipelines
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
TABLES = ("packages", "blocks")
MAX_ROWS = 50_000


def ended_pipelines(
    relations: MergedRelations, query: EndedPipelines, nodes: NodeCondition, id_of: NodeIds
) -> EndedPart:
    """Return packages or blocks by the time of their newest event.

    Raises:
        BadQuery: The table has no pipelines.
    """
    if query.table not in TABLES:
        raise BadQuery(f"table must be one of {', '.join(TABLES)}", "table")
    limit = max(1, min(query.limit, MAX_ROWS))
    where = (
        f"started_at >= make_timestamp({query.started_us}) AND outcome <> 'duplicate' AND {nodes}"
    )
    # An attempt without a hash is a group of its own.
    first = "{'directory': directory, 'node': node, 'session': session, 'root': root}"
    grouped = (
        "SELECT lower(hex(hash)) AS digest, epoch_us(min(started_at)) AS first_at, "
        "epoch_us(max(ended_at)) AS last_at, bool_or(outcome = 'failed') AS failed, "
        f"arg_min({first}, started_at) AS first FROM {relations.table(query.table, where)} "
        "GROUP BY hash, CASE WHEN hash IS NULL THEN [directory, session, root] END "
        f"HAVING max(ended_at) >= make_timestamp({query.since_us})"
    )
    rows = relations.execute(
        "SELECT digest, first_at, last_at, failed, first.directory, first.node, first.session, "
        f"first.root FROM ({grouped}) ORDER BY last_at, digest, first.session, first.root "
        f"LIMIT {limit + 1}"
    ).fetchall()
    pipelines = []
    for digest, first_at, last_at, failed, directory, number, session, root in rows[:limit]:
        node = id_of(directory, number)
        if node is not None:
            api_session = event_api_id(directory, session)
            pipelines.append(
                EndedPipeline(digest, first_at, last_at, failed, node, session, api_session, root)
            )
    return EndedPart(pipelines, len(rows) > limit)
