"""Totals of work-packages by guarantor and by service, from the aggregates' ``packages``.

``query.shard_queries.package_totals`` declares the answers and merges them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tart.query.core.windows import Window, bounds_us
from tart.query.shard_queries.package_totals import (
    STAGES,
    PackageServices,
    ServicePackage,
    ServiceRows,
    StageTotals,
)
from tart.query.shard_queries.packages import KEYS, SAMPLE_ROWS
from tart.shard.queries import totals_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.units import DAY_US

NodeIds = Callable[[int, int], str | None]
_OK = "outcome NOT IN ('failed', 'duplicate')"


def stage_totals(
    relations: MergedRelations, query: StageTotals, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]]:
    """Return rows of node, bucket and ``STAGE_VALUES``."""
    totals = totals_columns.stage_totals(relations, query, nodes, id_of)
    return _totals_by_statement(relations, query, nodes, id_of) if totals is None else totals


def _totals_by_statement(
    relations: MergedRelations, query: StageTotals, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]]:
    step = query.step_us
    node = "[directory, node]" if query.by_node else "NULL"
    bucket = f"epoch_us(started_at) // {step} * {step}" if step else "NULL"
    values = [
        "count(*)",
        "count(*) FILTER (outcome <> 'unfinished')",
        "count(*) FILTER (outcome = 'failed')",
        *(value for first, last in STAGES.values() for value in _stage(first, last)),
    ]
    where = f"{_inside(query.window)} AND {nodes} AND outcome <> 'duplicate'"
    if query.core is not None:
        where += f" AND core = {query.core}"
    rows = relations.execute(
        f"SELECT {node} AS node, {bucket} AS bucket, {', '.join(values)} "
        f"FROM {relations.table('packages', where)} GROUP BY ALL"
    ).fetchall()
    return [[key and id_of(*key), *rest] for key, *rest in rows]


def _stage(first: str, last: str) -> tuple[str, str]:
    """Return SQL of the number and the sum of a stage's times; each is at most a day."""
    known = f"{first} IS NOT NULL AND {last} IS NOT NULL AND {_OK}"
    span = f"CASE WHEN {last} > {first} THEN least({last} - {first}, {DAY_US}) ELSE 0 END"
    return f"count(*) FILTER ({known})", f"coalesce(sum({span}) FILTER ({known}), 0)"


def package_services(
    relations: MergedRelations, query: PackageServices, nodes: NodeCondition, id_of: NodeIds
) -> ServiceRows:
    """Return the packages of a window by service, or a sample of them."""
    packages = totals_columns.service_packages(relations, query, nodes, SAMPLE_ROWS)
    if packages is None:
        return _services_by_statement(relations, query, nodes)
    return ServiceRows(packages, None)


def _services_by_statement(
    relations: MergedRelations, query: PackageServices, nodes: NodeCondition
) -> ServiceRows:
    where = f"{_inside(query.window)} AND {nodes} AND hash IS NOT NULL AND services IS NOT NULL"
    relation = relations.table("packages", where)
    ((count,),) = relations.execute(f"SELECT count(*) FROM {relation}").fetchall()
    below = None if count <= SAMPLE_ROWS else KEYS * SAMPLE_ROWS // count
    sample = "true" if below is None else f"key < {below}"
    # unnest pads the shorter list with NULL: without costs no item has any.
    rows = relations.execute(
        "WITH attempts AS (SELECT hash(hash) AS key, directory, session, root, "
        "epoch_us(started_at) AS began, auth_gas, services::UINTEGER[] AS services, "
        f"coalesce(item_gas, '[]')::UBIGINT[] AS gas FROM {relation} WHERE {sample}), "
        "items AS (SELECT key, directory, session, root, began, auth_gas, "
        "len(services) AS all_items, unnest(services) AS service, unnest(gas) AS gas "
        "FROM attempts), "
        "sums AS (SELECT key, directory, session, root, began, auth_gas, all_items, service, "
        "count(*) AS items, count(gas) AS refined, coalesce(sum(gas), 0) AS gas "
        "FROM items WHERE service IS NOT NULL GROUP BY ALL) "
        "SELECT key, service, min(began), max(items), max(all_items), max(refined), max(gas), "
        "max(auth_gas) FROM sums GROUP BY key, service"
    ).fetchall()
    return ServiceRows([ServicePackage(*row) for row in rows], below)


def _inside(window: Window) -> str:
    start, end = bounds_us(window)
    return f"started_at >= make_timestamp({start}) AND started_at < make_timestamp({end})"
