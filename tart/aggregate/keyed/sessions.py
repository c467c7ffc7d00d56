"""Connections as rows: begin, end, reason of the end, and counts of what was received.

Pure. A row is written when its connection ends. Open connections are written with every
flush to a table of their own (``OPEN_SESSIONS``), which replaces the rows of the flush
before; a start after a crash continues the counts from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import columns

# Read only by a start after a crash.
OPEN_SESSIONS = "open_sessions"
OPEN, CLOSED, REFUSED, DIED = "open", "closed", "refused", "died"
SHARD_DIED = "shard died"
# Rows until the next flush, which comes after half a minute at most.
MAX_ROWS = 100_000


class SessionSummary(NamedTuple):
    """One connection, as a row of ``sessions``; times are Unix microseconds.

    Attributes:
        ended_at: ``None`` while it is open; if the shard died, the time of its last event.
        node: The directory's number, ``None`` if the connection did not identify its node.
        outcome: ``open``, ``closed``, ``refused`` or ``died``.
        reason: Why it ended, a sentence.
        last_at: The time of its last event.
        last_event_id: Of the last frame, ``None`` if there was none; the first frame has 0.
        events: Frames after the first message, valid or not, without those shed.
        bytes: All bytes received.
        dropped: Number of events that the node reported as dropped.
        deviations: JSON: how often each rule was broken by frames that were decoded.
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
    """The connections that ended since the last flush.

    Attributes:
        overflowed: Number of rows left out, because of ``max_rows``.
    """

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._rows: list[SessionSummary] = []
        self.overflowed = 0

    def add(self, summary: SessionSummary) -> None:
        """Add a connection that has ended."""
        if len(self._rows) >= self._max_rows:
            self.overflowed += 1
            return
        self._rows.append(summary)

    def rows(self) -> Rows:
        """Return the rows of ``sessions``."""
        return session_rows(self._rows)

    def clear(self) -> None:
        """Remove all rows."""
        self._rows.clear()


def session_rows(summaries: Iterable[SessionSummary]) -> Rows:
    """Return connections as columns of ``sessions``."""
    return columns("sessions", summaries)
