"""The query for the mean and the scatter of figures of nodes' blocks and packages.

Pure. Figures such as the time that a gas took differ by orders of magnitude, so that their
logarithms are added up: of the exponential of the mean, the geometric mean, factors remain factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window


class NodeMoments(NamedTuple):
    """The natural logarithms of one node's figures, added up.

    Attributes:
        node: Its id.
        rows: Rows whose figure is above 0.
        total: The sum.
        squares: The sum of squares.
    """

    node: str | None
    rows: int
    total: float
    squares: float


class LogMoments(Query[list[NodeMoments], list[NodeMoments]], frozen=True):
    """The logarithms of a figure of ``blocks`` or ``packages`` by node.

    Attributes:
        table: A table of rows with a node.
        numerator: A column of numbers.
        denominator: Another one, by which the first is divided; ``None`` for none.
        nodes: Ids; ``None`` means all.
    """

    name = "log_moments"
    source = "aggregates"
    table: str
    window: Window
    numerator: str
    denominator: str | None = None
    nodes: Sequence[str] | None = None

    def merge(self, partials: Partials[list[NodeMoments]]) -> list[NodeMoments]:
        """Add up the values of a node that several shards have."""
        merged: dict[str | None, NodeMoments] = {}
        for _, rows in partials:
            for row in rows:
                known = merged.get(row.node, NodeMoments(row.node, 0, 0.0, 0.0))
                merged[row.node] = NodeMoments(
                    row.node,
                    known.rows + row.rows,
                    known.total + row.total,
                    known.squares + row.squares,
                )
        return list(merged.values())

    def tables_read(self) -> tuple[str, ...]:
        """Return the table."""
        return (self.table,)
