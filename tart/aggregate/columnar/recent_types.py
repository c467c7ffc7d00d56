"""The types of each connection's latest events, by event id, and what was said of them.

Pure. A ring of ``DEPTH`` entries for each connection, all in one array, written and read by
the batch. An entry has the type and eight bits of the id beyond its place, so that ids that
no event here has (dropped, not understood, shed) and those long past are not found. Of
ids 2^19 apart that cannot be told: who asks knows how far back an id may be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array

DEPTH_BITS = 11
# 6 KiB for each connection; a node of a full network sends so many events in 15 seconds.
DEPTH = 1 << DEPTH_BITS
# No event of JIP-3 has this number.
NOTHING = 255
_EMPTY = 0xFFFF
_MASK = np.uint64(DEPTH - 1)


class RecentTypes:
    """Types by connection and event id; connections are rows, as the caller gives them out."""

    def __init__(self) -> None:
        self._rings: npt.NDArray[np.uint16] = np.zeros((0, DEPTH), np.uint16)
        # Of each: bits of what was said of it.
        self._said: npt.NDArray[np.uint8] = np.zeros((0, DEPTH), np.uint8)

    def begin(self, row: int) -> None:
        """A connection takes a row."""
        self._rings = grow(self._rings, row + 1)
        self._said = grow(self._said, row + 1)
        self._rings[row] = _EMPTY

    def note(self, rows: Array, event_ids: Array, numbers: Array) -> None:
        """Events in order of arrival; of several with one place the last stays."""
        places = _places(event_ids)
        self._rings[rows, places] = _generations(event_ids) | numbers
        self._said[rows, places] = 0

    def types(self, rows: Array, event_ids: Array) -> Array:
        """The types of events, ``NOTHING`` where one is not known (any more)."""
        entries = self._rings[rows, _places(event_ids)]
        known = entries & 0xFF00 == _generations(event_ids)
        return np.where(known, entries & 0xFF, NOTHING).astype(np.uint8)

    def say(self, rows: Array, event_ids: Array, excluded_by: Array, says: Array) -> Array:
        """Say something of events whose types are known, in order of arrival.

        Args:
            excluded_by: bits that must not have been said of the event before.
            says: bits that are said of it from now on.

        Returns:
            Where something that excludes it was said before.
        """
        places = _places(event_ids)
        wrong: Array = self._said[rows, places] & excluded_by != 0
        keys = rows * DEPTH + places
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
        if len(again):
            self._say_again(order, again, places, rows, excluded_by, says, wrong)
        np.bitwise_or.at(self._said, (rows, places), says)
        return wrong

    def said(self, rows: Array, event_ids: Array) -> Array:
        """The bits that were said of events so far."""
        bits: Array = self._said[rows, _places(event_ids)]
        return bits

    def restore(self, rows: Array, event_ids: Array, bits: Array) -> None:
        """Only these bits were said of events."""
        self._said[rows, _places(event_ids)] = bits

    def _say_again(
        self,
        order: Array,
        again: Array,
        places: Array,
        rows: Array,
        excluded_by: Array,
        says: Array,
        wrong: Array,
    ) -> None:
        """Of events that something is said of twice at once: what came first counts."""
        said: dict[tuple[int, int], int] = {}
        for at in again.tolist():
            before, own = int(order[at - 1]), int(order[at])
            key = int(rows[own]), int(places[own])
            said[key] = said.get(key, 0) | int(says[before])
            wrong[own] |= bool(said[key] & int(excluded_by[own]))


def _places(event_ids: Array) -> Array:
    return (event_ids & _MASK).astype(np.intp)


def _generations(event_ids: Array) -> Array:
    """The bits above the place, where the entry has them."""
    return (event_ids >> np.uint64(DEPTH_BITS)).astype(np.uint16) << 8
