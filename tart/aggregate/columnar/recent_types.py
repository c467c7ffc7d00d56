"""The types of each connection's recent events by event id, and the outcomes they have had.

Pure. Each connection has a ring of twice ``DEPTH`` entries, so that a batch of ``DEPTH`` events may
be recorded before the ids are looked up that are less than ``DEPTH`` back; all rings are one array,
written and read batch by batch. An entry holds the event's type and eight bits of the id above its
position in the ring, so that ids without an event here (dropped, undecodable, shed) and
overwritten ids are not found. Ids 2^20 apart cannot be distinguished: callers limit how far
back an id may be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tart.aggregate.core.event_batch import grow
from tart.aggregate.core.event_columns import Array

# A node of a full network sends this number of events in 15 s.
DEPTH = 2048
# 12 KiB for each connection.
RING = 2 * DEPTH
_RING_BITS = np.uint64(RING.bit_length() - 1)
# No event of JIP-3 has this number.
UNKNOWN_TYPE = 255
_EMPTY = 0xFFFF
_MASK = np.uint64(RING - 1)


class RecentTypes:
    """Types and outcome bits by connection and event id.

    Connections are rows, as ``SessionRows`` assigns them.
    """

    def __init__(self) -> None:
        self._rings: npt.NDArray[np.uint16] = np.zeros((0, RING), np.uint16)
        self._outcomes: npt.NDArray[np.uint8] = np.zeros((0, RING), np.uint8)

    def reset(self, row: int) -> None:
        """Empty a row for a new connection."""
        self._rings = grow(self._rings, row + 1)
        self._outcomes = grow(self._outcomes, row + 1)
        self._rings[row] = _EMPTY

    def record(self, rows: Array, event_ids: Array, numbers: Array) -> None:
        """Record events in order of arrival; the last one at a position stays."""
        positions = _positions(event_ids)
        self._rings[rows, positions] = _generations(event_ids) | numbers
        self._outcomes[rows, positions] = 0

    def types(self, rows: Array, event_ids: Array) -> Array:
        """Return the types of events, ``UNKNOWN_TYPE`` for ids that are not in the ring."""
        entries = self._rings[rows, _positions(event_ids)]
        known = entries & 0xFF00 == _generations(event_ids)
        return np.where(known, entries & 0xFF, UNKNOWN_TYPE).astype(np.uint8)

    def record_outcomes(
        self, rows: Array, event_ids: Array, excluded_by: Array, bits: Array
    ) -> Array:
        """Set outcome bits of events whose types are known, in order of arrival.

        Args:
            rows: The connection of each outcome.
            event_ids: The event that the outcome is of.
            excluded_by: Bits that must not be set before.
            bits: Bits to set.

        Returns:
            A mask of the outcomes that an earlier outcome excludes.
        """
        positions = _positions(event_ids)
        excluded: Array = self._outcomes[rows, positions] & excluded_by != 0
        keys = rows * RING + positions
        order = np.argsort(keys, kind="stable")
        repeated = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
        if len(repeated):
            # An event has several outcomes in this call: the earlier ones exclude the later.
            before: dict[int, int] = {}
            for index in repeated.tolist():
                previous, own = int(order[index - 1]), int(order[index])
                key = int(keys[own])
                before[key] = before.get(key, 0) | int(bits[previous])
                excluded[own] |= bool(before[key] & int(excluded_by[own]))
        np.bitwise_or.at(self._outcomes, (rows, positions), bits)
        return excluded

    def outcomes(self, rows: Array, event_ids: Array) -> Array:
        """Return the outcome bits of events."""
        bits: Array = self._outcomes[rows, _positions(event_ids)]
        return bits

    def restore_outcomes(self, rows: Array, event_ids: Array, bits: Array) -> None:
        """Set the outcome bits of events back to these."""
        self._outcomes[rows, _positions(event_ids)] = bits


def _positions(event_ids: Array) -> Array:
    return (event_ids & _MASK).astype(np.intp)


def _generations(event_ids: Array) -> Array:
    """Return the eight bits above the position, at their place in an entry."""
    return (event_ids >> _RING_BITS).astype(np.uint16) << 8
