"""Blocks as they are read from the files: by a condition, by slot, by hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tart.chain.store.answers.context import Context, FileView
from tart.chain.store.files import STATUSES, latest_statuses
from tart.chain.store.rows import HASH_BYTES, decode_bitmap
from tart.errors import BadQuery
from tart.query.chain_queries.chain import ChainBlock

_BLOCK_COLUMNS = (
    "number, hash, slot, parent, coalesce(changed, status), epoch_us(seen_at), epoch, validators, "
    "author, tickets, preimages, preimage_octets, guarantors, assurers, reports, irregularity"
)


@dataclass(frozen=True)
class StoredBlock:
    """A block with its file and its number in it."""

    file: FileView
    number: int
    block: ChainBlock


def select_blocks(
    context: Context, file: FileView, condition: str, values: Sequence[Any], rest: str = ""
) -> list[StoredBlock]:
    """Return the blocks of a file that meet a condition.

    Args:
        context: The files.
        file: The file.
        condition: On the columns of the table ``blocks``.
        values: The parameters of the condition.
        rest: What follows the selection: a condition on ``changed``, order and limit.
    """
    selected = context.rows(
        f"SELECT {_BLOCK_COLUMNS} FROM (SELECT * FROM {file.alias}.blocks WHERE {condition}) "
        f"LEFT JOIN {latest_statuses(file.alias)} USING (number) {rest}",
        values,
    )
    return [StoredBlock(file, row[0], _block(row)) for row in selected]


def _block(row: Sequence[Any]) -> ChainBlock:
    return ChainBlock(
        hash=row[1].hex(),
        slot=row[2],
        parent=None if row[3] is None else row[3].hex(),
        status=STATUSES[row[4]],
        seen_at=row[5],
        epoch=row[6],
        validators=row[7],
        author=row[8],
        tickets=row[9],
        preimages=row[10],
        preimage_octets=row[11],
        guarantors=decode_bitmap(row[12]),
        assurers=decode_bitmap(row[13]),
        reports=row[14],
        irregularity=row[15],
    )


def newest_blocks(
    context: Context, first_slot: int, last_slot: int, limit: int, *, forks: bool
) -> list[StoredBlock]:
    """Return the blocks of a range with the highest slots, at most ``limit``, newest first."""
    selected: list[StoredBlock] = []
    files = context.overlapping(first_slot, last_slot)
    for file in sorted(files, key=lambda each: each.last_slot or 0, reverse=True):
        if len(selected) >= limit and (file.last_slot or 0) < selected[-1].block.slot:
            continue
        condition, values = ("", []) if forks else file.on_chain()
        selected += select_blocks(
            context,
            file,
            f"slot BETWEEN ? AND ?{condition}",
            [max(first_slot, 0), last_slot, *values],
            f"ORDER BY slot DESC, number DESC LIMIT {limit:d}",
        )
        selected.sort(key=_order, reverse=True)
        del selected[limit:]
    return selected


def _order(stored: StoredBlock) -> tuple[int, bool, str]:
    # Of the blocks of a slot the one on the chain comes first.
    block = stored.block
    return block.slot, block.status != "fork", block.hash


def blocks_by_hash(context: Context, hashes: Iterable[str]) -> Iterator[StoredBlock]:
    """Yield those of some blocks that are stored.

    Raises:
        BadQuery: A hash is not hex digits, or there are too many.
    """
    wanted = set()
    for text in hashes:
        try:
            key = bytes.fromhex(text)
        except ValueError:
            raise BadQuery(f"{text} is not a hash: 64 hex digits", "hash") from None
        if len(key) == HASH_BYTES:
            wanted.add(key)
    if len(wanted) > context.max_rows:
        raise BadQuery(f"at most {context.max_rows} hashes can be asked for", "hashes")
    for file in reversed(context.files):
        if not wanted:
            return
        for stored in select_blocks(
            context, file, "hash IN (SELECT unnest(?::BLOB[]))", [sorted(wanted)]
        ):
            wanted.discard(bytes.fromhex(stored.block.hash))
            yield stored
