"""Answers of cores and services: sums of their figures by bucket of slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tart.chain.store.answers.context import Context, FileView
from tart.chain.store.files import CORE_COLUMNS, SERVICE_COLUMNS
from tart.query.chain_queries import chain

T = TypeVar("T")


def answer_cores(context: Context, query: chain.Cores) -> list[chain.CoreTotals]:
    """Return figures of cores."""
    totals = _add_up(context, query, "cores", "core", query.cores, CORE_COLUMNS, "popularity > 0")
    return [core_totals(key, values) for key, values in totals]


def core_totals(key: Sequence[Any], values: Sequence[int]) -> chain.CoreTotals:
    """Return the figures of a core.

    Args:
        key: The bucket and the core.
        values: The number of blocks, ``CORE_COLUMNS``, the number of blocks with popularity.
    """
    blocks, *figures, popularity_blocks = values
    return chain.CoreTotals(
        step=key[0],
        core=key[1],
        blocks=blocks,
        popularity_blocks=popularity_blocks,
        **dict(zip(CORE_COLUMNS, figures, strict=True)),
    )


def answer_services(context: Context, query: chain.Services) -> list[chain.ServiceTotals]:
    """Return figures of services."""
    totals = _add_up(context, query, "services", "service", query.services, SERVICE_COLUMNS, "true")
    return [service_totals(key, values[:-1]) for key, values in totals]


def service_totals(key: Sequence[Any], values: Sequence[int]) -> chain.ServiceTotals:
    """Return the figures of a service.

    Args:
        key: The bucket and the service.
        values: The number of blocks, ``SERVICE_COLUMNS``.
    """
    blocks, *figures = values
    return chain.ServiceTotals(
        step=key[0],
        service=key[1],
        blocks=blocks,
        **dict(zip(SERVICE_COLUMNS, figures, strict=True)),
    )


def _add_up(
    context: Context,
    query: chain.Cores | chain.Services,
    table: str,
    key: str,
    wanted: Sequence[int] | None,
    columns: Sequence[str],
    counted: str,
) -> list[tuple[tuple[int, int | None], list[int]]]:
    """Return sums by bucket and key, in this order.

    Args:
        context: The files.
        query: The range, the length of the buckets, whether all keys are added up.
        table: The table.
        key: Its column of keys.
        wanted: The keys to read; None for all.
        columns: The columns to add up.
        counted: A condition; the rows that meet it are counted in the last sum.
    """
    total: dict[tuple[int, int | None], list[int]] = {}
    grouped = "NULL" if query.together else key
    blocks = "count(DISTINCT number)" if query.together else "count(*)"
    totals = ", ".join(f"sum({name})" for name in columns)
    files = context.overlapping(query.first_slot, query.last_slot)
    for file in sorted(files, key=lambda each: each.last_slot or 0, reverse=True):
        if _has_newest(query, file, total):
            continue
        condition, values = file.on_chain()
        if wanted is not None:
            condition += f" AND {key} IN (SELECT unnest(?::UINTEGER[]))"
            values = [*values, [each for each in wanted if 0 <= each < 1 << 32]]
        for step, name, *figures in context.rows(
            f"SELECT {_bucket(query)} AS step, {grouped} AS name, {blocks}, {totals}, "
            f"count(*) FILTER ({counted}) FROM {file.alias}.{table} "
            # Groups that are constants alone are one group, even of no rows.
            f"WHERE slot BETWEEN ? AND ?{condition} GROUP BY ALL HAVING count(*) > 0",
            [max(query.first_slot, 0), query.last_slot, *values],
        ):
            known = total.get((step, name))
            total[step, name] = (
                figures if known is None else [a + b for a, b in zip(known, figures, strict=True)]
            )
        context.refuse_large(len(total))
    return sorted(_cut_newest(query.newest, total).items(), key=lambda item: _sum_order(item[0]))


def _sum_order(key: tuple[int, int | None]) -> tuple[int, int]:
    return key[0], -1 if key[1] is None else key[1]


def _bucket(query: chain.Cores | chain.Services) -> str:
    """Return the expression of a bucket's first slot."""
    first, step = query.first_slot, query.step_slots
    if step <= 0:
        return f"{first:d}"
    return f"{first:d} + (slot::BIGINT - {first:d}) // {step:d} * {step:d}"


def _has_newest(
    query: chain.Cores | chain.Services, file: FileView, total: Mapping[tuple[int, Any], Any]
) -> bool:
    """Return whether the newest buckets that are wanted are all after a file's blocks."""
    if not query.newest:
        return False
    steps = sorted({step for step, _ in total}, reverse=True)[: query.newest]
    return len(steps) == query.newest and (file.last_slot or 0) < steps[-1]


def _cut_newest(newest: int, total: dict[tuple[int, Any], T]) -> dict[tuple[int, Any], T]:
    """Return the sums of the newest buckets, at most ``newest`` of them; all if it is 0."""
    if not newest:
        return total
    steps = set(sorted({step for step, _ in total}, reverse=True)[:newest])
    return {key: values for key, values in total.items() if key[0] in steps}
