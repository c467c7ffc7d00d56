"""Events that wait to be counted: the batches since the last count, counted as one.

Pure. A call of NumPy costs the same for ten events as for a thousand, and a key (an anchor, an
erasure root) the same for one event as for many. So events are not counted with every commit:
batches wait until there are enough events, or somebody asks.
"""

from __future__ import annotations

from tart.aggregate.core.event_batch import EventBatch

# At these numbers of events and bytes, waiting ends.
MAX_EVENTS = 32_768
MAX_BYTES = 16 << 20


class WaitingEvents:
    """Batches in order of arrival.

    Attributes:
        events: The number of events that wait.
        bytes: The size of their contents.
    """

    def __init__(self) -> None:
        self._batches: list[EventBatch] = []
        self.events = 0
        self.bytes = 0

    def __bool__(self) -> bool:
        return bool(self._batches)

    @property
    def full(self) -> bool:
        """Return whether no more should wait."""
        return self.events >= MAX_EVENTS or self.bytes >= MAX_BYTES

    def add(self, batch: EventBatch) -> None:
        """Add a batch."""
        self._batches.append(batch)
        self.events += len(batch)
        self.bytes += batch.bytes

    def take(self) -> EventBatch:
        """Remove all batches, at least one, and return them as one."""
        batches, self._batches = self._batches, []
        self.events = self.bytes = 0
        return EventBatch.join(batches)
