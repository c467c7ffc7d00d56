"""``tart/chain/store/batch.py``: rows of one write."""

from __future__ import annotations

import pytest

from tart.chain.store.batch import Batch
from tart.chain.store.files import day_file
from tart.units import DAY_US
from tests.chain.store.running import NOON


def test_rows_are_collected_by_file_and_refused_ones_leave_the_others(tmp_path):
    today, yesterday = day_file(tmp_path, NOON), day_file(tmp_path, NOON - DAY_US)
    batch = Batch(today)
    batch.add(today, {"statuses": [(0, 1, 0)]})
    batch.add(yesterday, {"statuses": [(5, 2, 1)]})
    batch.add(today, {"statuses": [(1, 3, 2)]})
    with pytest.raises(ValueError, match="cannot be"):
        batch.add(today, {"statuses": [(-1, 4, 2)]})
    counts = {
        file: {table: len(encoded) for table, encoded in rows.encode()}
        for file, rows in batch.rows.items()
    }
    assert counts == {today: {"statuses": 2}, yesterday: {"statuses": 1}}
