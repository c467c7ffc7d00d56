"""A node's first sight of each block, by header hash.

Pure. Nodes choose the hashes they report, so only the newest ``MAX_BLOCKS`` are remembered.
Within them each node has one row for a block. A block that was forgotten and is seen again
gives a second row; queries use the earlier one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import columns

MAX_BLOCKS = 1_024
# Rows until the next flush; more than any network's blocks times nodes.
MAX_ROWS = 500_000


class Sighting(NamedTuple):
    """An event of a batch that shows that a node knows a block.

    Attributes:
        place: Of the event in the batch.
        received_at: Unix microseconds.
        node: The directory's number.
        block: The header hash.
        slot: The block's, ``None`` if the event does not name it.
        number: The event's type.
        timestamp: By the node's clock, JCE microseconds.
    """

    place: int
    received_at: int
    node: int
    block: bytes
    slot: int | None
    number: int
    timestamp: int


class FirstSeen:
    """The first sights since the last flush.

    Attributes:
        overflowed: Number of rows left out, because of ``max_rows``.
    """

    def __init__(self, max_blocks: int = MAX_BLOCKS, max_rows: int = MAX_ROWS) -> None:
        self._max_blocks, self._max_rows = max_blocks, max_rows
        # The nodes that have seen a block.
        # Ordered: of a plain dictionary the first key is found after all places freed before it.
        self._nodes: OrderedDict[bytes, set[int]] = OrderedDict()
        self._rows: list[tuple[int, int, bytes, int | None, int, int]] = []
        self.overflowed = 0

    def add_all(self, sightings: Iterable[Sighting]) -> None:
        """Record the sightings of a batch, in the order of its events."""
        for sighting in sorted(sightings, key=itemgetter(0)):
            self.add(*sighting[1:])

    def add(
        self,
        received_at: int,
        node: int,
        block: bytes,
        slot: int | None,
        number: int,
        timestamp: int,
    ) -> None:
        """Record an event that shows that a node knows a block.

        Args:
            received_at: The time of the event, Unix microseconds.
            node: The directory's number.
            block: The header hash.
            slot: The block's, ``None`` if the event does not name it.
            number: The event's type.
            timestamp: The time of the event by the node's clock, JCE microseconds.
        """
        nodes = self._nodes.get(block)
        if nodes is None:
            if len(self._nodes) >= self._max_blocks:
                self._nodes.popitem(last=False)
            nodes = self._nodes[block] = set()
        if node in nodes:
            return
        nodes.add(node)
        if len(self._rows) >= self._max_rows:
            self.overflowed += 1
            return
        self._rows.append((received_at, node, block, slot, number, timestamp))

    def rows(self) -> Rows:
        """Return the rows of ``sightings``."""
        return columns("sightings", self._rows)

    def clear(self) -> None:
        """Remove all rows; the nodes that have seen a block remain known."""
        self._rows.clear()
