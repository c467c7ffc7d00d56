"""``tart/query/core/aggregate_columns.py``: the columns are of the tables, and of JIP-3."""

from __future__ import annotations

from tart.aggregate.core.tables import ROWS, SUMMED
from tart.protocol.types import BLOCK_OUTLINE
from tart.query.core.aggregate_columns import DISCARD_COLUMNS, DISCARD_REASONS, OUTLINE


def test_the_tables_have_the_columns():
    assert SUMMED["reports"].keys() >= set(DISCARD_REASONS) == set(DISCARD_COLUMNS.values())
    assert ROWS["blocks"].keys() >= set(OUTLINE) <= set(dict(BLOCK_OUTLINE.fields))
