"""A capture as things to do at certain times: the schedule of ``tart replay``.

Pure: bytes of a capture in, steps out, as far as they have come. Times are distances from
the capture's first record, divided by the speed. They never go back, also where the clock
of the recording did: what each connection sends is sent in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tart.protocol.capture import CLOSED, EVENT_ID, CaptureReader, Record


class Step(NamedTuple):
    """Something to do for one connection.

    Attributes:
        due: seconds after the beginning.
        session: which connection; one that is not there is opened first.
        data: to be sent; no bytes where the connection is to be closed.
        closes: whether the connection ends here.
    """

    due: float
    session: int
    data: bytes
    closes: bool = False


class Playback:
    """Turns a capture into steps.

    Args:
        speed: recorded seconds per second; 0: everything is due at once.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._reader = CaptureReader()
        self._speed = speed
        self._first: int | None = None
        self._due = 0.0
        # The connections that are open, in the order in which they were opened.
        self._open: dict[int, None] = {}

    @property
    def complete(self) -> bool:
        """Whether the capture's end was there."""
        return self._reader.complete

    def receive_data(self, data: bytes) -> Iterator[Step]:
        """The steps that ``data`` makes known; ``CaptureError`` if it is no capture."""
        for each in self._reader.receive_data(data):
            if each.kind != EVENT_ID:
                yield self._step(each)

    def rest(self) -> Iterator[Step]:
        """After the last bytes: the connections that are still open end."""
        for session in self._open:
            yield Step(self._due, session, b"", closes=True)
        self._open = {}

    def _step(self, each: Record) -> Step:
        due = self._due_at(each.received_at)
        closes = each.kind == CLOSED
        if closes:
            self._open.pop(each.session, None)
        else:
            self._open[each.session] = None
        return Step(due, each.session, each.sent, closes)

    def _due_at(self, received_at: int) -> float:
        if self._first is None:
            self._first = received_at
        if self._speed:
            since = (received_at - self._first) / 1_000_000 / self._speed
            self._due = max(self._due, since)
        return self._due
