"""``tart/aggregate/columnar/sparse_histograms.py``: counts are those of a dense array."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.columnar.sparse_histograms import SparseHistograms
from tart.query.core.log_histogram import BINS

CELLS = st.tuples(st.integers(0, 90), st.integers(0, 30), st.integers(0, BINS - 1))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=60), max_size=6), st.integers(1, 40))
def test_counts_are_those_of_a_dictionary_whatever_is_added_together(batches, rows):
    histograms, expected = SparseHistograms(rows, 2), Counter()
    for batch in batches:
        histograms.add(histograms.cells(*np.array(batch, np.intp).T))
        expected.update(batch)
    row, column, number, count = (each.tolist() for each in histograms.nonzero())
    counted = dict(zip(zip(row, column, number, strict=True), count, strict=True))
    assert counted == expected


def test_cells_stay_valid_while_others_are_allocated():
    histograms = SparseHistograms(1, 1)
    one = np.ones(1, np.intp)
    cells = histograms.cells(0 * one, 0 * one, 5 * one)
    histograms.cells(np.arange(500), np.full(500, 7), np.full(500, 100))
    histograms.add(cells)
    assert [each.tolist() for each in histograms.nonzero()] == [[0], [0], [5], [1]]


def test_a_node_with_thirty_steps_of_few_octaves_takes_less_than_six_kilobytes():
    # All bins of a step alone would take half a kilobyte, sixteen for each node.
    nodes, steps = 512, 30
    histograms = SparseHistograms(nodes, steps)
    for number in (38, 41, 45, 60):
        row, column = np.divmod(np.arange(nodes * steps), steps)
        histograms.add(histograms.cells(row, column, np.full(len(row), number)))
    assert histograms.nbytes / nodes < 6 << 10
