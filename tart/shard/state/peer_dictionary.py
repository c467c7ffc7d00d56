"""Dictionary encoding of peer ids: the numbers that a directory gives to them.

Pure state. Most events of a full network name another node by its 32-byte key; the event log
stores a small number instead. Anyone who can send events can invent keys, so the dictionary has
a limit: beyond it a key stays in the body of its event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from tart.native.library import Kernel, kernel
from tart.protocol.columnar import Int
from tart.protocol.optional_fields import PEER_BYTES

# A network has about a thousand validators, and some builders. A segment begins with all of
# them: 2 MiB at worst.
MAX_PEERS = 1 << 16
NONE = -1
# A table of the native kernel begins with this number of slots and is at most half full.
_FIRST_SLOTS = 1 << 12


class PeerDictionary:
    """Peer ids by number.

    Args:
        known: Number to id, as the files of the directory have them.
        max_peers: The limit of numbers.
        native: The native kernel; ``None`` for a dictionary of Python.

    Attributes:
        ids: Each number's id; empty where the number is not in use.
    """

    def __init__(
        self,
        known: Mapping[int, bytes],
        max_peers: int = MAX_PEERS,
        native: Kernel | Literal["default"] | None = "default",
    ) -> None:
        numbers = {number: peer_id for number, peer_id in known.items() if number < max_peers}
        self.ids = [numbers.get(number, b"") for number in range(max(numbers, default=-1) + 1)]
        native = kernel() if native == "default" else native
        self._index = (
            _Index(self.ids, max_peers)
            if native is None
            else _NativeIndex(native, self.ids, max_peers)
        )

    def numbers(self, data: bytes, positions: Int) -> Int:
        """Return the number of each id; a new id gets the next number, or ``NONE`` at the limit.

        Args:
            data: A buffer, such as ``Frames.data``.
            positions: Where each id begins; all lie within the buffer.
        """
        return self._index.numbers(data, positions)

    def truncate(self, count: int) -> None:
        """Keep only the first ``count`` numbers."""
        if count < len(self.ids):
            self._index.truncate(count)


class _Index:
    """The numbers of ids, in Python.

    Args:
        ids: The ids by number; new ones are appended.
        most: The limit of numbers.
    """

    def __init__(self, ids: list[bytes], most: int) -> None:
        self._ids = ids
        self._most = most
        self._numbers = {peer_id: number for number, peer_id in enumerate(ids) if peer_id}

    def numbers(self, data: bytes, positions: Int) -> Int:
        peer_ids = [data[start : start + PEER_BYTES] for start in positions.tolist()]
        known = self._numbers
        numbers = [known.get(peer_id, NONE) for peer_id in peer_ids]
        if NONE in numbers and len(self._ids) < self._most:
            numbers = [self._number(peer_id) for peer_id in peer_ids]
        return np.array(numbers, np.int64)

    def truncate(self, count: int) -> None:
        for peer_id in self._ids[count:]:
            self._numbers.pop(peer_id, None)
        del self._ids[count:]

    def _number(self, peer_id: bytes) -> int:
        number = self._numbers.get(peer_id, NONE)
        if number == NONE and len(self._ids) < self._most:
            number = self._numbers[peer_id] = len(self._ids)
            self._ids.append(peer_id)
        return number


class _NativeIndex:
    """The numbers of ids, in the native kernel; the arguments are as of ``_Index``."""

    def __init__(self, native: Kernel, ids: list[bytes], most: int) -> None:
        self._native = native
        self._ids = ids
        self._most = most
        self._build(_FIRST_SLOTS)

    def numbers(self, data: bytes, positions: Int) -> Int:
        positions = np.ascontiguousarray(positions)
        numbers = np.empty(len(positions), np.int64)
        while True:
            # New ids beyond the room of the table have no number in this turn.
            room = min(self._most, len(self._stored))
            known = self._native.call(
                "tart_number_keys",
                data,
                len(data),
                positions.ctypes.data,
                len(positions),
                PEER_BYTES,
                self._native.secrets,
                self._stored.ctypes.data,
                len(self._ids),
                room,
                self._table.ctypes.data,
                len(self._table),
                numbers.ctypes.data,
            )
            self._ids += [row.tobytes() for row in self._stored[len(self._ids) : known]]
            if known < room or room == self._most:
                return numbers
            self._build(4 * len(self._table))

    def truncate(self, count: int) -> None:
        del self._ids[count:]
        self._build(len(self._table))

    def _build(self, slots: int) -> None:
        """Fill a table of at least this number of slots with all ids."""
        while slots // 2 < len(self._ids):
            slots *= 2
        stored = np.empty((slots // 2, PEER_BYTES), np.uint8)
        used = np.array([bool(peer_id) for peer_id in self._ids], np.bool_)
        data = b"".join(peer_id or bytes(PEER_BYTES) for peer_id in self._ids)
        stored[: len(used)] = np.frombuffer(data, np.uint8).reshape(-1, PEER_BYTES)
        table = np.full(slots, NONE, np.int32)
        self._native.call(
            "tart_index_keys",
            stored.ctypes.data,
            len(used),
            PEER_BYTES,
            used.ctypes.data,
            self._native.secrets,
            table.ctypes.data,
            slots,
        )
        self._stored, self._table = stored, table
