"""Plays what connections received to an offline server, and evaluates rules in between."""

from __future__ import annotations

from typing import NamedTuple

from tart.offline.evaluation import Change, Evaluation
from tart.offline.server import Connection, OfflineServer
from tart.units import HOUR_US

# Nothing was recorded in a longer pause: it is not evaluated, as if tart had not run.
LONGEST_PAUSE_US = HOUR_US


class Received(NamedTuple):
    """Bytes that a connection received, with their time.

    Attributes:
        at_us: Unix microseconds.
        source: The connection; one that is not open begins with it.
        data: Bytes; may be empty.
        next_event_id: The id of the connection's next event, where earlier ones are missing.
        closes: Whether the connection ends.
    """

    at_us: int
    source: int
    data: bytes = b""
    next_event_id: int | None = None
    closes: bool = False


class Player:
    """Connections of a server, and the evaluation of rules at its intervals.

    Args:
        server: Receives.
        evaluation: Its turns are at whole intervals of the time.

    Attributes:
        received: The number of pieces received.
        pauses: Longer times without any, which were skipped.
    """

    def __init__(self, server: OfflineServer, evaluation: Evaluation) -> None:
        self.received = 0
        self.pauses = 0
        self._server = server
        self._evaluation = evaluation
        self._open: dict[int, Connection] = {}
        self._next_us = self._following(server.now_us)

    async def receive(self, piece: Received) -> list[Change]:
        """Let time go on to that of the next bytes, and receive them.

        Returns:
            The changes of alerts until then.
        """
        changes: list[Change] = []
        if piece.at_us >= self._next_us:
            changes = await self.advance(piece.at_us)
        self._server.advance(piece.at_us)
        self.received += 1
        connection = self._open.get(piece.source)
        if connection is None and not piece.closes:
            connection = self._server.open_session(f"[::]:{piece.source}")
            self._open[piece.source] = connection
        if connection is not None:
            self._pass_on(connection, piece)
        return changes

    async def advance(self, until_us: int) -> list[Change]:
        """Let time go on, and evaluate the rules at each interval until then."""
        if until_us - self._server.now_us > LONGEST_PAUSE_US:
            self.pauses += 1
            self._next_us = self._following(until_us)
        changes: list[Change] = []
        while self._next_us <= until_us:
            self._server.advance(self._next_us)
            await self._server.settle()
            changes += await self._evaluation.turn(self._next_us)
            self._next_us += self._evaluation.interval_us
        self._server.advance(until_us)
        return changes

    def _pass_on(self, connection: Connection, piece: Received) -> None:
        if piece.next_event_id is not None:
            connection.resume(piece.next_event_id)
        if piece.data:
            connection.receive(piece.data)
        if piece.closes:
            connection.close()
            del self._open[piece.source]

    def _following(self, now_us: int) -> int:
        interval_us = self._evaluation.interval_us
        return (now_us // interval_us + 1) * interval_us
