"""Array rows for connections: assigned at a connection's first event, reused after its end.

Pure. Per-connection state stands in arrays with one row each, so that a batch is processed
as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array


class SessionRuns(NamedTuple):
    """The connections of a batch's events.

    Attributes:
        starts, lengths: The runs of events of one connection.
        rows: The row of each run.
        row_of: The row of each event.
        new: Rows assigned to connections that had none.
    """

    starts: Array
    lengths: Array
    rows: Array
    row_of: Array
    new: list[int]


class SessionRows:
    """Assigns rows to sessions."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._free: list[int] = []

    def assign(self, session: Array) -> SessionRuns:
        """Return the rows of a batch's sessions; the batch has at least one event."""
        starts = np.flatnonzero(np.concatenate(([True], session[1:] != session[:-1])))
        lengths = np.diff(np.append(starts, len(session)))
        new: list[int] = []
        sessions, run_of = np.unique(session[starts], return_inverse=True)
        rows = np.array([self._row(number, new) for number in sessions.tolist()], np.intp)[run_of]
        return SessionRuns(starts, lengths, rows, np.repeat(rows, lengths), new)

    def get(self, session: int) -> int | None:
        """Return the row of a session, ``None`` if it has none."""
        return self._rows.get(session)

    def release(self, session: int) -> None:
        """Free the row of a session that has ended."""
        row = self._rows.pop(session, None)
        if row is not None:
            self._free.append(row)

    def _row(self, session: int, new: list[int]) -> int:
        row = self._rows.get(session)
        if row is None:
            row = self._free.pop() if self._free else len(self._rows)
            self._rows[session] = row
            new.append(row)
        return row
