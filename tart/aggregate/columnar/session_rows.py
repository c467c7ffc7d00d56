"""Rows of arrays for connections: given out when one is first batch, and again when it is over.

Pure. What is known of a connection between two batches stands in arrays, a row each, so
that a batch is looked at as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array


class Placed(NamedTuple):
    """Whose the events of a batch are.

    Attributes:
        starts, lengths: the runs of events of one connection.
        rows: the row of each run.
        row_of: the row of each event.
        new: rows given to connections that were not heard before.
    """

    starts: Array
    lengths: Array
    rows: list[int]
    row_of: Array
    new: list[int]


class SessionRows:
    """Gives rows to sessions."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._free: list[int] = []

    def place(self, session: Array) -> Placed:
        """The rows of a batch, of which there is at least one event."""
        starts = np.flatnonzero(np.concatenate(([True], session[1:] != session[:-1])))
        lengths = np.diff(np.append(starts, len(session)))
        new: list[int] = []
        rows = [self._row(each, new) for each in session[starts].tolist()]
        return Placed(starts, lengths, rows, np.repeat(np.array(rows, np.intp), lengths), new)

    def get(self, session: int) -> int | None:
        """The row of a session, if it has one."""
        return self._rows.get(session)

    def leave(self, session: int) -> None:
        """A connection is over: another gets its row."""
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
