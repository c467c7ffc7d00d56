"""The events that refer to one another: from one of them up to the root, then all below.

References name event ids of the same session and point backwards, mostly by seconds. So
the log is read in stretches of ``seq`` away from what is known, which row groups' ranges
prune, each longer than the one before: backwards until the reference is found or the
session began, forwards until nothing has been found for ``HORIZON_US``. An event that
refers to one after itself, or to itself, has no parent; nor has one whose id names nothing that the
specification has an event for (``audit_id``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from tart.protocol.references import PARENT_TYPES, resolve_reference
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query
from tart.storage.core.seq_ranges import SeqRange, scan_backward, scan_forward
from tart.storage.log.file_ranges import read_file_ranges

Cursor = duckdb.DuckDBPyConnection

MAX_NODES = 1000
MAX_DEPTH = 64
# A descendant that comes so long after all others is not looked for.
HORIZON_US = 600_000_000
_FIRST_STRETCH = 1 << 15
_LONGEST_STRETCH = 1 << 21
_REFER = ", ".join(str(number) for number, parents in PARENT_TYPES.items() if parents)


@dataclass(frozen=True)
class Trace:
    """What was found.

    Attributes:
        rows: in order of arrival, the root first.
        missing: the reference of the root, where the log does not have what it names.
        truncated: whether there may be more than is here.
        searched_until: the last ``received_at`` that was looked at, Unix microseconds.
    """

    rows: list[LogRow]
    missing: int | None
    truncated: bool
    searched_until: int


def trace(
    cursor: Cursor, files: Sequence[LogFile], start: LogRow, *, nodes: int, depth: int
) -> Trace:
    """The tree an event belongs to.

    Args:
        files: of its directory.
        nodes, depth: how much at most.
    """
    log = _Log(cursor, files, start.session)
    root, missing, cut = _root(log, start, depth)
    found = {root.event_id: root}
    levels = {root.event_id: 0}
    until = root.received_at
    for stretch, begins, ends in log.after(root.seq):
        if begins > max(each.received_at for each in found.values()) + HORIZON_US:
            break
        until = max(until, ends)
        while len(found) < nodes and (fresh := _children(log, stretch, found, levels, depth)):
            for row in fresh[: nodes - len(found)]:
                levels[row.event_id] = levels[row.ref or 0] + 1
                found[row.event_id] = row
        if len(found) >= nodes:
            break
    cut |= len(found) >= nodes or max(levels.values()) >= depth
    rows = sorted(found.values(), key=lambda row: row.seq)
    return Trace(rows, missing, cut, until)


def _root(log: _Log, row: LogRow, depth: int) -> tuple[LogRow, int | None, bool]:
    """The highest event above, what it refers to if that is gone, and whether we gave up."""
    for _ in range(depth):
        ref = resolve_reference(row.type, row.event_id, row.ref)
        if ref is None:
            return row, None, False
        above = log.find(ref, row.seq)
        if above is None:
            return row, ref, False
        row = above
    ref = resolve_reference(row.type, row.event_id, row.ref)
    return row, ref, ref is not None


def _children(
    log: _Log, stretch: SeqRange, found: dict[int, LogRow], levels: dict[int, int], depth: int
) -> list[LogRow]:
    """Events of a stretch that refer to what was found, and are not found yet."""
    parents = [event_id for event_id in found if levels[event_id] < depth]
    listed = ", ".join(map(str, parents)) or "NULL"
    rows = log.rows(stretch, f"ref IN ({listed}) AND ref < event_id AND type IN ({_REFER})")
    return [row for row in rows if row.event_id not in found]


class _Log:
    """One session's part of a directory's log."""

    def __init__(self, cursor: Cursor, files: Sequence[LogFile], session: int) -> None:
        self._cursor = cursor
        self._session = session
        self._ranges = read_file_ranges(cursor, [file for file in files if self._knows(file)])

    def rows(self, stretch: SeqRange, condition: str) -> list[LogRow]:
        """The session's rows of a stretch that fulfil a condition, in order."""
        where = (
            f"session = {self._session} AND seq >= {stretch.first} AND seq < {stretch.end} "
            f"AND {condition}"
        )
        found = [
            LogRow(*row)
            for file in stretch.files
            for row in self._cursor.execute(log_rows_query(file.alias, where)).fetchall()
        ]
        return sorted(found, key=lambda row: row.seq)

    def find(self, event_id: int, before: int) -> LogRow | None:
        """The newest event of that id below a sequence."""
        for stretch in scan_backward(self._ranges, before, _FIRST_STRETCH, _LONGEST_STRETCH):
            rows = self.rows(stretch, f"event_id = {event_id}")
            if rows:
                return rows[-1]
        return None

    def after(self, sequence: int) -> Iterator[tuple[SeqRange, int, int]]:
        """Stretches from a sequence on, with the first and last time in each."""
        for stretch in scan_forward(self._ranges, sequence + 1, _FIRST_STRETCH, _LONGEST_STRETCH):
            yield stretch, *self._times(stretch)

    def _knows(self, file: LogFile) -> bool:
        """Whether the session has something in a file: a file names all of its sessions."""
        statement = f"SELECT count(*) FROM {file.alias}.sessions WHERE session = {self._session}"
        ((count,),) = self._cursor.execute(statement).fetchall()
        return bool(count)

    def _times(self, stretch: SeqRange) -> tuple[int, int]:
        every = " UNION ALL ".join(
            f"SELECT received_at FROM {file.alias}.log "
            f"WHERE seq >= {stretch.first} AND seq < {stretch.end}"
            for file in stretch.files
        )
        statement = (
            "SELECT coalesce(epoch_us(min(received_at)), 0), "
            f"coalesce(epoch_us(max(received_at)), 0) FROM ({every})"
        )
        ((begins, ends),) = self._cursor.execute(statement).fetchall()
        return begins, ends
