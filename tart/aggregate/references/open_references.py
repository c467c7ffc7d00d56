"""The events that later ones may still refer to: open roots, of all connections.

Pure. What is known of a root stands in arrays, at a *place* of its own; a dictionary leads
from a connection's row and an event id to the place. So the roots of a batch are opened, and
the references of a batch found, with a few array operations and one look into the dictionary
each.
"""

from __future__ import annotations

from itertools import repeat
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array
from tart.aggregate.keyed.pipelines import Block, Package

NOWHERE = -1
# Of a key so many bits are of the event id, the others of the row. An id further than that
# from another of its connection may have the other's key: the newer one stays.
_ID_BITS = np.uint64(44)
_ID_MASK = np.uint64((1 << 44) - 1)
_FIRST_CAPACITY = 64


class TicketGeneration(NamedTuple):
    """What the end of a ticket generation (81, 82) needs of its beginning (80).

    Attributes:
        started_at: when the 80 was received, Unix microseconds.
        epoch: for which the tickets are.
    """

    started_at: int
    epoch: int


# What an open root carries, by its kind: a block (40, 43), a work-package (90, 91, and events
# that refer to it), a generation of tickets (80), the erasure root or anchor that a request or
# an assurance is about; ``None`` of all others. Whoever follows a reference has to ask which.
Linked = Block | Package | TicketGeneration | bytes | None


class OpenReferences:
    """Roots by connection and event id.

    Attributes:
        number, timestamp, received_at: of the root at each place.
        arrived: where in the order of all events it came.
        linked: what those that refer to it need to know of it.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._free = np.zeros(0, np.intp)
        # So many of ``_free`` are free.
        self._left = 0
        self._key = np.zeros(0, np.uint64)
        self._event_id = np.zeros(0, np.uint64)
        self._row = np.zeros(0, np.intp)
        # Open roots by row.
        self._held = np.zeros(0, np.intp)
        self.number = np.zeros(0, np.uint8)
        self.timestamp = np.zeros(0, np.uint64)
        self.received_at = np.zeros(0, np.int64)
        self.arrived = np.zeros(0, np.int64)
        self.linked: list[Linked] = []
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        return len(self._places)

    def open(
        self,
        rows: Array,
        event_ids: Array,
        numbers: Array,
        timestamps: Array,
        received_at: Array,
        arrived: Array,
    ) -> Array:
        """Roots in order of arrival; returns their places, ``NOWHERE`` of what is replaced.

        An element each: the connection's row, its event id and type, its time by both
        clocks, and where in the order of all events it came.
        """
        count, keys = len(rows), _keys(rows, event_ids)
        last = dict(zip(keys, range(count), strict=True))
        if len(last) < count:
            kept = np.fromiter(last.values(), np.intp, len(last))
            places = np.full(count, NOWHERE)
            columns = (rows, event_ids, numbers, timestamps, received_at, arrived)
            places[kept] = self.open(*(each[kept] for each in columns))
            return places
        if not self._places.keys().isdisjoint(keys):
            known = [self._places[key] for key in keys if key in self._places]
            self.close(np.array(known))
        places = self._take(count)
        self._key[places], self._event_id[places], self._row[places] = keys, event_ids, rows
        self.number[places], self.timestamp[places] = numbers, timestamps
        self.received_at[places], self.arrived[places] = received_at, arrived
        self._places.update(zip(keys, places.tolist(), strict=True))
        self._hold(rows, 1)
        return places

    def find(self, rows: Array, event_ids: Array) -> Array:
        """The places of roots by their connections' rows and their ids, or ``NOWHERE``."""
        keys = _keys(rows, event_ids)
        places = np.fromiter(map(self._places.get, keys, repeat(NOWHERE)), np.intp, len(keys))
        other = (self._event_id[places] != event_ids) | (self._row[places] != rows)
        places[other] = NOWHERE
        return places

    def close(self, places: Array) -> None:
        """Nothing refers to these any more; each is given once."""
        for key in self._key[places].tolist():
            del self._places[key]
        for place in places.tolist():
            self.linked[place] = None
        self._hold(self._row[places], -1)
        self._row[places] = NOWHERE
        self._free[self._left : self._left + len(places)] = places
        self._left += len(places)

    def of(self, row: int) -> Array:
        """Places of one connection, the oldest first."""
        return self._ordered(self._row == row)

    def before(self, received_at: int) -> Array:
        """Places of what came before that moment, the oldest first; Unix microseconds."""
        return self._ordered((self._row != NOWHERE) & (self.received_at < received_at))

    def numbered(self, numbers: Array) -> Array:
        """Places of roots of certain types, a mask of 256; the oldest first."""
        return self._ordered((self._row != NOWHERE) & numbers[self.number])

    def fullest(self) -> tuple[int, int]:
        """The row with the most open roots, and how many they are."""
        if not len(self._held):
            return NOWHERE, 0
        row = int(self._held.argmax())
        return row, int(self._held[row])

    def _ordered(self, mask: Array) -> Array:
        places = np.flatnonzero(mask)
        return places[np.argsort(self.arrived[places], kind="stable")]

    def _hold(self, rows: Array, more: int) -> None:
        if len(rows):
            self._held = grow(self._held, int(rows.max()) + 1)
        np.add.at(self._held, rows, more)

    def _take(self, count: int) -> Array:
        if count > self._left:
            self._grow(max(2 * len(self._key), len(self._key) + count))
        self._left -= count
        return self._free[self._left : self._left + count].copy()

    def _grow(self, capacity: int) -> None:
        before = len(self._key)
        more = capacity - before
        for name in ("_key", "_event_id", "number", "timestamp", "received_at", "arrived"):
            setattr(self, name, grow(getattr(self, name), capacity))
        self._row = np.concatenate([self._row, np.full(more, NOWHERE, np.intp)])
        self.linked += [None] * more
        free = np.zeros(capacity, np.intp)
        free[: self._left] = self._free[: self._left]
        free[self._left : self._left + more] = np.arange(before, capacity)[::-1]
        self._free, self._left = free, self._left + more


def _keys(rows: Array, event_ids: Array) -> list[int]:
    keys: list[int] = ((rows.astype(np.uint64) << _ID_BITS) | (event_ids & _ID_MASK)).tolist()
    return keys
