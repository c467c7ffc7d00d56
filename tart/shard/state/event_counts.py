"""How many events of each type every node sent: one array, counted into by the batch.

Pure. Rows are given out once and never taken back; a shard knows thousands of nodes at
most, at two kilobytes each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EVENT_TYPES = 256


class Tally:
    """Counts by row and event type."""

    def __init__(self) -> None:
        self._counts = np.zeros((16, EVENT_TYPES), np.int64)
        self._rows = 0

    def new_row(self) -> int:
        """A row of zeros for somebody new."""
        if self._rows == len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        self._rows += 1
        return self._rows - 1

    def add(self, rows: npt.NDArray[np.int64], event_types: npt.NDArray[np.uint8]) -> None:
        """Count one event for each pair."""
        np.add.at(self._counts, (rows, event_types), 1)

    def add_many(self, row: int, event_type: int, count: int) -> None:
        """Count many of one kind at once."""
        self._counts[row, event_type] += count

    def of(self, row: int) -> list[int]:
        """A row's counts by event type."""
        counts: list[int] = self._counts[row].tolist()
        return counts
