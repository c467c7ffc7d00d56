"""The schedule of ``tart replay``: what to send on which connection, and when.

Pure: bytes of a capture in, steps out. Times are seconds since the capture's first record,
divided by the speed. They never decrease, even where the recording's clock did, so each
connection sends its bytes in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tart.protocol.capture import CLOSED, EVENT_ID, CaptureReader, Record


class Step(NamedTuple):
    """One action on one connection.

    Attributes:
        due: Seconds after the start.
        session: Number of the connection; one that does not exist is opened first.
        data: Bytes to send; empty where the connection is closed.
        closes: Whether the connection ends here.
    """

    due: float
    session: int
    data: bytes
    closes: bool = False


class Playback:
    """Turns a capture into steps.

    Args:
        speed: Recorded seconds per second; 0: everything is due at once.

    Attributes:
        gaps: Places where events of a session are not in the capture.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._reader = CaptureReader()
        self._speed = speed
        self._first_us: int | None = None
        self._due = 0.0
        self.gaps = 0
        # Open connections in the order in which they were opened.
        self._open: dict[int, None] = {}

    @property
    def missing(self) -> str | None:
        """Why the capture so far is not whole (``CaptureReader.missing``)."""
        return self._reader.missing

    def receive_data(self, data: bytes) -> Iterator[Step]:
        """Return the steps of the records completed by ``data``.

        Raises:
            CaptureError: The data is not a valid capture.
        """
        for record in self._reader.receive_data(data):
            if record.kind == EVENT_ID:
                self.gaps += 1
            else:
                yield self._step(record)

    def close_sessions(self) -> Iterator[Step]:
        """Close the connections that are still open after the last bytes."""
        for session in self._open:
            yield Step(self._due, session, b"", closes=True)
        self._open = {}

    def _step(self, record: Record) -> Step:
        due = self._due_at(record.received_at)
        closes = record.kind == CLOSED
        if closes:
            self._open.pop(record.session, None)
        else:
            self._open[record.session] = None
        return Step(due, record.session, record.wire_bytes, closes)

    def _due_at(self, received_at: int) -> float:
        if self._first_us is None:
            self._first_us = received_at
        if self._speed:
            offset = (received_at - self._first_us) / 1_000_000 / self._speed
            self._due = max(self._due, offset)
        return self._due
