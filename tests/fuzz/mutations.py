"""Frames that nobody would send: legal ones with something changed, and any bytes at all."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.fuzz.legal import DROPPED, HEADER, Values, content, events
from tests.fuzz.model import IDS, may_be_true, taken_by
from tests.vectors import event_vectors

_EDGES = (b"", b"\0", b"\x01", b"\x7f", b"\x80", b"\xc0", b"\xff", b"\xff" * 8, b"\0" * 8)
_OF_EACH_TYPE = 6
# So far back an event refers at most.
_BACK = 60


class Frames:
    """Makes messages of one kind after the other.

    Args:
        random: Where all choices come from: the same gives the same frames.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self._legal = [
            content(number, Values(random, kind), version=version)
            for version in (0, 1)
            for number in events(version)
            for kind in (*Values.KINDS, *["any"] * _OF_EACH_TYPE)
        ]
        others = [*event_vectors(), *event_vectors(conformant=False)]
        self._all = [*self._legal, *(vector.content for vector in others)]

    def some(self, event_id: int, count: int) -> Iterator[bytes]:
        """So many of any kind, of one connection whose next event has that id."""
        for _ in range(count):
            message = self.any(event_id)
            size = len(message) - HEADER
            dropped = size >= 0 and message[8] == DROPPED and (size in (8, 12) or size >= 16)
            if dropped and may_be_true(message):
                continue
            yield message
            event_id = (event_id + taken_by(message, dropped)) % IDS

    def legal(self, event_id: int) -> bytes:
        """A legal frame of about that id, which may refer to one not long before it."""
        return self._timed(self._referring(self.random.choice(self._legal), event_id))

    def mutated(self, event_id: int) -> bytes:
        """A frame with one to four things changed."""
        random = self.random
        message = bytearray(self._referring(random.choice(self._all), event_id))
        for _ in range(random.randint(1, 4)):
            self._change(message)
        return bytes(message)

    def any(self, event_id: int) -> bytes:
        """Mostly mutated, often legal, sometimes bytes that have nothing to do with events."""
        chosen = self.random.random()
        if chosen < 0.6:
            return self.mutated(event_id)
        if chosen < 0.95:
            return self.legal(event_id)
        return self.random.randbytes(self.random.choice((0, 1, 8, 9, 10, 30, 200)))

    def _referring(self, message: bytes, event_id: int) -> bytes:
        event = events().get(message[8]) if len(message) >= HEADER + 8 else None
        if event is None or not event.leads:
            return message
        ref = (event_id + self.random.randint(-_BACK, 1)) % IDS
        return message[:HEADER] + ref.to_bytes(8, "little") + message[HEADER + 8 :]

    def _timed(self, message: bytes) -> bytes:
        return self.random.getrandbits(50).to_bytes(8, "little") + message[8:]

    def _change(self, message: bytearray) -> None:
        random = self.random
        at = random.randrange(len(message) + 1)
        end = at + random.choice((0, 1, 1, 1, 2, 4, 8, 32))
        match random.randrange(6):
            case 0 if at < len(message):
                message[at] ^= 1 << random.randrange(8)
            case 1 if len(message) >= HEADER:
                message[8] = random.choice(
                    (random.randrange(256), *random.sample(list(events()), 2))
                )
            case 2:
                del message[at:end]
            case 3:
                message[at:end] = bytes(message[at:end]) * 2
            case 4:
                other = random.choice(self._all)
                message[at:] = other[random.randrange(len(other)) :]
            case _:
                message[at:end] = random.choice(_EDGES)
