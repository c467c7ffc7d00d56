"""Failures by template, from the aggregates of all shards.

Files of an earlier release have reasons without templates; these are made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import Coverage, QueryClient
from tart.query.core.failure_templates import failure_template
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import merge_rows
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.units import HOUR_US

# Rows of each shard, those with the most failures first.
MAX_ROWS = 200_000
_VALUES = ("count", "first_at", "last_at")
_OPERATIONS = ("sum", "min", "max")


async def failure_rows(
    queries: QueryClient,
    window: Window,
    by: Sequence[str],
    *,
    where: Mapping[str, Sequence[Any]] | None = None,
    step_us: int = 0,
) -> tuple[list[Json], Coverage]:
    """Return failures by keys, type and template: count, first_at and last_at.

    Args:
        by: Further keys: ``bucket``, ``node``.
        where: By column, the values that it may have.
        step_us: Length of the buckets.
    """
    keys = [*by, "type", "template"]
    rows, seen = await queries.ask(
        AggregateSum("failures", window, by=keys, where=where, step_us=step_us, top=MAX_ROWS)
    )
    if all(row["template"] is not None for row in rows):
        return rows, seen
    earlier, also = await queries.ask(
        AggregateSum(
            "failures",
            window,
            by=["bucket", "reason", *(key for key in keys if key != "bucket")],
            where=where,
            step_us=step_us if "bucket" in by else HOUR_US,
            top=MAX_ROWS,
        )
    )
    return await run_on_merge_thread(partial(_with_templates, rows, earlier, keys)), seen & also


def _with_templates(rows: list[Json], earlier: list[Json], keys: Sequence[str]) -> list[Json]:
    merged = [row for row in rows if row["template"] is not None]
    for row in earlier:
        if row["template"] is None:
            template = failure_template(row["reason"])
            merged.append(
                {**row, "template": template, "first_at": row["first_at"] or row["bucket"]}
            )
    columns = (*keys, *_VALUES)
    values = merge_rows(
        ([row[name] for name in columns] for row in merged), len(keys), list(_OPERATIONS)
    )
    return [dict(zip(columns, row, strict=True)) for row in values]
