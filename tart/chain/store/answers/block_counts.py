"""Counts of blocks: of a range of slots, and of all files with the newest blocks."""

from __future__ import annotations

from collections.abc import Sequence

from tart.chain.store.answers.context import Context, FileView
from tart.chain.store.answers.stored_blocks import newest_blocks, select_blocks
from tart.chain.store.files import STATUS_CODES, latest_statuses
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainBlock


def answer_range(context: Context, query: chain.RangeCounts) -> chain.RangeFigures:
    """Return counts of the blocks of a range."""
    window = [max(query.first_slot, 0), query.last_slot]
    files = context.overlapping(query.first_slot, query.last_slot)
    counts = [_count_blocks(context, file, window) for file in files]
    return chain.RangeFigures(
        blocks=sum(each.blocks for each in counts),
        with_statistics=sum(each.with_statistics for each in counts),
        final=sum(each.final for each in counts),
        forks=sum(each.forks for each in counts),
        first_slot=min(
            (each.first_slot for each in counts if each.first_slot is not None), default=None
        ),
        last_slot=max(
            (each.last_slot for each in counts if each.last_slot is not None), default=None
        ),
    )


def _count_blocks(context: Context, file: FileView, window: Sequence[int]) -> chain.RangeFigures:
    """Return counts of the blocks of a file between two slots, inclusive."""
    condition, values = file.on_chain()
    ((blocks, with_statistics, first, last),) = context.rows(
        "SELECT count(*), count(reports), min(slot), max(slot) "
        f"FROM {file.alias}.blocks WHERE slot BETWEEN ? AND ?{condition}",
        [*window, *values],
    )
    ((with_forks,),) = context.rows(
        f"SELECT count(*) FROM {file.alias}.blocks WHERE slot BETWEEN ? AND ?", window
    )
    ((final,),) = context.rows(
        f"SELECT count(*) FROM (SELECT number, status FROM {file.alias}.blocks "
        f"WHERE slot BETWEEN ? AND ?) LEFT JOIN {latest_statuses(file.alias)} USING (number) "
        f"WHERE coalesce(changed, status) = {STATUS_CODES['final']}",
        window,
    )
    return chain.RangeFigures(
        blocks=blocks,
        with_statistics=with_statistics,
        final=final,
        forks=with_forks - blocks,
        first_slot=first,
        last_slot=last,
    )


def answer_state(context: Context, query: chain.State) -> chain.ChainState:
    """Return the state of the files; the endpoints are added by the worker."""
    best = newest_blocks(context, 0, 1 << 32, 1, forks=False)
    first = min(
        (file.first_slot for file in context.files if file.first_slot is not None), default=None
    )
    return chain.ChainState(
        endpoints=[],
        parameters=dict(context.parameters),
        best=best[0].block if best else None,
        finalized=_newest_final(context),
        first_slot=first,
        blocks=sum(file.blocks for file in context.files),
        forks=sum(len(file.forks) for file in context.files),
        reorganisations=sum(file.reorganisations for file in context.files),
        missing_statistics=sum(file.missing for file in context.files),
    )


def _newest_final(context: Context) -> ChainBlock | None:
    for file in reversed(context.files):
        selected = select_blocks(
            context,
            file,
            "true",
            [],
            f"WHERE coalesce(changed, status) = {STATUS_CODES['final']} ORDER BY slot DESC LIMIT 1",
        )
        if selected:
            return selected[0].block
    return None
