"""The condition of a query on nodes: as numbers of each directory, and as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NodeCondition:
    """The nodes that a query is about; ``str`` is the condition on ``directory`` and ``node``.

    Attributes:
        numbers: Their numbers by directory, which numbers its nodes by itself; ``None`` means all,
            and rows without a node.
    """

    numbers: Mapping[int, Sequence[int]] | None = None

    def __str__(self) -> str:
        if self.numbers is None:
            return "true"
        pairs = [
            f"({directory}, {number})"
            for directory, numbers in self.numbers.items()
            for number in numbers
        ]
        return f"(directory, node) IN ({', '.join(pairs)})" if pairs else "false"
