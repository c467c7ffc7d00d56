"""Dictionary encoding of peer ids: the numbers that a directory gives to them.

Pure state. Most events of a full network name another node by its 32-byte key; the event log
stores a small number instead. Anyone who can send events can invent keys, so the dictionary has
a limit: beyond it a key stays in the body of its event.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tart.protocol.columnar import Int

# A network has about a thousand validators, and some builders. A segment begins with all of
# them: 2 MiB at worst.
MAX_PEERS = 1 << 16
NONE = -1


class PeerDictionary:
    """Peer ids by number.

    Args:
        known: Number to id, as the files of the directory have them.
        max_peers: The limit of numbers.

    Attributes:
        ids: Each number's id; empty where the number is not in use.
    """

    def __init__(self, known: Mapping[int, bytes], max_peers: int = MAX_PEERS) -> None:
        self._max_peers = max_peers
        numbers = {number: peer_id for number, peer_id in known.items() if number < max_peers}
        self.ids = [numbers.get(number, b"") for number in range(max(numbers, default=-1) + 1)]
        self._numbers = {peer_id: number for number, peer_id in numbers.items()}

    def numbers(self, peer_ids: list[bytes]) -> Int:
        """Return the number of each id; a new id gets the next number, or ``NONE`` at the limit."""
        known = self._numbers
        numbers = [known.get(peer_id, NONE) for peer_id in peer_ids]
        if NONE in numbers and len(self.ids) < self._max_peers:
            numbers = [self._number(peer_id) for peer_id in peer_ids]
        return np.array(numbers, np.int64)

    def truncate(self, count: int) -> None:
        """Keep only the first ``count`` numbers."""
        for peer_id in self.ids[count:]:
            del self._numbers[peer_id]
        del self.ids[count:]

    def _number(self, peer_id: bytes) -> int:
        number = self._numbers.get(peer_id, NONE)
        if number == NONE and len(self.ids) < self._max_peers:
            number = self._numbers[peer_id] = len(self.ids)
            self.ids.append(peer_id)
        return number
