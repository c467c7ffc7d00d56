"""Open events: those that a later event of their connection may still refer to.

Pure. A *row* stands for one connection, as in ``columnar.session_rows``; an *entry* is the position
of one open event in the arrays here. The state of open events is kept in these arrays; a dictionary
maps (row, event id) to the entry. So the events of a batch are added, and the references
of a batch resolved, with a few array operations and one dictionary access for each event.
"""

from __future__ import annotations

from itertools import repeat
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array
from tart.aggregate.keyed.pipelines import BlockPipeline, PackagePipeline

NO_ENTRY = -1
# The low bits of a key are those of the event id, the others the row. Event ids of one connection
# that differ by a multiple of 2^44 have equal keys; the newer event replaces the older.
_ID_BITS = np.uint64(44)
_ID_MASK = np.uint64((1 << 44) - 1)
_FIRST_CAPACITY = 64
_COLUMNS = (
    *("_key", "_event_id", "number", "timestamp", "received_at", "arrived"),
    *("hashes", "has_hash", "_may_have_subject"),
)


class TicketGeneration(NamedTuple):
    """Fields of a Generating tickets event that its closing event needs.

    Attributes:
        started_at: The time at which the event was received, Unix microseconds.
        epoch: The epoch of the tickets.
    """

    started_at: int
    epoch: int


# The subject of an open event, if events that refer to it need one: the block or work-package, or
# the generation of tickets; else ``None``.
Subject = BlockPipeline | PackagePipeline | TicketGeneration | None
_HASH_BYTES = 32


class OpenReferences:
    """Open events by connection and event id.

    Attributes:
        number: The event type of each entry.
        timestamp: The time of each entry's event by the node's clock, microseconds.
        received_at: The time at which each entry's event was received, Unix microseconds.
        arrived: The position of each entry's event in the order of all events.
        subjects: The subject of each entry's event; ``expect_subjects`` announces them.
        hashes: The erasure root of a request or the anchor of an assurance; ``has_hash`` is the
            mask.
    """

    def __init__(self) -> None:
        self._entries: dict[int, int] = {}
        # A stack of free entries, of which the first ``_free_count`` are valid.
        self._free = np.zeros(0, np.intp)
        self._free_count = 0
        self._key = np.zeros(0, np.uint64)
        self._event_id = np.zeros(0, np.uint64)
        self._row = np.zeros(0, np.intp)
        # The number of open events by row.
        self._counts = np.zeros(0, np.intp)
        self.number = np.zeros(0, np.uint8)
        self.timestamp = np.zeros(0, np.uint64)
        self.received_at = np.zeros(0, np.int64)
        self.arrived = np.zeros(0, np.int64)
        self.subjects: list[Subject] = []
        self._may_have_subject = np.zeros(0, np.bool_)
        self.hashes = np.zeros((0, _HASH_BYTES), np.uint8)
        self.has_hash = np.zeros(0, np.bool_)
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        return len(self._entries)

    def add(
        self,
        rows: Array,
        event_ids: Array,
        numbers: Array,
        timestamps: Array,
        received_at: Array,
        arrived: Array,
    ) -> Array:
        """Add open events, given in order of arrival.

        The arrays have one element for each event: the connection's row, the event's id and
        type, its time by the node's and by the server's clock, its position in the order of all
        events.

        Returns:
            Their entries, ``NO_ENTRY`` for an event that a later one of the batch replaces.
        """
        count, keys = len(rows), _keys(rows, event_ids)
        last = dict(zip(keys, range(count), strict=True))
        if len(last) < count:
            indices = np.fromiter(last.values(), np.intp, len(last))
            entries = np.full(count, NO_ENTRY)
            entries[indices] = self.add(
                rows[indices],
                event_ids[indices],
                numbers[indices],
                timestamps[indices],
                received_at[indices],
                arrived[indices],
            )
            return entries
        if not self._entries.keys().isdisjoint(keys):
            replaced = [self._entries[key] for key in keys if key in self._entries]
            self.remove(np.array(replaced))
        entries = self._allocate(count)
        self._key[entries], self._event_id[entries], self._row[entries] = keys, event_ids, rows
        self.number[entries], self.timestamp[entries] = numbers, timestamps
        self.received_at[entries], self.arrived[entries] = received_at, arrived
        self.has_hash[entries] = False
        self._entries.update(zip(keys, entries.tolist(), strict=True))
        self._count(rows, 1)
        return entries

    def expect_subjects(self, entries: Array) -> None:
        """Announce that subjects of these entries are going to be set."""
        self._may_have_subject[entries] = True

    def set_hashes(self, entries: Array, hashes: Array) -> None:
        """Set the hashes of entries, of which some may be ``NO_ENTRY``; the last one stays."""
        open_ = entries != NO_ENTRY
        self.hashes[entries[open_]] = hashes[open_]
        self.has_hash[entries[open_]] = True

    def find(self, rows: Array, event_ids: Array) -> Array:
        """Return the entries of events by row and id, ``NO_ENTRY`` where none is open."""
        keys = _keys(rows, event_ids)
        entries = np.fromiter(map(self._entries.get, keys, repeat(NO_ENTRY)), np.intp, len(keys))
        other = (self._event_id[entries] != event_ids) | (self._row[entries] != rows)
        entries[other] = NO_ENTRY
        return entries

    def remove(self, entries: Array) -> None:
        """Remove events; each entry is given once."""
        for key in self._key[entries].tolist():
            del self._entries[key]
        for entry in entries[self._may_have_subject[entries]].tolist():
            self.subjects[entry] = None
        self._may_have_subject[entries] = False
        self._count(self._row[entries], -1)
        self._row[entries] = NO_ENTRY
        self._free[self._free_count : self._free_count + len(entries)] = entries
        self._free_count += len(entries)

    def of_row(self, row: int) -> Array:
        """Return the entries of one connection, the oldest first."""
        return self._sort_by_arrival(self._row == row)

    def before(self, received_at: int) -> Array:
        """Return the entries of events received before a time, the oldest first."""
        return self._sort_by_arrival((self._row != NO_ENTRY) & (self.received_at < received_at))

    def of_kinds(self, kinds: Array) -> Array:
        """Return the entries of certain types (a mask by type), the oldest first."""
        return self._sort_by_arrival((self._row != NO_ENTRY) & kinds[self.number])

    def fullest(self) -> tuple[int, int]:
        """Return the row with the most open events, and their number."""
        if not len(self._counts):
            return NO_ENTRY, 0
        row = int(self._counts.argmax())
        return row, int(self._counts[row])

    def _sort_by_arrival(self, mask: Array) -> Array:
        entries = np.flatnonzero(mask)
        return entries[np.argsort(self.arrived[entries], kind="stable")]

    def _count(self, rows: Array, change: int) -> None:
        if len(rows):
            self._counts = grow(self._counts, int(rows.max()) + 1)
        np.add.at(self._counts, rows, change)

    def _allocate(self, count: int) -> Array:
        if count > self._free_count:
            self._grow(max(2 * len(self._key), len(self._key) + count))
        self._free_count -= count
        return self._free[self._free_count : self._free_count + count].copy()

    def _grow(self, capacity: int) -> None:
        before = len(self._key)
        more = capacity - before
        for name in _COLUMNS:
            setattr(self, name, grow(getattr(self, name), capacity))
        self._row = np.concatenate([self._row, np.full(more, NO_ENTRY, np.intp)])
        self.subjects += [None] * more
        free = np.zeros(capacity, np.intp)
        free[: self._free_count] = self._free[: self._free_count]
        free[self._free_count : self._free_count + more] = np.arange(before, capacity)[::-1]
        self._free, self._free_count = free, self._free_count + more


def _keys(rows: Array, event_ids: Array) -> list[int]:
    keys: list[int] = ((rows.astype(np.uint64) << _ID_BITS) | (event_ids & _ID_MASK)).tolist()
    return keys
