"""``tart/aggregate/references/durations.py``: rows in, columns out."""

from __future__ import annotations

import numpy as np

from tart.aggregate.references.durations import Durations


def test_rows_become_columns_also_without_any():
    found = Durations.of([(3, 7, 1 << 60), (4, 8, 5)])
    assert found.indices.tolist() == [3, 4]
    assert found.step.tolist() == [7, 8]
    assert found.duration_us.tolist() == [float(1 << 60), 5.0]
    assert [len(column) for column in Durations.of([])] == [0, 0, 0]
    assert found.indices.dtype == np.intp
