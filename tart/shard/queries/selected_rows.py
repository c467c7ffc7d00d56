"""Rows of one table in memory, selected and grouped as the SQL of a query would.

The modules ``…_columns`` of this package compute answers with it. They have the results of the
statements that stand beside them, at a tenth of the cost (``tests/shard/queries``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tart.shard.queries import column_answers
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Array, ColumnTable, Groups, Numbers, Texts, group

NodeIds = Callable[[int, int], str | None]
ALL_NODES = NodeCondition()


@dataclass(frozen=True, eq=False)
class SelectedRows:
    """Rows of a table; conditions are masks of them.

    Attributes:
        table: The columns; nodes with their directory (``column_answers.joined``).
    """

    table: ColumnTable

    @property
    def length(self) -> int:
        """The number of rows."""
        return self.table.length

    def numbers(self, name: str) -> Numbers:
        """Return a column of numbers."""
        return self.table.numbers(name)

    def texts(self, name: str) -> Texts:
        """Return a column of texts or byte strings."""
        column = self.table.columns[name]
        assert isinstance(column, Texts)
        return column

    def known(self, *names: str) -> Array:
        """Return true where these columns have values."""
        known = np.ones(self.length, bool)
        for name in names:
            present = self.table.columns[name].present()
            if present is not None:
                known &= present
        return known

    def among(self, name: str, *values: Any) -> Array:
        """Return true where a column has one of these values."""
        return self.table.columns[name].among(values)

    def outcome(self, name: str) -> Array:
        """Return true where the outcome is this one."""
        return self.among("outcome", name)

    def span(self, first: str, last: str, most: int) -> Array:
        """Return the microseconds between two steps, from 0 to ``most``."""
        begun, ended = self.numbers(first).values, self.numbers(last).values
        spans = np.minimum(ended - begun, np.uint64(most))
        return np.where(ended > begun, spans, np.uint64(0))

    def where(self, mask: Array) -> SelectedRows:
        """Return some rows."""
        length = int(np.count_nonzero(mask))
        return self if length == self.length else SelectedRows(self.table.take(mask, length))

    def group(self, *names: str) -> Groups:
        """Return the groups of rows that are equal in these columns."""
        return group([self.table.columns[name] for name in names], self.length)

    def count(self, groups: Groups, mask: Array) -> list[int]:
        """Return the number of rows of each group in a mask."""
        return groups.reduce(Numbers(mask.astype(np.int64)), "sum", None)

    def total(self, groups: Groups, values: Array, mask: Array) -> list[int]:
        """Return the exact sum of each group's values in a mask."""
        return groups.reduce(Numbers(np.where(mask, values, 0)), "sum", None)


def count(mask: Array) -> int:
    """Return the number of rows in a mask."""
    return int(np.count_nonzero(mask))


def hash_keys(relations: MergedRelations, hashes: Texts) -> Array:
    """Return the keys of hashes by which packages are sampled and joined; 0 for NULL."""
    used, places = np.unique(hashes.codes, return_inverse=True)
    known = [code for code in used.tolist() if code >= 0]
    keys = relations.hashes([hashes.values[code] for code in known])
    absent = [0] * (len(used) - len(known))
    return np.array([*absent, *keys], np.uint64)[places]


def select_rows(
    relations: MergedRelations,
    table: str,
    names: Sequence[str],
    nodes: NodeCondition = ALL_NODES,
    start_us: int | None = None,
    end_us: int | None = None,
) -> SelectedRows | None:
    """Return the rows of a table that are about given nodes, of a time or of all.

    Args:
        relations: The rows.
        table: The table.
        names: The columns; ``node`` among them if ``nodes`` are not all.
        nodes: The nodes.
        start_us: The first microsecond by the clock of the table; ``None`` means all rows.
        end_us: The microsecond after the last.

    Returns:
        The rows; ``None`` if DuckDB must read them.
    """
    parts = relations.table_parts(table, start_us, end_us)
    rows = relations.rows_in_memory(table, parts, names, start_us, end_us)
    if rows is None:
        return None
    if nodes.numbers is not None:
        rows = list(column_answers.filtered(rows, {}, (), nodes.numbers))
    return SelectedRows(column_answers.joined(table, names, rows, 0))
