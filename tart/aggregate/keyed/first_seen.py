"""A node's first sight of each block, by header hash.

Pure. Hashes are what nodes say: the newest ``MAX_BLOCKS`` are remembered, so that a node
sees each of them once; a block forgotten and seen again gives a second row, of which the
earlier one counts.
"""

from __future__ import annotations

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import ROWS

MAX_BLOCKS = 1_024
# Rows until the next flush; more than any network's blocks times nodes.
MAX_ROWS = 500_000


class FirstSeen:
    """First sights not yet flushed."""

    def __init__(self) -> None:
        self._seen: dict[bytes, set[int]] = {}
        self._rows: list[tuple[int, int, bytes, int | None, int, int]] = []
        self.overflowed = 0

    def see(
        self,
        received_at: int,
        node: int,
        block: bytes,
        slot: int | None,
        number: int,
        timestamp: int,
    ) -> None:
        """An event that shows that a node knows a block; its slot, if that is known."""
        nodes = self._seen.get(block)
        if nodes is None:
            if len(self._seen) >= MAX_BLOCKS:
                del self._seen[next(iter(self._seen))]
            nodes = self._seen[block] = set()
        if node in nodes:
            return
        nodes.add(node)
        if len(self._rows) >= MAX_ROWS:
            self.overflowed += 1
            return
        self._rows.append((received_at, node, block, slot, number, timestamp))

    def rows(self) -> Rows:
        """As rows of ``sightings``."""
        names = ROWS["sightings"]
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(names)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}

    def clear(self) -> None:
        """Begin anew; which blocks a node has seen stays known."""
        self._rows.clear()
