"""Open events: those that a later event of their connection may still refer to.

Pure. A *row* stands for one connection, as in ``columnar.session_rows``; an *entry* is the position
of one open event in the arrays here. A ring for each row maps the low bits of an event id to its
entry; an open event whose place a later one takes is *displaced* into a dictionary. So the events
of a batch are added, and its references resolved, with a few array operations; only references to
old events need the dictionary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array
from tart.aggregate.keyed.pipelines import BlockPipeline, PackagePipeline

NO_ENTRY = -1
# Later than every time and every position.
NEVER = np.iinfo(np.int64).max
# Places of each row; a node of a full network sends this number of events in 8 s.
RING = 1 << 10
_MASK = np.uint64(RING - 1)
_FIRST_CAPACITY = 64
_ADDED = ("_event_id", "number", "timestamp", "received_at", "arrived")
_COLUMNS = (*_ADDED, "hashes", "has_hash", "_may_have_subject")


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
        # By row and place: the entry, or ``NO_ENTRY``.
        self._ring = np.zeros((0, RING), np.int32)
        # By row and event id; and by row the highest id that was displaced.
        self._displaced: dict[tuple[int, int], int] = {}
        self._displaced_until = np.zeros(0, np.uint64)
        # A stack of free entries, of which the first ``_free_count`` are valid.
        self._free = np.zeros(0, np.intp)
        self._free_count = 0
        self._event_id = np.zeros(0, np.uint64)
        self._row = np.zeros(0, np.intp)
        # The number of open events by row.
        self._counts = np.zeros(0, np.intp)
        self.number = np.zeros(0, np.uint8)
        self.timestamp = np.zeros(0, np.uint64)
        self.received_at = np.zeros(0, np.int64)
        self.arrived = np.zeros(0, np.int64)
        # Always ``NEVER`` between two calls.
        self._first = np.zeros(0, np.int64)
        self.subjects: list[Subject] = []
        self._may_have_subject = np.zeros(0, np.bool_)
        self.hashes = np.zeros((0, _HASH_BYTES), np.uint8)
        self.has_hash = np.zeros(0, np.bool_)
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        return len(self._row) - self._free_count

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
        if not len(rows):
            return np.zeros(0, np.intp)
        self._add_rows(int(rows.max()) + 1)
        places = _places(event_ids)
        before = self._ring[rows, places]
        marks = np.arange(len(rows), dtype=np.int32)
        self._ring[rows, places] = marks
        shared = (self._ring[rows, places] != marks).any()
        self._ring[rows, places] = before
        columns = (rows, event_ids, numbers, timestamps, received_at, arrived)
        if shared:
            # Several events of the batch have one place: they are added one after another.
            middle = len(rows) // 2
            first = self.add(*(column[:middle] for column in columns))
            second = self.add(*(column[middle:] for column in columns))
            entries = np.concatenate([first, second])
            entries[self.find(rows, event_ids) != entries] = NO_ENTRY
            return entries
        self._remove_replaced(rows, event_ids, before)
        before = self._ring[rows, places]
        self._displace(before[before != NO_ENTRY])
        entries = self._allocate(len(rows))
        self._row[entries] = rows
        for name, column in zip(_ADDED, columns[1:], strict=True):
            getattr(self, name)[entries] = column
        self.has_hash[entries] = False
        self._ring[rows, places] = entries
        self._count(rows, 1)
        return entries

    def _remove_replaced(self, rows: Array, event_ids: Array, before: Array) -> None:
        """Remove events whose ids come again, which no node does."""
        again = (before != NO_ENTRY) & (self._event_id[before] == event_ids)
        if again.any():
            self.remove(before[again])
        suspects = np.flatnonzero(event_ids <= self._displaced_until[rows])
        if self._displaced and len(suspects):
            keys = zip(rows[suspects].tolist(), event_ids[suspects].tolist(), strict=True)
            replaced = [self._displaced[key] for key in keys if key in self._displaced]
            self.remove(np.array(replaced, np.intp))

    def _displace(self, entries: Array) -> None:
        """Move events into the dictionary."""
        rows, event_ids = self._row[entries], self._event_id[entries]
        keys = zip(rows.tolist(), event_ids.tolist(), strict=True)
        self._displaced.update(zip(keys, entries.tolist(), strict=True))
        np.maximum.at(self._displaced_until, rows, event_ids)

    def expect_subjects(self, entries: Array) -> None:
        """Announce that subjects of these entries are going to be set."""
        self._may_have_subject[entries] = True

    def set_hashes(self, entries: Array, hashes: Array) -> None:
        """Set the hashes of entries, of which some may be ``NO_ENTRY``; the last one stays."""
        open_ = entries != NO_ENTRY
        self.hashes[entries[open_]] = hashes[open_]
        self.has_hash[entries[open_]] = True

    def first_positions(self, entries: Array, positions: Array, wanted: Array) -> Array:
        """Return the first of several positions by entry.

        Args:
            entries: Entries, any of them repeatedly.
            positions: The position of each.
            wanted: The entries whose first position is wanted, or ``NO_ENTRY``.

        Returns:
            For each of ``wanted``; ``NEVER`` for an entry that has no position.
        """
        np.minimum.at(self._first, entries, positions)
        first = np.where(wanted == NO_ENTRY, NEVER, self._first[wanted])
        self._first[entries] = NEVER
        return first

    def find(self, rows: Array, event_ids: Array) -> Array:
        """Return the entries of events by row and id, ``NO_ENTRY`` where none is open."""
        if not len(rows):
            return np.zeros(0, np.intp)
        self._add_rows(int(rows.max()) + 1)
        entries = self._ring[rows, _places(event_ids)].astype(np.intp)
        entries[self._event_id[entries] != event_ids] = NO_ENTRY
        if self._displaced:
            missing = np.flatnonzero(
                (entries == NO_ENTRY) & (event_ids <= self._displaced_until[rows])
            )
            keys = zip(rows[missing].tolist(), event_ids[missing].tolist(), strict=True)
            entries[missing] = [self._displaced.get(key, NO_ENTRY) for key in keys]
        return entries

    def remove(self, entries: Array) -> None:
        """Remove events; each entry is given once."""
        rows, event_ids = self._row[entries], self._event_id[entries]
        places = _places(event_ids)
        placed = self._ring[rows, places] == entries
        self._ring[rows[placed], places[placed]] = NO_ENTRY
        for key in zip(rows[~placed].tolist(), event_ids[~placed].tolist(), strict=True):
            del self._displaced[key]
        for entry in entries[self._may_have_subject[entries]].tolist():
            self.subjects[entry] = None
        self._may_have_subject[entries] = False
        self._count(rows, -1)
        self._displaced_until[self._counts == 0] = 0
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
        np.add.at(self._counts, rows, change)

    def _add_rows(self, rows: int) -> None:
        more = rows - len(self._counts)
        if more > 0:
            more = max(more, len(self._counts) // 3)
            self._ring = np.concatenate([self._ring, np.full((more, RING), NO_ENTRY, np.int32)])
            self._counts = grow(self._counts, len(self._ring))[: len(self._ring)]
            self._displaced_until = grow(self._displaced_until, len(self._ring))[: len(self._ring)]

    def _allocate(self, count: int) -> Array:
        if count > self._free_count:
            before = len(self._row)
            self._grow(before + max(before // 3, count))
        self._free_count -= count
        return self._free[self._free_count : self._free_count + count].copy()

    def _grow(self, capacity: int) -> None:
        before = len(self._row)
        more = capacity - before
        for name in _COLUMNS:
            setattr(self, name, grow(getattr(self, name), capacity))
        self._row = np.concatenate([self._row, np.full(more, NO_ENTRY, np.intp)])
        self.subjects += [None] * more
        self._first = np.full(capacity, NEVER)
        free = np.zeros(capacity, np.intp)
        free[: self._free_count] = self._free[: self._free_count]
        free[self._free_count : self._free_count + more] = np.arange(before, capacity)[::-1]
        self._free, self._free_count = free, self._free_count + more


def _places(event_ids: Array) -> Array:
    return (event_ids & _MASK).astype(np.intp)
