"""Connections as rows: when each began and ended, why, and what came on it.

Pure. A row is written when its connection ends. Those that are open are written with
every flush to a table of their own (``OPEN_SESSIONS``), the rows of the flush before taken
away: who starts after a crash goes on counting there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tart.aggregate.core.event_batch import Rows

# What a start after a crash reads and nobody else.
OPEN_SESSIONS = "open_sessions"
OPEN, CLOSED, REFUSED, DIED = "open", "closed", "refused", "died"
SHARD_DIED = "shard died"
# Rows until the next flush: so many connections could come and go in half a minute.
MAX_ROWS = 100_000


class SessionSummary(NamedTuple):
    """One connection, as a row of ``sessions``; times are Unix microseconds.

    Attributes:
        ended_at: ``None`` while it is open; of one that was open when the shard died, when
            it was last batch.
        node: the directory's number, ``None`` if it never said who it is.
        outcome: ``open``, ``closed``, ``refused`` or ``died``.
        reason: why it ended, a sentence.
        last_at: when its last event came.
        last_event_id: of the last frame that came; the first had 0. ``None`` if none came.
        events: frames after the first message, understood or not, without those shed.
        bytes: all that came.
        dropped: events the node says it dropped.
        deviations: JSON: how often each rule was broken by what was understood all the same.
    """

    ended_at: int | None
    started_at: int
    node: int | None
    session: int
    address: str
    outcome: str
    reason: str | None
    protocol_version: int | None
    params_layout: str | None
    last_at: int | None
    last_event_id: int | None
    next_event_id: int
    events: int
    bytes: int
    dropped: int
    undecodable: int
    shed: int
    deviations: str


class Sessions:
    """Connections that ended since the last flush."""

    def __init__(self) -> None:
        self._rows: list[SessionSummary] = []
        self.overflowed = 0

    def end(self, summary: SessionSummary) -> None:
        """A connection is over."""
        if len(self._rows) >= MAX_ROWS:
            self.overflowed += 1
            return
        self._rows.append(summary)

    def rows(self) -> Rows:
        """As rows of ``sessions``."""
        return session_rows(self._rows)

    def clear(self) -> None:
        """Begin anew."""
        self._rows.clear()


def session_rows(summaries: Iterable[SessionSummary]) -> Rows:
    """Connections as columns."""
    columns = list(zip(*summaries, strict=True)) or [()] * len(SessionSummary._fields)
    return {
        name: list(column) for name, column in zip(SessionSummary._fields, columns, strict=True)
    }
