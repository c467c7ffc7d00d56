"""The types of each connection's latest events, by event id.

Pure. A ring of ``DEPTH`` entries for each connection, all in one array, written and read by
the batch. An entry has the type and eight bits of the id beyond its place, so that ids that
no event here has (dropped, not understood, shed) and those long past are not found. Of
ids 2^19 apart that cannot be told: who asks knows how far back an id may be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tart.aggregate.heard import Array, grown

DEPTH_BITS = 11
# 4 KiB for each connection; a node of a full network sends so many events in 15 seconds.
DEPTH = 1 << DEPTH_BITS
# No event of JIP-3 has this number.
NOTHING = 255
_EMPTY = 0xFFFF
_MASK = np.uint64(DEPTH - 1)


class RecentTypes:
    """Types by connection and event id; connections are rows, as the caller gives them out."""

    def __init__(self) -> None:
        self._rings: npt.NDArray[np.uint16] = np.zeros((0, DEPTH), np.uint16)

    def begin(self, row: int) -> None:
        """A connection takes a row."""
        self._rings = grown(self._rings, row + 1)
        self._rings[row] = _EMPTY

    def note(self, rows: Array, event_ids: Array, numbers: Array) -> None:
        """Events in order of arrival; of several with one place the last stays."""
        self._rings[rows, _places(event_ids)] = _generations(event_ids) | numbers

    def types(self, rows: Array, event_ids: Array) -> Array:
        """The types of events, ``NOTHING`` where one is not known (any more)."""
        entries = self._rings[rows, _places(event_ids)]
        known = entries & 0xFF00 == _generations(event_ids)
        return np.where(known, entries & 0xFF, NOTHING).astype(np.uint8)


def _places(event_ids: Array) -> Array:
    return (event_ids & _MASK).astype(np.intp)


def _generations(event_ids: Array) -> Array:
    """The bits above the place, where the entry has them."""
    return (event_ids >> np.uint64(DEPTH_BITS)).astype(np.uint16) << 8
