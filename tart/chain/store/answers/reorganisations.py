"""The answer of reorganisations."""

from __future__ import annotations

from tart.chain.store.answers.context import Context
from tart.chain.store.rows import HASH_BYTES
from tart.query.chain_queries import chain


def answer_reorganisations(
    context: Context, query: chain.Reorganisations
) -> list[chain.Reorganisation]:
    """Return reorganisations that led to a block of the range, newest first."""
    selected: list[chain.Reorganisation] = []
    limit = min(query.limit, context.max_rows)
    for file in reversed(context.files):
        if not file.reorganisations or len(selected) >= limit:
            continue
        for happened, old, old_slot, new, new_slot, left, common in context.rows(
            "SELECT epoch_us(happened_at), from_hash, from_slot, to_hash, to_slot, left_hashes, "
            f"common_slot FROM {file.alias}.reorganisations WHERE to_slot BETWEEN ? AND ? "
            f"ORDER BY happened_at DESC LIMIT {limit:d}",
            [max(query.first_slot, 0), query.last_slot],
        ):
            selected.append(
                chain.Reorganisation(
                    at=happened,
                    from_hash=old.hex(),
                    from_slot=old_slot,
                    to_hash=new.hex(),
                    to_slot=new_slot,
                    left=[
                        left[start : start + HASH_BYTES].hex()
                        for start in range(0, len(left), HASH_BYTES)
                    ],
                    common_slot=common,
                )
            )
    selected.sort(key=lambda change: change.at, reverse=True)
    return selected[:limit]
