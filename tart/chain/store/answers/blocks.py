"""Answers of blocks: pages by slot, blocks by hash, and one block with its records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tart.chain.store.answers.context import Context
from tart.chain.store.answers.stored_blocks import blocks_by_hash, newest_blocks, select_blocks
from tart.chain.store.answers.work_totals import core_totals, service_totals
from tart.chain.store.files import CORE_COLUMNS, SERVICE_COLUMNS
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainBlock


def answer_blocks(context: Context, query: chain.Blocks) -> chain.BlockPage:
    """Return blocks by slot."""
    limit = min(query.limit, context.max_rows)
    if limit < 1:
        return chain.BlockPage([], complete=False)
    selected = newest_blocks(
        context, query.first_slot, query.last_slot, limit + 1, forks=query.forks
    )
    page = [stored.block for stored in selected[:limit]]
    complete = len(selected) <= limit and _is_complete(context, query, page)
    if not query.indices:
        page = [msgspec.structs.replace(each, guarantors=None, assurers=None) for each in page]
    return chain.BlockPage(page, complete)


def _is_complete(context: Context, query: chain.Blocks, page: Sequence[ChainBlock]) -> bool:
    """Return whether no block of the range on the chain can be missing between known ones.

    The blocks next to the range are looked at, too: a block before the range whose child in it is
    known proves that none is missing between the two.
    """
    inside = [block for block in page if block.status != "fork"]
    above = _above(context, query.last_slot)
    line = [*([above] if above else []), *inside]
    if not line:
        return False
    for child, parent in pairwise(line):
        if child.parent != parent.hash:
            return False
    last = line[-1]
    if last.slot == query.first_slot and inside:
        return True
    below = newest_blocks(context, 0, min(query.first_slot, last.slot) - 1, 1, forks=False)
    return bool(below) and below[0].block.hash == last.parent


def _above(context: Context, slot: int) -> ChainBlock | None:
    """Return the first block on the chain after a slot."""
    selected: list[ChainBlock] = []
    for file in context.overlapping(slot + 1, 1 << 32):
        condition, values = file.on_chain()
        blocks = select_blocks(
            context, file, f"slot > ?{condition}", [slot, *values], "ORDER BY slot LIMIT 1"
        )
        selected += [stored.block for stored in blocks]
    return min(selected, key=lambda block: block.slot, default=None)


def answer_blocks_by_hash(context: Context, query: chain.BlocksByHash) -> list[ChainBlock]:
    """Return those of some blocks that are stored."""
    return [stored.block for stored in blocks_by_hash(context, query.hashes)]


def answer_block_statistics(
    context: Context, query: chain.BlockStatistics
) -> chain.BlockFigures | None:
    """Return a block with its records."""
    for stored in blocks_by_hash(context, [query.hash]):
        where = f"WHERE number = {stored.number:d} ORDER BY 2"
        cores = context.rows(
            f"SELECT slot, core, {', '.join(CORE_COLUMNS)} FROM {stored.file.alias}.cores {where}"
        )
        services = context.rows(
            f"SELECT slot, service, {', '.join(SERVICE_COLUMNS)} "
            f"FROM {stored.file.alias}.services {where}"
        )
        return chain.BlockFigures(
            block=stored.block,
            cores=[core_totals(row[:2], [1, *row[2:], _has_popularity(row[2:])]) for row in cores],
            services=[service_totals(row[:2], [1, *row[2:]]) for row in services],
        )
    return None


def _has_popularity(figures: Sequence[int]) -> int:
    return int(figures[CORE_COLUMNS.index("popularity")] > 0)
