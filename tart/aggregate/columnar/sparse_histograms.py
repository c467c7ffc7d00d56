"""Histograms by row and column that hold memory only for the bins in use.

Pure. The durations of one step at one node lie within a few octaves, so most of the bins of a
histogram stay zero. The bins are stored in *blocks* of ``BLOCK_BINS``; a block is allocated when
one of its bins is counted first. An index maps row, column and block to the block's position;
position 0 is a block without counts and means that none is allocated.

One thread counts. Others may read meanwhile: arrays are replaced when they grow, and a block is
announced in ``_used`` after its key is written, so a reader sees every count up to some moment.
"""

from __future__ import annotations

import numpy as np

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array
from tart.query.core.log_histogram import BINS

# Four octaves. A quarter of the blocks' memory are bins in use at line rate.
BLOCK_BINS = 16
_BITS = BLOCK_BINS.bit_length() - 1
_BLOCKS = BINS // BLOCK_BINS
_FIRST_BLOCKS = 64
_ONE = np.uint32(1)


class SparseHistograms:
    """Histograms of ``BINS`` bins by row and column; all counts are below 2^32.

    Args:
        rows: The number of rows for which the index has room at first; more are added.
        columns: The number of columns likewise.
    """

    def __init__(self, rows: int, columns: int) -> None:
        # By row, and by column and block: the position of the block.
        self._positions = np.zeros((rows, columns * _BLOCKS), np.int32)
        self._keys = np.zeros(_FIRST_BLOCKS, np.int64)
        self._blocks = np.zeros((_FIRST_BLOCKS, BLOCK_BINS), np.uint32)
        self._used = 1

    @property
    def rows(self) -> int:
        """Return the number of rows for which the index has room."""
        return len(self._positions)

    @property
    def nbytes(self) -> int:
        """Return the size of all arrays in bytes."""
        return self._positions.nbytes + self._keys.nbytes + self._blocks.nbytes

    def cells(self, row: Array, column: Array, number: Array) -> Array:
        """Return the cells of bins for ``add``, and allocate their blocks.

        Args:
            row: The row of each.
            column: Its column.
            number: Its bin.

        Returns:
            Indices that stay valid. If this raises, no count has changed.
        """
        self._reserve(int(row.max()) + 1, int(column.max()) + 1)
        keys = row.astype(np.int64) * self._positions.shape[1]
        keys += column * _BLOCKS + (number >> _BITS)
        positions = self._positions.reshape(-1)[keys]
        absent = np.flatnonzero(positions == 0)
        if len(absent):
            self._allocate(np.unique(keys[absent]))
            positions[absent] = self._positions.reshape(-1)[keys[absent]]
        return (positions.astype(np.intp) << _BITS) + (number & (BLOCK_BINS - 1))

    def add(self, cells: Array) -> None:
        """Count one in each of these cells, any of them repeatedly."""
        np.add.at(self._blocks.reshape(-1), cells, _ONE)

    def nonzero(self) -> tuple[Array, Array, Array, Array]:
        """Return row, column, bin and count of every bin that has counts."""
        used = self._used
        counts, keys = self._blocks[:used].copy(), self._keys[:used]
        position, rest = np.nonzero(counts)
        key = keys[position]
        row, place = key >> 32, key & 0xFFFFFFFF
        column, block = np.divmod(place, _BLOCKS)
        return row, column, block * BLOCK_BINS + rest, counts[position, rest]

    def _reserve(self, rows: int, columns: int) -> None:
        places = columns * _BLOCKS
        if places > self._positions.shape[1]:
            positions = np.zeros((self.rows, places), np.int32)
            positions[:, : self._positions.shape[1]] = self._positions
            self._positions = positions
        self._positions = grow(self._positions, rows)

    def _allocate(self, keys: Array) -> None:
        """Allocate the blocks of these different places of the index."""
        first, end = self._used, self._used + len(keys)
        self._blocks = grow(self._blocks, end)
        self._keys = grow(self._keys, end)
        row, place = np.divmod(keys, self._positions.shape[1])
        # Not as the index counts them: it may get more columns.
        self._keys[first:end] = (row << 32) | place
        self._positions.reshape(-1)[keys] = np.arange(first, end, dtype=np.int32)
        self._used = end
