"""Totals of work-packages by guarantor and by service from rows in memory.

The same answers as the statements of ``package_totals`` (``tests/shard/queries``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.package_totals import (
    STAGE_VALUES,
    STAGES,
    PackageServices,
    ServicePackage,
    StageTotals,
    join_attempts,
)
from tart.shard.queries import column_answers
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.selected_rows import NodeIds, SelectedRows, hash_keys, select_rows
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Groups, Numbers, group
from tart.units import DAY_US

_STEPS = tuple(dict.fromkeys(step for pair in STAGES.values() for step in pair))
# The distinct lists of services, or of gas, that are decoded once; a list has sixteen items.
_LISTS = 4_096


def stage_totals(
    relations: MergedRelations, query: StageTotals, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]] | None:
    """Return rows of node, bucket and ``STAGE_VALUES``; ``None`` if DuckDB must read the rows."""
    names = ("started_at", "node", "core", "outcome", *_STEPS)
    rows = select_rows(relations, "packages", names, nodes, *bounds_us(query.window))
    if rows is None:
        return None
    chosen = rows.known("outcome") & ~rows.outcome("duplicate")
    if query.core is not None:
        chosen &= rows.among("core", query.core)
    rows = rows.where(chosen)
    node = rows.numbers("node")
    began = rows.numbers("started_at").values
    bucket = Numbers(began // query.step_us * query.step_us if query.step_us else began)
    keys = [*([node] if query.by_node else []), *([bucket] if query.step_us else [])]
    groups = group(keys, rows.length)
    if not rows.length:
        # A sum without keys has a row even if there is nothing to add up.
        return [] if keys else [[None, None, *[0] * len(STAGE_VALUES)]]
    first = groups.first
    absent = [None] * len(first)
    columns = [
        column_answers.node_ids(node.take(first), id_of) if query.by_node else absent,
        bucket.take(first).tolist() if query.step_us else absent,
        rows.count(groups, np.ones(rows.length, bool)),
        rows.count(groups, ~rows.outcome("unfinished")),
        rows.count(groups, rows.outcome("failed")),
        *_stage_values(rows, groups),
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _stage_values(rows: SelectedRows, groups: Groups) -> Iterator[list[int]]:
    """Return the number and the sum of each stage's times, as a value for each group."""
    succeeded = ~rows.outcome("failed")
    for first, last in STAGES.values():
        known = rows.known(first, last) & succeeded
        yield rows.count(groups, known)
        yield rows.total(groups, rows.span(first, last, DAY_US), known)


def service_packages(
    relations: MergedRelations, query: PackageServices, nodes: NodeCondition, most: int
) -> list[ServicePackage] | None:
    """Return the packages of a window by service.

    ``None`` means that DuckDB must read the rows, or that they are more than ``most``.
    """
    names = ("hash", "started_at", "node", "auth_gas", "services", "item_gas")
    rows = select_rows(relations, "packages", names, nodes, *bounds_us(query.window))
    if rows is None:
        return None
    rows = rows.where(rows.known("hash", "services"))
    if rows.length > most:
        return None
    packages: dict[tuple[int, int], ServicePackage] = {}
    columns = (
        hash_keys(relations, rows.texts("hash")).tolist(),
        rows.numbers("started_at").tolist(),
        rows.numbers("auth_gas").tolist(),
        rows.texts("services").tolist(),
        rows.texts("item_gas").tolist(),
    )
    for key, began, auth_gas, services, gas in zip(*columns, strict=True):
        all_items = len(_items(services))
        for service, items, refined, total in _by_service(services, gas):
            one = ServicePackage(key, service, began, items, all_items, refined, total, auth_gas)
            known = packages.get((key, service))
            packages[key, service] = one if known is None else join_attempts(known, one)
    return list(packages.values())


@lru_cache(_LISTS)
def _items(text: str) -> Sequence[int | None]:
    items: list[int | None] = json.loads(text)
    return tuple(items)


def _by_service(services: str, gas: str | None) -> list[tuple[int, int, int, int]]:
    """Return each service with the number of its items, of those with gas, and their gas."""
    used = _items(gas or "[]")
    counts: dict[int, tuple[int, int, int]] = {}
    for service, amount in zip_longest(_items(services), used):
        if service is not None:
            items, refined, total = counts.get(service, (0, 0, 0))
            counts[service] = items + 1, refined + (amount is not None), total + (amount or 0)
    return [(service, *values) for service, values in counts.items()]
