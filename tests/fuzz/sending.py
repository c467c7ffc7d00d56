"""Healthy nodes on real sockets, and what must be stored of them."""

from __future__ import annotations

from random import Random

from tests.fuzz.legal import CORES, DROPPED, Values, content, events, framed
from tests.running import fake_node

_OTHERS = [each for each in events() if each != DROPPED]
ALL = len(_OTHERS)


class Node:
    """A node that says legal things of all types, one connection long."""

    def __init__(self, system, number):
        self._node = fake_node(number, cores=CORES)
        self._socket = system.connect()
        self._socket.sendall(self._node.connect())
        self._values = Values(Random(number))
        self.messages = []

    @property
    def peer_id(self):
        return self._node.peer_id

    def say(self, count=ALL):
        """So many events, each of another type and of what was said before."""
        said = []
        for _ in range(count):
            at = len(self.messages)
            number = _OTHERS[(7 * at + self.peer_id[0]) % len(_OTHERS)]
            ref = max(0, at - at % 60)
            said.append(content(number, self._values, ref=ref, timestamp=at))
            self.messages.append(said[-1])
        self._socket.sendall(b"".join(map(framed, said)))

    def leave(self):
        self._socket.close()
