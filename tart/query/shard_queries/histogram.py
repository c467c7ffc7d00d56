"""Counts of events by time under any conditions, from the event log.

Pure. Where only type, node and time are conditions, ``AggregateSum`` of ``counts`` has the same
counts at a cost that does not depend on the number of events.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from tart.query.core.filters import Selection
from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window


class EventCounts(Struct, frozen=True):
    """Counts of selected events.

    Attributes:
        buckets: Start of the bucket in Unix microseconds, event type, count.
        nodes: Node id and count.
    """

    buckets: list[tuple[int, int, int]]
    nodes: list[tuple[str | None, int]]


class EventHistogram(Query[EventCounts, EventCounts], frozen=True):
    """Counts of selected events by bucket and type, and by node.

    Attributes:
        selection: The conditions, with the window.
        step_us: The length of a bucket; buckets begin at its multiples.
    """

    name = "event_histogram"
    source = "log"
    selection: Selection
    step_us: int

    def merge(self, partials: Partials[EventCounts]) -> EventCounts:
        """Add up the shards."""
        buckets: Counter[tuple[int, int]] = Counter()
        nodes: Counter[str | None] = Counter()
        for _, part in partials:
            for start, number, count in part.buckets:
                buckets[start, number] += count
            for node, count in part.nodes:
                nodes[node] += count
        return EventCounts(
            [(start, number, count) for (start, number), count in buckets.items()],
            list(nodes.items()),
        )

    def window_on(self, shard: int) -> Window:
        """Return the selection's window."""
        return Window(self.selection.start_us, self.selection.end_us)
