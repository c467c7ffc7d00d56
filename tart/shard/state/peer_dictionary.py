"""The numbers a directory gives to the peers that its nodes speak of.

Pure state. Most events of a full network name another node by its 32-byte key; in the log
a small number stands for it. Whoever can send events can invent keys, so there is a limit:
beyond it a key stays where it came from, in the body.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tart.protocol.columnar import Int

# A network has about a thousand validators, and some builders. A file begins with all of
# them: 2 MiB at worst.
MAX_PEERS = 1 << 16
NONE = -1


class PeerDictionary:
    """Peer ids by number.

    Args:
        known: number to id, as the files of the directory have it.

    Attributes:
        ids: each number's id; empty where nobody has the number.
    """

    def __init__(self, known: Mapping[int, bytes]) -> None:
        numbers = {number: peer_id for number, peer_id in known.items() if number < MAX_PEERS}
        self.ids = [numbers.get(at, b"") for at in range(max(numbers, default=-1) + 1)]
        self._numbers = {peer_id: number for number, peer_id in numbers.items()}

    def numbers(self, peer_ids: list[bytes]) -> Int:
        """The number of each; a new one gets the next, or ``NONE`` if there are too many."""
        known = self._numbers
        found = [known.get(peer_id, NONE) for peer_id in peer_ids]
        if NONE in found and len(self.ids) < MAX_PEERS:
            found = [self._number(peer_id) for peer_id in peer_ids]
        return np.array(found, np.int64)

    def truncate(self, count: int) -> None:
        """Keep only the first ``count`` numbers."""
        for peer_id in self.ids[count:]:
            del self._numbers[peer_id]
        del self.ids[count:]

    def _number(self, peer_id: bytes) -> int:
        number = self._numbers.get(peer_id, NONE)
        if number == NONE and len(self.ids) < MAX_PEERS:
            number = self._numbers[peer_id] = len(self.ids)
            self.ids.append(peer_id)
        return number
