"""Durations of steps whose events do not refer to one another.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array


class Durations(NamedTuple):
    """Durations that ended in a batch.

    Attributes:
        indices: The events that ended them.
        step: Indices into ``STEPS``.
        duration_us: By the node's clock, microseconds.
    """

    indices: Array
    step: Array
    duration_us: Array

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int]]) -> Durations:
        """Return durations from rows of index, step and microseconds."""
        columns = np.array(rows, object).reshape(-1, 3)
        return cls(
            columns[:, 0].astype(np.intp),
            columns[:, 1].astype(np.intp),
            columns[:, 2].astype(np.float64),
        )
