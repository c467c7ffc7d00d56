"""Sums of what blocks add to the figures of validators, by epoch or by bucket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from tart.chain.store.answers.context import Context, FileView
from tart.chain.store.files import VALIDATOR_COLUMNS

# Blocks are read in parts of this number.
BLOCKS_AT_ONCE = 2_000

T = TypeVar("T")


class ValidatorTally:
    """The sum of what blocks add to the figures of validators.

    Attributes:
        size: Of the largest validator set.
    """

    def __init__(self) -> None:
        self.size = 0
        # Blocks, tickets, preimages and their size by author; figures that no bitmap has.
        self._figures: defaultdict[int, list[int]] = defaultdict(
            lambda: [0] * len(VALIDATOR_COLUMNS)
        )
        self._bits = [np.zeros(0, np.int64), np.zeros(0, np.int64)]

    def add_block(self, author: int | None, figures: Sequence[int | None]) -> None:
        """Add the figures of the author of a block: tickets, preimages, their size."""
        if author is not None:
            self.add(author, (1, *(figure or 0 for figure in figures), 0, 0))

    def add_bitmaps(self, bitmaps: Sequence[bytes | None]) -> None:
        """Add the guarantors and the assurers of a block."""
        for place, bitmap in enumerate(bitmaps):
            if bitmap:
                bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
                if len(bits) > len(self._bits[place]):
                    self._bits[place] = np.pad(
                        self._bits[place], (0, len(bits) - len(self._bits[place]))
                    )
                self._bits[place][: len(bits)] += bits

    def add(self, validator: int, figures: Sequence[int]) -> None:
        """Add all figures of a validator."""
        known = self._figures[validator]
        self._figures[validator] = [a + b for a, b in zip(known, figures, strict=True)]

    def by_validator(self, *, everybody: bool = False) -> dict[int, list[int]]:
        """Return the figures by validator.

        Args:
            everybody: Include those of the set whose figures are all 0.
        """
        figures = {validator: list(each) for validator, each in self._figures.items()}
        for place, bits in enumerate(self._bits, start=len(VALIDATOR_COLUMNS) - 2):
            for validator in np.flatnonzero(bits).tolist():
                mine = figures.setdefault(validator, [0] * len(VALIDATOR_COLUMNS))
                mine[place] += int(bits[validator])
        if everybody:
            for validator in range(self.size):
                figures.setdefault(validator, [0] * len(VALIDATOR_COLUMNS))
        return figures


def tally_validators(
    context: Context,
    first_slot: int,
    last_slot: int,
    without_epochs: set[int],
    key: Callable[[int, int | None], T],
) -> dict[T, ValidatorTally]:
    """Return what the blocks of a range on the chain add to the figures of validators.

    Args:
        context: The files.
        first_slot: Inclusive.
        last_slot: Inclusive.
        without_epochs: Epochs whose blocks are left out.
        key: Returns the key of the sum that a block belongs to, given its slot and epoch.

    Raises:
        BadQuery: There are too many sums, or too many validators.
    """
    tallies: defaultdict[T, ValidatorTally] = defaultdict(ValidatorTally)
    for file in context.overlapping(first_slot, last_slot):
        condition, values = file.on_chain()
        if without_epochs:
            condition += " AND (epoch IS NULL OR epoch NOT IN (SELECT unnest(?::UINTEGER[])))"
            values = [*values, sorted(without_epochs)]
        values = [max(first_slot, 0), last_slot, *values]
        for part in _block_rows(context, file, condition, values):
            for _, slot, epoch, size, explicit, author, *figures, guarantors, assurers in part:
                tally = tallies[key(slot, epoch)]
                tally.size = max(tally.size, size or 0)
                if not explicit:
                    tally.add_block(author, figures)
                    tally.add_bitmaps((guarantors, assurers))
            context.refuse_large(len(tallies))
        for slot, epoch, validator, *figures in context.rows(
            f"SELECT slot, epoch, validator, {', '.join(VALIDATOR_COLUMNS)} "
            f"FROM {file.alias}.increments WHERE slot BETWEEN ? AND ?{condition}",
            values,
        ):
            tallies[key(slot, epoch)].add(validator, figures)
    for tally in tallies.values():
        context.refuse_large(tally.size)
    return dict(tallies)


def _block_rows(
    context: Context, file: FileView, condition: str, values: Sequence[Any]
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of the blocks of a range in parts, by number.

    Args:
        context: The files.
        file: The file.
        condition: What a block must meet, beginning with AND; empty for all.
        values: The first and the last slot, and the parameters of the condition.
    """
    after = -1
    while True:
        part = context.rows(
            "SELECT number, slot, epoch, validators, has_increments, author, tickets, "
            f"preimages, preimage_octets, guarantors, assurers FROM {file.alias}.blocks "
            f"WHERE slot BETWEEN ? AND ?{condition} AND number > {after:d} "
            f"ORDER BY number LIMIT {BLOCKS_AT_ONCE}",
            values,
        )
        yield part
        if len(part) < BLOCKS_AT_ONCE:
            return
        after = part[-1][0]
